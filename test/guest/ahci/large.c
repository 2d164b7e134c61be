/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux gives no disk of QEMU's: the largest commands there are, in many odd pieces, at the places where a sector's
 * number grows a byte, by DMA, queued and by PIO; and commands that a disk has to abort. The second disk has LARGE_DISK.
 */
#include "ahci.h"
#include "io.h"

#define FROM 0x3000000u /* 32 MiB and a bit each */
#define TO 0x5400000u
#define SECTORS_MAX 65536u
#define PATIENCE 200000000000u /* of the TSC: minutes, where the machine is loaded */

static void fill(u32 seed, u32 bytes)
{
    u32 *at = (u32 *)(u64)FROM;

    for (u32 i = 0; i < bytes / 4 + 1; i++)
        at[i] = (i + seed) * 2654435761u;
}

static bool wait(void)
{
    for (u64 start = rdtsc(); rdtsc() - start < PATIENCE;) {
        if (port_read(1, PX_IS) & IS_ERRORS)
            return false;
        if (!((port_read(1, PX_CI) | port_read(1, PX_SACT)) & 1))
            return !(port_read(1, PX_TFD) & 1);
        pause();
    }
    return false;
}

/* One command in slot 0, its data in pieces; device: the register's bits that are not zero. */
static bool run(u8 command, u8 device, u64 lba, u32 sectors, u32 address, u32 piece)
{
    volatile struct header *h = (volatile struct header *)(u64)LIST(1);
    u8 *table = (u8 *)(u64)TABLE(1, 0);
    struct prd *prd = (struct prd *)(table + 0x80);
    bool write = command == 0x34 || command == 0x35 || command == 0x61;
    u32 left = sectors * 512, n = 0;

    for (; left && n < TABLE_PRDS; n++) {
        u32 now = left < piece ? left : piece;

        prd[n] = (struct prd){ address, 0, 0, now - 1 };
        address += now;
        left -= now;
    }
    put_fis(table, command, lba, sectors, 0);
    table[7] = device;
    *h = (struct header){ 5u | (write ? 1u << 6 : 0) | n << 16, 0, TABLE(1, 0), 0, { 0 } };
    asm volatile("" : : : "memory");
    if (command == 0x60 || command == 0x61)
        port_write(1, PX_SACT, 1);
    port_write(1, PX_CI, 1);
    return wait();
}

static void there_and_back(u8 write, u8 read, u64 lba, u32 sectors, u32 piece)
{
    u8 *from = (u8 *)(u64)FROM, *to = (u8 *)(u64)TO;

    fill((u32)lba + sectors, sectors * 512);
    memset(to, 0xcc, sectors * 512);
    if (!rt_check(run(write, 0x40, lba, sectors, FROM + 2, piece), "write %x of %u sectors at %lx", write, sectors, lba) ||
        !rt_check(run(read, 0x40, lba, sectors, TO, 0x3ffffe), "read %x of %u sectors at %lx", read, sectors, lba))
        port_print(1);
    rt_check(!memcmp(from + 2, to, sectors * 512), "%u sectors at %lx are something else", sectors, lba);
    rt_printf("large %x %x %lx %u ok\n", write, read, lba, sectors);
}

/* The port stops at an error; nothing was written or read. */
static void is_aborted(u8 command, u8 device)
{
    u8 *to = (u8 *)(u64)TO;

    memset(to, 0xcc, 8 * 512);
    rt_check(!run(command, device, 4096, 8, TO, 4096), "command %x with device %x ends well", command, device);
    rt_check(port_read(1, PX_TFD) >> 8 == 4, "its error is %x", port_read(1, PX_TFD));
    for (u32 i = 0; i < 8 * 512; i++)
        if (!rt_check(to[i] == 0xcc, "command %x reads", command))
            break;
    rt_check(port_begin(1), "the port does not start");
}

void large_commands(void)
{
    /* Commands: write, read. Large ones by 336 pieces, more than one table has room for if they were not gathered. */
    rt_check(port_begin(1), "the port does not start");
    there_and_back(0x35, 0x25, 4096, SECTORS_MAX, 100002);
    there_and_back(0x61, 0x60, LARGE_EDGE - 30001, SECTORS_MAX, 0x400000);
    there_and_back(0x35, 0x25, LARGE_DISK - SECTORS_MAX, SECTORS_MAX, 0x100000);
    there_and_back(0x34, 0x24, LARGE_EDGE - 3, 300, 1538);
    there_and_back(0x35, 0x25, (1u << 28) - 5, 2049, 4098);
    is_aborted(0x25, 0);
    is_aborted(0x35, 0);
    is_aborted(0x24, 0xa0);
    is_aborted(0x22, 0x40); /* READ LONG */
    is_aborted(0x3f, 0x40); /* WRITE LOG EXT */
    is_aborted(0xf4, 0x40); /* SECURITY ERASE UNIT */
    fill(4096 + SECTORS_MAX, 8 * 512);
    rt_check(run(0x25, 0x40, 4096, 8, TO, 4096), "a read at the end");
    rt_check(!memcmp((u8 *)(u64)FROM + 2, (u8 *)(u64)TO, 8 * 512), "what was aborted changed the disk");
}
