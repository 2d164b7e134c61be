/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the hook block lies (struct weir_hook_block): one page at the top of conventional memory, with code of init's that starts
 * the guest. The guest reads and executes it, but cannot write it. doc/boot.md
 */
#ifndef KERNEL_HOOK_H
#define KERNEL_HOOK_H

#include <weir/abi.h>

#include "x86/types.h"

struct cpu;

/* Chooses the page from the BIOS's 40:13h and reserves it in the map. Boot only; false: no room in the map. */
must_check bool hook_reserve(struct weir_e820 *map, u32 *n, u32 max);
/* Writes the block, which is a page, the vectors and 40:13h. The window must be open. */
void hook_install(struct cpu *cpu, const struct weir_hook_block *block);
/* The page's physical address. */
u64 hook_page(void);

#endif
