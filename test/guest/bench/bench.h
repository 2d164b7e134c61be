/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_BENCH_H
#define GUEST_BENCH_H

#include "io.h"

#define SAMPLES 2000
#define SAMPLES_MAX 4096

struct event {
    const char *name;
    /* Takes up to max samples of RDTSC ticks into out, returns how many. */
    unsigned (*measure)(u32 *out, unsigned max);
    /* Instructions that a bare machine runs for it: our own handler's, where there is one. */
    u32 bare;
};

/* events.c; the first entry is the empty RDTSC pair. */
extern const struct event events[];
extern const unsigned events_count;

struct summary {
    u32 median, p99, max, count;
};
/* stats.c: sorts the samples and prints them all as "sample NAME COUNT TICKSxTIMES ...". */
struct summary print_samples(const char *name, u32 *samples, unsigned count);

#endif
