/* SPDX-License-Identifier: BSD-2-Clause */
/* Time is the TSC of the calling CPU; deadlines of system calls are counts of it. */
#ifndef VMM_TIME_H
#define VMM_TIME_H

#include <stdint.h>

static inline uint64_t vmm_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Ticks of the TSC in `us` microseconds and back, rounded down; both saturate at UINT64_MAX. */
uint64_t vmm_ticks(uint64_t us);
uint64_t vmm_microseconds(uint64_t ticks);

/* The TSC `us` microseconds from now. Never 0, which would mean no deadline. */
static inline uint64_t vmm_deadline(uint64_t us)
{
    uint64_t now = vmm_now(), ticks = vmm_ticks(us);
    return ticks < UINT64_MAX - now ? now + ticks : UINT64_MAX;
}

/* Blocks the calling thread until the TSC has passed `deadline`. */
void vmm_sleep_until(uint64_t deadline);

#endif
