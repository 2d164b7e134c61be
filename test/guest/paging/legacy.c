/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 32-bit paging with 4 MiB pages, and PAE: random page table entries and accesses, reserved bits, 4 MiB pages above
 * 4 GiB, PS without CR4.PSE, and paging switched on by code that is not where it was; run by legacy32.S.
 */
#include "paging.h"

#define OPS 400
#define WINDOW 0x40000000u      /* pages of the window are translated by table 8 */
#define CR4_PSE 0x10
#define CR4_PAE 0x20

struct legacy_op {
    u32 poke, poke_value, va, kind, data, error, cr2;
};
_Static_assert(sizeof(struct legacy_op) == 28, "legacy32.S knows the offsets");

extern volatile u32 legacy_cr3, legacy_cr4, legacy_ops, legacy_count;
void legacy_run32(void), legacy_jump32(void);

static struct legacy_op ops[OPS];
static u32 wanted_error[OPS], wanted_data[OPS];
static u32 entries[64], words[256];

/*
 * Fills ops with random accesses to 64 pages and what each must give; entry_bytes is 4, or 8 for
 * PAE.
 */
static void make_ops(unsigned entry_bytes)
{
    for (unsigned i = 0; i < 256; i++)
        words[i] = (u32)FRAME_WORD(i);
    memset(entries, 0, sizeof(entries));
    for (unsigned i = 0; i < OPS; i++) {
        unsigned page = random32() % 64;
        u32 r = random32(), frame, data = random32();
        bool write = r & 0x100;

        entries[page] = (u32)frame_address(r & 0xff) | (r & 0x600 ? 1 : 0) | (r & 0x1800 ? 2 : 0);
        frame = (entries[page] - (u32)FRAMES) >> 12;
        ops[i] = (struct legacy_op){ (u32)table_address(8) + page * entry_bytes, entries[page],
                                     WINDOW + page * 4096 + 8, write, data, 0, 0 };
        wanted_data[i] = data;
        wanted_error[i] = RT_NO_FAULT;
        if (!(entries[page] & 1))
            wanted_error[i] = write ? 2 : 0;
        else if (write && !(entries[page] & 2))
            wanted_error[i] = 3;
        else if (write)
            words[frame] = data;
        else
            wanted_data[i] = words[frame];
    }
}

static void run_some(const char *name, u64 cr3, u32 cr4, unsigned count)
{
    section(name);
    legacy_cr3 = (u32)cr3;
    legacy_cr4 = cr4;
    legacy_ops = (u32)(u64)ops;
    legacy_count = count;
    rt_prot32(legacy_run32);
    for (unsigned i = 0; i < count; i++) /* QEMU 7.2 leaves P out with RSVD */
        record("op", i, ops[i].error & 8 ? ops[i].error | 1 : ops[i].error, ops[i].data);
}

static void run_ops(const char *name, u64 cr3, u32 cr4)
{
    run_some(name, cr3, cr4, OPS);
    for (unsigned i = 0; i < OPS; i++) {
        rt_check(ops[i].error == wanted_error[i], "%s %u: error %x, not %x", name, i, ops[i].error,
                 wanted_error[i]);
        rt_check(ops[i].data == wanted_data[i], "%s %u: data %x, not %x", name, i, ops[i].data,
                 wanted_data[i]);
        rt_check(ops[i].error == RT_NO_FAULT || ops[i].cr2 == ops[i].va, "%s %u: CR2 %x", name, i,
                 ops[i].cr2);
    }
}

static void with_32bit_paging(void)
{
    u32 *directory = (u32 *)table(0);

    memset((void *)TABLES, 0, 9 * 4096);
    fill_frames();
    make_ops(4);
    for (u32 i = 0; i < 4; i++)
        directory[i] = i << 22 | 0x83;          /* 4 MiB pages: identity */
    directory[WINDOW >> 22] = (u32)table_address(8) | 3;
    run_ops("legacy.32bit", table_address(0), CR4_PSE);
}

static void with_pae(void)
{
    memset((void *)TABLES, 0, 9 * 4096);
    fill_frames();
    make_ops(8);
    for (u64 i = 0; i < 8; i++)
        table(1)[i] = i << 21 | 0x83;           /* 2 MiB pages: identity */
    table(2)[0] = table_address(8) | 3;
    table(0)[0] = table_address(1) | 1;
    table(0)[WINDOW >> 30] = table_address(2) | 1;
    run_ops("legacy.pae", table_address(0), CR4_PAE);
}

/* A read, then a write; the poke goes where it does nothing. */
static unsigned add_ops(unsigned n, u32 va)
{
    for (u32 kind = 0; kind < 2; kind++)
        ops[n++] = (struct legacy_op){(u32)table_address(9), 0, va, kind, 0x11111111, 0, 0};
    return n;
}

/* Bits 62:52 and those above the CPU's addresses are reserved in PAE's tables, and bit 63 while EFER.NXE is off. */
static void pae_reserved(bool nxe)
{
    u64 efer = rdmsr(0xc0000080);
    unsigned n = 0;

    memset((void *)TABLES, 0, 10 * 4096);
    fill_frames();
    for (u64 i = 0; i < 8; i++)
        table(1)[i] = i << 21 | 0x83;
    table(0)[0] = table_address(1) | 1;
    table(0)[WINDOW >> 30] = table_address(2) | 1;
    for (u64 bit = 40; bit < 64; bit++) {
        u64 i = bit - 40;
        table(8)[i] = frame_address(i) | 3 | 1ull << bit;           /* in the page table */
        table(2)[i + 8] = table_address(8) | 3 | 1ull << bit;       /* in the directory */
        table(2)[i + 40] = LARGE | 0x83 | 1ull << bit;              /* in a page of 2 MiB */
        n = add_ops(n, WINDOW + (u32)i * 4096 + 8);
        n = add_ops(n, WINDOW + ((u32)i + 8) * 0x200000 + 40 * 4096 + 8);
        n = add_ops(n, WINDOW + ((u32)i + 40) * 0x200000 + 8);
    }
    table(2)[0] = table_address(8) | 3;
    table(8)[40] = frame_address(40) | 3;
    table(2)[100] = LARGE | 0x83 | 1 << 13; /* its address has a bit too many */
    n = add_ops(n, WINDOW + 100 * 0x200000);
    wrmsr(0xc0000080, nxe ? efer : efer & ~(1ull << 11));
    run_some(nxe ? "legacy.pae-reserved" : "legacy.pae-without-nxe", table_address(0), CR4_PAE, n);
    wrmsr(0xc0000080, efer);
}

/* A 4 MiB page whose address has bits 39:32 or a reserved bit; without CR4.PSE the same entry leads to a table. */
static void large_4mib(bool pse)
{
    u32 *directory = (u32 *)table(0);
    unsigned n = 0;

    memset((void *)TABLES, 0, 10 * 4096);
    fill_frames();
    for (u32 i = 0; i < 2048; i++) /* identity, for code and tables: two tables in a row */
        ((u32 *)table(1))[i] = i << 12 | 3;
    directory[0] = (u32)table_address(1) | 3;
    directory[1] = (u32)table_address(2) | 3;
    for (u32 i = 0; i < 1024; i++)
        ((u32 *)table(8))[i] = (u32)frame_address(i & 255) | 3;
    directory[WINDOW >> 22] = (u32)table_address(8) | 0x83; /* bits 21:12: reserved, or the table's address */
    directory[(WINDOW >> 22) + 1] = (u32)LARGE | 0x83;
    for (u32 bit = 13; bit < 22; bit++)
        directory[(WINDOW >> 22) + bit] = (u32)LARGE | 0x83 | 1u << bit;
    n = add_ops(n, WINDOW + 3 * 4096 + 8);
    n = add_ops(n, WINDOW + 0x400000 + 8);
    for (u32 bit = 13; bit < 22 && pse; bit++)
        n = add_ops(n, WINDOW + bit * 0x400000 + 8);
    run_some(pse ? "legacy.pse-36" : "legacy.without-pse", table_address(0), pse ? CR4_PSE : 0, n);
}

/* MOV to CR0 in one frame; what comes next by the new tables lies in another. */
static void unmapped_code(void)
{
    u32 *directory = (u32 *)table(0), *low = (u32 *)table(1);
    static const u8 old[] = {0x0f, 0x22, 0xc0, 0xba, 0xaa, 0, 0, 0, 0xff, 0xe3};  /* MOV CR0,EAX; MOV EDX,AAh; JMP EBX */
    static const u8 new[] = {0xba, 0xbb, 0, 0, 0, 0x0f, 0x20, 0xc0, 0xff, 0xe3}; /* MOV EDX,BBh; MOV EAX,CR0; JMP EBX */

    section("legacy.unmapped-code");
    memset((void *)TABLES, 0, 10 * 4096);
    fill_frames();
    for (u32 i = 0; i < 1024; i++)
        low[i] = i << 12 | 3;
    directory[0] = (u32)table_address(1) | 3;
    directory[FRAMES >> 22] = (u32)table_address(2) | 3;
    for (u32 i = 0; i < 1024; i++)
        ((u32 *)table(2))[i] = (u32)frame_address(1) | 3;
    memcpy((void *)(frame_address(0) + 0x800), old, sizeof(old));
    memcpy((void *)(frame_address(1) + 0x803), new, sizeof(new));
    legacy_cr3 = (u32)table_address(0);
    legacy_cr4 = 0;
    legacy_ops = (u32)frame_address(0) + 0x800;
    rt_prot32(legacy_jump32);
    record("edx", 0, legacy_count, 0);
    rt_check(legacy_count == 0xbb, "code after MOV to CR0: %x", legacy_count);
}

static void add_op(unsigned *n, u32 poke, u32 value, u32 va, u32 kind, u32 data)
{
    ops[(*n)++] = (struct legacy_op){poke, value, va, kind, data, 0, 0};
}

/*
 * The tables appear in the space that they describe, at its top as some systems have them, and are written there: page
 * table entries and directory entries; A and D bits are as the CPU set them.
 */
static void self_mapped(bool pae)
{
    u32 ptes = pae ? 0xc0000000 : 0xffc00000, bytes = pae ? 8 : 4, span = pae ? 0x200000 : 0x400000;
    u32 first = WINDOW / span, pdes = ptes + (ptes >> 12) * bytes;
    unsigned n = 0;

    memset((void *)TABLES, 0, 16 * 4096);
    fill_frames();
    if (pae) { /* directories 1 to 4; the last four entries of the last one are they themselves */
        for (u64 i = 0; i < 4; i++) {
            table(0)[i] = table_address(1 + (unsigned)i) | 1;
            table(4)[i] = table_address(1 + (unsigned)i) | 3;
        }
        for (u64 i = 0; i < 8; i++)
            table(1)[i] = i << 21 | 0x83;
        table(2)[0] = table_address(8) | 3;
    } else {
        for (u32 i = 0; i < 4; i++)
            ((u32 *)table(0))[i] = i << 22 | 0x83;
        ((u32 *)table(0))[first] = (u32)table_address(8) | 3;
        ((u32 *)table(0))[1023] = (u32)table_address(0) | 3;
    }
    while (n < OPS - 4) {
        u32 page = random32() % 8, frame = random32() & 255, at = first + random32() % 2;
        u32 pte = ptes + ((at * span >> 12) + page) * bytes;
        add_op(&n, pdes + at * bytes, (u32)table_address(8 + random32() % 4) | 3, pte & ~4095u, 0, 0);
        add_op(&n, pte, (u32)frame_address(frame) | (frame & 7 ? 3 : 1), at * span + page * 4096 + 8, frame >> 1 & 1, n);
        add_op(&n, (u32)table_address(15), 0, pte, 0, 0); /* its A and D bits */
    }
    run_some(pae ? "legacy.pae-self-mapped" : "legacy.self-mapped", table_address(0), pae ? CR4_PAE : CR4_PSE, n);
    record("tables", 0, rt_digest(RT_DIGEST_START, table(pae), 11 * 4096), 0); /* QEMU sets A in the pointers */
}

/* PAE's four pointers come into force by MOV to CR3 and CR0 (Intel SDM vol. 3A, 4.4.1), in QEMU at once; reserved bits in them. */
static void page_directory_pointers(void)
{
    u32 pointer = (u32)table_address(0) + 8 * (WINDOW >> 30), nothing = (u32)table_address(15);
    unsigned n = 0;

    memset((void *)TABLES, 0, 16 * 4096);
    fill_frames();
    for (u64 i = 0; i < 512; i++) {
        table(1)[i] = i << 21 | 0x83;
        table(8)[i] = frame_address(i & 255) | 3;
        table(9)[i] = frame_address((i + 100) & 255) | 3;
    }
    table(2)[0] = table_address(8) | 3;
    table(3)[0] = table_address(9) | 3;
    for (unsigned k = 0; k < 4; k++) { /* tables of 32 bytes */
        table(0)[4 * k] = table_address(1) | 1;
        table(0)[4 * k + (WINDOW >> 30)] = table_address(2 + (k & 1)) | 1;
    }
    for (u32 round = 0; round < 8; round++) {
        u32 va = WINDOW + round * 0x5000 + 8;
        add_op(&n, pointer, (u32)table_address(2 + (round & 1)) | 1, va, 0, 0);
        add_op(&n, nothing, 0, (u32)table_address(0) + (round & 2 ? 0x18 : 0), 2, 0);
        add_op(&n, nothing, 0, va, 0, 0);
        add_op(&n, pointer, (u32)table_address(3) | 1, va, 1, round);
        add_op(&n, nothing, 0, (u32)table_address(0) + 0x20 * (round & 3), 2, 0);
        add_op(&n, nothing, 0, va, 0, 0);
        add_op(&n, pointer, 0, va, 0, 0);
        add_op(&n, nothing, 0, (u32)table_address(0), 2, 0);
        add_op(&n, nothing, 0, va, 0, 0);
        add_op(&n, nothing, 0, va, 3, 0);
        ops[n - 1].poke = pointer;
        ops[n - 1].data = (u32)table_address(2) | 1;
    }
    if (rt_param[2]) /* QEMU has no #GP for them */
        for (u32 bit = 1; bit < 12; bit++) {
            add_op(&n, pointer, (u32)table_address(2) | 1 | 1u << bit, (u32)table_address(0), 2, 0);
            add_op(&n, pointer, (u32)table_address(2) | 1u << bit, (u32)table_address(0), 2, 0); /* not present */
            add_op(&n, pointer, (u32)table_address(2) | 1, (u32)table_address(0), 2, 0);
        }
    run_some("legacy.pdptes", table_address(0), CR4_PAE, n);
}

void section_legacy(void)
{
    self_mapped(false);
    self_mapped(true);
    if (rt_param[2] != 2) /* under AMD-V's nested paging a walk reads the pointers (AMD APM vol. 2, 15.25.10) */
        page_directory_pointers();
    with_32bit_paging();
    with_pae();
    pae_reserved(false);
    pae_reserved(true);
    large_4mib(false);
    large_4mib(true);
    unmapped_code();
}
