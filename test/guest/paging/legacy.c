/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 32-bit paging with 4 MiB pages, and PAE: random page table entries and accesses, run by
 * legacy32.S.
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
void legacy_run32(void);

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

static void run_ops(const char *name, u64 cr3, u32 cr4)
{
    section(name);
    legacy_cr3 = (u32)cr3;
    legacy_cr4 = cr4;
    legacy_ops = (u32)(u64)ops;
    legacy_count = OPS;
    rt_prot32(legacy_run32);
    for (unsigned i = 0; i < OPS; i++) {
        record("op", i, ops[i].error, ops[i].data);
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

void section_legacy(void)
{
    with_32bit_paging();
    with_pae();
}
