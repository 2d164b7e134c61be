/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map (ACPI 6.5, 15.1), as the kernel and init look at it. */
#ifndef WEIR_E820_H
#define WEIR_E820_H

#include <stdbool.h>
#include <weir/abi.h>

#define WEIR_E820_RAM 1u

/* Bytes of RAM from base on without a hole, at most to limit. Entries may overlap, in any order. */
static inline uint64_t weir_e820_ram_from(const struct weir_e820 *map, uint64_t n, uint64_t base, uint64_t limit)
{
    uint64_t at = base;

    for (bool grown = true; grown && at < limit;) {
        grown = false;
        for (uint64_t i = 0; i < n; i++)
            if (map[i].type == WEIR_E820_RAM && map[i].base <= at && map[i].base + map[i].bytes > at) {
                at = map[i].base + map[i].bytes;
                grown = true;
            }
    }
    return (at < limit ? at : limit) - base;
}

#endif
