/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens between two RDTSCs of the guest that follow each other. */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdbool.h>
#include <stdint.h>

/* Shared with tools/launcher/counters.py, which reads it while QEMU runs. */
struct counters {
    uint64_t host;        /* instructions in host mode, firmware and boot included */
    uint64_t guest;       /* instructions in guest mode */
    uint64_t host_before; /* host, when the first VMRUN was reached */
    uint64_t vmruns, wrmsrs, cr3_loads, invlpgs, uncached;
};
_Static_assert(sizeof(struct counters) == 64, "counters.py reads it");

/* The guest executes an RDTSC at rip; now: the counters at this moment. */
void pairs_note(uint64_t rip, const struct counters *now);

/*
 * Writes a line per pair of places, in the order of their first use: the two RIPs, how often, and the
 * medians of host instructions, vmruns, wrmsrs, cr3_loads, invlpgs, uncached. False: see errno.
 */
bool pairs_write(const char *path);

#endif
