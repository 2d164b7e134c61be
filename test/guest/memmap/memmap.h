/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_MEMMAP_H
#define GUEST_MEMMAP_H

#include "io.h"

/* One BIOS call, from real mode or from the virtual-8086 task. */
typedef void (*bios_call)(u8 vector, struct bios_regs *regs);

struct memory_answers {
    struct e820_entry map[E820_MAX];
    unsigned entries;
    u64 odd;            /* digest of what the odd E820 calls gave */
    u16 e801[4];        /* AX BX CX DX */
    u16 int15_88;
    u16 int12;
};

/* calls.c: asks everything and checks what can be checked within one mode. */
void ask_memory(const char *mode, bios_call call, struct memory_answers *answers);

/* scan.c: looks for the markers in everything below 4 GiB that the map names, in the gaps below the
 * top of RAM, and in the RAM above 4 GiB. */
void scan_memory(const struct e820_entry *map, unsigned entries);

#endif
