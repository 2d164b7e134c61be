/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking controllers over: from the firmware at the start, from an earlier instance after a restart. */
#include "storage.h"
#include "ide/ide.h"
#include <stdio.h>
#include <string.h>

struct storage storage;

static struct port *make_port(struct hba *h, unsigned number)
{
    struct port *p;
    unsigned i = storage.ports;

    if (i == PORTS) {
        hw_log("port %u is more than the %u that are mediated; the guest does not see it", number, PORTS);
        return NULL;
    }
    storage.ports++;
    p = &storage.port[i];
    *p = (struct port){ .hba = h, .number = number, .s = &storage.saved->port[i], .dma = &storage.dma->port[i],
                        .pieces = storage.saved->pieces[i], .at = HBA_PORTS + number * HBA_PORT_BYTES,
                        .disk = { .id = &storage.saved->port[i].id, .number = number } };
    return p;
}

/* The firmware's port: its list and FIS area become what the guest sees. */
static void take_over(struct port *p)
{
    struct saved_port *s = p->s;
    uint32_t cmd = px_read(p, PX_CMD), is;

    s->clb = px_read(p, PX_CLB);
    s->fb = px_read(p, PX_FB);
    if (p->hba->cap & CAP_S64A) {
        s->clb |= (uint64_t)px_read(p, PX_CLBU) << 32;
        s->fb |= (uint64_t)px_read(p, PX_FBU) << 32;
    }
    s->running = cmd & CMD_ST;
    port_find_memory(p);
    disk_rules(&p->disk);
    if (!port_stop(p)) {
        hw_log("port %u does not stop; the guest does not see it", p->number);
        p->disk.deny = true;
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
    if (p->disk.deny || !s->running) {
        if (!port_stop(p))
            hw_log("port %u does not stop", p->number);
        px_write(p, PX_CMD, cmd & ~(CMD_ST | (p->disk.deny ? CMD_FRE : 0)));
    }
    if (p->disk.deny) {
        px_write(p, PX_IE, 0);
        s->running = cmd & (CMD_ST | CMD_FRE);
    }
}

static bool is_adopted(unsigned index)
{
    return storage.saved->hba[index].base != 0;
}

bool storage_open(struct hba *h, uint64_t base)
{
    bool adopted = is_adopted(h->index), fresh = !h->base;

    if (!hw_open(h, base))
        return false;
    h->base = base;
    if (!fresh) { /* only its registers have moved */
        storage.saved->hba[h->index].base = base;
        return true;
    }
    h->cap = hw_read(h, HBA_CAP);
    h->implemented = hw_read(h, HBA_PI);
    for (unsigned i = 0; i < 32; i++) {
        if (!(h->implemented >> i & 1))
            continue;
        h->port[i] = make_port(h, i);
        if (!h->port[i])
            continue;
        if (adopted)
            adopt_port(h->port[i]);
        else
            take_over(h->port[i]);
    }
    storage.saved->hba[h->index].base = base;
    return true;
}

static bool is_met(const struct policy_storage *e)
{
    for (unsigned i = 0; i < storage.ports; i++)
        if (storage.port[i].disk.rule.encrypt == e && storage.port[i].s->id.known == DISK_KNOWN)
            return true;
    return ide_is_met(e);
}

bool storage_start(const uint64_t bases[HBAS], bool restarted)
{
    const struct policy_tables *t = storage.tables;

    if (storage.saved->magic != SAVED_MAGIC || !adopt_is_sound(storage.saved)) {
        if (restarted)
            hw_log("what the last instance left makes no sense; the controllers are taken over anew");
        memset(storage.saved, 0, sizeof(*storage.saved));
        storage.saved->magic = SAVED_MAGIC;
    }
    if (storage.ide)
        ide_begin();
    for (unsigned i = 0; i < HBAS; i++) {
        storage.hba[i].index = i;
        if (bases[i] && !storage_open(&storage.hba[i], bases[i])) {
            (void)snprintf(storage.reason, sizeof(storage.reason), "the AHCI controller at 0x%llx can't be reached",
                           (unsigned long long)bases[i]);
            return false;
        }
    }
    if (storage.ide)
        ide_start();
    if (storage.reason[0])
        return restarted;
    for (unsigned i = 0; i < t->nstorage && !restarted; i++) {
        const struct policy_storage *e = &t->storage[i];

        if (e->action == POLICY_ENCRYPT && e->require && !is_met(e)) {
            (void)snprintf(storage.reason, sizeof(storage.reason), "%.64s:%u: no disk is what storage.encrypt requires",
                           t->name, e->line);
            return false;
        }
    }
    return true;
}
