/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory as the guest sees it: its page tables walked in software, through the window. */
#ifndef KERNEL_GUEST_MEMORY_H
#define KERNEL_GUEST_MEMORY_H

#include "decode.h"
#include "x86/types.h"

struct cpu;
struct vcpu;

/* What an access of the guest's depends on; filled by the vendor's guest_view. */
struct guest_view {
    u64 cr0, cr3, cr4, efer, rflags;
    u64 linear_rip;
    u8 cpl;
    enum code_mode mode;
};

/* An access, in the bits of #PF's error code (AMD APM vol. 2, 8.4.2). */
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16 };

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
