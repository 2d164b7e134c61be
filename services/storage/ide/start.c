/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking the channels over. Before the guest runs each drive is asked who it is, by polled PIO commands with its
 * interrupt disabled; what the registers held goes back into them.
 */
#include "ide.h"
#include <string.h>

#define CHANNEL_PAGES (IDE_BOUNCE_BYTES / 4096)
#define FIRST_PAGE (POOL_PAGES - IDE_CHANNELS * CHANNEL_PAGES)
#define POLL_US 20u
#define ANSWER_MS 1000u

/* IDENTIFY words (ATA/ATAPI-6, 8.15): the default translation, the one in force, READ MULTIPLE's block. */
#define WORD_HEADS 3u
#define WORD_SECTORS 6u
#define WORD_MULTIPLE_MOST 47u
#define WORD_VALID 53u
#define WORD_HEADS_NOW 55u
#define WORD_SECTORS_NOW 56u
#define WORD_MULTIPLE 59u

bool ide_wait(const struct ide_channel *c, uint8_t bits, uint8_t value, unsigned ms)
{
    for (unsigned i = 0; i < 4; i++)
        (void)ide_in(c, IDE_ALTERNATE); /* 400 ns until the status means something (7.15.6.1) */
    for (unsigned i = 0; i <= ms * 1000 / POLL_US; i++) {
        if ((ide_in(c, IDE_ALTERNATE) & bits) == value)
            return true;
        hw_pause(POLL_US);
    }
    return false;
}

/* A command of our own that brings sectors. Interrupts are off, the drive is selected. */
static bool read_pio(struct ide_channel *c, ide_task task, uint8_t code, uint32_t sectors, uint8_t *to)
{
    ide_issue(c, task, code);
    for (uint32_t i = 0; i < sectors; i++) {
        if (!ide_wait(c, STATUS_BSY, 0, ANSWER_MS) || !(ide_in(c, IDE_STATUS) & STATUS_DRQ))
            return false;
        ide_in_words(c, to + i * SECTOR, SECTOR / 2);
    }
    return ide_wait(c, STATUS_BSY | STATUS_DRQ, 0, ANSWER_MS);
}

/* For the check of a key: context is the drive. */
static bool read_sectors(void *context, uint64_t lba, uint32_t sectors, void *to)
{
    struct ide_drive *d = context;
    unsigned index = (unsigned)(d->s - storage.saved->ide.drive);
    ide_task task = { 0 };

    task[0][IDE_DEVICE] = (uint8_t)(0xa0 | DEVICE_LBA | (index & 1 ? DEVICE_DEV : 0) | (lba >> 24 & 0xf));
    task[0][IDE_COUNT] = (uint8_t)sectors;
    for (unsigned age = 0; age < 2; age++)
        for (unsigned i = 0; i < 3; i++)
            task[age][IDE_LBA_LOW + i] = (uint8_t)(lba >> (24 * age + 8 * i));
    return read_pio(&ide_channel[index / 2], task, lba + sectors <= 1u << 28 ? 0x20 : 0x24, sectors, to);
}

/* Registers hold what is written to them where there is a drive. */
static bool is_there(struct ide_channel *c, uint8_t device)
{
    ide_out(c, IDE_DEVICE, device);
    if (!ide_wait(c, STATUS_BSY | STATUS_DRQ, 0, 10) || ide_in(c, IDE_ALTERNATE) == 0)
        return false;
    ide_out(c, IDE_COUNT, 0x55);
    ide_out(c, IDE_LBA_LOW, 0xaa);
    return ide_in(c, IDE_COUNT) == 0x55 && ide_in(c, IDE_LBA_LOW) == 0xaa;
}

static uint16_t word(const uint8_t *data, unsigned n)
{
    return (uint16_t)(data[2 * n] | data[2 * n + 1] << 8);
}

static void note_geometry(struct ide_saved_drive *s, const uint8_t *data)
{
    bool now = word(data, WORD_VALID) & 1;

    s->heads = word(data, now ? WORD_HEADS_NOW : WORD_HEADS);
    s->sectors = word(data, now ? WORD_SECTORS_NOW : WORD_SECTORS) & 0xff;
    s->multiple_most = word(data, WORD_MULTIPLE_MOST) & 0xff;
    s->multiple = word(data, WORD_MULTIPLE) & 0x100 ? word(data, WORD_MULTIPLE) & 0xff : 0;
}

static void identify(struct ide_channel *c, struct ide_drive *d, uint8_t device)
{
    uint8_t data[SECTOR];
    ide_task task = { 0 };
    bool good;

    disk_forget(&d->disk, false);
    if (!is_there(c, device))
        return;
    task[0][IDE_DEVICE] = device;
    good = read_pio(c, task, ATA_IDENTIFY, 1, data);
    if (!good && ide_in(c, IDE_LBA_MID) == 0x14 && ide_in(c, IDE_LBA_HIGH) == 0xeb) {
        disk_forget(&d->disk, true);
        good = read_pio(c, task, ATA_IDENTIFY_PACKET, 1, data);
    }
    if (good) {
        note_geometry(d->s, data);
        disk_describe(&d->disk, data, read_sectors, d);
    }
    disk_say(&d->disk);
}

static void take_over(struct ide_channel *c)
{
    uint8_t device = ide_in(c, IDE_DEVICE);

    for (unsigned i = 0; i < IDE_CHANNEL_DRIVES; i++)
        disk_forget(&c->drive[i].disk, false);
    if (ide_in(c, IDE_ALTERNATE) == 0xff)
        return; /* nobody drives the bus */
    c->s->control = 8; /* its bit 3 was always to be 1 */
    ide_out(c, IDE_CONTROL, 8 | CONTROL_NIEN);
    for (unsigned i = 0; i < IDE_CHANNEL_DRIVES; i++)
        identify(c, &c->drive[i], i ? 0xa0 | DEVICE_DEV : 0xa0);
    (void)ide_in(c, IDE_STATUS);
    ide_out(c, IDE_DEVICE, device);
    ide_out(c, IDE_CONTROL, c->s->control);
    for (unsigned reg = IDE_COUNT; reg <= IDE_LBA_HIGH; reg++)
        c->s->task[0][reg] = ide_in(c, reg);
    c->s->task[0][IDE_DEVICE] = device;
}

static void prepare(struct ide_channel *c, unsigned n)
{
    struct ide_saved *saved = &storage.saved->ide;

    *c = (struct ide_channel){ .number = n, .s = &saved->channel[n],
                               .bounce = storage.dma->pool[FIRST_PAGE + n * CHANNEL_PAGES],
                               .table = storage.dma->ide.table[n] };
    for (unsigned i = 0; i < IDE_CHANNEL_DRIVES; i++) {
        struct ide_saved_drive *s = &saved->drive[n * IDE_CHANNEL_DRIVES + i];

        c->drive[i] = (struct ide_drive){ s, { .id = &s->id, .number = n * IDE_CHANNEL_DRIVES + i } };
    }
}

void ide_begin(void)
{
    for (unsigned n = 0; n < IDE_CHANNELS; n++)
        (void)pool_claim(FIRST_PAGE + n * CHANNEL_PAGES, CHANNEL_PAGES); /* nobody has taken any yet */
}

void ide_start(void)
{
    struct ide_saved *saved = &storage.saved->ide;
    bool adopts = saved->taken && ide_is_sound(saved);

    if (saved->taken && !adopts)
        hw_log("what the last instance left of IDE makes no sense; the channels are taken over anew");
    if (!adopts)
        memset(saved, 0, sizeof(*saved));
    if (saved->bm_base && !bm_open((uint16_t)saved->bm_base))
        saved->bm_base = 0;
    for (unsigned n = 0; n < IDE_CHANNELS; n++) {
        prepare(&ide_channel[n], n);
        if (adopts)
            ide_adopt(&ide_channel[n]);
        else
            take_over(&ide_channel[n]);
    }
    saved->taken = 1;
}

bool ide_is_met(const struct policy_storage *e)
{
    for (unsigned n = 0; n < IDE_CHANNELS * IDE_CHANNEL_DRIVES; n++) {
        const struct ide_drive *d = &ide_channel[n / IDE_CHANNEL_DRIVES].drive[n % IDE_CHANNEL_DRIVES];

        if (d->s && d->disk.rule.encrypt == e && d->s->id.known == DISK_KNOWN)
            return true;
    }
    return false;
}
