/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page tables, AMD's or Intel's (EPT): guest-physical is physical, in the largest pages that the CPU has, except
 * Weir's region (one page of ones, read-only, everywhere), the hook block (read-only) and the pages of bound addresses
 * (not present). Shadow paging reads them as its map, and runs a guest without paging on them.
 */
#ifndef KERNEL_NPT_H
#define KERNEL_NPT_H

#include "x86/types.h"

/*
 * What the vendor's entries look like: in both bits 0 to 2 are the rights (0: absent, bit 1: writable) and bit 7 marks a
 * large page.
 */
struct npt_format {
    u64 table, leaf; /* bits of an entry that leads to a table, and of one that maps a page */
    bool gib;        /* 1 GiB pages */
    u64 type_mask;   /* the leaf's bits that are a memory type */
    /* The memory type's bits for the aligned block; NPT_MIXED: not the same in all of it. NULL: there are none. */
    u64 (*type)(u64 at, u64 bytes);
};
#define NPT_RIGHTS 7ull
#define NPT_MIXED ~0ull

/* Boot only. */
void npt_init(const struct npt_format *f);
/* Asks for the memory type of everything that is mapped again. */
void npt_retype(void);
u64 npt_root(void);
/* Shadow paging: the page of physical memory that gpa is in, with PTE_P and PTE_W as the guest may use it; 0: none. */
u64 npt_lookup(u64 gpa);
/* Shadow paging: a PAE page-directory-pointer table that maps the first 4 GiB by these tables. */
u64 npt_flat_root(void);
/* Maps what surrounds gpa if nothing is there yet; false: it is a bound page, or beyond the address width. */
must_check bool npt_fill(u64 gpa);
/* Makes the tables that hooking the range needs; false: out of memory. */
must_check bool npt_prepare(u64 first, u64 last);
/* Sets each page of the range present or not by whether it is bound; prepared before. */
void npt_hook(u64 first, u64 last);
/* The second MiB shows the first while the A20 gate is closed (a20.h), else itself. */
void npt_second_mib(void);
/* Shows the guest a page of Weir's region, read-only. Boot only. */
void npt_show(u64 pa);
/* The hook block's page becomes read-only. */
void npt_protect_hook(void);

#endif
