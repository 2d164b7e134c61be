/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Weir's memory: pages of its region, each charged to a budget. The region is mapped once, at KERNEL_VBASE, in every
 * address space; the kernel has no other RAM.
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include "x86/layout.h"
#include "x86/types.h"

/* Pages that a domain may hold. Creating a domain moves its whole limit out of its creator's budget. */
struct budget {
    u32 limit, used;
};
extern struct budget kernel_budget;

extern u64 region_base; /* physical, 2 MiB aligned */

static inline u64 pa_of(const void *va)
{
    return (u64)va - KERNEL_VBASE + region_base;
}

static inline void *va_of(u64 pa)
{
    return (void *)(pa - region_base + KERNEL_VBASE);
}

static inline u32 pages_for(u64 bytes)
{
    return (u32)((bytes + PAGE_MASK) / PAGE_SIZE);
}

static inline bool in_region(u64 pa)
{
    return pa - region_base < REGION_BYTES;
}

/* The first used pages of the region hold the image and the boot modules. */
void page_init(u64 base, u32 used);
/* Zeroes the pages that are free: what the boot loader left there. For the start only. */
void page_zero_free(void);
/* n contiguous zeroed pages, or NULL when the budget or the region has no such run. Never on the exit path. */
void *page_alloc(struct budget *b, u32 n) must_check;
/* Gives back what page_alloc gave, by the same n. */
void page_free(struct budget *b, void *pages, u32 n);
u32 page_count_free(void);

#endif
