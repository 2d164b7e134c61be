/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory as the guest sees it: its page tables walked in software, through the window. */
#ifndef KERNEL_GUEST_MEMORY_H
#define KERNEL_GUEST_MEMORY_H

#include "decode.h"
#include "mm/space.h"
#include "x86/types.h"

struct cpu;
struct vcpu;

/* What an access of the guest's depends on; filled by the vendor's guest_view. */
struct guest_view {
    u64 cr0, cr3, cr4, efer, rflags;
    u64 linear_rip;
    u8 cpl;
    bool code_is_long; /* CS.L */
    enum code_mode mode;
    const u64 *pdpte; /* PAE's four pointers where the CPU holds them; NULL: they are read in memory */
};

/*
 * A page of 64-bit code that exited lately: valid while CR3, the page tables' entries on the way and the window are what
 * they were; shadow paging empties it when its root changes. The entries are read again at each use, so a guest that
 * changes them is never answered from here.
 */
struct code_cache {
    u64 cr3, page, window_changes;
    const u8 *code; /* the page in the window; NULL: empty */
    const volatile u64 *entry[4];
    u64 value[4];
};

static inline bool code_cache_holds(const struct code_cache *c, u64 cr3, u64 rip, u64 window_changes)
{
    return c->page == rip >> 12 && c->cr3 == cr3 && c->window_changes == window_changes && c->code &&
           *c->entry[0] == c->value[0] && *c->entry[1] == c->value[1] && *c->entry[2] == c->value[2] &&
           *c->entry[3] == c->value[3];
}

/*
 * Fills the cache for 4-level paging, after guest_fetch has seen the code; leaves it empty where it cannot. cr3: what
 * the exit says of it, the guest's or, under shadow paging, its root's.
 */
void code_cache_fill(struct cpu *cpu, struct code_cache *c, const struct guest_view *g, u64 cr3);

/* An access, in the bits of #PF's error code (AMD APM vol. 2, 8.4.2). */
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16 };

/* What a walk found; table and entry are indexed by the level, 1 for page tables. */
struct guest_walk {
    u64 gpa;
    u32 error;     /* #PF's error code, where the walk failed */
    u8 top, leaf;  /* the first table's level; that of the entry that maps: 2 and 3 are large pages */
    u64 table[6];  /* guest-physical addresses of the tables, as far as the walk came */
    u64 entry[6];  /* as they are now, accessed and dirty bits set */
    u64 rights;    /* PTE_W and PTE_U where all levels have them */
};

/* An entry; without CR0.WP (wp is 0) what only the kernel can reach is writable whatever it says. */
static inline u64 guest_rights(u64 entry, u64 wp)
{
    return wp || (entry & PTE_U) ? entry : entry | PTE_W;
}

/* Where a page table stands. NULL: in Weir's region or a bound page, which no walk may reach; it reads as ones. */
void *guest_table(struct cpu *cpu, u64 pa);
/* guest_translate of a guest that has paging on, with all that was found on the way. */
must_check bool guest_walk(struct cpu *cpu, const struct guest_view *g, u64 linear, u32 access, bool quiet,
                           struct guest_walk *w);
/*
 * Translates a linear address for an access (PF_W, PF_U, PF_I). false: it faults, *error is #PF's error code. Sets
 * accessed and dirty bits as the CPU would unless quiet. The CPU's own page table must be loaded (window_open).
 */
must_check bool guest_translate(struct cpu *cpu, const struct guest_view *g, u64 linear, u32 access, bool quiet,
                                u64 *gpa, u32 *error);
/* Copies from or to guest-physical memory, within one page. Holes read as ones; writes to them are dropped. */
void guest_read(struct cpu *cpu, u64 gpa, void *to, unsigned bytes);
void guest_write(struct cpu *cpu, u64 gpa, const void *from, unsigned bytes);
/* Up to 15 bytes of code at RIP; returns how many were readable. */
unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16]);

#endif
