/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bus master. It runs only while the guest has started it and a command is there that it belongs to; with tables of
 * ours. The data of an encrypted disk go through bounce memory, in parts that are disk commands of their own: the
 * interrupt after a part is our affair, and the guest, coming from it, finds a drive that is busy.
 */
#include "ide.h"

#define STATUS_DF 0x20u

uint32_t engine_part_sectors(const struct ide_channel *c)
{
    uint32_t left = c->s->sectors - c->s->now.done;

    return left < IDE_BOUNCE_BYTES / SECTOR ? left : IDE_BOUNCE_BYTES / SECTOR;
}

static void start(struct ide_channel *c, uint8_t direction)
{
    c->s->engine = 1;
    bm_out(c, BM_COMMAND, direction);
    bm_out_table(c, (uint32_t)dma_address(c->table));
    bm_out(c, BM_COMMAND, direction | BM_START);
}

void engine_stop(struct ide_channel *c)
{
    if (!c->s->engine)
        return;
    bm_out(c, BM_COMMAND, c->s->bm_command & BM_TO_MEMORY);
    c->s->engine = 0;
}

/* Bytes of guest memory from `from` on, at most `most`. */
static uint32_t room_for(const struct ide_saved_channel *s, const struct ide_progress *from, uint32_t most)
{
    uint32_t room = 0;

    for (uint32_t i = from->piece; i < s->pieces && room < most; i++)
        room += s->list[i].bytes - (i == from->piece ? from->offset : 0);
    return room < most ? room : most;
}

void engine_part(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;
    uint32_t bytes = room_for(s, &s->now, engine_part_sectors(c) * SECTOR) & ~(SECTOR - 1);

    if (!bytes) { /* the drive waits for the rest for ever, as it would without us */
        s->bm_error = BM_ERROR;
        s->engine = 0;
        return;
    }
    if (s->write)
        transfer_encrypt(&ide_working(c)->disk, s->lba + s->now.done, bytes / SECTOR, c->bounce, s->list + s->now.piece,
                         s->pieces - s->now.piece, s->now.offset);
    prd_bounce(c, bytes);
    start(c, s->write ? 0 : BM_TO_MEMORY);
}

void engine_go(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;

    if (!(s->bm_command & BM_START) || s->engine || s->bm_error)
        return;
    if (s->phase == IDE_DIRECT) {
        if (prd_copy(c))
            start(c, s->bm_command & BM_TO_MEMORY);
        else
            s->bm_error = BM_ERROR;
    } else if (s->phase == IDE_DMA) {
        if (prd_list(c))
            engine_part(c);
        else
            s->bm_error = BM_ERROR;
    }
}

static struct ide_progress after_part(const struct ide_saved_channel *s, uint32_t sectors)
{
    struct ide_progress p = s->now;
    uint32_t bytes = sectors * SECTOR;

    p.done += sectors;
    while (bytes && p.piece < s->pieces) {
        uint32_t left = s->list[p.piece].bytes - p.offset, n = left < bytes ? left : bytes;

        bytes -= n;
        p.offset += n;
        if (p.offset == s->list[p.piece].bytes) {
            p.piece++;
            p.offset = 0;
        }
    }
    return p;
}

void engine_next(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;

    bm_out(c, BM_COMMAND, s->bm_command & BM_TO_MEMORY);
    bm_out(c, BM_STATUS, (bm_in(c, BM_STATUS) & BM_CAPABLE) | BM_INTERRUPT);
    (void)ide_in(c, IDE_STATUS); /* ends the part's interrupt */
    s->now = s->next;
    ide_issue_media(c, s->now.done, engine_part_sectors(c));
    engine_part(c);
    ide_in_order();
    s->stage = IDE_STEADY;
}

enum engine_state engine_sync(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;
    uint8_t status, bm;
    uint32_t sectors;

    if (s->phase != IDE_DMA || !s->engine)
        return ENGINE_OFF;
    status = ide_in(c, IDE_ALTERNATE);
    if (status & (STATUS_BSY | STATUS_DRQ))
        return ENGINE_BUSY;
    bm = bm_in(c, BM_STATUS);
    if (status & (STATUS_ERR | STATUS_DF) || bm & BM_ERROR) {
        s->phase = IDE_NOTHING;
        return ENGINE_ENDED;
    }
    /* The interrupt bit comes after the last byte is in memory (Bus Master IDE 1.0, 2.2). */
    if (!(bm & BM_INTERRUPT) && bm & BM_ACTIVE && !(s->control & CONTROL_NIEN))
        return ENGINE_BUSY;
    sectors = engine_part_sectors(c);
    if (!s->write)
        transfer_decrypt(&ide_working(c)->disk, s->lba + s->now.done, sectors, c->bounce, s->list + s->now.piece,
                         s->pieces - s->now.piece, s->now.offset);
    s->next = after_part(s, sectors);
    if (s->next.done >= s->sectors) {
        s->phase = IDE_NOTHING;
        return ENGINE_ENDED;
    }
    ide_in_order();
    s->stage = IDE_ISSUING; /* before the bus master is stopped: from here on the part that ended is past */
    ide_in_order();
    engine_next(c);
    return ENGINE_NEXT;
}
