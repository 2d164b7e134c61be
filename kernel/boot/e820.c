/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure functions on the firmware's memory map (ACPI 6.5, 15.1); tested on the host. */
#include "boot.h"

static void sort(struct weir_e820 *map, u32 n)
{
    for (u32 i = 1; i < n; i++)
        for (u32 j = i; j && map[j].base < map[j - 1].base; j--) {
            struct weir_e820 t = map[j];
            map[j] = map[j - 1];
            map[j - 1] = t;
        }
}

bool e820_set(struct weir_e820 *map, u32 *n, u32 max, u64 base, u64 bytes, u32 type)
{
    u64 end = base + bytes;
    u32 room = 2; /* the new entry and the second half of a split one */

    for (u32 i = 0, splits = 0; i < *n; i++) /* a firmware's entries may overlap: then more than one is split */
        if (map[i].base < base && map[i].base + map[i].bytes > end && ++splits > 1)
            room++;
    if (*n + room > max)
        return false;
    for (u32 i = 0; i < *n; i++) {
        struct weir_e820 *e = &map[i];
        u64 e_end = e->base + e->bytes;
        if (e_end <= base || e->base >= end)
            continue;
        if (e->base < base && e_end > end) { /* in the middle: split */
            map[(*n)++] = (struct weir_e820){end, e_end - end, e->type, e->attributes};
            e->bytes = base - e->base;
        } else if (e->base < base) {
            e->bytes = base - e->base;
        } else if (e_end > end) {
            e->bytes = e_end - end;
            e->base = end;
        } else {
            *e = map[--*n];
            i--;
        }
    }
    map[(*n)++] = (struct weir_e820){base, bytes, type, 1};
    sort(map, *n);
    return true;
}

static bool overlaps(u64 a, u64 a_end, u64 b, u64 b_end)
{
    return a < b_end && b < a_end;
}

static bool is_usable(const struct weir_e820 *map, u32 n, u64 base, u64 end)
{
    for (u32 i = 0; i < n; i++)
        if (map[i].type != WEIR_E820_RAM && overlaps(base, end, map[i].base, map[i].base + map[i].bytes))
            return false;
    return weir_e820_ram_from(map, n, base, end) == end - base; /* RAM may come in adjacent entries */
}

u64 e820_find_region(const struct boot_info *info, u64 bytes, u64 align, u64 keep, u64 keep_end)
{
    for (u64 base = (4 * GIB - bytes) & ~(align - 1); base >= 16 * MIB; base -= align) {
        bool good = is_usable(info->map, info->nmap, base, base + bytes) &&
                    !overlaps(base, base + bytes, keep, keep_end);
        for (u32 m = 0; good && m < info->nmodules; m++) {
            const struct boot_module *b = &info->modules[m];
            good = !overlaps(base, base + bytes, b->start, b->start + b->bytes);
        }
        if (good)
            return base;
    }
    return 0;
}
