/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data register of drives that are encrypted, and of IDENTIFY. A sector is read from the drive as a whole when the
 * guest wants its first word, and written as a whole after its last word came, so nothing depends on how the guest
 * cuts it up. Sectors lie on the boundaries of DRQ blocks (ATA/ATAPI-6, 9.6 and 9.7), so the drive goes on by itself.
 */
#include "ide.h"

uint32_t ide_block_sectors(struct ide_channel *c)
{
    uint32_t n = ide_working(c)->s->multiple;

    switch (c->s->code) {
    case 0x29: /* READ MULTIPLE EXT */
    case 0x39: /* WRITE MULTIPLE EXT */
    case 0xc4: /* READ MULTIPLE */
    case 0xc5: /* WRITE MULTIPLE */
    case 0xce: /* WRITE MULTIPLE FUA EXT */
        return n ? n : 1;
    default:
        return 1;
    }
}

bool ide_has_data(const struct ide_channel *c, uint32_t request)
{
    const struct ide_saved_channel *s = c->s;
    uint32_t position = s->request == request ? s->before : s->position;

    return (s->phase == IDE_PIO_IN || s->phase == IDE_PIO_OUT) && position < s->sectors * SECTOR;
}

bool ide_is_reading(const struct ide_channel *c)
{
    return c->s->phase == IDE_PIO_IN && c->s->position < c->s->have * SECTOR;
}

static uint8_t *block_of(struct ide_channel *c, uint32_t sector)
{
    return c->s->block[sector % ide_block_sectors(c) % IDE_BLOCK_SECTORS];
}

static bool is_ready(struct ide_channel *c)
{
    c->s->status = ide_in(c, IDE_ALTERNATE);
    return (c->s->status & (STATUS_BSY | STATUS_DRQ)) == STATUS_DRQ;
}

void ide_count(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;
    struct disk *d = &ide_working(c)->disk;

    if (s->phase == IDE_PIO_IN && s->class == COMMAND_IDENTIFY) {
        memory_copy(s->sector, block_of(c, 0), SECTOR);
        disk_patch(d, s->sector);
    } else if (s->phase == IDE_PIO_IN) {
        transfer_sector(d, s->lba + s->of, s->sector, block_of(c, s->of), true);
    }
    s->have = s->of + 1;
    s->stage = IDE_STEADY;
}

uint32_t ide_data_read(struct ide_channel *c, uint32_t request, uint8_t *to, uint32_t bytes)
{
    struct ide_saved_channel *s = c->s;
    uint32_t within, n;

    if (s->request == request)
        s->position = s->before;
    if (s->position == s->have * SECTOR) {
        if (!is_ready(c))
            return 0;
        s->of = s->have;
        s->stage = IDE_MOVING;
        ide_in_words(c, block_of(c, s->of), SECTOR / 2);
        s->stage = IDE_MOVED;
        ide_count(c);
    }
    within = s->position % SECTOR;
    n = bytes < SECTOR - within ? bytes : SECTOR - within;
    memory_copy(to, s->sector + within, n);
    s->before = s->position;
    s->request = request;
    s->position += n;
    return n;
}

uint32_t ide_data_write(struct ide_channel *c, uint32_t request, const uint8_t *from, uint32_t bytes)
{
    struct ide_saved_channel *s = c->s;
    uint32_t within, n;

    if (s->request == request)
        s->position = s->before;
    within = s->position % SECTOR;
    if (within == 0 && s->position == s->have * SECTOR && !is_ready(c))
        return 0;
    n = bytes < SECTOR - within ? bytes : SECTOR - within;
    memory_copy(s->sector + within, from, n);
    s->before = s->position;
    s->request = request;
    s->position += n;
    if (s->position == (s->have + 1) * SECTOR) { /* not so if an instance before this one has written it already */
        s->of = s->have;
        transfer_sector(&ide_working(c)->disk, s->lba + s->of, block_of(c, s->of), s->sector, false);
        s->stage = IDE_MOVING;
        ide_out_words(c, block_of(c, s->of), SECTOR / 2);
        s->stage = IDE_MOVED;
        ide_count(c);
    }
    return n;
}
