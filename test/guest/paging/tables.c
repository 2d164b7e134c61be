/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging structures that are used in unusual ways: mapped into the space they describe, one frame
 * as table of two levels or of two places, changed by all kinds of writes, code behind aliases,
 * accesses across pages.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)
#define PAGE(n) (V_BASE + (n) * 4096ull)

static u64 read_word(u64 va)
{
    return access(READ, va, false, 0, 0).value;
}

static void same(const char *what, u64 key, u64 got, u64 wanted)
{
    record(what, key, got, 0);
    rt_check(got == wanted, "%s %lx: %lx, not %lx", what, key, got, wanted);
}

static void hook_tables(void)
{
    memset((void *)TABLES, 0, 8 * 4096);
    fill_frames();
    rt_pml4[V_SLOT] = table_address(0) | RW;
    table(0)[0] = table_address(1) | RW;
    table(1)[0] = table_address(2) | RW;
    reload_cr3();
}

/* A and D: set once each, cleared by software, set again after INVLPG. */
static void accessed_dirty(void)
{
    u64 *pte = &table(2)[0];

    section("accessed-dirty");
    hook_tables();
    *pte = frame_address(0) | RW;
    for (unsigned round = 0; round < 200; round++) {
        enum kind kind = random32() & 1 ? WRITE : READ;
        u64 before = *pte & PTE_AD;

        if (random32() & 1) {
            *pte &= ~(random32() & 1 ? PTE_AD : PTE_D);
            invlpg(V_BASE);
            before = *pte & PTE_AD;
        }
        access(kind, V_BASE + 8, false, 0, FRAME_WORD(0));
        same("a/d", round, *pte & PTE_AD, before | PTE_A | (kind == WRITE ? PTE_D : 0));
    }
}

/*
 * The page table is mapped at PAGE(511) by its own last entry, and written there by MOV, XCHG, ADD
 * and MOVS.
 */
static void self_mapped(void)
{
    volatile u64 *window = (u64 *)PAGE(511);

    section("self-mapped");
    hook_tables();
    table(2)[511] = table_address(2) | RW;
    for (unsigned round = 0; round < 300; round++) {
        unsigned page = random32() % 64, frame = random32() % 256;
        u64 value = frame_address(frame) | RW, old;

        switch (round % 4) {
        case 0:
            window[page] = value;
            break;
        case 1:
            old = value;
            asm volatile("xchgq %0, %1" : "+r"(old), "+m"(window[page]));
            break;
        case 2:
            old = window[page];
            asm volatile("lock xaddq %0, %1" : "+r"((u64){ value - old }), "+m"(window[page]));
            break;
        default:
            memcpy((void *)&window[page], &value, 8);
        }
        invlpg(PAGE(page));
        same("self", round, read_word(PAGE(page) + 8), FRAME_WORD(frame));
        same("seen", round, window[page] & ~PTE_AD, value);
    }
}

/*
 * PML4[V_SLOT+1] = the PML4 itself: all structures appear in the address space (recursive mapping).
 */
static void recursive(void)
{
    const u64 slot = V_SLOT + 1;
    const u64 ptes = slot << 39 | (u64)V_SLOT << 30;
    const u64 pdes = slot << 39 | slot << 30 | (u64)V_SLOT << 21;

    section("recursive");
    hook_tables();
    rt_pml4[slot] = (u64)rt_pml4 | RW;
    reload_cr3();
    for (unsigned round = 0; round < 200; round++) {
        unsigned page = random32() % 512, frame = random32() % 256;

        *(volatile u64 *)(ptes + page * 8) = frame_address(frame) | RW;
        invlpg(PAGE(page));
        same("recursive", round, read_word(PAGE(page) + 8), FRAME_WORD(frame));
        same("entry", round, table(2)[page] & ~PTE_AD, frame_address(frame) | RW);
    }
    same("pde", 0, *(volatile u64 *)pdes & ~PTE_AD, table_address(2) | RW);
    rt_pml4[slot] = 0;
    reload_cr3();
}

/*
 * One page table under two directory entries, with different rights above it, and as data page of a
 * third.
 */
static void shared_table(void)
{
    section("shared");
    hook_tables();
    write_cr0(read_cr0() | CR0_WP);
    table(1)[1] = table_address(2) | PTE_P;
    table(1)[2] = table_address(3) | RW;
    table(3)[0] = table_address(2) | RW;
    reload_cr3();
    for (unsigned round = 0; round < 200; round++) {
        unsigned page = random32() % 512, frame = random32() % 256;
        struct result r;

        *(volatile u64 *)(PAGE(1024) + page * 8) = frame_address(frame) | RW;
        invlpg(PAGE(page));
        invlpg(PAGE(512 + page));
        same("one", round, read_word(PAGE(page) + 8), FRAME_WORD(frame));
        same("other", round, read_word(PAGE(512 + page) + 8), FRAME_WORD(frame));
        r = access(WRITE, PAGE(512 + page) + 8, false, 0, 1);
        same("read-only", round, r.vector << 8 | r.error, 14 << 8 | 3);
        r = access(WRITE, PAGE(page) + 8, false, 0, FRAME_WORD(frame));
        same("writable", round, r.vector, RT_NO_FAULT);
    }
    write_cr0(read_cr0() & ~CR0_WP);
}

/* One frame as page directory and page table at once: its entries mean both. */
static void two_levels(void)
{
    section("two-levels");
    hook_tables();
    table(1)[0] = table_address(1) | RW;        /* the directory is its own page table */
    for (unsigned i = 1; i < 8; i++)
        table(1)[i] = frame_address(i) | RW;
    reload_cr3();
    same("as data", 0, *(volatile u64 *)PAGE(0) & ~PTE_AD, table_address(1) | RW);
    for (unsigned i = 1; i < 8; i++)
        same("as frame", i, read_word(PAGE(i) + 8), FRAME_WORD(i));
    *(volatile u64 *)(PAGE(0) + 9 * 8) = frame_address(9) | RW;
    same("new", 9, read_word(PAGE(9) + 8), FRAME_WORD(9));
}

/*
 * Code written through one mapping and run through another, and a code page exchanged for another
 * frame.
 */
static void aliased_code(void)
{
    static const u8 code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };        /* mov eax,imm32; ret */

    section("aliased-code");
    hook_tables();
    for (unsigned round = 0; round < 300; round++) {
        struct rt_regs r = { .rflags = 2 };
        unsigned frame = round % 3;
        u32 number = random32();

        table(2)[0] = frame_address(frame) | PTE_P;
        table(2)[1] = frame_address(frame) | RW;
        invlpg(PAGE(0));
        invlpg(PAGE(1));
        memcpy((void *)PAGE(1), code, sizeof(code));
        memcpy((void *)(PAGE(1) + 1), &number, 4);
        rt_run(PAGE(0), &r, false);
        same("code", round, r.rax, number);
    }
}

/*
 * Eight bytes across two pages: a fault on the second leaves the first unwritten, CR2 names the
 * second.
 */
static void across_pages(void)
{
    section("across");
    hook_tables();
    write_cr0(read_cr0() | CR0_WP);
    for (unsigned round = 0; round < 64; round++) {
        unsigned before = 1 + round % 7;
        u64 flags[4] = { 0, PTE_P, RW, RW }, va = PAGE(1) - before, old = 0x1111111111111111;
        u64 second = flags[round / 7 % 4];
        struct result r;
        bool fine = second == RW;

        table(2)[0] = frame_address(0) | RW;
        table(2)[1] = frame_address(1) | second;
        invlpg(PAGE(0));
        invlpg(PAGE(1));
        memcpy((void *)(frame_address(1) - 8), &old, 8);
        memcpy((void *)frame_address(1), &old, 8);
        r = access(WRITE, va, false, 0, 0x2222222222222222);
        same("vector", round, r.vector, fine ? RT_NO_FAULT : 14);
        same("cr2", round, fine ? 0 : rt_fault.cr2, fine ? 0 : PAGE(1));
        same("first", round, *(u64 *)(frame_address(1) - before) & 0xff, fine ? 0x22 : 0x11);
    }
    write_cr0(read_cr0() & ~CR0_WP);
}

/*
 * Absent becomes present without INVLPG: no TLB holds an absent translation (AMD APM vol. 2,
 * 5.5.2).
 */
static void made_present(void)
{
    section("made-present");
    hook_tables();
    for (unsigned round = 0; round < 300; round++) {
        unsigned page = random32() % 512, frame = random32() % 256;
        struct result r;

        table(2)[page] = 0;
        invlpg(PAGE(page));
        r = access(READ, PAGE(page) + 8, false, 0, 0);
        same("absent", round, r.vector << 8 | r.error, 14 << 8);
        table(2)[page] = frame_address(frame) | RW;
        same("present", round, read_word(PAGE(page) + 8), FRAME_WORD(frame));
    }
    /* The same one level higher. */
    for (unsigned round = 0; round < 50; round++) {
        table(1)[0] = 0;
        reload_cr3();
        same("no table", round, access(READ, PAGE(3) + 8, false, 0, 0).vector, 14);
        table(2)[3] = frame_address(round) | RW;
        table(1)[0] = table_address(2) | RW;
        same("table", round, read_word(PAGE(3) + 8), FRAME_WORD(round));
    }
}

void section_tables(void)
{
    accessed_dirty();
    self_mapped();
    recursive();
    shared_table();
    two_levels();
    aliased_code();
    across_pages();
    made_present();
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
