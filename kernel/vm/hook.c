/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook.h"

#include "boot/boot.h"
#include "core/log.h"
#include "core/string.h"
#include "mm/window.h"
#include "vcpu_ops.h"

static u64 page;

bool hook_reserve(struct weir_e820 *map, u32 *n, u32 max)
{
    const u8 *low = window_ptr(this_cpu(), 0);
    u64 top = (u64)(*(const u16 *)(low + 0x413)) * 1024;

    page = (top - PAGE_SIZE) & ~PAGE_MASK;
    return top >= 0x20000 && top <= 0xa0000 && *n <= WEIR_HOOK_MAP - 2 &&
           e820_set(map, n, max, page, top - page, E820_RESERVED) && *n <= WEIR_HOOK_MAP;
}

u64 hook_page(void)
{
    return page;
}

static void set_vector(u16 *vectors, unsigned vector, u16 offset)
{
    vectors[vector * 2] = offset;
    vectors[vector * 2 + 1] = (u16)(page >> 4);
}

void hook_install(struct cpu *cpu, const struct weir_hook_block *block)
{
    u8 *low = window_ptr(cpu, 0);
    struct weir_hook_block *h = (struct weir_hook_block *)(low + page);
    u16 *vectors = (u16 *)low;

    memcpy(h, block, PAGE_SIZE);
    memcpy(h->old13, &vectors[0x13 * 2], 4);
    memcpy(h->old15, &vectors[0x15 * 2], 4);
    memcpy((u8 *)h + WEIR_HOOK_FAILED, vcpu_ops->hypercall, sizeof(vcpu_ops->hypercall));
    set_vector(vectors, 0x15, WEIR_HOOK_INT15);
    if (h->swap)
        set_vector(vectors, 0x13, WEIR_HOOK_INT13);
    *(u16 *)(low + 0x413) = (u16)(page / 1024);
}
