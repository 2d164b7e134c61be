/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of our own to a port's disk: IDENTIFY, and the sectors that tell whether a key is right. They are polled, with
 * the port's interrupts masked, while none of the guest's is outstanding.
 */
#include "kill.h"
#include "storage.h"
#include <string.h>

#define POLL_US 20u
#define POLLS 2500u /* 50 ms: less than the deadline of a request */

static bool wait_done(const struct port *p)
{
    for (unsigned i = 0; i < POLLS; i++) {
        if (px_read(p, PX_IS) & IS_STOPS)
            return false;
        if (!(px_read(p, PX_CI) & 1))
            return true;
        hw_pause(POLL_US);
    }
    return false;
}

/* One command in slot 0. The port runs. */
static bool own_command(struct port *p, const uint8_t fis[24], uint64_t to, uint32_t bytes)
{
    uint32_t ie = px_read(p, PX_IE), before = px_read(p, PX_IS);
    bool good;

    if (px_read(p, PX_TFD) & (TFD_BSY | TFD_DRQ) || before & IS_STOPS)
        return false;
    memcpy(p->dma->table[0].fis, fis, 24);
    p->dma->table[0].prdt[0] = (struct ahci_prd){ (uint32_t)to, (uint32_t)(to >> 32), 0, bytes - 1 };
    p->dma->list[0].flags = FIS_H2D_DWORDS | 1u << 16;
    p->dma->list[0].prdbc = 0;
    px_write(p, PX_IE, 0);
    __asm__ volatile("" : : : "memory"); /* x86 keeps stores in order */
    px_write(p, PX_CI, 1);
    good = wait_done(p);
    if (!good) { /* this clears PxCI, and the error */
        uint32_t cmd = px_read(p, PX_CMD);

        good = port_stop(p);
        if (cmd & CMD_FRE && good)
            port_start(p);
        good = false;
    }
    px_write(p, PX_IS, px_read(p, PX_IS) & ~before & (IS_FIS | IS_STOPS));
    px_write(p, PX_IE, ie);
    return good;
}

static bool read_sectors(void *context, uint64_t lba, uint32_t sectors, void *to)
{
    struct port *p = context;
    uint8_t fis[24] = { FIS_H2D_TYPE, H2D_C, ATA_READ_DMA_EXT, 0, 0, 0, 0, DEVICE_LBA };
    uint32_t got, page = pool_take((sectors + 7) / 8, &got);
    bool good = false;

    if (page == NO_POOL)
        return false;
    command_place(fis, ADDRESS_48, lba, sectors);
    if (got * 8 >= sectors)
        good = own_command(p, fis, dma_address(storage.dma->pool[page]), sectors * SECTOR);
    if (good)
        memcpy(to, storage.dma->pool[page], sectors * SECTOR);
    pool_give(page, got);
    return good;
}

void identify_begin(struct port *p, enum asking what)
{
    struct saved_port *s = p->s;

    s->asking_cmd = px_read(p, PX_CMD);
    s->asking_ie = px_read(p, PX_IE);
    s->asking_is = px_read(p, PX_IS);
    __atomic_store_n(&s->asking, what, __ATOMIC_RELEASE);
}

void identify_disk(struct port *p)
{
    uint8_t fis[24] = { FIS_H2D_TYPE, H2D_C, ATA_IDENTIFY }, *data = p->dma->own;

    identify_begin(p, ASKING_IDENTITY);
    disk_forget(&p->disk, px_read(p, PX_SIG) == SIG_ATAPI);
    if (p->s->id.atapi)
        fis[H2D_COMMAND] = ATA_IDENTIFY_PACKET;
    if (own_command(p, fis, dma_address(data), SECTOR))
        disk_describe(&p->disk, data, read_sectors, p);
    KILL_POINT(KILL_ASKED);
    if (p->disk.deny && !p->disk.rule.deny)
        p->s->shut = 1;
    journal_identity(p);
    __atomic_store_n(&p->s->asking, 0, __ATOMIC_RELEASE);
}
