/* SPDX-License-Identifier: BSD-2-Clause */
#include "ahci.h"
#include "io.h"

#define AHCI_CLASS 0x010601u
#define PATIENCE 4000000000u /* of the TSC: more than a second */

static u64 abar;

static u32 config_read(u32 function, u32 reg)
{
    out32(0xcf8, 0x80000000u | function << 8 | reg);
    return in32(0xcfc);
}

bool ahci_find(void)
{
    for (u32 function = 0; function < 256; function++) {
        if (config_read(function, 8) >> 8 == AHCI_CLASS)
            abar = config_read(function, 0x24) & ~0xfu;
    }
    rt_printf("ahci bar %lx\n", abar);
    return abar;
}

u32 hba_read(u32 reg)
{
    return mmio_read32(abar + reg);
}

void hba_write(u32 reg, u32 value)
{
    mmio_write32(abar + reg, value);
}

u32 port_read(u32 port, u32 reg)
{
    return hba_read(0x100 + port * 0x80 + reg);
}

void port_write(u32 port, u32 reg, u32 value)
{
    hba_write(0x100 + port * 0x80 + reg, value);
}

static bool wait_clear(u32 port, u32 reg, u32 bits)
{
    for (u64 start = rdtsc(); rdtsc() - start < PATIENCE;) {
        if (!(port_read(port, reg) & bits))
            return true;
        pause();
    }
    return false;
}

static bool wait_link(u32 port)
{
    for (u64 start = rdtsc(); rdtsc() - start < PATIENCE;) {
        if ((port_read(port, PX_SSTS) & 0xf) == 3)
            return true;
        pause();
    }
    return false;
}

void port_print(u32 port)
{
    static const struct {
        const char *name;
        u32 reg;
    } regs[] = { { "is", PX_IS },     { "ie", PX_IE },     { "cmd", PX_CMD },   { "tfd", PX_TFD }, { "ssts", PX_SSTS },
                 { "sctl", PX_SCTL }, { "serr", PX_SERR }, { "sact", PX_SACT }, { "ci", PX_CI },   { "clb", PX_CLB } };

    rt_printf("ahci port %u", port);
    for (u32 i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
        rt_printf(" %s %x", regs[i].name, port_read(port, regs[i].reg));
    rt_printf("\n");
}

static bool start(u32 port)
{
    hba_write(HBA_GHC, GHC_AE);
    port_write(port, PX_CMD, 0);
    if (!wait_clear(port, PX_CMD, CMD_CR | CMD_FR))
        return false;
    port_write(port, PX_IE, 0);
    port_write(port, PX_CLB, LIST(port));
    port_write(port, PX_CLBU, 0);
    port_write(port, PX_FB, FISES(port));
    port_write(port, PX_FBU, 0);
    port_write(port, PX_CMD, CMD_FRE | CMD_POWER);
    port_write(port, PX_SCTL, 0x301); /* COMRESET; no power management of the link */
    for (u64 start = rdtsc(); rdtsc() - start < 2000000;)
        pause();
    port_write(port, PX_SCTL, 0x300);
    if (!wait_link(port) || !wait_clear(port, PX_TFD, 0x88))
        return false;
    port_write(port, PX_SERR, ~0u);
    port_write(port, PX_IS, ~0u);
    port_write(port, PX_CMD, CMD_FRE | CMD_POWER | CMD_ST);
    return true;
}

bool port_begin(u32 port)
{
    if (start(port))
        return true;
    hba_write(HBA_GHC, GHC_AE | GHC_HR); /* as drivers do where a COMRESET does not help */
    return start(port);
}

void put_fis(u8 *fis, u8 command, u64 lba, u32 sectors, u32 tag)
{
    bool queued = command == 0x60 || command == 0x61, narrow = command >= 0xc4 || command == 0x20 || command == 0x30;

    memset(fis, 0, 64);
    fis[0] = 0x27;
    fis[1] = 0x80;
    fis[2] = command;
    fis[4] = (u8)lba;
    fis[5] = (u8)(lba >> 8);
    fis[6] = (u8)(lba >> 16);
    fis[7] = (u8)(0x40 | (narrow ? lba >> 24 & 0xf : 0));
    if (!narrow) {
        fis[8] = (u8)(lba >> 24);
        fis[9] = (u8)(lba >> 32);
        fis[10] = (u8)(lba >> 40);
    }
    fis[queued ? 3 : 12] = (u8)sectors;
    fis[queued ? 11 : 13] = narrow ? 0 : (u8)(sectors >> 8);
    if (queued)
        fis[12] = (u8)(tag << 3);
}

bool port_do(u32 port, u8 command, u64 lba, u32 sectors, u64 address, u32 bytes)
{
    volatile struct header *h = (volatile struct header *)(u64)LIST(port);
    struct prd *prd = (struct prd *)(u64)(TABLE(port, 0) + 0x80);
    bool write = command == 0x35 || command == 0x30;

    put_fis((u8 *)(u64)TABLE(port, 0), command, lba, sectors, 0);
    *prd = (struct prd){ (u32)address, (u32)(address >> 32), 0, bytes - 1 };
    *h = (struct header){ 5u | (write ? 1u << 6 : 0) | (bytes ? 1u << 16 : 0), 0, TABLE(port, 0), 0, { 0 } };
    asm volatile("" : : : "memory");
    port_write(port, PX_CI, 1);
    return wait_clear(port, PX_CI, 1) && !(port_read(port, PX_IS) & IS_ERRORS) && !(port_read(port, PX_TFD) & 1);
}
