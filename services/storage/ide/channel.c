/* SPDX-License-Identifier: BSD-2-Clause */
/* A channel's registers as the guest sees them (ATA/ATAPI-6, chapter 7). */
#include "ide.h"

struct ide_channel ide_channel[IDE_CHANNELS];

struct ide_drive *ide_selected(struct ide_channel *c)
{
    return &c->drive[c->s->task[0][IDE_DEVICE] & DEVICE_DEV ? 1 : 0];
}

struct ide_drive *ide_working(struct ide_channel *c)
{
    return &c->drive[c->s->command[0][IDE_DEVICE] & DEVICE_DEV ? 1 : 0];
}

bool ide_is_empty(const struct ide_drive *d)
{
    return d->disk.deny;
}

/* ---- reads ---- */

/*
 * What the guest may know of the command that runs. While it takes a sector out of our buffer the drive is already busy
 * with the next one, and its interrupt must not be ended; while the bus master works for us, only what engine_sync()
 * has seen counts: the drive may have got ready since, and the data are not there yet.
 */
static uint8_t read_status(struct ide_channel *c, unsigned reg)
{
    if (ide_is_reading(c))
        return c->s->status;
    switch (engine_sync(c)) {
    case ENGINE_BUSY:
    case ENGINE_NEXT:
        return STATUS_BSY;
    default:
        return ide_in(c, reg);
    }
}

/*
 * A command by cylinder, head and sector went to the drive with an LBA (command.c). Where it ended is told as the guest
 * named it, until it writes the device register again.
 */
static uint8_t read_place(struct ide_channel *c, unsigned reg)
{
    const struct ide_saved_drive *d = ide_selected(c)->s;
    uint8_t device = ide_in(c, IDE_DEVICE);
    uint32_t lba = (device & 0xfu) << 24, track;

    if (!(device & DEVICE_LBA) || c->s->task[0][IDE_DEVICE] & DEVICE_LBA || !d->heads || !d->sectors)
        return ide_in(c, reg);
    for (unsigned i = 0; i < 3; i++)
        lba |= (uint32_t)ide_in(c, IDE_LBA_LOW + i) << (8 * i);
    track = lba / d->sectors;
    if (reg == IDE_LBA_LOW)
        return (uint8_t)(lba % d->sectors + 1);
    if (reg == IDE_DEVICE)
        return (uint8_t)((device & 0xf0 & ~DEVICE_LBA) | track % d->heads);
    return (uint8_t)(track / d->heads >> 8 * (reg - IDE_LBA_MID));
}

uint8_t ide_read(struct ide_channel *c, unsigned reg)
{
    if (ide_is_empty(ide_selected(c)))
        return 0; /* as where there is no such drive (ATA/ATAPI-6, 9.16.1) */
    if (reg == IDE_STATUS || reg == IDE_ALTERNATE)
        return read_status(c, reg);
    if (reg >= IDE_LBA_LOW && reg <= IDE_DEVICE && !(c->s->control & CONTROL_HOB))
        return read_place(c, reg);
    return ide_in(c, reg);
}

/* ---- writes ---- */

/* A reset lasts as long as the guest holds SRST; what a drive was doing it may do until then. */
static void write_control(struct ide_channel *c, uint8_t value)
{
    struct ide_saved_channel *s = c->s;

    if (value & CONTROL_SRST) {
        engine_stop(c);
        s->phase = IDE_STOPPED;
        s->stage = IDE_STEADY;
        s->task[0][IDE_DEVICE] = 0; /* it selects drive 0 (9.12) */
    }
    ide_out(c, IDE_CONTROL, value);
    if (s->control & CONTROL_SRST && !(value & CONTROL_SRST))
        s->phase = IDE_IDLE;
    s->control = value;
}

/* A drive takes nothing while it is busy (7.1). Of a drive with rules that must hold, whatever it really does. */
static bool takes_nothing(const struct ide_channel *c)
{
    return c->s->phase >= IDE_PIO_IN && ide_in(c, IDE_ALTERNATE) & (STATUS_BSY | STATUS_DRQ);
}

void ide_write(struct ide_channel *c, uint32_t request, unsigned reg, uint8_t value)
{
    struct ide_saved_channel *s = c->s;

    if (reg == IDE_CONTROL) {
        write_control(c, value);
        return;
    }
    if (reg == IDE_COMMAND) {
        ide_command(c, value);
        return;
    }
    if (takes_nothing(c))
        return;
    if (s->request != request)
        s->task[1][reg] = s->task[0][reg];
    s->request = request;
    s->task[0][reg] = value;
    ide_out(c, reg, value);
}
