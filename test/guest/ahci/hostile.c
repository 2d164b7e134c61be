/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acts of harm, at random. Two things they may not do, so that a test can tell what Weir let through from what the guest is
 * free to do to itself: a command that writes names sectors of the second disk's scratch area only, and nothing that the
 * guest may write to lies outside its own DATA, lists and tables.
 */
#include "ahci.h"
#include "io.h"

static const u8 reads[] = { 0x60, 0x60, 0x25, 0xc8, 0x2f, 0x47 };
static const u8 writes[] = { 0x61, 0x61, 0x35, 0xca, 0x3d };
/* Without data of the media, or not to be let through: IDENTIFY, flushes, SMART, SET FEATURES, DSM, PACKET, SECURITY ERASE,
 * SANITIZE, SCT by logs, TRUSTED SEND, DOWNLOAD MICROCODE, SET MAX, and what nobody knows. */
static const u8 others[] = { 0xec, 0xea, 0xe7, 0xb0, 0xef, 0x06, 0xa0, 0xa1, 0xf4, 0xf2, 0xb4, 0x3f, 0x5e, 0x92,
                             0xf9, 0x37, 0xe5, 0x10, 0x40, 0x42, 0x45, 0x80, 0xff, 0x00 };

static struct e820_entry map[E820_MAX];
static u32 entries;
static u64 region, region_bytes; /* Weir's: the largest reserved range between RAM */

/*
 * QEMU 7.2, with or without Weir, dies where a port is stopped under a command that is not queued (PIO above all). So phases
 * with such commands but without resets take turns with phases of queued ones with resets.
 */
static bool queued_only;

static u32 state;

u32 random32(void)
{
    state = state * 1664525 + 1013904223;
    return state ^ state >> 16;
}

static u32 below(u32 n)
{
    return random32() % n;
}

static u64 random64(void)
{
    return (u64)random32() << 32 | random32();
}

void hostile_begin(u32 seed)
{
    state = seed;
    entries = rt_e820(map, E820_MAX);
    for (u32 i = 0; i < entries; i++) {
        if (map[i].type != E820_RAM && map[i].base >= 0x100000 && map[i].base < 0x80000000u && map[i].length > region_bytes) {
            region = map[i].base;
            region_bytes = map[i].length;
        }
    }
    rt_printf("ahci region %lx %lx\n", region, region_bytes);
    for (u32 i = 0; i < DATA_BYTES; i += 4)
        *(u32 *)(u64)(DATA + i) = random32();
}

/* Where no device may write or read for the guest: Weir's memory, and what is no memory. */
static u64 forbidden(void)
{
    static const u64 places[] = { 0xa0000, 0xb8000, 0xb0000000, 0xfec00000, 0xfee00000, 0xfffff000, 1ull << 32, 1ull << 40,
                                  0xfffffffffffff000 };

    switch (below(4)) {
    case 0:
        return region + below((u32)region_bytes);
    case 1:
        return region + (below(2) ? 0 : region_bytes) - below(3) * 512;
    case 2:
        return below(2) ? 0xfebd0000u + below(0x20000) : places[below(sizeof(places) / sizeof(places[0]))];
    default:
        return random64() | 1ull << 41;
    }
}

static u64 address(bool to_memory)
{
    if (below(8) == 0)
        return forbidden();
    if (to_memory && below(16) == 0) /* a disk that writes to lists and PRDTs while they are in use */
        return below(2) ? LIST(0) + below(0x1e00) : TABLE(0, below(PORTS * SLOTS)) + 0x80 + below(0x1000);
    return DATA + below(DATA_BYTES - 0x10000);
}

static void put_prds(u32 port, u32 slot, u32 n, u32 bytes, bool to_memory)
{
    struct prd *prd = (struct prd *)(u64)(TABLE(port, slot) + 0x80);

    for (u32 i = 0; i < TABLE_PRDS; i++) {
        u64 at = i < n ? address(to_memory) : DATA;
        u32 size = n ? bytes / n : 0, odd = below(16) == 0 ? below(0x10000) : size;

        prd[i] = (struct prd){ (u32)at, (u32)(at >> 32), below(8) ? 0 : random32(), ((odd ? odd : 2) - 1) | below(2) << 31 };
    }
}

/* A command in a slot, which may be in use. */
static void put_command(u32 port, u32 slot)
{
    volatile struct header *h = (volatile struct header *)(u64)LIST(port) + slot;
    u8 *fis = (u8 *)(u64)TABLE(port, slot);
    u32 kind = below(8), n = below(4) ? below(4) : below(TABLE_PRDS), sectors = 1 + below(128), flags = 5;
    bool write = kind >= 5 && kind < 7;

    if (queued_only && kind == 7)
        kind = 0;
    if (write) {
        put_fis(fis, writes[below(queued_only ? 2 : sizeof(writes))], SCRATCH + below(SCRATCH_SECTORS - 128), sectors, slot);
        flags |= 1u << 6;
    } else if (kind == 7) {
        put_fis(fis, others[below(sizeof(others))], random64(), below(3), slot);
        fis[3] = (u8)random32();
    } else {
        put_fis(fis, reads[below(queued_only ? 2 : sizeof(reads))], below(4) ? below(16384) : random64(),
                below(64) ? sectors : below(65536), slot);
    }
    if (below(16) == 0)
        fis[write ? 7 : 3 + below(13)] ^= (u8)(1u << (write ? 4 + below(4) : below(8))); /* of a write the LBA bit and such */
    put_prds(port, slot, n, sectors * 512, !write);
    if (below(32) == 0)
        flags = random32() & 0xffff;
    *h = (struct header){ flags | n << 16, random32(), TABLE(port, slot), 0, { 0 } };
    if (below(32) == 0) {
        u64 at = forbidden() & ~127ull;

        h->ctba = (u32)at;
        h->ctbau = (u32)(at >> 32);
    }
    if (below(64) == 0)
        h->flags |= 0xffff0000u;
}

/* Behind storage's back, if it looks at anything twice: what is in flight is changed. FISes of writes stay as they are. */
static void scribble(u32 port)
{
    u32 slot = below(SLOTS);

    if (below(2))
        ((volatile struct prd *)(u64)(TABLE(port, slot) + 0x80))[below(4)].dba = (u32)forbidden();
    else
        ((volatile struct header *)(u64)LIST(port))[slot].ctba = (u32)forbidden();
}

static void issue(u32 port)
{
    u32 slots = below(4) ? 1u << below(SLOTS) : random32();

    for (u32 slot = 0; slot < SLOTS; slot++) {
        if (slots >> slot & 1)
            put_command(port, slot);
    }
    asm volatile("" : : : "memory");
    if (below(2))
        port_write(port, PX_SACT, below(8) ? slots : random32());
    port_write(port, PX_CI, slots);
    if (below(2))
        scribble(port);
    if (below(4) == 0)
        port_write(port, PX_CI, slots); /* again */
}

/* No command that is not queued is at the disk, for as long as the next one would take to get there. */
static void wait_quiet(u32 port)
{
    for (u32 i = 0, quiet = 0; i < 5000 && quiet < 400; i++)
        quiet = port_read(port, PX_TFD) & 0x88 ? 0 : quiet + 1;
}

static void reset_something(u32 port)
{
    switch (below(6)) {
    case 0:
        hba_write(HBA_GHC, GHC_AE | GHC_HR);
        break;
    case 1:
        port_write(port, PX_SCTL, below(2) ? 0x301 : 0x304);
        break;
    case 2:
        port_write(port, PX_CMD, random32() & 0xffffff);
        break;
    case 3:
        port_write(port, below(2) ? PX_CLB : PX_FB, (u32)forbidden());
        port_write(port, below(2) ? PX_CLBU : PX_FBU, below(2));
        break;
    case 4:
        port_write(port, PX_CMD, CMD_FRE);
        port_write(port, PX_CMD, CMD_FRE | CMD_ST);
        break;
    default:
        port_write(port, below(32) * 4, random32());
    }
}

static void act(void)
{
    u32 port = below(PORTS);

    switch (below(16)) {
    case 0:
        if (queued_only && below(4) == 0)
            reset_something(port);
        break;
    case 1 ... 6:
        issue(port);
        break;
    case 7:
        port_write(port, PX_IS, below(2) ? port_read(port, PX_IS) : random32());
        break;
    case 8:
        for (u32 i = 0; i < 50; i++) /* time passes */
            (void)port_read(port, PX_CI);
        break;
    case 9:
        if (queued_only)
            hba_write(below(0x1100) & ~3u, below(2) ? 0 : random32() & ~GHC_HR);
        break;
    default:
        (void)port_read(port, below(32) * 4);
    }
}

void hostile_acts(u32 n)
{
    queued_only = below(2);
    while (n--)
        act();
    for (u32 port = 0; port < PORTS && !queued_only; port++)
        wait_quiet(port);
}
