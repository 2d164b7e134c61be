/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow paging: page tables of the kernel's own, in the CPU's format, that say for each linear address what the
 * guest's tables and npt.h's map say together. Entries appear at the guest's page faults; what a TLB may keep, they keep.
 *
 * shadow-simple is a virtual TLB: cleared at each flush. shadow-cached keeps the tables: each belongs to one table of
 * the guest's, whose frame the guest cannot write unseen. A written page table (level 1) becomes unsynchronized: it
 * stays writable, and is compared with its shadow at the guest's next CR3 load. A written upper one is forgotten, or,
 * where it is in use, the instruction is emulated; one that the emulator does not know makes it unsynchronized as well.
 *
 * One vCPU. All memory comes from a fixed pool; what is not used is evicted, so nothing here can fail.
 */
#ifndef KERNEL_SHADOW_H
#define KERNEL_SHADOW_H

#include "paging.h"

struct cpu;
struct vcpu;

/* MOV CR3 and its like: what the guest's TLB forgets, is forgotten; v->root becomes that of v->control. Guest context. */
void shadow_load_root(struct vcpu *v);
/* Everything is forgotten: the map, or the mode of the guest's paging, has changed. Then as shadow_load_root. */
void shadow_forget_all(struct vcpu *v);
/* The emulator does not know the instruction that met a write-protected table. true: it can be tried again, natively. */
bool shadow_give_way(struct vcpu *v);
/* INVLPG. Guest context. */
void shadow_invalidate(struct vcpu *v, u64 linear);

void shadow_written_frame(u64 gpa, unsigned bytes);
/* The kernel itself has written guest memory, within one page. */
static inline void shadow_written(u64 gpa, unsigned bytes)
{
    if (unlikely(paging_mode == PAGING_SHADOW_CACHED))
        shadow_written_frame(gpa, bytes);
}

#endif
