/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command of the guest's: what it is about, and what the drive gets in its place. A drive with rules gets its
 * registers from our copy, so that what was looked at is what is done.
 */
#include "ide.h"
#include <string.h>

static bool is_dma(uint8_t code)
{
    switch (code) {
    case 0x25: /* READ DMA EXT */
    case 0x35: /* WRITE DMA EXT */
    case 0x3d: /* WRITE DMA FUA EXT */
    case 0xc8: /* READ DMA */
    case 0xc9: /* the same without retries (ATA-4) */
    case 0xca: /* WRITE DMA */
    case 0xcb:
        return true;
    default:
        return false;
    }
}

/* ---- to the drive ---- */

void ide_issue(struct ide_channel *c, ide_task task, uint8_t code)
{
    for (unsigned age = 2; age-- > 0;)
        for (unsigned reg = IDE_FEATURES; reg <= IDE_LBA_HIGH; reg++)
            ide_out(c, reg, task[age][reg]);
    ide_out(c, IDE_DEVICE, task[0][IDE_DEVICE]);
    ide_out(c, IDE_COMMAND, code);
}

static void place_28(ide_task task, uint64_t lba, uint32_t sectors)
{
    task[0][IDE_COUNT] = (uint8_t)sectors;
    task[0][IDE_LBA_LOW] = (uint8_t)lba;
    task[0][IDE_LBA_MID] = (uint8_t)(lba >> 8);
    task[0][IDE_LBA_HIGH] = (uint8_t)(lba >> 16);
    task[0][IDE_DEVICE] = (uint8_t)((task[0][IDE_DEVICE] & 0xf0) | DEVICE_LBA | (lba >> 24 & 0xf));
}

static void place_48(ide_task task, uint64_t lba, uint32_t sectors)
{
    for (unsigned age = 0; age < 2; age++) {
        task[age][IDE_COUNT] = (uint8_t)(sectors >> 8 * age);
        for (unsigned i = 0; i < 3; i++)
            task[age][IDE_LBA_LOW + i] = (uint8_t)(lba >> (24 * age + 8 * i));
    }
}

void ide_issue_media(struct ide_channel *c, uint32_t first, uint32_t sectors)
{
    ide_task task;

    memcpy(task, c->s->command, sizeof(task));
    if (c->s->addressing == ADDRESS_48)
        place_48(task, c->s->lba + first, sectors);
    else
        place_28(task, c->s->lba + first, sectors);
    ide_issue(c, task, c->s->code);
}

/* Every drive aborts a NOP (ATA/ATAPI-6, 8.19). */
static void issue_other(struct ide_channel *c, uint8_t code)
{
    ide_task task;

    memcpy(task, c->s->command, sizeof(task));
    memset(task[0], 0, IDE_DEVICE);
    memset(task[1], 0, IDE_DEVICE);
    ide_issue(c, task, code);
}

/* ---- what it is ---- */

static void make_fis(const ide_task task, uint8_t code, uint8_t fis[20])
{
    memset(fis, 0, 20);
    fis[H2D_TYPE] = FIS_H2D_TYPE;
    fis[H2D_FLAGS] = H2D_C;
    fis[H2D_COMMAND] = code;
    fis[H2D_FEATURES] = task[0][IDE_FEATURES];
    fis[H2D_FEATURES_EXT] = task[1][IDE_FEATURES];
    fis[H2D_COUNT] = task[0][IDE_COUNT];
    fis[H2D_COUNT_EXT] = task[1][IDE_COUNT];
    memcpy(fis + H2D_LBA0, &task[0][IDE_LBA_LOW], 3);
    memcpy(fis + H2D_LBA3, &task[1][IDE_LBA_LOW], 3);
    fis[H2D_DEVICE] = task[0][IDE_DEVICE];
}

/* Cylinder, head and sector by the translation in force. false: there is no such place. */
static bool place_of(const struct ide_drive *d, const ide_task task, uint64_t *lba)
{
    uint32_t cylinder = task[0][IDE_LBA_MID] | (uint32_t)task[0][IDE_LBA_HIGH] << 8;
    uint32_t head = task[0][IDE_DEVICE] & 0xf, sector = task[0][IDE_LBA_LOW];

    if (sector == 0 || sector > d->s->sectors || head >= d->s->heads)
        return false;
    *lba = ((uint64_t)cylinder * d->s->heads + head) * d->s->sectors + sector - 1;
    return true;
}

/* BIOSes still read small disks by cylinder, head and sector; the drive gets these commands with an LBA. */
static struct command parse(const struct ide_drive *d, const ide_task task, uint8_t code)
{
    struct command cmd, by_lba;
    uint8_t fis[20];

    make_fis(task, code, fis);
    cmd = command_parse(fis, 0);
    if (fis[H2D_DEVICE] & DEVICE_LBA || cmd.class != COMMAND_UNKNOWN)
        return cmd;
    fis[H2D_DEVICE] |= DEVICE_LBA;
    by_lba = command_parse(fis, 0);
    if (by_lba.addressing != ADDRESS_28 || !place_of(d, task, &by_lba.lba))
        return cmd;
    return by_lba;
}

/* What the guest sets, and we have to know. */
static void note_settings(struct ide_drive *d, const ide_task task, uint8_t code)
{
    uint8_t count = task[0][IDE_COUNT];

    if (code == IDE_SET_MULTIPLE) {
        if (count <= d->s->multiple_most && !(count & (count - 1))) /* others are aborted (8.37) */
            d->s->multiple = count;
    } else if (code == IDE_INITIALIZE_PARAMETERS) {
        d->s->heads = (task[0][IDE_DEVICE] & 0xfu) + 1;
        d->s->sectors = count;
    }
}

/* ---- what becomes of it ---- */

static void bounce(struct ide_channel *c, const struct command *cmd)
{
    struct ide_saved_channel *s = c->s;

    if (s->class == COMMAND_IDENTIFY) {
        s->sectors = 1;
        ide_in_order();
        s->phase = IDE_PIO_IN;
        ide_issue(c, s->command, s->code);
        return;
    }
    s->lba = cmd->lba;
    s->sectors = cmd->sectors;
    ide_in_order();
    s->phase = is_dma(s->code) ? IDE_DMA : s->write ? IDE_PIO_OUT : IDE_PIO_IN;
    ide_issue_media(c, 0, s->phase == IDE_DMA ? engine_part_sectors(c) : s->sectors);
}

static void ruled(struct ide_channel *c, struct ide_drive *d, const struct command *cmd)
{
    struct ide_saved_channel *s = c->s;

    switch (cmd->addressing == ADDRESS_NCQ ? WAY_ABORT : disk_way(&d->disk, cmd->class)) {
    case WAY_BOUNCE:
        bounce(c, cmd);
        break;
    case WAY_ABORT:
        s->phase = IDE_NOTHING;
        issue_other(c, ATA_NOP);
        break;
    case WAY_IGNORE:
        s->phase = IDE_NOTHING;
        issue_other(c, ATA_CHECK_POWER_MODE);
        break;
    default:
        s->phase = IDE_DIRECT;
        note_settings(d, s->command, s->code);
        ide_issue(c, s->command, s->code);
    }
}

void ide_command(struct ide_channel *c, uint8_t code)
{
    struct ide_saved_channel *s = c->s;
    struct ide_drive *d = ide_selected(c);
    struct command cmd;

    if (ide_is_empty(d) || s->control & CONTROL_SRST)
        return;
    (void)engine_sync(c); /* what has ended unseen */
    if ((s->phase >= IDE_PIO_IN || d->disk.ruled) && ide_in(c, IDE_ALTERNATE) & (STATUS_BSY | STATUS_DRQ)) {
        engine_go(c); /* an instance before this one may have come no further */
        return;
    }
    engine_stop(c);
    s->phase = IDE_NOTHING; /* first: nobody reads what is half written from here on to the command's own phase */
    s->stage = IDE_STEADY;
    ide_in_order();
    s->code = code;
    s->bm_error = 0;
    s->have = s->of = s->position = s->before = s->sectors = 0;
    s->now = s->next = (struct ide_progress){ 0 };
    memcpy(s->command, s->task, sizeof(s->command));
    cmd = parse(d, s->command, code);
    s->class = cmd.class;
    s->addressing = cmd.addressing;
    s->write = cmd.class == COMMAND_WRITE;
    if (d->disk.ruled) {
        ruled(c, d, &cmd);
    } else {
        s->phase = IDE_DIRECT;
        note_settings(d, s->command, code);
        ide_out(c, IDE_DEVICE, s->command[0][IDE_DEVICE]);
        ide_out(c, IDE_COMMAND, code);
    }
    if (code == 0x90) /* EXECUTE DEVICE DIAGNOSTIC selects drive 0 (8.11) */
        s->task[0][IDE_DEVICE] = 0;
    engine_go(c);
}
