/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking controllers over: from the firmware at the start, from an earlier instance after a restart. */
#include "kill.h"
#include "storage.h"
#include "ide/ide.h"
#include <stdio.h>
#include <string.h>

struct storage storage;

static uint32_t port_owner(const struct hba *h, unsigned number)
{
    return (h->index << 8 | number) + 1;
}

/* The record that the port had before, or a new one. PORTS: there is none left. */
static unsigned find_record(uint32_t owner)
{
    unsigned i = 0, fresh = 0;

    while (i < PORTS && storage.saved->port[i].owner != owner)
        i++;
    while (fresh < PORTS && storage.saved->port[fresh].owner)
        fresh++;
    return i < PORTS ? i : fresh;
}

static struct port *make_port(struct hba *h, unsigned number)
{
    unsigned i = find_record(port_owner(h, number));
    struct port *p;

    if (i == PORTS) {
        hw_log("port %u is more than the %u that are mediated; the guest does not see it", number, PORTS);
        return NULL;
    }
    p = &storage.port[i];
    *p = (struct port){ .hba = h, .number = number, .s = &storage.saved->port[i], .dma = &storage.dma->port[i],
                        .pieces = storage.saved->pieces[i], .at = HBA_PORTS + number * HBA_PORT_BYTES,
                        .disk = { .id = &storage.saved->port[i].id, .number = number } };
    for (unsigned n = 0; n < SLOTS; n++)
        p->slot[n].saved = &p->s->slot[n];
    p->s->owner = port_owner(h, number);
    if (storage.ports <= i)
        storage.ports = i + 1;
    return p;
}

/* The firmware's list and FIS area are what the guest sees. Another instance may have come this far before. */
static void read_firmware(const struct port *p)
{
    struct saved_port *s = p->s;

    if (s->taken) {
        px_write(p, PX_IE, s->first_ie);
        return;
    }
    s->clb = px_read(p, PX_CLB);
    s->fb = px_read(p, PX_FB);
    if (p->hba->cap & CAP_S64A) {
        s->clb |= (uint64_t)px_read(p, PX_CLBU) << 32;
        s->fb |= (uint64_t)px_read(p, PX_FBU) << 32;
    }
    s->first_cmd = px_read(p, PX_CMD);
    s->first_ie = px_read(p, PX_IE);
    s->running = s->first_cmd & CMD_ST;
    __atomic_store_n(&s->taken, 1, __ATOMIC_RELEASE);
}

static void take_over(struct port *p)
{
    struct saved_port *s = p->s;
    uint32_t cmd, is;

    read_firmware(p);
    cmd = s->first_cmd;
    s->asking = 0;
    port_find_memory(p);
    disk_rules(&p->disk);
    journal_identity(p);
    if (!port_stop(p)) {
        hw_log("port %u does not stop; the guest does not see it", p->number);
        s->shut = 1;
        return;
    }
    port_program(p);
    if ((px_read(p, PX_SSTS) & SSTS_DET) != SSTS_PRESENT) {
        px_write(p, PX_CMD, cmd & ~CMD_ST);
        if (s->running)
            px_write(p, PX_CMD, cmd);
        return;
    }
    is = px_read(p, PX_IS);
    px_write(p, PX_IS, is & IS_STOPS);
    port_start(p);
    identify_disk(p);
    disk_say(&p->disk);
    if (is_denied(p) || !s->running) {
        if (!port_stop(p))
            hw_log("port %u does not stop", p->number);
        px_write(p, PX_CMD, cmd & ~(CMD_ST | (is_denied(p) ? CMD_FRE : 0)));
    }
    if (is_denied(p)) {
        px_write(p, PX_IE, 0);
        s->running = cmd & (CMD_ST | CMD_FRE);
    }
}

static bool is_adopted(const struct hba *h)
{
    return storage.saved->hba[h->index].base != 0;
}

/* Its registers and ports; what an earlier instance saved of them. Changes nothing on it. */
static bool open_registers(struct hba *h, uint64_t base)
{
    if (!hw_open(h, base))
        return false;
    h->base = base;
    h->cap = hw_read(h, HBA_CAP);
    h->implemented = hw_read(h, HBA_PI);
    for (unsigned i = 0; i < 32; i++) {
        if (h->implemented >> i & 1)
            h->port[i] = make_port(h, i);
        if (h->port[i] && is_adopted(h))
            adopt_load(h->port[i]);
    }
    return true;
}

static void go_on(struct hba *h)
{
    bool adopted = is_adopted(h);

    if (adopted && storage.saved->hba[h->index].resetting)
        registers_reset(h);
    for (unsigned i = 0; i < 32; i++) {
        if (h->port[i] && adopted)
            adopt_go_on(h->port[i]);
        else if (h->port[i])
            take_over(h->port[i]);
    }
    storage.saved->hba[h->index].base = h->base;
}

bool storage_open(struct hba *h, uint64_t base)
{
    if (h->base) { /* only its registers have moved */
        if (!hw_open(h, base))
            return false;
        h->base = storage.saved->hba[h->index].base = base;
        return true;
    }
    if (!open_registers(h, base))
        return false;
    go_on(h);
    return true;
}

/* Nothing is known of any port: the guest finds none, which it notices, and no command of it is taken for done. */
static void shut_all(void)
{
    memset(storage.saved, 0, sizeof(*storage.saved));
    for (unsigned i = 0; i < PORTS; i++)
        storage.saved->port[i].shut = 1;
    hw_log("what the last instance left makes no sense; the guest's disks are gone");
}

/* All controllers' records are read before anything is done to one, so that nobody asks twice where we stood. */
static bool open_all(const uint64_t bases[HBAS])
{
    for (unsigned i = 0; i < HBAS; i++) {
        storage.hba[i].index = i;
        if (bases[i] && !open_registers(&storage.hba[i], bases[i])) {
            (void)snprintf(storage.reason, sizeof(storage.reason), "the AHCI controller at 0x%llx can't be reached",
                           (unsigned long long)bases[i]);
            return false;
        }
    }
    return true;
}

static bool is_met(const struct policy_storage *e)
{
    for (unsigned i = 0; i < storage.ports; i++)
        if (storage.port[i].s && storage.port[i].disk.rule.encrypt == e && storage.port[i].s->id.known == DISK_KNOWN)
            return true;
    return ide_is_met(e);
}

bool storage_start(const uint64_t bases[HBAS], unsigned instance)
{
    const struct policy_tables *t = storage.tables;
    struct saved *saved = storage.saved;

    pool_begin();
    if (saved->magic != SAVED_MAGIC) {
        if (instance)
            shut_all();
        saved->magic = SAVED_MAGIC;
    }
    if (storage.ide)
        ide_begin();
    /* An instance that was ended before it had settled has rung nothing, and may have left the question to the next. */
    storage.stood = saved->settled < instance ? hw_stood(instance - saved->settled) : STOOD_UNKNOWN;
    if (!open_all(bases))
        return false;
    __atomic_store_n(&saved->settled, instance, __ATOMIC_RELEASE);
    storage.stood = STOOD_UNKNOWN;
    KILL_POINT(KILL_SETTLED);
    for (unsigned i = 0; i < HBAS; i++)
        if (storage.hba[i].base)
            go_on(&storage.hba[i]);
    if (storage.ide)
        ide_start();
    if (storage.reason[0])
        return instance;
    for (unsigned i = 0; i < t->nstorage && !instance; i++) {
        const struct policy_storage *e = &t->storage[i];

        if (e->action == POLICY_ENCRYPT && e->require && !is_met(e)) {
            (void)snprintf(storage.reason, sizeof(storage.reason), "%.64s:%u: no disk is what storage.encrypt requires",
                           t->name, e->line);
            return false;
        }
    }
    return true;
}
