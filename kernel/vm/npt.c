/* SPDX-License-Identifier: BSD-2-Clause */
#include "npt.h"

#include "a20.h"
#include "core/log.h"
#include "core/string.h"
#include "hook.h"
#include "mm/page.h"
#include "mm/space.h"
#include "obj/device.h"
#include "vcpu.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define NPT_RWX (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static u64 *root;

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
            u64 step = 1ull << (12 + 9 * (l - 2));
            for (u64 i = 0; *e && i < 512; i++)
                n[i] = (l == 2 ? *e & ~PTE_PS : *e) + i * step;
            *e = pa_of(n) | NPT_RWX;
        }
        t = va_of(*e & PTE_ADDR);
    }
    return &t[(gpa >> (12 + 9 * (level - 1))) & 511];
}

bool npt_fill(u64 gpa)
{
    if (gpa >> cpu_features.address_bits || binding_in_page(gpa & ~PAGE_MASK))
        return false;
    if (cpu_features.pdpe1gb) { /* the whole 512 GiB around it */
        u64 base = gpa & ~(512 * GIB - 1);
        for (u64 i = 0; i < 512; i++) {
            u64 *e = entry_at(base + i * GIB, 3);
            if (!e)
                return false;
            if (!*e)
                *e = (base + i * GIB) | NPT_RWX | PTE_PS;
        }
        return true;
    }
    u64 base = gpa & ~(GIB - 1);
    for (u64 i = 0; i < 512; i++) {
        u64 *e = entry_at(base + i * 2 * MIB, 2);
        if (!e)
            return false;
        if (!*e)
            *e = (base + i * 2 * MIB) | NPT_RWX | PTE_PS;
    }
    return true;
}

/* Weir's region: all of it shows one page of ones, as an address without memory does. */
static void hide_region(void)
{
    u64 *ones = new_table(), *table = new_table();

    ASSERT(ones && table);
    memset(ones, 0xff, PAGE_SIZE);
    for (unsigned i = 0; i < 512; i++)
        table[i] = pa_of(ones) | PTE_P | PTE_U | PTE_A | PTE_D;
    for (u64 at = region_base; at < region_base + REGION_BYTES; at += 2 * MIB) {
        u64 *e = entry_at(at, 2);
        ASSERT(e);
        *e = pa_of(table) | NPT_RWX;
    }
}

void npt_init(void)
{
    root = new_table();
    ASSERT(root && npt_fill(0));
    for (u64 at = GIB; !cpu_features.pdpe1gb && at < 4 * GIB; at += GIB)
        ASSERT(npt_fill(at));
    hide_region();
    ASSERT(entry_at(0, 1)); /* split for ever: npt_second_mib() cannot fail */
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
    *e = binding_in_page(at) ? *e & ~PTE_P : *e | PTE_P;
}

static void flush(void)
{
    struct cpu *cpu = this_cpu();

    if (cpu->vcpu) {
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
        second[i] = at | NPT_RWX;
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
    *e &= ~PTE_W;
}
