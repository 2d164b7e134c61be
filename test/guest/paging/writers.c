/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of every level, in use, written by all kinds of instructions: by the table's own address and through the
 * recursive slot. And string instructions that fault half way, in plain pages and in page tables.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)
#define SLOT (V_SLOT + 1)

extern const u64 writers[], writers_end[];

/* Where each level's first entry for V_BASE appears by the recursive slot. */
static const u64 recursive[4] = {
    (u64)SLOT << 39 | (u64)SLOT << 30 | (u64)SLOT << 21 | (u64)SLOT << 12 | V_SLOT * 8,
    (u64)SLOT << 39 | (u64)SLOT << 30 | (u64)SLOT << 21 | (u64)V_SLOT << 12,
    (u64)SLOT << 39 | (u64)SLOT << 30 | (u64)V_SLOT << 21,
    (u64)SLOT << 39 | (u64)V_SLOT << 30,
};

/* Two trees below the PML4: tables 0 to 2 and 4 to 6; what leads to the one or the other is exchanged. */
static void hook_trees(void)
{
    memset((void *)TABLES, 0, 8 * 4096);
    fill_frames();
    for (unsigned tree = 0; tree < 8; tree += 4) {
        table(tree)[0] = table_address(tree + 1) | RW;
        table(tree + 1)[0] = table_address(tree + 2) | RW;
        for (unsigned i = 0; i < 512; i++)
            table(tree + 2)[i] = frame_address((tree + i) & 255) | RW;
    }
    rt_pml4[V_SLOT] = table_address(0) | RW;
    rt_pml4[SLOT] = (u64)rt_pml4 | RW;
    reload_cr3();
}

/* What the entry of a level must be for the other tree. */
static u64 other(unsigned level, u64 entry)
{
    entry &= ~PTE_AD;
    return level == 3 ? entry ^ frame_address(0) ^ frame_address(4) : entry ^ table_address(level) ^ table_address(level + 4);
}

static u64 *entry_of(unsigned level)
{
    u64 *at = &rt_pml4[V_SLOT];

    for (unsigned i = 0; i < level; i++)
        at = (u64 *)(*at & 0xffffff000);
    return at;
}

static void write_entry(unsigned writer, unsigned level, bool by_slot, unsigned round)
{
    u64 *entry = entry_of(level), wanted = other(level, *entry);
    struct rt_regs r = {.rflags = 2, .rax = wanted, .rdx = entry[1], .rdi = by_slot ? recursive[level] : (u64)entry};

    access(READ, V_BASE + 8, false, 0, 0); /* the tables are in use, all of them */
    rt_run(writers[writer], &r, false);
    record("writer", writer << 8 | level << 4 | by_slot, rt_fault.vector, *entry & ~PTE_AD);
    rt_check(rt_fault.vector == RT_NO_FAULT, "writer %u level %u slot %u round %u: vector %lx at %lx", writer, level, by_slot,
             round, rt_fault.vector, rt_fault.rip);
    rt_check((*entry & ~PTE_AD) == wanted, "writer %u level %u slot %u: %lx, not %lx", writer, level, by_slot, *entry, wanted);
    invlpg(V_BASE);
    for (unsigned i = 0; i < 4; i++)
        invlpg(recursive[i]);
    u64 frame = (*entry_of(3) & 0xffffff000) - FRAMES;
    struct result got = access(READ, V_BASE + 8, false, 0, 0);
    record("reads", level, got.vector, got.value);
    rt_check(got.value == FRAME_WORD(frame >> 12), "writer %u level %u slot %u round %u: %lx by frame %lx", writer, level,
             by_slot, round, got.value, frame >> 12);
}

static void all_writers(void)
{
    u64 cr0 = read_cr0(), cr4 = read_cr4();

    section("writers");
    write_cr0((cr0 & ~4ull) | 2);   /* EM, MP */
    write_cr4(cr4 | 0x600);         /* OSFXSR */
    hook_trees();
    for (unsigned writer = 0; writer < (unsigned)(writers_end - writers); writer++)
        for (unsigned round = 0; round < 6; round++)
            for (unsigned level = 0; level < 8; level++)
                write_entry(writer, level & 3, level >> 2, round);
    write_cr4(cr4);
    write_cr0(cr0);
}

/* Without CR0.WP the kernel writes what is read-only at any level, as programs do that set W nowhere. */
static void without_wp(void)
{
    u64 cr0 = read_cr0(), cr4 = read_cr4();

    section("without-wp");
    write_cr0((cr0 & ~(4ull | CR0_WP)) | 2);
    write_cr4(cr4 | 0x600);
    for (unsigned level = 0; level < 5; level++) { /* all above it, and in the end all, is read-only */
        hook_trees();
        for (unsigned i = 0; i < level; i++)
            *entry_of(i) &= ~PTE_W;
        reload_cr3();
        for (unsigned writer = 0; writer < (unsigned)(writers_end - writers); writer++) {
            u64 *to = (u64 *)(frame_address(0) + 16 * writer);
            struct rt_regs r = {.rflags = 2, .rax = to[0] + 0x1000 + writer, .rdx = to[1], .rdi = V_BASE + 16 * writer};
            u64 wanted = r.rax;
            rt_run(writers[writer], &r, false);
            record("without W", level << 8 | writer, rt_fault.vector, to[0]);
            rt_check(to[0] == wanted, "writer %u, read-only above %u: %lx, not %lx", writer, level, to[0], wanted);
        }
        record("a/d", *entry_of(0) & 0xfff, *entry_of(2) & 0xfff, *entry_of(3) & 0xfff);
    }
    write_cr4(cr4);
    write_cr0(cr0);
}

/* String instructions that meet a page which is absent or read-only after some elements; then it is made present. */
static void half_way(void)
{
    static const char *const code[] = {"\xf3\xa4\xc3", "\xf3\xa5\xc3", "\xf3\x48\xa5\xc3", "\xf3\xaa\xc3", "\xf3\x48\xab\xc3",
                                       "\xf3\x48\xa7\xc3", "\xf2\x48\xaf\xc3"}; /* MOVS, STOS, CMPS, SCAS */

    section("half-way");
    hook_trees();
    write_cr0(read_cr0() | CR0_WP);
    for (unsigned i = 0; i < 7 * 16; i++) {
        const char *c = code[i % 7];
        u64 flags = i & 16 ? PTE_P : 0, down = i & 32;
        unsigned bytes = c[1] == (char)0x48 ? 8 : c[1] == (char)0xa5 ? 4 : 1, before = bytes * (1 + i % 5) - (i & 64 ? bytes / 2 : 0);
        u64 edge = V_BASE + 0x8000, step = down ? bytes : 0;
        struct rt_regs r = {.rflags = 2 | down << 5, .rcx = 16, .rax = 0x1234567890abcdef, .rsi = V_BASE + 0x3000,
                            .rdi = down ? edge + before - step : edge - before};

        memcpy((void *)(KERNEL_CODE + 64), c, 4);
        memset((void *)(frame_address(7)), 0, 2 * 4096);
        memset((void *)(frame_address(2)), 0, 2 * 4096);
        table(2)[down ? 7 : 8] = frame_address(down ? 7 : 8) | flags;
        invlpg(edge);
        invlpg(edge - 1);
        rt_run(KERNEL_CODE + 64, &r, false);
        record("rep", i, rt_fault.vector << 32 | rt_fault.error << 16 | r.rcx, rt_fault.cr2);
        record("at", r.rsi, r.rdi, rt_digest(RT_DIGEST_START, (void *)frame_address(7), 2 * 4096));
        table(2)[down ? 7 : 8] = frame_address(down ? 7 : 8) | RW;
        r.rflags = 2 | down << 5;
        rt_run(KERNEL_CODE + 64, &r, false);
        record("rest", i, rt_fault.vector, r.rcx);
        record("at", r.rsi, r.rdi, rt_digest(RT_DIGEST_START, (void *)frame_address(7), 2 * 4096));
    }
    /* One that changes the table through which it writes, up to where it ends its own way. */
    hook_trees();
    table(2)[511] = table_address(2) | RW;
    memcpy((void *)(KERNEL_CODE + 64), "\xf3\x48\xab\xc3", 4);
    struct rt_regs r = {.rflags = 2, .rcx = 512, .rax = 0, .rdi = V_BASE + 511 * 4096ull};
    rt_run(KERNEL_CODE + 64, &r, false);
    for (unsigned i = 0; i < 511; i++)
        rt_check(!table(2)[i], "entry %u is %lx", i, table(2)[i]);
    record("own", 0, rt_fault.vector, 0);
    reload_cr3();
    record("gone", 0, access(READ, V_BASE + 511 * 4096ull, false, 0, 0).vector, 0);
    write_cr0(read_cr0() & ~CR0_WP);
}

void section_writers(void)
{
    all_writers();
    without_wp();
    half_way();
    rt_pml4[V_SLOT] = 0;
    rt_pml4[SLOT] = 0;
    reload_cr3();
}
