/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook block: one page at the top of conventional memory with the real-mode code that starts the guest's boot
 * sector and answers INT 15h (and exchanges drives in INT 13h) so that Weir's memory is not seen. The guest reads and
 * executes it, but cannot write it. doc/boot.md
 */
#ifndef KERNEL_HOOK_H
#define KERNEL_HOOK_H

#include <weir/abi.h>

#include "x86/types.h"

struct cpu;

/* Chooses the page from the BIOS's 40:13h and reserves it in the map. Boot only; false: no room in the map. */
must_check bool hook_reserve(struct weir_e820 *map, u32 *n, u32 max);
/* Writes the block, the vectors and 40:13h. The window must be open. */
void hook_install(struct cpu *cpu, const struct weir_guest_boot *boot);
/* The page's physical address. */
u64 hook_page(void);
/* Where the block's first instruction is (an offset in its segment), and where it stops when it could not boot. */
#define HOOK_ENTRY ((u16)(hook_entry_label - hook_block))
#define HOOK_FAILED ((u16)(hook_failed_label - hook_block))
extern const u8 hook_block[], hook_entry_label[], hook_failed_label[];

#endif
