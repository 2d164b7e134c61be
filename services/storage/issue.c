/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the guest's command lists to the controller's. A command header, its FIS and its PRDT are copied and checked,
 * the copies decide, and only copies of ours are ever shown to the controller (AHCI 1.3.1, 4.2 and 5.5).
 */
#include "storage.h"
#include <string.h>

#define MAX_LBA 0xffffffffffffull

static bool is_media(const struct saved_slot *s)
{
    return s->class == COMMAND_READ || s->class == COMMAND_WRITE;
}

/* ---- what the guest's command is ---- */

static void take_words(uint64_t *to, const volatile uint64_t *from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = from[i];
}

/* Copies the guest's command. false: it is not in RAM. */
static bool fetch(const struct port *p, unsigned n, struct saved_slot *s)
{
    const volatile struct ahci_header *h;
    const uint8_t *table;

    if (!p->list)
        return false;
    h = (const volatile struct ahci_header *)p->list + n;
    s->flags = h->flags;
    s->table = ((uint64_t)h->ctbau << 32 | h->ctba) & ~127ull;
    s->prds = s->flags >> 16;
    table = memory_at(s->table, TABLE_PRDT);
    if (!table)
        return false;
    take_words((uint64_t *)s->fis, (const volatile uint64_t *)table, (s->flags & HEADER_CFL) > 6 ? 8 : 3);
    if (s->flags & HEADER_A)
        take_words((uint64_t *)s->acmd, (const volatile uint64_t *)(table + TABLE_ACMD), 2);
    s->fis[H2D_FLAGS] &= 0xf0; /* no port multiplier */
    return true;
}

static void accept(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    struct command c = { .class = COMMAND_UNKNOWN };

    s->state = SLOT_PENDING;
    s->order = p->s->order++;
    s->done = s->prd = s->prd_offset = s->prdbc = 0;
    s->pool = NO_POOL;
    s->ncq = p->s->sact >> n & 1;
    s->way = WAY_DIRECT;
    s->last = 1;
    s->flags = 0;
    s->fis[H2D_FLAGS] = 0;
    if (fetch(p, n, s)) {
        c = command_parse(s->fis, s->flags);
    } else {
        s->way = WAY_ABORT;
        p->s->bus_error = 1;
    }
    s->class = c.class;
    s->addressing = c.addressing;
    s->lba = c.lba;
    s->sectors = c.sectors;
    s->write = c.class == COMMAND_WRITE;
    p->s->pending |= 1u << n;
    p->s->ci |= 1u << n;
}

/* ---- what becomes of it ---- */

/* READ to RECEIVE FPDMA QUEUED. */
static bool is_queued(const uint8_t *fis)
{
    return fis[H2D_FLAGS] & H2D_C && fis[H2D_COMMAND] >= ATA_READ_FPDMA && fis[H2D_COMMAND] <= 0x65;
}

static void decide(const struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];

    if (s->way == WAY_ABORT)
        return;
    if (p->disk.ruled) {
        s->way = (uint8_t)disk_way(&p->disk, s->class);
        if ((s->addressing == ADDRESS_NCQ) != s->ncq) /* PxSACT says something else than the command */
            s->way = WAY_ABORT;
        if (s->class == COMMAND_NO_DATA)
            s->prds = 0;
    }
    if (is_queued(s->fis) && !s->ncq) /* the controller would find its data by the tag, and end it by PxCI */
        s->way = WAY_ABORT;
    if (s->ncq) /* the tag is the slot (AHCI 1.3.1, 5.5.1) */
        s->fis[H2D_COUNT] = (uint8_t)((s->fis[H2D_COUNT] & 7) | n << 3);
    if (s->way == WAY_DIRECT && s->prds > DIRECT_PRDS)
        s->way = is_media(s) ? WAY_BOUNCE : WAY_ABORT;
}

/* ---- what the controller is shown ---- */

static void put_fis(struct port *p, unsigned n, const uint8_t *fis, unsigned words)
{
    uint64_t *to = (uint64_t *)p->dma->table[n].fis;

    for (unsigned i = 0; i < words; i++)
        to[i] = ((const uint64_t *)fis)[i];
}

static void put_header(struct port *p, unsigned n, uint32_t flags, uint32_t prds)
{
    volatile struct ahci_header *h = &p->dma->list[n];

    h->flags = flags | prds << 16;
    h->prdbc = 0;
}

/* Every disk aborts a NOP (ATA8-ACS, 7.26), and every disk has an end. Linux and others read the NCQ log for the tag. */
static void put_abort(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    uint8_t fis[24] __attribute__((aligned(8))) = { FIS_H2D_TYPE, H2D_C, ATA_NOP };

    s->last = 1;
    s->part = s->bytes = 0;
    if (s->ncq) {
        fis[H2D_COMMAND] = ATA_READ_FPDMA;
        fis[H2D_DEVICE] = DEVICE_LBA;
        fis[H2D_COUNT] = (uint8_t)(n << 3);
        command_place(fis, ADDRESS_NCQ, MAX_LBA, 1);
        p->dma->table[n].prdt[0] = (struct ahci_prd){ (uint32_t)dma_address(p->dma->own), 0, 0, SECTOR - 1 };
    }
    put_fis(p, n, fis, 3);
    put_header(p, n, FIS_H2D_DWORDS, s->ncq);
}

static void put_ignore(struct port *p, unsigned n)
{
    uint8_t fis[24] __attribute__((aligned(8))) = { FIS_H2D_TYPE, H2D_C, ATA_CHECK_POWER_MODE };

    put_fis(p, n, fis, 3);
    put_header(p, n, FIS_H2D_DWORDS, 0);
}

static enum prdt_result put_direct(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    uint32_t flags = s->flags & (HEADER_CFL | HEADER_A | HEADER_W | HEADER_P | HEADER_R | HEADER_B | HEADER_C);

    if (prdt_direct(s, p->dma->table[n].prdt) != PRDT_OK)
        return PRDT_BUS_ERROR;
    put_fis(p, n, s->fis, (flags & HEADER_CFL) > 6 ? 8 : 3);
    if (flags & HEADER_A)
        memcpy(p->dma->table[n].acmd, s->acmd, sizeof(s->acmd));
    put_header(p, n, flags, s->prds);
    return PRDT_OK;
}

/* How many sectors the next part has: what room and pieces there are for. */
static enum prdt_result measure(struct port *p, struct saved_slot *s, struct piece *pieces)
{
    uint32_t left = s->sectors - s->done, most = s->pool_pages * (4096 / SECTOR);
    enum prdt_result result;

    s->part = left < most ? left : most;
    result = prdt_gather(s, pieces, s->part * SECTOR);
    if (result == PRDT_OK && s->bytes % SECTOR && s->bytes > SECTOR)
        result = prdt_gather(s, pieces, s->bytes & ~(SECTOR - 1));
    s->bytes &= ~(SECTOR - 1);
    if (s->bytes < s->part * SECTOR) {
        if (s->pieces == BOUNCED_PRDS && s->bytes)
            s->part = s->bytes / SECTOR;
        else
            s->part = left; /* the guest's PRDT is too short: the controller shall notice it */
    }
    s->last = s->done + s->part == s->sectors;
    if (s->part > 65536 || (s->addressing == ADDRESS_28 && s->part > 256))
        return PRDT_BUS_ERROR;
    (void)p;
    return result;
}

static enum prdt_result put_bounce(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    struct piece *pieces = p->pieces[n];
    uint8_t fis[24] __attribute__((aligned(8)));
    enum prdt_result result;
    uint32_t bytes;

    memcpy(fis, s->fis, sizeof(fis));
    if (is_media(s)) {
        result = measure(p, s, pieces);
        if (result == PRDT_OK && s->write)
            transfer_encrypt(&p->disk, s->lba + s->done, s->bytes / SECTOR, storage.dma->pool[s->pool], pieces,
                             s->pieces, 0);
        command_place(fis, s->addressing, s->lba + s->done, s->part);
        bytes = s->bytes;
    } else {
        result = prdt_gather(s, pieces, SECTOR);
        memset(storage.dma->pool[s->pool], 0, SECTOR);
        bytes = SECTOR;
    }
    if (result != PRDT_OK)
        return result;
    put_fis(p, n, fis, 3);
    p->dma->table[n].prdt[0] =
        (struct ahci_prd){ (uint32_t)dma_address(storage.dma->pool[s->pool]), 0, 0, bytes ? bytes - 1 : 0 };
    put_header(p, n, FIS_H2D_DWORDS | (s->write ? HEADER_W : 0), bytes ? 1 : 0);
    return PRDT_OK;
}

/* Room for the command. false: it has to wait. */
static bool make_room(struct saved_slot *s)
{
    uint32_t want = is_media(s) ? (s->sectors + 7) / 8 : 1;

    if (s->pool != NO_POOL)
        return true;
    s->pool = pool_take(want < PART_PAGES ? want : PART_PAGES, &s->pool_pages);
    return s->pool != NO_POOL;
}

/* Everything but the doorbell. false: the command has to wait for room in the pool. */
static bool prepare(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    enum prdt_result result = PRDT_OK;

    if (s->way == WAY_BOUNCE && !make_room(s)) {
        storage.starved = true;
        return false;
    }
    if (s->way == WAY_DIRECT)
        result = put_direct(p, n);
    else if (s->way == WAY_BOUNCE)
        result = put_bounce(p, n);
    else if (s->way == WAY_IGNORE)
        put_ignore(p, n);
    if (result != PRDT_OK) {
        p->s->bus_error = 1;
        s->way = WAY_ABORT;
    }
    if (s->way == WAY_ABORT)
        put_abort(p, n);
    return true;
}

/* The journal's entry comes first: what is ISSUED and not in PxCI has either finished or was never rung. */
static void ring(struct port *p, uint32_t slots)
{
    struct saved_port *s = p->s;

    for (uint32_t left = slots; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        s->slot[n].state = SLOT_ISSUED;
        s->queued = (s->queued & ~(1u << n)) | (uint32_t)s->slot[n].ncq << n;
        s->parted = (s->parted & ~(1u << n)) | (uint32_t)!s->slot[n].last << n;
    }
    s->issued |= slots;
    s->pending &= ~slots;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    if (slots & s->queued)
        px_write(p, PX_SACT, slots & s->queued);
    px_write(p, PX_CI, slots);
}

/* ---- who may go ---- */

/* A command that is not queued may not overtake the rest of a split one. */
static bool is_blocked(const struct port *p)
{
    return p->s->stopped || p->s->parted & ~p->s->queued;
}

static unsigned eldest(const struct port *p, uint32_t slots)
{
    unsigned best = (unsigned)__builtin_ctz(slots);

    for (uint32_t left = slots & (slots - 1); left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        if ((int32_t)(p->s->slot[n].order - p->s->slot[best].order) < 0)
            best = n;
    }
    return best;
}

void issue_pending(struct port *p)
{
    while (p->s->pending && !is_blocked(p)) {
        unsigned n = eldest(p, p->s->pending);

        if (!prepare(p, n))
            return;
        ring(p, 1u << n);
    }
}

void issue_everywhere(void)
{
    storage.starved = false;
    for (unsigned i = 0; i < storage.ports; i++)
        issue_pending(&storage.port[i]);
}

void issue_again(struct port *p, uint32_t slots)
{
    for (uint32_t left = slots; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        if (!p->s->stopped && prepare(p, n)) {
            ring(p, 1u << n);
        } else {
            p->s->slot[n].state = SLOT_PENDING;
            p->s->pending |= 1u << n;
        }
    }
}

void issue_new(struct port *p, uint32_t slots)
{
    bool asks = false;

    for (uint32_t left = slots; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        accept(p, n);
        asks |= p->s->slot[n].fis[H2D_FLAGS] & H2D_C;
    }
    if (asks && p->s->id.known == DISK_UNKNOWN && !p->s->issued)
        identify_disk(p);
    if (p->disk.deny) { /* another disk is there than before, and it is not the guest's */
        p->s->pending = 0;
        denied_write(p, PX_CI, slots);
        return;
    }
    for (uint32_t left = slots; left; left &= left - 1)
        decide(p, (unsigned)__builtin_ctz(left));
    issue_pending(p);
}
