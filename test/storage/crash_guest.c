/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that knows what it has written. It looks at a port only where the port's interrupt is asserted; it tries again
 * what failed; it gives up where nothing moves any more. Each slot has sectors of its own on the disk, so that a command
 * done once too often, after its end was seen, is found in the data.
 */
#include "crash.h"
#include "driver.h"
#include <string.h>

#define GUEST_SLOTS 6u
#define SLOT_SECTORS 400u
#define BUFFER(port, slot) (0x800000u + (port) * 0x400000u + (slot) * 0x40000u)
#define PATIENCE 400u

struct request {
    bool busy, queued, reads, once;
    uint8_t code;
    uint32_t sectors;
    uint64_t lba;
};

static struct {
    struct request request[GUEST_SLOTS];
    uint32_t version[GUEST_SLOTS * SLOT_SECTORS]; /* of each sector */
    bool failed;
} port_of[MODEL_PORTS];
static uint32_t versions;
static struct guest_counts counts;

uint32_t reg_read(unsigned port, unsigned reg)
{
    return crash_access(false, HBA_PORTS + port * HBA_PORT_BYTES + reg, 0);
}

void reg_write(unsigned port, unsigned reg, uint32_t value)
{
    (void)crash_access(true, HBA_PORTS + port * HBA_PORT_BYTES + reg, value);
}

/* What a sector of this version looks like. */
static void pattern(uint8_t *to, unsigned port, uint64_t lba, uint32_t version)
{
    uint32_t words[4] = { version, (uint32_t)lba, port, version * 2654435761u };

    for (unsigned i = 0; i < SECTOR; i += sizeof(words))
        memcpy(to + i, words, sizeof(words));
    if (version == 0)
        memset(to, 0, SECTOR);
}

static void check_sectors(const char *what, unsigned port, uint64_t lba, uint32_t sectors, const uint8_t *data)
{
    for (uint32_t i = 0; i < sectors; i++) {
        uint8_t wanted[SECTOR];

        pattern(wanted, port, lba + i, port_of[port].version[lba + i]);
        if (memcmp(wanted, data + i * SECTOR, SECTOR) != 0)
            crash_fail(what, port_of[port].version[lba + i], *(const uint32_t *)(data + i * SECTOR));
    }
}

/* ---- commands ---- */

static void put(unsigned port, unsigned slot)
{
    struct request *r = &port_of[port].request[slot];
    uint32_t bytes = r->code == ATA_IDENTIFY || r->code == ATA_DSM ? SECTOR : r->sectors * SECTOR;
    uint32_t piece = crash_random(2) ? 4096 : crash_random(2) ? 512 : 1000;

    if (r->reads)
        memset(model.memory + BUFFER(port, slot), 0xdd, bytes);
    driver_put(port, slot, r->code, r->lba, r->sectors, BUFFER(port, slot), bytes, piece);
}

static void new_media(unsigned port, unsigned slot, bool queued)
{
    struct request *r = &port_of[port].request[slot];
    bool writes = crash_random(2);
    uint32_t first;

    r->sectors = crash_random(8) ? 1 + crash_random(24) : 257 + crash_random(100); /* more than a part's pieces of 512 */
    first = crash_random(SLOT_SECTORS - r->sectors);
    r->lba = slot * SLOT_SECTORS + first;
    r->reads = !writes;
    r->code = queued ? (writes ? ATA_WRITE_FPDMA : ATA_READ_FPDMA) : writes ? 0x35 : ATA_READ_DMA_EXT;
    for (uint32_t i = 0; writes && i < r->sectors; i++) {
        port_of[port].version[r->lba + i] = ++versions;
        pattern(model.memory + BUFFER(port, slot) + i * SECTOR, port, r->lba + i, versions);
    }
}

static void new_other(unsigned port, unsigned slot)
{
    static const uint8_t codes[] = { 0xea, ATA_DSM, ATA_IDENTIFY };
    struct request *r = &port_of[port].request[slot];

    r->code = codes[crash_random(3)];
    if (port == 1 && slot == 0 && crash_random(2)) /* one at a time, so that its runs can be counted */
        r->code = MODEL_VENDOR;
    r->once = r->code == MODEL_VENDOR;
}

static uint32_t new_requests(unsigned port, bool *queued)
{
    uint32_t slots = 0;

    *queued = crash_random(4);
    for (unsigned n = 1 + crash_random(*queued ? GUEST_SLOTS : 2); n; n--) {
        unsigned slot = crash_random(GUEST_SLOTS);
        struct request *r = &port_of[port].request[slot];

        if (r->busy)
            continue;
        *r = (struct request){ .busy = true, .queued = *queued };
        if (*queued || crash_random(2))
            new_media(port, slot, *queued);
        else
            new_other(port, slot);
        put(port, slot);
        slots |= 1u << slot;
        counts.commands++;
    }
    return slots;
}

static void ring(unsigned port, uint32_t slots, bool queued)
{
    if (queued)
        reg_write(port, PX_SACT, slots);
    reg_write(port, PX_CI, slots);
}

/* ---- ends ---- */

static void check_end(unsigned port, unsigned slot)
{
    struct request *r = &port_of[port].request[slot];
    const uint8_t *data = model.memory + BUFFER(port, slot);

    if (r->reads)
        check_sectors("data that was read", port, r->lba, r->sectors, data);
    if (r->code == ATA_IDENTIFY && memcmp(data + 54, "OMED LIDKS", 10) != 0)
        crash_fail("IDENTIFY's data", 0, 0);
    if (r->code == MODEL_VENDOR && model.port[port].vendor != ++counts.vendor)
        crash_fail("runs of a command that succeeded", counts.vendor, model.port[port].vendor);
    r->busy = false;
}

static uint32_t busy_slots(unsigned port, bool queued)
{
    uint32_t slots = 0;

    for (unsigned n = 0; n < GUEST_SLOTS; n++)
        if (port_of[port].request[n].busy && port_of[port].request[n].queued == queued)
            slots |= 1u << n;
    return slots;
}

static void start_port(unsigned port)
{
    driver_start(port);
    reg_write(port, PX_IE, 0x7dc0007f);
}

/* Everything that was not done is tried again; what may not be done twice has failed. */
static void try_again(unsigned port)
{
    struct request *r = port_of[port].request;

    model.port[port].fail_lba = UINT64_MAX;
    counts.errors++;
    start_port(port);
    for (unsigned n = 0; n < GUEST_SLOTS; n++)
        if (r[n].busy && r[n].once) {
            r[n].busy = false;
            counts.vendor_failed++;
            if (model.port[port].vendor > counts.vendor + 1)
                crash_fail("runs of a command that failed", counts.vendor + 1, model.port[port].vendor);
            counts.vendor = model.port[port].vendor;
        } else if (r[n].busy) {
            put(port, n);
        }
    for (unsigned queued = 0; queued < 2; queued++)
        if (busy_slots(port, queued))
            ring(port, busy_slots(port, queued), queued);
}

static void interrupt(unsigned port)
{
    uint32_t is = reg_read(port, PX_IS), left;

    reg_write(port, PX_IS, is);
    if (is & (IS_STOPS | IS_PCS)) {
        left = reg_read(port, PX_CI) | reg_read(port, PX_SACT);
        for (unsigned n = 0; n < GUEST_SLOTS; n++)
            if (port_of[port].request[n].busy && !(left >> n & 1))
                check_end(port, n);
        reg_write(port, PX_SERR, UINT32_MAX);
        try_again(port);
        return;
    }
    left = reg_read(port, PX_SACT) | reg_read(port, PX_CI);
    for (unsigned n = 0; n < GUEST_SLOTS; n++)
        if (port_of[port].request[n].busy && !(left >> n & 1))
            check_end(port, n);
}

static bool is_busy(void)
{
    for (unsigned i = 0; i < MODEL_PORTS; i++)
        if (busy_slots(i, true) | busy_slots(i, false))
            return true;
    return false;
}

static void wait_all(void)
{
    for (unsigned idle = 0; is_busy(); idle++) {
        if (idle > PATIENCE)
            crash_fail("an end of everything; slots that are still busy", 0, busy_slots(0, true) | busy_slots(0, false));
        for (unsigned port = 0; port < MODEL_PORTS; port++) {
            if (crash_random(2) && model_step(port, crash_random(8)))
                idle = 0;
            if (model.port[port].is & model.port[port].ie)
                interrupt(port);
        }
    }
}

static void reset_controller(void)
{
    (void)crash_access(true, HBA_GHC, GHC_AE | GHC_HR);
    for (unsigned port = 0; port < MODEL_PORTS; port++)
        try_again(port);
}

static void check_disks(void)
{
    for (unsigned port = 0; port < MODEL_PORTS; port++)
        for (uint64_t lba = 0; lba < GUEST_SLOTS * SLOT_SECTORS; lba++) {
            uint8_t sector[SECTOR];

            memcpy(sector, model.disk[port] + lba * SECTOR, SECTOR);
            if (port == 0)
                model_cipher(lba, sector);
            check_sectors("data on the disk", port, lba, 1, sector);
        }
}

static void blank_disks(void)
{
    for (unsigned port = 0; port < MODEL_PORTS; port++) {
        memset(model.disk[port], 0, GUEST_SLOTS * SLOT_SECTORS * SECTOR);
        for (uint64_t lba = 0; port == 0 && lba < GUEST_SLOTS * SLOT_SECTORS; lba++)
            model_cipher(lba, model.disk[port] + lba * SECTOR);
    }
}

struct guest_counts guest_run(unsigned rounds)
{
    memset(port_of, 0, sizeof(port_of));
    counts = (struct guest_counts){ 0 };
    versions = 0;
    blank_disks();
    for (unsigned port = 0; port < MODEL_PORTS; port++)
        start_port(port);
    while (rounds--) {
        for (unsigned port = 0; port < MODEL_PORTS; port++) {
            bool queued;
            uint32_t slots = new_requests(port, &queued);

            if (crash_random(12) == 0)
                model.port[port].fail_lba = crash_random(GUEST_SLOTS) * SLOT_SECTORS + crash_random(SLOT_SECTORS);
            ring(port, slots, queued);
        }
        if (crash_random(20) == 0)
            reset_controller();
        wait_all();
    }
    check_disks();
    for (unsigned port = 0; port < MODEL_PORTS; port++) { /* gives back what cancelled commands held */
        reg_write(port, PX_CMD, 0);
        (void)reg_read(port, PX_CMD);
    }
    if (pool_free_pages() != POOL_PAGES)
        crash_fail("free pages of the pool", POOL_PAGES, pool_free_pages());
    return counts;
}
