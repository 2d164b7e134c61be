/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the guest's memory is virtualized: with the CPU's nested paging (npt.h), or with page tables of the kernel's own
 * that stand in for the guest's (shadow.h). Chosen once at boot; npt.h's tables are the map from guest-physical to
 * physical addresses either way.
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include "x86/types.h"

enum paging { PAGING_NESTED, PAGING_SHADOW_SIMPLE, PAGING_SHADOW_CACHED };

extern enum paging paging_mode;

static inline bool paging_is_shadow(void)
{
    return paging_mode != PAGING_NESTED;
}

/*
 * Chooses by mmu=nested|shadow-simple|shadow-cached on the command line; without it nested where the CPU has it, else
 * shadow-cached. NULL, or why that cannot be.
 */
const char *paging_choose(bool nested_there);
/* "npt", "ept", "shadow-simple", "shadow-cached". */
const char *paging_name(void);

#endif
