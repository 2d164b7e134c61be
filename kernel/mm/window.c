/* SPDX-License-Identifier: BSD-2-Clause */
#include "window.h"

void *window_load(struct cpu *cpu, u64 pa)
{
    u64 block = pa >> 21, slot = block % WINDOW_SLOTS;
    char *va = (char *)(WINDOW_VBASE + (slot << 21));

    if (in_region(block << 21) || pa >> cpu_features.address_bits)
        return NULL;
    cpu->window_pd[slot] = block << 21 | PTE_P | PTE_W | PTE_PS | PTE_NX | PTE_A | PTE_D;
    cpu->window_tag[slot] = block;
    cpu->window_changes++;
    invlpg(va);
    return va + (pa & (2 * MIB - 1));
}
