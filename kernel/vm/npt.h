/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page tables: guest-physical is physical, in the largest pages that the CPU has, except Weir's region (one
 * page of ones, read-only, everywhere), the hook block (read-only) and the pages of bound addresses (not present).
 */
#ifndef KERNEL_NPT_H
#define KERNEL_NPT_H

#include "x86/types.h"

/* Boot only. */
void npt_init(void);
u64 npt_root(void);
/* Maps what surrounds gpa if nothing is there yet; false: it is a bound page, or beyond the address width. */
must_check bool npt_fill(u64 gpa);
/* Makes the tables that hooking the range needs; false: out of memory. */
must_check bool npt_prepare(u64 first, u64 last);
/* Sets each page of the range present or not by whether it is bound; prepared before. */
void npt_hook(u64 first, u64 last);
/* The second MiB shows the first while the A20 gate is closed (a20.h), else itself. */
void npt_second_mib(void);
/* The hook block's page becomes read-only. */
void npt_protect_hook(void);

#endif
