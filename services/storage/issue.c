/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the guest's command lists to the controller's. A command header, its FIS and its PRDT are copied and checked,
 * the copies decide, and only copies of ours are ever shown to the controller (AHCI 1.3.1, 4.2 and 5.5).
 */
#include "kill.h"
#include "storage.h"
#include <string.h>

#define MAX_LBA 0xffffffffffffull

static bool is_media(const struct slot_command *c)
{
    return c->class == COMMAND_READ || c->class == COMMAND_WRITE;
}

/* ---- what the guest's command is ---- */

static void take_words(uint64_t *to, const volatile uint64_t *from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = from[i];
}

/* Copies the guest's command. false: it is not in RAM. */
static bool fetch(const struct port *p, unsigned n, struct slot_command *c)
{
    const volatile struct ahci_header *h;
    const uint8_t *table;

    if (!p->list)
        return false;
    h = (const volatile struct ahci_header *)p->list + n;
    c->flags = h->flags;
    c->table = ((uint64_t)h->ctbau << 32 | h->ctba) & ~127ull;
    c->prds = c->flags >> 16;
    table = memory_at(c->table, TABLE_PRDT);
    if (!table)
        return false;
    take_words((uint64_t *)c->fis, (const volatile uint64_t *)table, (c->flags & HEADER_CFL) > 6 ? 8 : 3);
    if (c->flags & HEADER_A)
        take_words((uint64_t *)c->acmd, (const volatile uint64_t *)(table + TABLE_ACMD), 2);
    c->fis[H2D_FLAGS] &= 0xf0; /* no port multiplier */
    return true;
}

/* Into this instance's memory only. */
static void read_command(struct port *p, unsigned n)
{
    struct slot_command *c = &p->slot[n].command;
    struct slot_step *s = &p->slot[n].step;
    struct command what = { .class = COMMAND_UNKNOWN };

    *s = (struct slot_step){ .serial = s->serial, .pool = NO_POOL, .way = WAY_DIRECT, .last = 1 };
    c->flags = c->prds = 0;
    c->fis[H2D_FLAGS] = 0;
    c->ncq = p->s->armed >> n & 1;
    c->order = p->order++;
    if (fetch(p, n, c)) {
        what = command_parse(c->fis, c->flags);
    } else {
        s->way = WAY_ABORT;
        p->s->bus_error = 1;
    }
    c->class = what.class;
    c->addressing = what.addressing;
    c->lba = what.lba;
    c->sectors = what.sectors;
    c->write = what.class == COMMAND_WRITE;
}

/* ---- what becomes of it ---- */

/* READ to RECEIVE FPDMA QUEUED. */
static bool is_queued(const uint8_t *fis)
{
    return fis[H2D_FLAGS] & H2D_C && fis[H2D_COMMAND] >= ATA_READ_FPDMA && fis[H2D_COMMAND] <= 0x65;
}

static void decide(struct port *p, unsigned n)
{
    struct slot_command *c = &p->slot[n].command;
    struct slot_step *s = &p->slot[n].step;

    if (s->way == WAY_ABORT)
        return;
    if (p->disk.ruled) {
        s->way = (uint8_t)disk_way(&p->disk, c->class);
        if ((c->addressing == ADDRESS_NCQ) != c->ncq) /* PxSACT says something else than the command */
            s->way = WAY_ABORT;
        if (c->class == COMMAND_NO_DATA)
            c->prds = 0;
    }
    if (is_queued(c->fis) && !c->ncq) /* the controller would find its data by the tag, and end it by PxCI */
        s->way = WAY_ABORT;
    if (c->ncq) /* the tag is the slot (AHCI 1.3.1, 5.5.1) */
        c->fis[H2D_COUNT] = (uint8_t)((c->fis[H2D_COUNT] & 7) | n << 3);
    if (s->way == WAY_DIRECT && c->prds > DIRECT_PRDS)
        s->way = is_media(c) && !p->disk.id->large ? WAY_BOUNCE : WAY_ABORT;
}

/* The command is ours from here on: the guest sees it in PxCI, and whatever happens to us, it ends once. */
static void accept(struct port *p, unsigned n)
{
    uint32_t bit = 1u << n;

    journal_accept(p, n);
    KILL_POINT(KILL_ACCEPTED);
    p->s->armed &= ~bit;
    p->pending |= bit;
    p->queued = (p->queued & ~bit) | (uint32_t)p->slot[n].command.ncq << n;
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
    struct slot_step *s = &p->slot[n].step;
    bool ncq = p->slot[n].command.ncq;
    uint8_t fis[24] __attribute__((aligned(8))) = { FIS_H2D_TYPE, H2D_C, ATA_NOP };

    s->last = 1;
    s->part = s->bytes = s->pieces = 0;
    if (ncq) {
        fis[H2D_COMMAND] = ATA_READ_FPDMA;
        fis[H2D_DEVICE] = DEVICE_LBA;
        fis[H2D_COUNT] = (uint8_t)(n << 3);
        command_place(fis, ADDRESS_NCQ, MAX_LBA, 1);
        p->dma->table[n].prdt[0] = (struct ahci_prd){ (uint32_t)dma_address(p->dma->own), 0, 0, SECTOR - 1 };
    }
    put_fis(p, n, fis, 3);
    put_header(p, n, FIS_H2D_DWORDS, ncq);
}

static void put_ignore(struct port *p, unsigned n)
{
    uint8_t fis[24] __attribute__((aligned(8))) = { FIS_H2D_TYPE, H2D_C, ATA_CHECK_POWER_MODE };

    put_fis(p, n, fis, 3);
    put_header(p, n, FIS_H2D_DWORDS, 0);
}

static enum prdt_result put_direct(struct port *p, unsigned n)
{
    const struct slot_command *c = &p->slot[n].command;
    uint32_t flags = c->flags & (HEADER_CFL | HEADER_A | HEADER_W | HEADER_P | HEADER_R | HEADER_B | HEADER_C);

    enum prdt_result result = prdt_direct(c, p->dma->table[n].prdt);

    if (result != PRDT_OK)
        return result;
    put_fis(p, n, c->fis, (flags & HEADER_CFL) > 6 ? 8 : 3);
    if (flags & HEADER_A)
        memcpy(p->dma->table[n].acmd, c->acmd, sizeof(c->acmd));
    put_header(p, n, flags, c->prds);
    return PRDT_OK;
}

/* How many sectors the next part has: what room and pieces there are for. */
static enum prdt_result measure(struct slot *slot, struct piece *pieces)
{
    struct slot_step *s = &slot->step;
    uint32_t left = slot->command.sectors - s->done, most = s->pool_pages * (4096 / SECTOR);
    enum prdt_result result;

    s->part = left < most ? left : most;
    result = prdt_gather(slot, pieces, s->part * SECTOR);
    if (result == PRDT_OK && s->bytes % SECTOR && s->bytes > SECTOR)
        result = prdt_gather(slot, pieces, s->bytes & ~(SECTOR - 1));
    s->bytes &= ~(SECTOR - 1);
    if (result != PRDT_OK)
        return result;
    if (s->bytes < s->part * SECTOR && (s->pieces < BOUNCED_PRDS || !s->bytes))
        return PRDT_SHORT;
    s->part = s->bytes / SECTOR;
    s->last = s->done + s->part == slot->command.sectors;
    return PRDT_OK;
}

static enum prdt_result put_bounce(struct port *p, unsigned n)
{
    const struct slot_command *c = &p->slot[n].command;
    struct slot_step *s = &p->slot[n].step;
    struct piece *pieces = p->pieces[n];
    uint8_t fis[24] __attribute__((aligned(8)));
    enum prdt_result result;
    uint32_t bytes;

    memcpy(fis, c->fis, sizeof(fis));
    if (is_media(c)) {
        result = measure(&p->slot[n], pieces);
        if (result == PRDT_OK && c->write)
            transfer_encrypt(&p->disk, c->lba + s->done, s->bytes / SECTOR, storage.dma->pool[s->pool], pieces, s->pieces,
                             0);
        command_place(fis, c->addressing, c->lba + s->done, s->part);
        bytes = s->bytes;
    } else {
        result = prdt_gather(&p->slot[n], pieces, SECTOR);
        memset(storage.dma->pool[s->pool], 0, SECTOR);
        bytes = SECTOR;
    }
    if (result != PRDT_OK)
        return result;
    put_fis(p, n, fis, 3);
    p->dma->table[n].prdt[0] =
        (struct ahci_prd){ (uint32_t)dma_address(storage.dma->pool[s->pool]), 0, 0, bytes - 1 };
    put_header(p, n, FIS_H2D_DWORDS | (c->write ? HEADER_W : 0), 1);
    return PRDT_OK;
}

/* Room for the command. false: it has to wait. */
static bool make_room(struct slot *slot)
{
    uint32_t want = is_media(&slot->command) ? (slot->command.sectors + 7) / 8 : 1;
    struct slot_step *s = &slot->step;

    if (s->pool != NO_POOL)
        return true;
    s->pool = pool_take(want < PART_PAGES ? want : PART_PAGES, &s->pool_pages);
    return s->pool != NO_POOL;
}

void issue_give_room(struct port *p, unsigned n)
{
    struct slot_step *s = &p->slot[n].step;

    if (s->pool != NO_POOL)
        pool_give(s->pool, s->pool_pages);
    s->pool = NO_POOL;
}

/* Everything but the doorbell. false: the command has to wait for room in the pool. */
static bool prepare(struct port *p, unsigned n)
{
    struct slot_step *s = &p->slot[n].step;
    enum prdt_result result = PRDT_OK;

    if (s->way == WAY_BOUNCE && !make_room(&p->slot[n])) {
        storage.starved = true;
        return false;
    }
    if (s->way == WAY_DIRECT)
        result = put_direct(p, n);
    else if (s->way == WAY_BOUNCE)
        result = put_bounce(p, n);
    else if (s->way == WAY_IGNORE)
        put_ignore(p, n);
    KILL_POINT(KILL_PREPARED);
    if (result != PRDT_OK) {
        p->s->bus_error |= result == PRDT_BUS_ERROR;
        s->way = WAY_ABORT;
    }
    if (s->way == WAY_ABORT)
        put_abort(p, n);
    return true;
}

/* The journal's entry comes first: what is ISSUED and whose doorbell is not known to have rung is adopt.c's to find out. */
static void ring(struct port *p, unsigned n)
{
    uint32_t bit = 1u << n;

    journal_step(p, n, SLOT_ISSUED);
    KILL_POINT(KILL_JOURNALLED);
    p->issued |= bit;
    p->pending &= ~bit;
    p->parted = (p->parted & ~bit) | (uint32_t)!p->slot[n].step.last << n;
    hw_ring(p, bit, p->slot[n].command.ncq, &p->s->slot[n].rung, p->slot[n].step.serial);
    KILL_POINT(KILL_RUNG);
}

/* ---- who may go ---- */

/* A command that is not queued may not overtake the rest of a split one. */
static bool is_blocked(const struct port *p)
{
    return p->s->stopped || p->parted & ~p->queued;
}

/*
 * Disks take queued commands or others, not both at once (ACS-3, NCQ feature set): real ones abort all, QEMU 7.2 takes
 * one's end for another's. No driver sends both; where a guest does, the kind that came later waits.
 */
static bool would_mix(const struct port *p, unsigned n)
{
    return p->issued & (p->slot[n].command.ncq ? ~p->queued : p->queued);
}

static unsigned eldest(const struct port *p, uint32_t slots)
{
    unsigned best = (unsigned)__builtin_ctz(slots);

    for (uint32_t left = slots & (slots - 1); left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        if ((int32_t)(p->slot[n].command.order - p->slot[best].command.order) < 0)
            best = n;
    }
    return best;
}

/* Those that hold room in the pool already: the next parts of split commands. */
static uint32_t roomy(const struct port *p, uint32_t slots)
{
    uint32_t found = 0;

    for (; slots; slots &= slots - 1)
        if (p->slot[__builtin_ctz(slots)].step.pool != NO_POOL)
            found |= slots & -slots;
    return found;
}

void issue_pending(struct port *p)
{
    uint32_t left = p->pending;

    if (left && !is_blocked(p) && foreign_before_issue(p))
        return;
    while (left && !is_blocked(p)) {
        unsigned n = eldest(p, left);

        if (would_mix(p, n))
            return;
        left &= ~(1u << n);
        if (prepare(p, n))
            ring(p, n);
        else
            left = roomy(p, left); /* they would hold for ever what this one waits for */
    }
}

void issue_everywhere(void)
{
    storage.starved = false;
    for (unsigned i = 0; i < storage.ports; i++)
        issue_pending(&storage.port[i]);
}

void issue_new(struct port *p, uint32_t slots)
{
    bool asks = false;

    for (uint32_t left = slots; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        read_command(p, n);
        asks |= p->slot[n].command.fis[H2D_FLAGS] & H2D_C;
    }
    if (asks && p->s->id.known == DISK_UNKNOWN && !p->issued)
        identify_disk(p);
    if (is_denied(p)) { /* another disk is there than before, and it is not the guest's */
        for (uint32_t left = p->pending; left; left &= left - 1) {
            journal_free(p, (unsigned)__builtin_ctz(left));
            issue_give_room(p, (unsigned)__builtin_ctz(left));
        }
        p->pending = 0;
        px_write(p, PX_IE, 0); /* the controller's IS is the guest's */
        denied_write(p, PX_CI, slots);
        return;
    }
    for (uint32_t left = slots; left; left &= left - 1) {
        decide(p, (unsigned)__builtin_ctz(left));
        accept(p, (unsigned)__builtin_ctz(left));
    }
    issue_pending(p);
}
