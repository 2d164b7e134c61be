/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

/* Shell sort: small and fast enough for 4,096 values. */
static void sort(u32 *v, unsigned n)
{
    for (unsigned gap = n / 2; gap; gap /= 2) {
        for (unsigned i = gap; i < n; i++) {
            u32 x = v[i];
            unsigned j = i;

            for (; j >= gap && v[j - gap] > x; j -= gap)
                v[j] = v[j - gap];
            v[j] = x;
        }
    }
}

struct summary print_samples(const char *name, u32 *samples, unsigned count)
{
    struct summary s = { 0, 0, 0, count };

    rt_printf("sample %s %u", name, count);
    sort(samples, count);
    for (unsigned i = 0; i < count;) {
        unsigned run = i;

        while (run < count && samples[run] == samples[i])
            run++;
        rt_printf(" %ux%u", samples[i], run - i);
        i = run;
    }
    rt_putc('\n');
    if (count) {
        s.median = samples[count / 2];
        s.p99 = samples[count * 99 / 100];
        s.max = samples[count - 1];
    }
    return s;
}
