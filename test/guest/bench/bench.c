/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: what each event costs, in TSC ticks (instructions under -icount shift=0,sleep=off).
 * Parameter byte 0 selects one event by its index (0: all); byte 1 the number of samples in
 * hundreds (0: 2,000). So two runs of one event with different numbers of samples show by their
 * difference what else an event costs (VMRUNs, WRMSRs, ...) in the emulator's counters.
 */
#include "bench.h"

const char guest_name[] = "bench";

/* A hooked event costs more than this many instructions above what it costs bare. */
#define HOOKED_FROM 20

static u32 samples[SAMPLES_MAX];

/* Under -icount the empty pair costs the same few instructions every time. */
static bool counts_instructions(const struct summary *empty)
{
    return empty->max <= 30 && empty->max - empty->median <= 3;
}

void guest_main(void)
{
    struct summary empty = { 0, 0, 0, 0 };
    unsigned only = rt_param[0];
    unsigned max = rt_param[1] ? rt_param[1] * 100u : SAMPLES;
    bool icount = false;

    if (max > SAMPLES_MAX)
        max = SAMPLES_MAX;
    for (unsigned i = 0; i < events_count; i++) {
        struct summary s;
        u32 cost;

        if (i && only && i != only)
            continue;
        s = print_samples(events[i].name, samples, events[i].measure(samples, max));
        if (i == 0) {
            empty = s;
            icount = counts_instructions(&empty);
        }
        cost = s.median > empty.median ? s.median - empty.median : 0;
        rt_printf("event %u %s median %u p99 %u over-empty %u %s\n", i, events[i].name, s.median,
                  s.p99, cost,
                  !icount ? "unknown" : cost > events[i].bare + HOOKED_FROM ? "hooked" : "free");
    }
}
