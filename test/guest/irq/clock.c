/* SPDX-License-Identifier: BSD-2-Clause */
/* Time by the ACPI PM timer (24 bits at 3.579545 MHz), and the TSC, which must never go back. */
#include "irq.h"

static volatile u64 last_tsc;

/* QEMU's SeaBIOS puts the PM block at 600h, Bochs' BIOS at B000h. */
void clock_init(void)
{
    static const u16 ports[] = { 0x608, 0xb008 };

    for (unsigned i = 0; i < 2; i++) {
        u32 first = in32(ports[i]);

        for (unsigned n = 0; n < 1000; n++) {
            if (in32(ports[i]) != first) {
                pm_port = ports[i];
                rt_printf("clock pm %x\n", pm_port);
                return;
            }
        }
    }
    rt_printf("guest: no PM timer\n");
    rt_end(rt_failures + 1);
}

struct stopwatch clock_start(void)
{
    return (struct stopwatch){ in32((u16)pm_port), rdtsc() };
}

u32 clock_elapsed_pm(const struct stopwatch *s)
{
    return (in32((u16)pm_port) - s->pm) & 0xffffff;
}

void clock_check_tsc(void)
{
    u64 before = last_tsc, now = rdtsc();       /* in this order: a handler may come between */

    if (now < before)
        rt_check(false, "the TSC went back by %lu", before - now);
    last_tsc = now;
}

void check_rate(const char *name, u64 got, u32 elapsed_pm, u64 num, u64 den, bool exact)
{
    u64 expected = elapsed_pm * den / num;
    bool fine = exact ? got <= expected + 2 && got + 2 >= expected : got > 0;

    rt_printf("irq %s got %lu expected %lu in %lu us\n", name, got, expected,
              (u64)elapsed_pm * 1000000 / PM_HZ);
    rt_check(fine, "%s: %lu ticks, expected %lu", name, got, expected);
}
