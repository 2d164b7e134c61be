/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging where nobody has good reasons for it: entries with NX set while EFER.NXE is off, page tables in video memory, in
 * ROM and where nothing is.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)
#define EFER 0xc0000080
#define EFER_NXE (1u << 11)
#define VIDEO 0xb9000ull    /* behind the text that is shown */
#define ROM 0xf0000ull
#define HOLE 0x90000000ull  /* between RAM and the devices */

static void use_table(u64 address)
{
    memset((void *)TABLES, 0, 8 * 4096);
    rt_pml4[V_SLOT] = table_address(0) | RW;
    table(0)[0] = table_address(1) | RW;
    table(1)[0] = address | RW;
    reload_cr3();
}

static void look(const char *what, u64 key, enum kind kind, u64 va)
{
    struct result r = access(kind, va, false, 0, FRAME_WORD(key & 255));

    record(what, key, r.vector, r.error & 8 ? r.error | 1 : r.error); /* QEMU 7.2 leaves P out with RSVD */
    record(what, key, r.value, r.cr2_right);
}

static void nx_without_nxe(void)
{
    u64 efer = rdmsr(EFER);

    section("nxe-off");
    fill_frames();
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned on = 0; on < 4; on++) { /* off, on, off, on: what was shadowed in between must not stay */
            use_table(table_address(2));
            table(2)[0] = frame_address(1) | RW;
            table(level)[0] |= PTE_NX;
            wrmsr(EFER, on & 1 ? efer : efer & ~(u64)EFER_NXE);
            for (enum kind kind = READ; kind <= EXEC; kind++)
                look("nx", level << 4 | on, kind, V_BASE + (kind == EXEC ? 0 : 8));
        }
    }
    wrmsr(EFER, efer);
}

/* Entries in the VGA's memory, which behaves as RAM does but is a device's. Used ones: QEMU 7.2 cannot set A and D there. */
static void table_in_video_memory(void)
{
    volatile u64 *entries = (u64 *)VIDEO;

    section("table-in-video-memory");
    fill_frames();
    use_table(VIDEO);
    for (unsigned i = 0; i < 8; i++)
        entries[i] = frame_address(i) | (i & 1 ? PTE_W : 0) | (i & 2 ? PTE_P : 0) | PTE_AD;
    for (unsigned round = 0; round < 64; round++) {
        unsigned page = round & 7;
        look("video", page, round & 8 ? WRITE : READ, V_BASE + page * 4096 + 8);
        record("entry", page, entries[page], 0);
        if (round >= 32) {
            entries[page] = frame_address(round) | RW | PTE_AD;
            invlpg(V_BASE + page * 4096);
        }
    }
}

static bool harmless(u64 entry)
{
    return !(entry & PTE_P) || (entry & 0x000fff0000000000ull);
}

static void table_in_rom(void)
{
    const volatile u64 *entries = (u64 *)ROM;

    section("table-in-rom");
    use_table(ROM);
    for (unsigned i = 0; i < 512; i++) {
        if (harmless(entries[i])) /* absent, or with reserved bits */
            look("rom", i, READ, V_BASE + i * 4096);
    }
}

static void table_nowhere(void)
{
    section("table-nowhere");
    if (!harmless(*(volatile u64 *)HOLE))
        return;
    use_table(HOLE);
    for (unsigned i = 0; i < 4; i++)
        look("hole", i, i & 1 ? WRITE : READ, V_BASE + i * 4096);
    rt_pml4[V_SLOT] = HOLE | RW;
    reload_cr3();
    look("hole", 4, READ, V_BASE);
}

void section_corners(void)
{
    nx_without_nxe();
    if (!rt_param[3]) { /* QEMU 7.2 with -icount ends itself where it walks tables of a device's or of nobody's */
        table_in_video_memory();
        table_in_rom();
        table_nowhere();
    }
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
