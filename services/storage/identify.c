/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a port's disk is, by IDENTIFY (ATA8-ACS, 7.16), and what of that its guest may see. Our own commands are polled,
 * with the port's interrupts masked, while none of the guest's is outstanding.
 */
#include "storage.h"
#include "crypt/crypt.h"
#include <stdio.h>
#include <string.h>

#define POLL_US 20u
#define POLLS 2500u /* 50 ms: less than the deadline of a request */

/* IDENTIFY words */
#define WORD_SERIAL 10u
#define WORD_MODEL 27u
#define WORD_TRUSTED 48u
#define WORD_SANITIZE 59u
#define WORD_SECTORS_28 60u
#define WORD_ADDITIONAL 69u
#define WORD_SATA_CAPABILITIES 77u
#define WORD_COMMAND_SET_2 83u
#define WORD_SECTORS_48 100u
#define WORD_SECTOR_SIZE 106u
#define WORD_SCT 206u
#define WORD_CHECKSUM 255u

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
    __atomic_thread_fence(__ATOMIC_RELEASE);
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

static uint16_t word(const uint8_t *data, unsigned n)
{
    return (uint16_t)(data[2 * n] | data[2 * n + 1] << 8);
}

static void set_word(uint8_t *data, unsigned n, uint16_t value)
{
    data[2 * n] = (uint8_t)value;
    data[2 * n + 1] = (uint8_t)(value >> 8);
}

/* Two characters to a word, the first in its upper half; without the blanks at the end. */
static void text(char *out, const uint8_t *data, unsigned first, unsigned words)
{
    unsigned n = 2 * words;

    for (unsigned i = 0; i < 2 * words; i++)
        out[i] = (char)data[2 * first + (i ^ 1)];
    while (n && (out[n - 1] == ' ' || out[n - 1] == 0))
        n--;
    out[n] = 0;
}

static uint64_t sectors_of(const uint8_t *data)
{
    uint64_t n = 0;

    if (!(word(data, WORD_COMMAND_SET_2) & 1u << 10))
        return word(data, WORD_SECTORS_28) | (uint32_t)word(data, WORD_SECTORS_28 + 1) << 16;
    for (unsigned i = 0; i < 4; i++)
        n |= (uint64_t)word(data, WORD_SECTORS_48 + i) << 16 * i;
    return n;
}

static bool has_large_sectors(const uint8_t *data)
{
    return (word(data, WORD_SECTOR_SIZE) & 0xd000) == 0x5000; /* word valid, logical sectors of more than 512 bytes */
}

void identify_rules(struct port *p)
{
    struct saved_port *s = p->s;

    p->disk = policy_find_storage(storage.tables, s->model, s->serial, p->number);
    p->deny = p->disk.deny && s->known == DISK_KNOWN;
    if (s->atapi) /* what a CD holds is its own affair */
        p->disk.encrypt = NULL, p->disk.read_only = false;
    p->ruled = p->disk.encrypt || p->disk.read_only || (s->known != DISK_KNOWN && storage.tables->nstorage);
}

/* The plaintext at a range's start that shows that the key is the right one. */
static bool key_fits(struct port *p, const struct policy_storage_range *r)
{
    uint8_t data[(POLICY_CHECK_SECTORS + 1) * SECTOR];
    uint32_t sectors = ((uint32_t)r->check_offset + r->check_bytes + SECTOR - 1) / SECTOR;

    if (!r->check_bytes || sectors > POLICY_CHECK_SECTORS)
        return !r->check_bytes;
    if (r->first >= p->s->disk_sectors || p->s->disk_sectors - r->first < sectors)
        return true; /* nothing of it is on this disk */
    if (!identify_read(p, r->first, sectors, data))
        return false;
    crypt_decrypt(&storage.keys[p->disk.encrypt->key], 0, data, data, sectors);
    return memcmp(data + r->check_offset, r->check, r->check_bytes) == 0;
}

static bool keys_fit(struct port *p)
{
    const struct policy_storage *e = p->disk.encrypt;

    for (unsigned i = 0; e && i < e->nranges; i++)
        if (!key_fits(p, &storage.tables->ranges[e->first_range + i]))
            return false;
    return true;
}

static void forget(struct port *p)
{
    p->s->known = DISK_NONE;
    p->s->model[0] = p->s->serial[0] = 0;
    p->s->disk_sectors = 0;
    p->s->atapi = px_read(p, PX_SIG) == SIG_ATAPI;
    identify_rules(p);
}

void identify_disk(struct port *p)
{
    uint8_t fis[24] = { FIS_H2D_TYPE, H2D_C, ATA_IDENTIFY }, *data = p->dma->own;

    forget(p);
    if (p->s->atapi)
        fis[H2D_COMMAND] = ATA_IDENTIFY_PACKET;
    if (!own_command(p, fis, dma_address(data), SECTOR))
        return;
    text(p->s->model, data, WORD_MODEL, 20);
    text(p->s->serial, data, WORD_SERIAL, 10);
    p->s->disk_sectors = sectors_of(data);
    p->s->known = DISK_KNOWN;
    identify_rules(p);
    if (!p->disk.encrypt)
        return;
    if (has_large_sectors(data)) {
        (void)snprintf(storage.reason, sizeof(storage.reason), "disk %s %s on port %u has sectors of more than 512 bytes",
                       p->s->model, p->s->serial, p->number);
    } else if (!keys_fit(p)) {
        (void)snprintf(storage.reason, sizeof(storage.reason),
                       "%.64s:%u: wrong key for disk %.40s %.20s on port %u: its decrypted start is not what it should be",
                       storage.tables->name, p->disk.encrypt->line, p->s->model, p->s->serial, p->number);
    } else {
        return;
    }
    hw_log("%s", storage.reason);
    p->deny = true;
}

bool identify_read(struct port *p, uint64_t lba, uint32_t sectors, void *to)
{
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

/*
 * What the guest of a mediated disk may rely on: blocks that were trimmed do not read as zeroes (their decryption is
 * noise), and there are no commands that change the media past us.
 */
void identify_patch(const struct port *p, uint8_t *data)
{
    uint8_t sum = 0;

    if (p->s->atapi || !p->ruled)
        return;
    set_word(data, WORD_TRUSTED, 0);
    set_word(data, WORD_SANITIZE, word(data, WORD_SANITIZE) & 0x0fff);
    set_word(data, WORD_SATA_CAPABILITIES, word(data, WORD_SATA_CAPABILITIES) & (uint16_t)~0x60u);
    set_word(data, WORD_SCT, word(data, WORD_SCT) & (uint16_t)~0x04u);
    if (p->disk.encrypt) /* DRAT, RZAT */
        set_word(data, WORD_ADDITIONAL, word(data, WORD_ADDITIONAL) & (uint16_t)~0x4020u);
    if (data[2 * WORD_CHECKSUM] != 0xa5)
        return;
    for (unsigned i = 0; i < SECTOR - 1; i++)
        sum = (uint8_t)(sum + data[i]);
    data[SECTOR - 1] = (uint8_t)-sum;
}
