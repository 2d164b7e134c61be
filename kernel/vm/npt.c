/* SPDX-License-Identifier: BSD-2-Clause */
#include "npt.h"

#include "a20.h"
#include "core/log.h"
#include "core/string.h"
#include "hook.h"
#include "mm/page.h"
#include "mm/space.h"
#include "obj/device.h"
#include "paging.h"
#include "shadow.h"
#include "shadow_pool.h"
#include "vcpu.h"
#include "x86/cpu.h"
#include "x86/insn.h"

static u64 *root, *flat;
static const struct npt_format *format;
static u64 read_only_page; /* the hook block's; 0: none yet */
static u64 *hidden;        /* the table of ones that Weir's region has */
static u64 last_block = ~0ull, last_map; /* npt_lookup's: 2 MiB that lie in one large page */

static u64 block_bytes(unsigned level)
{
    return 1ull << (12 + 9 * (level - 1));
}

static u64 *new_table(void)
{
    return page_alloc(&kernel_budget, 1);
}

/* The entry for gpa at a level (1: 4 KiB, 2: 2 MiB, 3: 1 GiB), splitting larger pages; NULL: no memory. */
static u64 *entry_at(u64 gpa, unsigned level)
{
    u64 *t = root;

    for (unsigned l = 4; l > level; l--) {
        u64 *e = &t[(gpa >> (12 + 9 * (l - 1))) & 511];
        if (!*e || (*e & PTE_PS)) {
            u64 *n = new_table();
            if (!n)
                return NULL;
            /* A large page becomes 512 of the next size with the same rights, present or not. */
            u64 step = block_bytes(l - 1);
            for (u64 i = 0; *e && i < 512; i++)
                n[i] = (l == 2 ? *e & ~PTE_PS : *e) + i * step;
            *e = pa_of(n) | format->table;
        }
        t = va_of(*e & PTE_ADDR);
    }
    return &t[(gpa >> (12 + 9 * (level - 1))) & 511];
}

/* Maps what is still empty of one block, in the largest pages that have one memory type each. false: no memory. */
static bool fill(u64 at, unsigned level)
{
    u64 *e = entry_at(at, level), type = 0;

    if (!e)
        return false;
    if (*e && (level == 1 || (*e & PTE_PS)))
        return true;
    if (!*e && format->type)
        type = format->type(at, block_bytes(level));
    if (*e || type == NPT_MIXED) {
        for (u64 i = 0; i < 512; i++)
            if (!fill(at + i * block_bytes(level - 1), level - 1))
                return false;
        return true;
    }
    *e = at | format->leaf | type | (level > 1 ? PTE_PS : 0);
    return true;
}

bool npt_fill(u64 gpa)
{
    unsigned level = format->gib ? 3 : 2; /* 512 of the largest pages: all of one table */
    u64 base = gpa & ~(block_bytes(level + 1) - 1);

    if (gpa >> cpu_features.address_bits || binding_in_page(gpa & ~PAGE_MASK))
        return false;
    for (u64 i = 0; i < 512; i++)
        if (!fill(base + i * block_bytes(level), level))
            return false;
    return true;
}

static void retype(u64 *t, unsigned level, u64 at)
{
    for (u64 i = 0; i < 512; i++, at += block_bytes(level)) {
        bool leaf = level == 1 || (level < 4 && (t[i] & PTE_PS));
        if (!t[i])
            continue;
        u64 type = leaf ? format->type(at, block_bytes(level)) : NPT_MIXED;
        if (type != NPT_MIXED)
            t[i] = (t[i] & ~format->type_mask) | type;
        else if (!leaf || entry_at(at, level - 1))
            retype(va_of(t[i] & PTE_ADDR), level - 1, at);
        else
            t[i] &= ~format->type_mask; /* no memory for smaller pages: uncached is never wrong */
    }
}

void npt_retype(void)
{
    if (format->type) /* else the CPU's own MTRRs hold, which the guest has just written */
        retype(root, 4, 0);
}

/* Weir's region: all of it shows one page of ones, as an address without memory does. */
static void hide_region(void)
{
    u64 *ones = new_table();

    hidden = new_table();
    ASSERT(ones && hidden);
    memset(ones, 0xff, PAGE_SIZE);
    for (unsigned i = 0; i < 512; i++)
        hidden[i] = pa_of(ones) | (format->leaf & ~PTE_W) | (format->type ? format->type(region_base, PAGE_SIZE) : 0);
    for (u64 at = region_base; at < region_base + REGION_BYTES; at += 2 * MIB) {
        u64 *e = entry_at(at, 2);
        ASSERT(e);
        *e = pa_of(hidden) | format->table;
    }
}

void npt_show(u64 pa)
{
    u64 *e = entry_at(pa, 2);

    if (va_of(*e & PTE_ADDR) == hidden) {
        u64 *own = new_table();
        ASSERT(own);
        memcpy(own, hidden, PAGE_SIZE);
        *e = pa_of(own) | format->table;
    }
    *entry_at(pa, 1) = pa | (format->leaf & ~PTE_W) | (format->type ? format->type(pa, PAGE_SIZE) : 0);
}

void npt_init(const struct npt_format *f)
{
    format = f;
    root = new_table();
    ASSERT(root && npt_fill(0));
    for (u64 at = GIB; !f->gib && at < 4 * GIB; at += GIB)
        ASSERT(npt_fill(at));
    hide_region();
    ASSERT(entry_at(0, 1)); /* split for ever: npt_second_mib() cannot fail */
    if (!paging_is_shadow())
        return;
    pool_init();
    flat = new_table();
    ASSERT(flat);
    const u64 *pdpt = va_of(root[0] & PTE_ADDR);
    for (unsigned i = 0; i < 4; i++)
        flat[i] = (pdpt[i] & PTE_ADDR) | PTE_P; /* AMD APM vol. 2, 5.2.3: the other bits are reserved */
}

u64 npt_flat_root(void)
{
    return pa_of(flat);
}

u64 npt_lookup(u64 gpa)
{
    const u64 *t = root;

    if (likely(gpa >> 21 == last_block))
        return last_map | (gpa & (2 * MIB - 1) & ~PAGE_MASK);
    if (gpa >> cpu_features.address_bits)
        return 0;
    for (unsigned shift = 39;; shift -= 9) {
        u64 e = t[(gpa >> shift) & 511];
        if (unlikely(!e)) {
            if (!npt_fill(gpa))
                return 0;
            e = t[(gpa >> shift) & 511];
        }
        if (shift == 12 || (e & PTE_PS)) {
            u64 mask = (1ull << shift) - 1, map = (e & PTE_ADDR & ~mask) | (gpa & mask & ~PAGE_MASK) | (e & (PTE_P | PTE_W));
            if (!(e & PTE_P))
                return 0;
            if (shift > 12) {
                last_block = gpa >> 21;
                last_map = map & ~(2 * MIB - PAGE_SIZE);
            }
            return map;
        }
        t = va_of(e & PTE_ADDR);
    }
}

u64 npt_root(void)
{
    return pa_of(root);
}

/* How much one entry covers where [at, last] may be set in one piece. */
static unsigned level_for(u64 at, u64 last)
{
    return (at & (2 * MIB - 1)) == 0 && last - at >= 2 * MIB - 1 ? 2 : 1;
}

bool npt_prepare(u64 first, u64 last)
{
    if (in_region(first) || in_region(last) || (first < region_base && last >= region_base + REGION_BYTES))
        return false;
    for (u64 at = first & ~PAGE_MASK; at <= last;) {
        unsigned level = level_for(at, last);
        if ((!*entry_at(at, 3) && !npt_fill(at)) || !entry_at(at, level))
            return false;
        at += level == 2 ? 2 * MIB : PAGE_SIZE;
    }
    return true;
}

static void set_page(u64 *e, u64 at)
{
    *e &= ~NPT_RIGHTS;
    if (!binding_in_page(at))
        *e |= at == read_only_page ? NPT_RIGHTS & ~PTE_W : NPT_RIGHTS;
}

static void flush(void)
{
    struct cpu *cpu = this_cpu();

    last_block = ~0ull;
    if (cpu->vcpu) {
        shadow_forget_all(cpu->vcpu);
        cpu->vcpu->flush_tlb = true;
        cpu->vcpu->attention = true;
    }
}

void npt_hook(u64 first, u64 last)
{
    for (u64 at = first & ~PAGE_MASK; at <= last;) {
        unsigned level = level_for(at, last);
        u64 *e = entry_at(at, level);
        ASSERT(e);
        if (level == 2 && !(*e & PTE_PS)) {
            u64 *t = va_of(*e & PTE_ADDR);
            for (unsigned i = 0; i < 512; i++)
                set_page(&t[i], at + i * PAGE_SIZE);
        } else {
            set_page(e, at);
        }
        at += level == 2 ? 2 * MIB : PAGE_SIZE;
    }
    if (a20_closed)
        npt_second_mib();
    flush();
}

void npt_second_mib(void)
{
    u64 *first = entry_at(0, 1), *second = first + MIB / PAGE_SIZE;

    for (u64 i = 0; i < MIB / PAGE_SIZE; i++) {
        u64 at = MIB + i * PAGE_SIZE;
        second[i] = at | format->leaf | (format->type ? format->type(at, PAGE_SIZE) : 0);
        set_page(&second[i], at);
        if (a20_closed)
            second[i] = first[i];
    }
    flush();
}

void npt_protect_hook(void)
{
    u64 *e = entry_at(hook_page(), 1);

    ASSERT(e);
    read_only_page = hook_page();
    *e &= ~PTE_W;
    flush();
}
