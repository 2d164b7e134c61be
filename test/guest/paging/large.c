/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 2 MiB and 1 GiB pages, reserved bits at every level, and changes between large and small pages.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)

/*
 * Where RSVD is set, P is too (AMD APM vol. 2, 8.4.2); QEMU 7.2 leaves it clear, so it is not
 * looked at.
 */
static u64 without_p(u64 error)
{
    return error & 8 ? error & ~1ull : error;
}

static void expect(const char *what, enum kind kind, u64 va, u64 vector, u64 error, u64 value)
{
    struct result r = access(kind, va, false, 0, value);

    r.error = without_p(r.error);
    error = without_p(error);
    record(what, va - V_BASE, r.vector, r.vector == 14 ? r.error : r.value);
    rt_check(r.vector == vector, "%s: vector %lx, not %lx", what, r.vector, vector);
    rt_check(vector != 14 || (r.error == error && r.cr2_right), "%s: error %lx, not %lx", what,
             r.error, error);
    rt_check(kind != READ || vector == 14 || r.value == value, "%s: %lx, not %lx", what, r.value,
             value);
}

static void hook_tables(void)
{
    memset((void *)TABLES, 0, 4 * 4096);
    rt_pml4[V_SLOT] = table_address(0) | RW;
    table(0)[0] = table_address(1) | RW;
    table(1)[0] = table_address(2) | RW;
    reload_cr3();
}

static void two_mib(void)
{
    hook_tables();
    table(1)[0] = LARGE | RW | PTE_PS;
    table(1)[1] = (LARGE + 0x200000) | PTE_P | PTE_PS;
    for (u64 offset = 8; offset < 0x200000; offset += 0x3f000) {
        *(u64 *)(LARGE + offset) = ~offset;
        *(u64 *)(LARGE + 0x200000 + offset) = offset * 3;
        expect("2m.read", READ, V_BASE + offset, RT_NO_FAULT, 0, ~offset);
        expect("2m.second", READ, V_BASE + 0x200000 + offset, RT_NO_FAULT, 0, offset * 3);
    }
    rt_check((table(1)[0] & PTE_AD) == PTE_A, "2m: %lx after reads", table(1)[0]);
    expect("2m.write", WRITE, V_BASE + 0x1ff000, RT_NO_FAULT, 0, 77);
    rt_check((table(1)[0] & PTE_AD) == PTE_AD, "2m: %lx after a write", table(1)[0]);
    rt_check(*(u64 *)(LARGE + 0x1ff000) == 77, "2m: the write went elsewhere");
    write_cr0(read_cr0() | CR0_WP);
    expect("2m.read-only", WRITE, V_BASE + 0x200008, 14, 3, 1);
    write_cr0(read_cr0() & ~CR0_WP);
    expect("2m.read-only.wp0", WRITE, V_BASE + 0x200008, RT_NO_FAULT, 0, 1);
    /* A word across the boundary of the two pages. */
    *(u32 *)(LARGE + 0x1ffffc) = 0x11111111;
    *(u32 *)(LARGE + 0x200000) = 0x22222222;
    expect("2m.across", READ, V_BASE + 0x1ffffc, RT_NO_FAULT, 0, 0x2222222211111111);
}

static void one_gib(void)
{
    if (!have_1g)
        return;
    hook_tables();
    fill_frames();
    table(0)[1] = RW | PTE_PS;
    for (unsigned i = 0; i < 256; i += 5)
        expect("1g.read", READ, V_BASE + (1ull << 30) + frame_address(i) + 8, RT_NO_FAULT, 0,
               FRAME_WORD(i));
    rt_check((table(0)[1] & PTE_AD) == PTE_A, "1g: %lx after reads", table(0)[1]);
    expect("1g.write", WRITE, V_BASE + (1ull << 30) + frame_address(3) + 8, RT_NO_FAULT, 0, 5);
    rt_check((table(0)[1] & PTE_AD) == PTE_AD, "1g: %lx after a write", table(0)[1]);
    rt_check(*(u64 *)(frame_address(3) + 8) == 5, "1g: the write went elsewhere");
}

/* Reserved: PS in a PML4 entry, low address bits of large pages, address bits beyond MAXPHYADDR. */
static void reserved_bits(void)
{
    unsigned width = cpuid(0x80000008, 0).eax & 0xff;
    u64 high = width < 52 ? 1ull << 51 : 0;

    section("reserved");
    record("width", 0, width, 0);
    hook_tables();
    table(2)[0] = frame_address(0) | RW;
    for (unsigned level = 0; level < 4 && high; level++) {
        u64 *entry = level == 3 ? &rt_pml4[V_SLOT] : &table(level)[0], old = *entry;

        *entry = old | high;
        invlpg(V_BASE);
        expect("reserved.high", READ, V_BASE + 8, 14, 9, 0);
        expect("reserved.high.write", WRITE, V_BASE + 8, 14, 11, 0);
        *entry = old & ~PTE_P;      /* not present: nothing is reserved */
        *entry |= high;
        invlpg(V_BASE);
        expect("reserved.absent", READ, V_BASE + 8, 14, 0, 0);
        *entry = old;
    }
    rt_pml4[V_SLOT] |= PTE_PS;
    invlpg(V_BASE);
    expect("reserved.pml4.ps", READ, V_BASE + 8, 14, 9, 0);
    rt_pml4[V_SLOT] &= ~PTE_PS;
    for (unsigned bit = 13; bit < 21; bit++) {
        table(1)[0] = LARGE | RW | PTE_PS | 1ull << bit;
        invlpg(V_BASE);
        expect("reserved.2m", READ, V_BASE + 8, 14, 9, 0);
    }
    table(1)[0] = table_address(2) | RW;
}

/* A 2 MiB page split into 512 small ones over the same memory, two exchanged, merged again. */
static void split_and_merge(void)
{
    section("split");
    hook_tables();
    for (unsigned i = 0; i < 512; i++)
        *(u64 *)(LARGE + i * 4096 + 8) = FRAME_WORD(i);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 512; i++)
            table(2)[i] = (LARGE + (i ^ (round & 3)) * 4096) | RW;
        table(1)[0] = LARGE | RW | PTE_PS;
        reload_cr3();
        for (unsigned i = 0; i < 512; i += 37)
            expect("merged", READ, V_BASE + i * 4096 + 8, RT_NO_FAULT, 0, FRAME_WORD(i));
        table(1)[0] = table_address(2) | RW;
        invlpg(V_BASE + 0x5000);        /* any address of a large page flushes all of it */
        for (unsigned i = 0; i < 512; i += 37)
            expect("split", READ, V_BASE + i * 4096 + 8, RT_NO_FAULT, 0,
                   FRAME_WORD(i ^ (round & 3)));
    }
}

void section_large(void)
{
    section("large");
    two_mib();
    one_gib();
    reserved_bits();
    split_and_merge();
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
