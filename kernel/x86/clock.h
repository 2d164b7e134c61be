/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC is the clock; its rate and the LAPIC timer's are measured once against the PIT. */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include "types.h"

extern u64 tsc_per_us;
extern u64 lapic_per_tsc_32; /* LAPIC timer counts at divide by 1 per TSC tick, 32-bit fraction */

void clock_init(void);

static inline u64 clock_ticks(u64 us)
{
    return us * tsc_per_us;
}

#endif
