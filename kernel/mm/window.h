/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The window to guest memory: 512 slots of 2 MiB per CPU, mapped only in that CPU's own page table, never where a
 * service runs. A slot keeps what it showed last; Weir's region is never shown.
 */
#ifndef KERNEL_WINDOW_H
#define KERNEL_WINDOW_H

#include "page.h"
#include "space.h"
#include "x86/cpu.h"
#include "x86/insn.h"

void *window_load(struct cpu *cpu, u64 pa);

/*
 * Where the byte at physical address pa stands; valid to the end of its 2 MiB block and until the next window_ptr with
 * the same slot. NULL for Weir's region and beyond the CPU's address width. The CPU's own page table must be loaded.
 */
static inline void *window_ptr(struct cpu *cpu, u64 pa)
{
    u64 slot = (pa >> 21) % WINDOW_SLOTS;

    if (likely(cpu->window_tag[slot] == pa >> 21))
        return (void *)(WINDOW_VBASE + (slot << 21) + (pa & (2 * MIB - 1)));
    return window_load(cpu, pa);
}

static inline void load_cr3(struct cpu *cpu, u64 cr3)
{
    if (cpu->loaded_cr3 != cr3) {
        cpu->loaded_cr3 = cr3;
        write_cr3(cr3);
    }
}

/* Loads this CPU's own page table. A system call that does so loads its caller's again before it returns. */
static inline void window_open(struct cpu *cpu)
{
    load_cr3(cpu, cpu->cr3);
}

#endif
