/* SPDX-License-Identifier: BSD-2-Clause */
#include "channel_model.h"
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_channel model_channel[IDE_CHANNELS];
bool ide_model_waits;
uint32_t ide_model_dies_after;
void (*ide_model_died)(void);

static struct model_drive *selected(struct model_channel *m)
{
    return &m->drive[m->device & DEVICE_DEV ? 1 : 0];
}

static void interrupt(struct model_channel *m)
{
    m->interrupt = true;
    if (!(m->control & CONTROL_NIEN)) {
        m->bm_status |= BM_INTERRUPT;
        m->interrupts++;
    }
}

static void end(struct model_channel *m, uint8_t error)
{
    m->status = STATUS_DRDY | (error ? STATUS_ERR : 0);
    m->error = error;
    m->left = m->words = m->at = 0;
    m->dma = false;
    m->aborted += error == 4;
    interrupt(m);
}

_Noreturn static void die(const char *why, uint64_t value)
{
    fprintf(stderr, "IDE model: %s (0x%llx)\n", why, (unsigned long long)value);
    abort();
}

/* ---- the disk ---- */

static void check_written(const struct model_drive *d, const uint8_t *data, uint64_t lba)
{
    unsigned run = 0;

    if (d->locked)
        die("a disk that is read-only is written", lba);
    for (unsigned i = 0; i < SECTOR && d->secret; i++) {
        run = data[i] == MODEL_PLAIN ? run + 1 : 0;
        if (run == MODEL_PLAIN_BYTES)
            die("plaintext on an encrypted disk", lba);
    }
}

static bool is_bad(const struct model_channel *m, const struct model_drive *d)
{
    return m->lba >= IDE_MODEL_SECTORS || m->lba == d->fail_lba;
}

static uint32_t block(const struct model_channel *m, const struct model_drive *d)
{
    uint32_t n = strchr("\xc4\xc5\x29\x39\xce", m->code) && d->multiple ? d->multiple : 1;

    return n < m->left ? n : m->left;
}

/* The next DRQ block. */
static void offer(struct model_channel *m)
{
    struct model_drive *d = selected(m);
    uint32_t n = block(m, d);

    m->at = 0;
    m->words = n * 256;
    for (uint32_t i = 0; i < n && !m->write; i++, m->lba++) {
        if (is_bad(m, d)) {
            end(m, m->lba < IDE_MODEL_SECTORS ? 0x40 : 0x10);
            return;
        }
        memcpy(m->buffer + i * SECTOR, d->disk + m->lba * SECTOR, SECTOR);
    }
    m->left -= n;
    m->status = STATUS_DRDY | STATUS_DRQ;
}

static void block_done(struct model_channel *m)
{
    struct model_drive *d = selected(m);
    uint32_t n = m->words / 256;

    for (uint32_t i = 0; i < n && m->write; i++, m->lba++) {
        if (is_bad(m, d)) {
            end(m, m->lba < IDE_MODEL_SECTORS ? 0x40 : 0x10);
            return;
        }
        check_written(d, m->buffer + i * SECTOR, m->lba);
        memcpy(d->disk + m->lba * SECTOR, m->buffer + i * SECTOR, SECTOR);
    }
    m->words = m->at = 0;
    m->status = STATUS_DRDY;
    if (m->left) {
        offer(m);
        interrupt(m);
    } else if (m->write) {
        interrupt(m);
    }
}

/* ---- commands ---- */

static void put_text(uint8_t *data, unsigned word, unsigned words, const char *text)
{
    for (unsigned i = 0; i < 2 * words; i++)
        data[2 * word + (i ^ 1)] = *text ? (uint8_t)*text++ : ' ';
}

static void identify(struct model_channel *m, const struct model_drive *d)
{
    static const char *const serial[] = { "IDE0", "IDE1", "IDE2", "IDE3" };

    memset(m->buffer, 0, SECTOR);
    put_text(m->buffer, 10, 10, serial[(m - model_channel) * 2 + (d - m->drive)]);
    put_text(m->buffer, 27, 20, "MODEL DISK");
    m->buffer[2 * 3] = 16;
    m->buffer[2 * 6] = 63;
    m->buffer[2 * 47] = IDE_MODEL_MULTIPLE;
    m->buffer[2 * 53] = 1;
    m->buffer[2 * 55] = (uint8_t)d->heads;
    m->buffer[2 * 56] = (uint8_t)d->sectors;
    m->buffer[2 * 59] = (uint8_t)d->multiple;
    m->buffer[2 * 59 + 1] = d->multiple ? 1 : 0;
    m->buffer[2 * 69 + 1] = 0x40; /* DRAT */
    m->buffer[2 * 83 + 1] = 0x04;
    memcpy(m->buffer + 200, &(uint32_t){ IDE_MODEL_SECTORS }, 4);
    m->words = 256;
    m->at = 0;
    m->left = 0;
    m->status = STATUS_DRDY | STATUS_DRQ;
    interrupt(m);
}

static void locate(struct model_channel *m, const struct model_drive *d, bool wide)
{
    const uint8_t *now = m->fifo[0], *before = m->fifo[1];

    m->lba = now[IDE_LBA_LOW] | (uint32_t)now[IDE_LBA_MID] << 8 | (uint32_t)now[IDE_LBA_HIGH] << 16;
    m->left = now[IDE_COUNT] ? now[IDE_COUNT] : 256;
    if (wide) {
        m->lba |= (uint64_t)before[IDE_LBA_LOW] << 24 | (uint64_t)before[IDE_LBA_MID] << 32 |
                  (uint64_t)before[IDE_LBA_HIGH] << 40;
        m->left = now[IDE_COUNT] | (uint32_t)before[IDE_COUNT] << 8;
        m->left = m->left ? m->left : 65536;
    } else if (m->device & DEVICE_LBA) {
        m->lba |= (uint64_t)(m->device & 15u) << 24;
    } else {
        m->lba = ((now[IDE_LBA_MID] | (uint64_t)now[IDE_LBA_HIGH] << 8) * d->heads + (m->device & 15u)) * d->sectors +
                 now[IDE_LBA_LOW] - 1;
    }
}

static void execute(struct model_channel *m, uint8_t code)
{
    struct model_drive *d = selected(m);
    bool wide = code == 0x24 || code == 0x25 || code == 0x29 || code == 0x34 || code == 0x35 || code == 0x39;

    if (!d->there || (m->status & (STATUS_BSY | STATUS_DRQ) && code != IDE_DEVICE_RESET))
        return;
    m->log[m->commands++ % sizeof(m->log)] = code;
    m->code = code;
    m->error = 0;
    m->interrupt = m->dma = m->write = false;
    if (d->atapi && code == ATA_IDENTIFY) {
        m->fifo[0][IDE_LBA_MID] = 0x14;
        m->fifo[0][IDE_LBA_HIGH] = 0xeb;
    }
    switch (d->atapi && code != ATA_IDENTIFY_PACKET ? 0 : code) {
    case ATA_IDENTIFY_PACKET:
        if (!d->atapi)
            break;
        /* fall through */
    case ATA_IDENTIFY:
        identify(m, d);
        return;
    case 0x34:
    case 0x30:
    case 0x39:
    case 0xc5:
    case 0xca:
    case 0x35:
        m->write = true;
        /* fall through */
    case 0x20:
    case 0x24:
    case 0x29:
    case 0xc4:
    case 0xc8:
    case 0x25:
        locate(m, d, wide);
        m->dma = code == 0xca || code == 0xc8 || code == 0x35 || code == 0x25;
        m->status = STATUS_DRDY | STATUS_DRQ;
        if (!m->dma)
            offer(m);
        if (!m->dma && !m->write && m->status & STATUS_DRQ)
            interrupt(m);
        return;
    case IDE_SET_MULTIPLE:
        if (m->fifo[0][IDE_COUNT] > IDE_MODEL_MULTIPLE || m->fifo[0][IDE_COUNT] & (m->fifo[0][IDE_COUNT] - 1))
            break;
        d->multiple = m->fifo[0][IDE_COUNT];
        end(m, 0);
        return;
    case IDE_INITIALIZE_PARAMETERS:
        d->heads = (m->device & 15u) + 1;
        d->sectors = m->fifo[0][IDE_COUNT];
        end(m, 0);
        return;
    case 0xe7:
    case 0xea:
    case ATA_CHECK_POWER_MODE:
    case IDE_SET_FEATURES:
    case 0xb0:
        end(m, 0);
        return;
    }
    end(m, 4);
}

static void reset(struct model_channel *m)
{
    m->device = m->fifo[0][IDE_DEVICE] = 0;
    m->status = STATUS_DRDY;
    m->error = 1;
    m->dma = m->interrupt = false;
    m->left = m->words = m->at = 0;
    m->resets++;
    for (unsigned i = 0; i < 2; i++)
        m->drive[i].multiple = 0;
}

/* ---- registers ---- */

void ide_model_tick(void)
{
    if (ide_model_dies_after && --ide_model_dies_after == 0)
        ide_model_died();
}

/* Every access of storage's to the hardware comes by here. */
static struct model_channel *of(const struct ide_channel *c)
{
    ide_model_tick();
    return &model_channel[c->number];
}

uint8_t ide_in(const struct ide_channel *c, unsigned reg)
{
    struct model_channel *m = of(c);

    if (!m->drive[0].there && !m->drive[1].there)
        return 0xff;
    if (!selected(m)->there)
        return 0;
    switch (reg) {
    case IDE_STATUS:
        m->interrupt = false;
        /* fall through */
    case IDE_ALTERNATE:
        return m->status;
    case IDE_ERROR:
        return m->error;
    case IDE_DEVICE:
        return m->device;
    default:
        return m->fifo[m->control >> 7][reg];
    }
}

void ide_out(const struct ide_channel *c, unsigned reg, uint8_t value)
{
    struct model_channel *m = of(c);

    if (reg == IDE_CONTROL) {
        if (m->control & CONTROL_SRST && !(value & CONTROL_SRST))
            reset(m);
        m->control = value;
    } else if (reg == IDE_COMMAND) {
        execute(m, value);
    } else if (!(m->status & (STATUS_BSY | STATUS_DRQ))) {
        m->fifo[1][reg] = m->fifo[0][reg];
        m->fifo[0][reg] = value;
        if (reg == IDE_DEVICE)
            m->device = value;
    }
}

static void one_word(struct model_channel *m, uint8_t *at, bool out)
{
    if (!(m->status & STATUS_DRQ) || m->dma || m->write != out || m->at >= m->words) {
        if (!out)
            memset(at, 0xff, 2);
        return;
    }
    memcpy(out ? m->buffer + 2 * m->at : at, out ? at : m->buffer + 2 * m->at, 2);
    if (++m->at == m->words)
        block_done(m);
}

void ide_in_words(const struct ide_channel *c, void *to, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        one_word(of(c), (uint8_t *)to + 2 * i, false);
}

void ide_out_words(const struct ide_channel *c, const void *from, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        one_word(of(c), (uint8_t *)from + 2 * i, true);
}

/* ---- the bus master ---- */

/* Moves the command's sectors by the table; stops where the table ends. */
static void dma(struct model_channel *m)
{
    struct model_drive *d = selected(m);
    uint32_t table = m->bm_table, offset = 0, done = 0;

    if (m->write == !!(m->bm_command & BM_TO_MEMORY))
        return; /* another direction than the drive's: nothing moves */
    while (m->left) {
        struct ide_prd e;
        uint32_t bytes, n = SECTOR - done;

        if (is_bad(m, d)) {
            end(m, m->lba < IDE_MODEL_SECTORS ? 0x40 : 0x10);
            return;
        }
        if (table < MODEL_DMA || table - MODEL_DMA + 8 > sizeof(struct dma))
            die("a table is not in storage's memory", table);
        memcpy(&e, (uint8_t *)storage.dma + (table - MODEL_DMA), 8);
        bytes = e.bytes ? e.bytes : IDE_PRD_MAX_BYTES;
        if (e.address % IDE_PRD_MAX_BYTES + bytes > IDE_PRD_MAX_BYTES)
            die("a region crosses 64 KiB", e.address);
        n = n < bytes - offset ? n : bytes - offset;
        if (m->write)
            memcpy(d->disk + m->lba * SECTOR + done, model_bus(e.address + offset, n), n);
        else
            memcpy(model_bus(e.address + offset, n), d->disk + m->lba * SECTOR + done, n);
        offset += n;
        done += n;
        if (done == SECTOR) {
            done = 0;
            if (m->write)
                check_written(d, d->disk + m->lba * SECTOR, m->lba);
            m->lba++;
            m->left--;
        }
        if (offset < bytes)
            continue;
        offset = 0;
        table += 8;
        if (e.flags & IDE_PRD_LAST) {
            m->bm_status &= (uint8_t)~BM_ACTIVE;
            break;
        }
    }
    if (!m->left)
        end(m, 0);
}

bool ide_model_step(unsigned channel)
{
    struct model_channel *m = &model_channel[channel];

    if (!m->dma || !(m->bm_command & BM_START) || !(m->bm_status & BM_ACTIVE))
        return false;
    dma(m);
    return true;
}

uint8_t bm_in(const struct ide_channel *c, unsigned reg)
{
    return reg == BM_COMMAND ? of(c)->bm_command : reg == BM_STATUS ? of(c)->bm_status : 0;
}

void bm_out(const struct ide_channel *c, unsigned reg, uint8_t value)
{
    struct model_channel *m = of(c);

    if (reg == BM_STATUS) {
        m->bm_status = (value & BM_CAPABLE) | (m->bm_status & BM_ACTIVE) |
                       (m->bm_status & ~value & (BM_ERROR | BM_INTERRUPT));
    } else if (reg == BM_COMMAND) {
        if (value & BM_START && !(m->bm_command & BM_START))
            m->bm_status |= BM_ACTIVE;
        if (!(value & BM_START))
            m->bm_status &= (uint8_t)~BM_ACTIVE;
        m->bm_command = value;
        if (!ide_model_waits)
            (void)ide_model_step(c->number);
    }
}

void bm_out_table(const struct ide_channel *c, uint32_t address)
{
    of(c)->bm_table = address;
}

bool bm_open(uint16_t base)
{
    return base == IDE_MODEL_BM;
}

/* ---- the machine ---- */

void ide_model_begin(void)
{
    for (unsigned n = 0; n < IDE_CHANNELS; n++) {
        struct model_channel *m = &model_channel[n];
        uint8_t *disk[2] = { m->drive[0].disk, m->drive[1].disk };

        memset(m, 0, sizeof(*m));
        m->status = STATUS_DRDY;
        for (unsigned i = 0; i < 2; i++) {
            if (!disk[i])
                disk[i] = calloc(IDE_MODEL_SECTORS, SECTOR);
            m->drive[i] = (struct model_drive){ .there = n * 2 + i < 3, .atapi = n * 2 + i == 2, .disk = disk[i],
                                                .fail_lba = UINT64_MAX, .heads = 16, .sectors = 63 };
        }
    }
    ide_model_waits = false;
    ide_model_dies_after = 0;
    memset(&storage.saved->ide, 0, sizeof(storage.saved->ide));
}

void ide_model_end(void)
{
    for (unsigned n = 0; n < IDE_CHANNELS; n++)
        for (unsigned i = 0; i < 2; i++) {
            free(model_channel[n].drive[i].disk);
            model_channel[n].drive[i].disk = NULL;
        }
}
