/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More of everything than a hypervisor has room for: page tables, entries that point to one table, writable mappings of one
 * frame that becomes a table; and tables in the last pages of RAM.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)
#define MANY 0x1000000ull /* page tables, from 16 MiB on */
#define PTS 1200u
#define PDS 4u

static void check(const char *what, u64 va, u64 frame)
{
    struct result r = access(READ, va + 8, false, 0, 0);

    rt_check(r.value == FRAME_WORD(frame), "%s: %lx reads %lx, not frame %lx", what, va, r.value, frame);
    record(what, va, r.vector, r.value);
}

static u64 *pt(unsigned n)
{
    return (u64 *)(MANY + n * 4096ull);
}

static void many_tables(void)
{
    section("many-tables");
    memset((void *)TABLES, 0, (1 + PDS) * 4096);
    memset((void *)MANY, 0, PTS * 4096ull);
    fill_frames();
    rt_pml4[V_SLOT] = table_address(0) | RW;
    for (unsigned i = 0; i < PDS; i++)
        table(0)[i] = table_address(1 + i) | RW;
    for (unsigned i = 0; i < PTS; i++) {
        table(1 + i / 512)[i % 512] = (u64)pt(i) | RW;
        pt(i)[i % 512] = frame_address(i & 255) | RW;
    }
    reload_cr3();
    for (unsigned round = 0; round < 4 * PTS; round++) {
        unsigned n = round < PTS ? round : random32() % PTS;
        u64 va = V_BASE + n * 0x200000ull + n % 512 * 4096;
        check("one of many", va, ((pt(n)[n % 512] & 0xffffff000) - FRAMES) >> 12);
        if (round & 1) {
            pt(n)[n % 512] = frame_address(random32() & 255) | RW;
            invlpg(va);
        }
        if (round % 256 == 255)
            reload_cr3();
    }
}

/* One page table under 40 directory entries, one directory under 40 pointers: a change is seen by all. */
static void many_parents(void)
{
    section("many-parents");
    memset((void *)TABLES, 0, 4 * 4096);
    rt_pml4[V_SLOT] = table_address(0) | RW;
    for (unsigned i = 0; i < 40; i++) {
        table(0)[i] = table_address(1) | RW;
        table(1)[i] = table_address(2) | RW;
    }
    reload_cr3();
    for (unsigned round = 0; round < 40; round++) {
        table(2)[round] = frame_address(round) | RW;
        for (unsigned i = 0; i < 40; i++)
            check("parent", V_BASE + ((u64)(i * 7 % 40) << 30) + i * 0x200000 + round * 4096, round);
        table(2)[round] = frame_address(round + 100) | RW;
        reload_cr3();
        for (unsigned i = 0; i < 40; i++)
            check("changed", V_BASE + ((u64)(i * 3 % 40) << 30) + i * 0x200000 + round * 4096, round + 100);
    }
}

/* A frame mapped writable in 40 places becomes a page table, and is written through each of them. */
static void many_aliases(void)
{
    section("many-aliases");
    for (unsigned level = 0; level < 2; level++) { /* as a page table, as a directory */
        memset((void *)TABLES, 0, 8 * 4096);
        fill_frames();
        rt_pml4[V_SLOT] = table_address(0) | RW;
        table(0)[0] = table_address(1) | RW;
        table(1)[0] = table_address(2) | RW;
        for (unsigned i = 0; i < 40; i++)
            table(2)[i] = table_address(3) | RW;
        for (unsigned i = 0; i < 1024; i++)
            table(4 + i / 512)[i % 512] = frame_address((i / 512 * 50 + i % 512) & 255) | RW;
        reload_cr3();
        for (unsigned i = 0; i < 40; i++)
            *(volatile u64 *)(V_BASE + i * 4096 + 8) = 0;
        if (level == 0)
            table(1)[1] = table_address(3) | RW;
        else
            table(0)[1] = table_address(3) | RW;
        for (unsigned round = 0; round < 80; round++) {
            u64 va = level ? V_BASE + (1ull << 30) + round % 3 * 0x200000 + 5 * 4096 : V_BASE + 0x200000 + round % 3 * 4096;
            u64 value = level ? table_address(4 + (round & 1)) : frame_address(round);
            *(volatile u64 *)(V_BASE + round % 40 * 4096 + round % 3 * 8) = value | RW;
            invlpg(va);
            check("alias", va, level ? (round & 1) * 50 + 5 : round);
        }
    }
}

/* All three tables in the last pages of RAM below 4 GiB, where a hypervisor's own may begin. */
static void at_the_top(void)
{
    static struct e820_entry map[E820_MAX];
    u64 top = 0, base = 0;

    section("at-the-top");
    for (unsigned i = 0, n = rt_e820(map, E820_MAX); i < n; i++) {
        u64 end = (map[i].base + map[i].length) & ~4095ull;
        if (map[i].type == E820_RAM && end > top && end < 1ull << 32) {
            top = end;
            base = map[i].base;
        }
    }
    if (!rt_check(top - base > 0x100000, "no RAM at the top"))
        return;
    for (unsigned round = 0; round < 4; round++) {
        u64 *t = (u64 *)(top - (4 + round) * 4096);
        memset(t, 0, 4 * 4096);
        fill_frames();
        t[0] = (u64)(t + 512) | RW;
        t[512] = (u64)(t + 1024) | RW;
        t[1024] = frame_address(round) | RW;
        t[1025] = (u64)(t + 1536 - (round + 1) * 512 * !!round) | RW; /* a table, or the last page, as data */
        rt_pml4[V_SLOT] = (u64)t | RW;
        reload_cr3();
        check("top", V_BASE, round);
        t[1024] = frame_address(9) | RW;
        invlpg(V_BASE);
        check("top", V_BASE, 9);
        *(volatile u64 *)(V_BASE + 4096 + 0xff8) = 0;
        record("a/d", round, t[0] & 0xfff, (t[1024] & 0xfff) << 32 | (t[1025] & 0xfff));
    }
}

void section_many(void)
{
    many_tables();
    many_parents();
    many_aliases();
    at_the_top();
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
