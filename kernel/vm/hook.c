/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook.h"

#include "boot/boot.h"
#include "core/log.h"
#include "core/string.h"
#include "mm/window.h"
#include "vcpu_ops.h"

#define HOOK_MAP 100

struct hook_data { /* hook.S has the same */
    u16 old13[2], old15[2];
    u8 drive, partition, swap, reserved;
    u16 limit_88, limit_16m, limit_64k, map_count;
    u8 map[HOOK_MAP][20];
};
CHECK_OFFSET(struct hook_data, map, 20);

extern const u8 hook_block_end[], hook_int13_label[], hook_int15_vector[];

static u64 page;

bool hook_reserve(struct weir_e820 *map, u32 *n, u32 max)
{
    const u8 *low = window_ptr(this_cpu(), 0);
    u64 top = (u64)(*(const u16 *)(low + 0x413)) * 1024;

    page = (top - PAGE_SIZE) & ~PAGE_MASK;
    return top >= 0x20000 && top <= 0xa0000 && *n <= HOOK_MAP - 2 &&
           e820_set(map, n, max, page, top - page, E820_RESERVED) && *n <= HOOK_MAP;
}

u64 hook_page(void)
{
    return page;
}

static void set_vector(u8 *low, unsigned vector, const u8 *label)
{
    u16 *v = (u16 *)(low + vector * 4);

    v[0] = (u16)(label - hook_block);
    v[1] = (u16)(page >> 4);
}

static void fill_map(struct hook_data *h)
{
    const struct weir_e820 *map = boot_info.map;
    u32 n = boot_info.nmap;
    u64 low = e820_usable_from(map, n, MIB, 16 * MIB);
    u64 high = low == 15 * MIB ? e820_usable_from(map, n, 16 * MIB, 4 * GIB) : 0;
    u64 all = (low + high) / 1024;

    for (u32 i = 0; i < n; i++)
        memcpy(h->map[i], &map[i], 20);
    h->map_count = (u16)n;
    h->limit_88 = (u16)(all < 0xffff ? all : 0xffff);
    h->limit_16m = (u16)(low / 1024);
    h->limit_64k = (u16)(high / 65536);
}

void hook_install(struct cpu *cpu, const struct weir_guest_boot *boot)
{
    u8 *low = window_ptr(cpu, 0);
    struct hook_data *h = (struct hook_data *)(low + page);
    const u16 *vectors = (const u16 *)low;

    ASSERT(hook_block_end - hook_block <= (long)PAGE_SIZE);
    memcpy(h, hook_block, (size_t)(hook_block_end - hook_block));
    memcpy(h->old13, &vectors[0x13 * 2], 4);
    memcpy(h->old15, &vectors[0x15 * 2], 4);
    memcpy((u8 *)h + HOOK_FAILED, vcpu_ops->hypercall, sizeof(vcpu_ops->hypercall));
    h->drive = boot->drive;
    h->partition = boot->partition;
    h->swap = boot->swap;
    fill_map(h);
    set_vector(low, 0x15, hook_int15_vector);
    if (boot->swap)
        set_vector(low, 0x13, hook_int13_label);
    *(u16 *)(low + 0x413) = (u16)(page / 1024);
}
