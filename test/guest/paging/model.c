/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on three address spaces that share frames and page tables, against a model of
 * what an access must give: map, unmap, protect, make global, INVLPG, CR3 switches, CR4.PGE
 * toggles, whole directories exchanged.
 */
#include "paging.h"

#define SPACES 3
#define PTS 6           /* page tables 10.. of TABLES */
#define PAGES 64        /* used entries of each */
#define DIRECTORY 4     /* directory entries of each space */
#define OPERATIONS 40000
#define RW (PTE_P | PTE_W)

/* Tables: 0-2 PML4s, 3-5 PDPTs, 6-8 directories, 10-15 page tables. */
#define PT_FIRST 10

static u64 words[256];          /* what each frame's word holds */
static unsigned current;

static u64 space_cr3(unsigned space)
{
    return table_address(space);
}

static u64 *pte(unsigned pt, unsigned page)
{
    return &table(PT_FIRST + pt)[page];
}

/*
 * Mostly one of four: a stale translation shows only where a page is used, changed and used again.
 */
static unsigned random_page(void)
{
    return random32() & 7 ? random32() % 4 : random32() % PAGES;
}

static unsigned random_table(void)
{
    return random32() & 7 ? random32() % 2 : random32() % PTS;
}

/*
 * Another translation for a page, followed by what the architecture demands: INVLPG in this space;
 * spaces that share the table are switched to by MOV CR3, which flushes what is not global.
 */
static void change_pte(unsigned pt, unsigned page)
{
    u32 r = random32();
    u64 value = frame_address(r & 255);

    value |= (r & 0x300 ? PTE_P : 0) | (r & 0x400 ? PTE_W : 0) | (r & 0x800 ? PTE_U : 0);
    value |= (r & 0x7000) == 0 ? PTE_NX : 0;
    if (r & 0x10000)
        value |= PTE_A;
    *pte(pt, page) = value;
    for (unsigned d = 0; d < DIRECTORY; d++)
        invlpg(V_BASE + d * 0x200000ull + page * 4096ull);
}

static void change_directory(unsigned space)
{
    u32 r = random32();
    u64 *entry = &table(6 + space)[r % DIRECTORY];

    *entry = (r & 0x700) == 0 ? 0
             : table_address(PT_FIRST + (r >> 12) % PTS) | PTE_P | PTE_U | (r & 0x1800 ? PTE_W : 0);
    write_cr3(read_cr3());
}

static struct rights model_rights(unsigned d, unsigned page, u64 *frame)
{
    u64 pde = table(6 + current)[d], e = 0;
    struct rights r = { (pde & PTE_P) != 0, false, false, false, false };

    if (r.present)
        e = table((unsigned)((pde & ~0xfffull & ~PTE_NX) - TABLES) / 4096)[page];
    r.present = e & PTE_P;
    r.write = pde & e & PTE_W;
    r.user = pde & e & PTE_U;
    r.nx = (e & PTE_NX) != 0;
    *frame = ((e & 0xffffffff000) - FRAMES) / 4096;
    return r;
}

static void one_access(unsigned n)
{
    unsigned d = random32() & 7 ? 0 : random32() % DIRECTORY, page = random_page();
    enum kind kind = random32() % 3;
    bool user = random32() & 1;
    struct state s = { read_cr0() & CR0_WP, false, false, false };
    u64 frame, va = V_BASE + d * 0x200000ull + page * 4096ull, value = random32();
    struct rights rights = model_rights(d, page, &frame);
    u64 wanted = expected_error(&rights, &s, kind, user);
    struct result r = access(kind, va + (kind == EXEC ? 0 : 8), user, 0, value);
    u64 seen = r.vector == 14 ? r.error : r.vector;

    record("access", n, seen, r.value);
    if (!rt_check(seen == wanted, "operation %u: va %lx kind %u user %u gives %lx, not %lx", n, va,
                  kind, user, seen, wanted))
        return;
    if (r.vector == 14)
        return;
    if (kind == WRITE)
        words[frame] = value;
    rt_check(kind != READ || r.value == words[frame], "operation %u: va %lx reads %lx, not %lx", n,
             va, r.value, words[frame]);
    rt_check(*(u64 *)(frame_address((unsigned)frame) + 8) == words[frame],
             "operation %u: frame %lx", n, frame);
}

static void set_up(void)
{
    memset((void *)TABLES, 0, 16 * 4096);
    fill_frames();
    for (unsigned i = 0; i < 256; i++)
        words[i] = FRAME_WORD(i);
    for (unsigned s = 0; s < SPACES; s++) {
        memcpy(table(s), rt_pml4, 4096);
        table(s)[V_SLOT] = table_address(3 + s) | RW | PTE_U;
        table(3 + s)[0] = table_address(6 + s) | RW | PTE_U;
        for (unsigned d = 0; d < DIRECTORY; d++)
            table(6 + s)[d] = table_address(PT_FIRST + (s + d) % PTS) | RW | PTE_U;
    }
}

static void operate(unsigned n)
{
    switch (random32() % 128) {
    case 0:
        change_directory(current);
        break;
    case 1:
        current = random32() % SPACES;
        write_cr3(space_cr3(current));
        break;
    case 2:
        write_cr0(read_cr0() ^ CR0_WP);
        break;
    case 3:
        write_cr4(read_cr4() ^ CR4_PGE);
        break;
    case 4:
        /* Many at once, then one flush. */
        for (unsigned i = 0; i < 16; i++)
            *pte(random_table(), random_page()) = frame_address(random32() % 256) | RW | PTE_U;
        write_cr3(read_cr3());
        break;
    case 5 ... 36:
        change_pte(random_table(), random_page());
        break;
    default:
        one_access(n);
    }
}

/*
 * Global pages: after INVLPG, or after PGE is toggled, the new translation holds; before, either
 * may.
 */
static void global_pages(void)
{
    u64 cr4 = read_cr4();

    section("global");
    write_cr3(space_cr3(0));
    current = 0;
    write_cr4(cr4 | CR4_PGE);
    table(6)[0] = table_address(PT_FIRST) | RW | PTE_U;
    write_cr3(read_cr3());
    for (unsigned round = 0; round < 200; round++) {
        unsigned page = random32() % PAGES, one = random32() % 256, two = random32() % 256;
        u64 va = V_BASE + page * 4096ull + 8, seen;

        *pte(0, page) = frame_address(one) | RW | PTE_G;
        invlpg(va);
        seen = access(READ, va, false, 0, 0).value;
        record("first", round, seen, 0);
        rt_check(seen == words[one], "global: %lx, not %lx", seen, words[one]);
        *pte(0, page) = frame_address(two) | RW | PTE_G;
        if (round & 2)
            write_cr3(read_cr3());
        seen = access(READ, va, false, 0, 0).value;
        rt_check(seen == words[one] || seen == words[two], "global: neither, %lx", seen);
        if (round & 1) {
            invlpg(va);
        } else {
            write_cr4(cr4 & ~CR4_PGE);
            write_cr4(cr4 | CR4_PGE);
        }
        seen = access(READ, va, false, 0, 0).value;
        record("second", round, seen, 0);
        rt_check(seen == words[two], "global: %lx, not %lx", seen, words[two]);
    }
    write_cr4(cr4);
}

void section_model(void)
{
    u64 cr0 = read_cr0(), cr3 = read_cr3(), cr4 = read_cr4();

    section("model");
    set_up();
    current = 0;
    write_cr3(space_cr3(0));
    for (unsigned n = 0; n < OPERATIONS && rt_failures < 50; n++)
        operate(n);
    global_pages();
    write_cr4(cr4);
    write_cr3(cr3);
    write_cr0(cr0);
}
