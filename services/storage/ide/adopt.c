/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where an earlier instance stopped. What it saved is read as if a stranger had written it. The guest's access
 * that it did not answer comes again; most of what there is to do is to be ready for that.
 *
 * An instance that died while a sector's words were on their way leaves a drive of which nobody knows how many it has
 * moved. Then the channel is reset, and the command begins again with the DRQ block that this sector was in.
 */
#include "ide.h"

#define RESET_MS 500u

static bool pio_is_sound(const struct ide_saved_channel *s)
{
    if (s->have > s->sectors || s->of > s->have || s->position > s->sectors * SECTOR || s->before > s->position)
        return false;
    return s->phase != IDE_PIO_IN || s->stage != IDE_STEADY || s->position + SECTOR >= s->have * SECTOR;
}

static bool dma_is_sound(const struct ide_saved_channel *s)
{
    const struct ide_progress *at = s->stage == IDE_ISSUING ? &s->next : &s->now;

    if (s->pieces > IDE_PRDS || at->done > s->sectors || at->piece > s->pieces ||
        (at->piece < s->pieces && at->offset >= s->list[at->piece].bytes))
        return false;
    for (uint32_t i = 0; i < s->pieces; i++) {
        const struct piece *p = &s->list[i];

        if (!p->bytes || p->bytes > IDE_PRD_MAX_BYTES || !memory_at(p->address, p->bytes))
            return false;
    }
    return true;
}

/* Of a command's fields only those count that its phase reads: the others may be in the middle of being written. */
static bool channel_is_sound(const struct ide_saved_channel *s)
{
    if (s->phase >= IDE_PHASES || s->stage >= IDE_STAGES || s->class > COMMAND_PACKET || s->addressing > ADDRESS_NCQ ||
        s->sectors > 65536)
        return false;
    if (s->phase == IDE_PIO_IN || s->phase == IDE_PIO_OUT)
        return pio_is_sound(s);
    return s->phase != IDE_DMA || dma_is_sound(s);
}

bool ide_is_sound(const struct ide_saved *s)
{
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_CHANNEL_DRIVES; i++)
        if (!disk_is_sound(&s->drive[i].id) || s->drive[i].heads > 255 || s->drive[i].sectors > 255 ||
            s->drive[i].multiple > 255 || s->drive[i].multiple_most > 255)
            return false;
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        if (!channel_is_sound(&s->channel[i]))
            return false;
    return true;
}

/* ---- a sector that was on its way ---- */

static bool is_ready(const struct ide_channel *c)
{
    return ide_wait(c, STATUS_BSY, 0, RESET_MS) && ide_in(c, IDE_ALTERNATE) & STATUS_DRQ;
}

/* Interrupts are off. What the guest has set has to be set again (ATA/ATAPI-6, 9.2). */
static bool reset(struct ide_channel *c)
{
    struct ide_drive *d = ide_working(c);
    ide_task task = { 0 };

    ide_out(c, IDE_CONTROL, 8 | CONTROL_NIEN | CONTROL_SRST);
    hw_pause(10);
    ide_out(c, IDE_CONTROL, 8 | CONTROL_NIEN);
    hw_pause(2000);
    if (!ide_wait(c, STATUS_BSY, 0, RESET_MS))
        return false;
    for (unsigned i = 0; i < IDE_CHANNEL_DRIVES; i++) {
        task[0][IDE_DEVICE] = i ? 0xa0 | DEVICE_DEV : 0xa0;
        task[0][IDE_COUNT] = (uint8_t)c->drive[i].s->multiple;
        if (c->drive[i].s->id.known != DISK_KNOWN || c->drive[i].s->id.atapi || !c->drive[i].s->multiple)
            continue;
        ide_out(c, IDE_DEVICE, task[0][IDE_DEVICE]);
        if (!ide_wait(c, STATUS_BSY | STATUS_DRQ, 0, RESET_MS))
            return false;
        ide_issue(c, task, IDE_SET_MULTIPLE);
        if (!ide_wait(c, STATUS_BSY | STATUS_DRQ, 0, RESET_MS))
            return false;
    }
    ide_out(c, IDE_DEVICE, c->s->command[0][IDE_DEVICE]);
    return d->s->id.known == DISK_KNOWN && ide_wait(c, STATUS_BSY | STATUS_DRQ, 0, RESET_MS);
}

/* The sectors of the block that the drive has given or taken already, and the one that was on its way. */
static void move_again(struct ide_channel *c, uint32_t first)
{
    struct ide_saved_channel *s = c->s;

    for (uint32_t i = first; i <= s->of; i++) {
        uint8_t *at = s->block[(i - first) % IDE_BLOCK_SECTORS];

        if (s->phase == IDE_PIO_IN)
            ide_in_words(c, at, SECTOR / 2);
        else
            ide_out_words(c, at, SECTOR / 2);
    }
    s->stage = IDE_MOVED;
    ide_count(c);
}

static bool begin_again(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;
    uint32_t size = ide_block_sectors(c), first = s->of - s->of % size;

    if (size > IDE_BLOCK_SECTORS || !reset(c))
        return false;
    if (s->class == COMMAND_IDENTIFY)
        ide_issue(c, s->command, s->code);
    else
        ide_issue_media(c, first, s->sectors - first);
    if (!is_ready(c))
        return false;
    (void)ide_in(c, IDE_STATUS); /* the guest has had this block's interrupt */
    ide_out(c, IDE_CONTROL, s->control);
    move_again(c, first);
    return true;
}

static void torn(struct ide_channel *c)
{
    if (begin_again(c))
        return;
    hw_log("port %u: the command that was interrupted can't be done again", ide_working(c)->disk.number);
    c->s->phase = IDE_IDLE; /* the guest finds a drive without its command */
    c->s->stage = IDE_STEADY;
    ide_out(c, IDE_CONTROL, c->s->control);
}

/* ---- a part of a DMA command ---- */

static void part_again(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;

    if (s->stage == IDE_ISSUING && !(ide_in(c, IDE_ALTERNATE) & (STATUS_BSY | STATUS_DRQ))) {
        engine_next(c);
        return;
    }
    if (s->stage == IDE_ISSUING) {
        s->now = s->next;
        ide_in_order();
        s->stage = IDE_STEADY;
    }
    if (s->engine && !(bm_in(c, BM_COMMAND) & BM_START))
        engine_part(c);
}

void ide_adopt(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;

    for (unsigned i = 0; i < IDE_CHANNEL_DRIVES; i++)
        disk_rules(&c->drive[i].disk);
    if (s->phase == IDE_DMA)
        part_again(c);
    else if (s->engine && !(bm_in(c, BM_COMMAND) & BM_START))
        s->engine = 0; /* the access that was to start it comes again */
    if (s->stage == IDE_MOVED)
        ide_count(c);
    else if (s->stage == IDE_MOVING)
        torn(c);
    s->stage = IDE_STEADY;
}
