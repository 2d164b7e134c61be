/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"
#include <setjmp.h>
#include <string.h>

bool guest_restarts, guest_starts_first;
uint32_t guest_dies_again;

static uint32_t seq;
static uint8_t transfer[WEIR_TRANSFER_BYTES];
static jmp_buf death;

/* The instance is gone in the middle of an access. */
static void die(void)
{
    longjmp(death, 1);
}

/* What the kernel does with the verdict, on the data register. */
static void pass(const struct weir_msg *msg, uint8_t *at)
{
    const struct ide_channel *c = &ide_channel[msg->addr == IDE_PRIMARY ? 0 : 1];
    uint32_t bytes = msg->size * (msg->flags & WEIR_F_REP ? msg->count : 1);

    if (msg->flags & WEIR_F_WRITE)
        ide_out_words(c, at, bytes / 2);
    else
        ide_in_words(c, at, bytes / 2);
}

static enum weir_verdict ask(struct weir_msg *msg)
{
    static struct weir_msg sent;
    static uint8_t data[WEIR_TRANSFER_BYTES];
    enum weir_verdict v = WEIR_V_DENY;
    bool died;

    sent = *msg;
    memcpy(data, transfer, sizeof(data));
    ide_model_died = die;
    died = setjmp(death); /* comes back here again when what follows dies, too */
    if (!died)
        v = ide_access(msg, transfer);
    if (died || guest_restarts) {
        if (died) {
            ide_model_dies_after = guest_dies_again;
            guest_dies_again = 0;
        }
        ide_start();
        *msg = sent;
        memcpy(transfer, data, sizeof(data));
        msg->flags |= WEIR_F_REPLAY;
        v = ide_access(msg, transfer);
    }
    return v;
}

static void send(struct weir_msg *msg)
{
    uint8_t *at = msg->flags & WEIR_F_REP ? transfer : (uint8_t *)&msg->data;
    uint32_t count = msg->count;
    enum weir_verdict v = ask(msg);

    if (v == WEIR_V_PASS) {
        msg->count = count;
        pass(msg, at);
    } else if (v == WEIR_V_DENY) {
        if (!(msg->flags & WEIR_F_WRITE))
            memset(at, 0xff, msg->size);
        msg->count = 1;
    }
}

uint32_t any_port(uint32_t port, unsigned size, bool write, uint32_t value, uint64_t bm)
{
    struct weir_msg msg = { .kind = WEIR_MSG_IO, .addr = port, .size = (uint16_t)size, .data = value, .seq = ++seq,
                            .flags = write ? WEIR_F_WRITE : 0, .aux = bm };

    send(&msg);
    return (uint32_t)msg.data;
}

uint8_t port_in(uint32_t port)
{
    return (uint8_t)any_port(port, 1, false, 0, 0);
}

void port_out(uint32_t port, uint8_t value)
{
    (void)any_port(port, 1, true, value, 0);
}

uint32_t bm_get(unsigned channel, unsigned reg, unsigned size)
{
    return any_port(IDE_MODEL_BM + channel * 8 + reg, size, false, 0, IDE_MODEL_BM);
}

void bm_set(unsigned channel, unsigned reg, unsigned size, uint32_t value)
{
    (void)any_port(IDE_MODEL_BM + channel * 8 + reg, size, true, value, IDE_MODEL_BM);
}

static uint32_t chunk_of(uint32_t bytes, uint32_t chunk)
{
    uint32_t n = bytes < chunk ? bytes : chunk;

    return n < WEIR_TRANSFER_BYTES ? n : WEIR_TRANSFER_BYTES;
}

void data_in(unsigned channel, void *to, uint32_t bytes, uint32_t chunk)
{
    for (uint32_t done = 0; done < bytes;) {
        struct weir_msg msg = { .kind = WEIR_MSG_IO, .addr = channel ? IDE_SECONDARY : IDE_PRIMARY, .size = 2,
                                .flags = WEIR_F_REP, .seq = ++seq, .count = chunk_of(bytes - done, chunk) / 2 };

        send(&msg);
        memcpy((uint8_t *)to + done, transfer, msg.count * 2);
        done += msg.count * 2;
    }
}

void data_out(unsigned channel, const void *from, uint32_t bytes, uint32_t chunk)
{
    for (uint32_t done = 0; done < bytes;) {
        struct weir_msg msg = { .kind = WEIR_MSG_IO, .addr = channel ? IDE_SECONDARY : IDE_PRIMARY, .size = 2,
                                .flags = WEIR_F_REP | WEIR_F_WRITE, .seq = ++seq,
                                .count = chunk_of(bytes - done, chunk) / 2 };

        memcpy(transfer, (const uint8_t *)from + done, msg.count * 2);
        send(&msg);
        done += msg.count * 2;
    }
}

/* ---- commands ---- */

static uint32_t base_of(unsigned drive)
{
    return drive / 2 ? IDE_SECONDARY : IDE_PRIMARY;
}

uint8_t status_of(unsigned drive)
{
    return port_in(base_of(drive) + IDE_STATUS);
}

static bool is_wide(uint8_t code)
{
    return code == 0x24 || code == 0x25 || code == 0x29 || code == 0x34 || code == 0x35 || code == 0x39;
}

void command(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors)
{
    uint32_t base = base_of(drive);
    uint8_t device = (uint8_t)(0xe0 | (drive & 1 ? DEVICE_DEV : 0));

    port_out(base + IDE_DEVICE, is_wide(code) ? device : (uint8_t)(device | (lba >> 24 & 15)));
    for (unsigned age = is_wide(code) + 1u; age-- > 0;) {
        port_out(base + IDE_COUNT, (uint8_t)(sectors >> 8 * age));
        for (unsigned i = 0; i < 3; i++)
            port_out(base + IDE_LBA_LOW + i, (uint8_t)(lba >> (24 * age + 8 * i)));
    }
    port_out(base + IDE_COMMAND, code);
}

bool pio(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors, void *data, uint32_t chunk)
{
    uint32_t block = strchr("\xc4\xc5\x29\x39", code) ? model_channel[drive / 2].drive[drive & 1].multiple : 1;
    bool write = code == 0x30 || code == 0x34 || code == 0x39 || code == 0xc5;

    command(drive, code, lba, sectors);
    for (uint32_t done = 0; done < sectors;) {
        uint32_t n = sectors - done < block ? sectors - done : block;
        uint8_t status = status_of(drive);

        if (status & STATUS_ERR || !(status & STATUS_DRQ))
            return false;
        if (write)
            data_out(drive / 2, (uint8_t *)data + done * SECTOR, n * SECTOR, chunk);
        else
            data_in(drive / 2, (uint8_t *)data + done * SECTOR, n * SECTOR, chunk);
        done += n;
    }
    return !(status_of(drive) & (STATUS_ERR | STATUS_DRQ | STATUS_BSY));
}

void put_table(unsigned drive, uint32_t address, uint32_t bytes, uint32_t piece)
{
    struct ide_prd *prd = (struct ide_prd *)(model.memory + TABLE_AT);

    while (bytes) {
        uint32_t room = IDE_PRD_MAX_BYTES - address % IDE_PRD_MAX_BYTES, n = bytes < piece ? bytes : piece;

        n = n < room ? n : room;
        *prd++ = (struct ide_prd){ address, (uint16_t)n, n == bytes ? IDE_PRD_LAST : 0 };
        address += n;
        bytes -= n;
    }
    bm_set(drive / 2, BM_TABLE, 4, TABLE_AT);
}

uint8_t dma(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors)
{
    unsigned channel = drive / 2;
    uint8_t direction = code == 0xca || code == 0x35 ? 0 : BM_TO_MEMORY;

    bm_set(channel, BM_COMMAND, 1, direction);
    bm_set(channel, BM_STATUS, 1, BM_ERROR | BM_INTERRUPT);
    if (guest_starts_first)
        bm_set(channel, BM_COMMAND, 1, direction | BM_START);
    command(drive, code, lba, sectors);
    if (!guest_starts_first)
        bm_set(channel, BM_COMMAND, 1, direction | BM_START);
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t bm = bm_get(channel, BM_STATUS, 1);

        if (bm & (BM_INTERRUPT | BM_ERROR) || !(bm & BM_ACTIVE))
            break;
        (void)ide_model_step(channel);
    }
    bm_set(channel, BM_COMMAND, 1, direction);
    return status_of(drive);
}

/* ---- the machine ---- */

bool guest_begin(uint8_t action, uint64_t first, uint64_t last)
{
    static const uint64_t none[HBAS];
    struct policy_tables *t;

    if (model.memory)
        model_again();
    else
        model_begin();
    ide_model_begin();
    t = &model.tables;
    if (action)
        t->storage[t->nstorage++] =
            (struct policy_storage){ .line = 1, .action = action, .fields = POLICY_BY_PORT, .first_range = 0, .nranges = 1 };
    t->ranges[t->nranges++] = (struct policy_storage_range){ .first = first, .last = last };
    t->nkeys = 1;
    storage.ide = true;
    return storage_start(none, 0);
}

void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(seed + i * 31 + (i >> 9) * 17);
}

bool is_encrypted(uint64_t lba, uint32_t sectors, const uint8_t *plain)
{
    for (uint32_t i = 0; i < sectors; i++) {
        uint8_t sector[SECTOR];

        memcpy(sector, DISK + (lba + i) * SECTOR, SECTOR);
        model_cipher(lba + i, sector);
        if (memcmp(sector, plain + (size_t)i * SECTOR, SECTOR) != 0)
            return false;
    }
    return true;
}
