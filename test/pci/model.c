/* SPDX-License-Identifier: BSD-2-Clause */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void failed(struct model *m, const char *what, uint64_t at)
{
    fprintf(stderr, "FAILED: model: %s at %llx (log: %s)\n", what, (unsigned long long)at, m->log);
    m->failures++;
}

/* ---- the buses ---- */

static bool bridge_passes(const struct model *m, int bridge, unsigned bus)
{
    const struct device *d = &m->device[bridge];

    if (!d->present || d->reg[0x19] == 0 || (d->reg[0x3e] & 0x40))
        return false;
    return d->reg[0x19] == bus || (d->reg[0x19] < bus && bus <= d->reg[0x1a]);
}

static bool is_on_bus(const struct model *m, const struct device *d, unsigned bus)
{
    int up = d->parent;

    if (up < 0)
        return d->root == bus;
    if (m->device[up].reg[0x19] != bus || bus == 0)
        return false;
    for (; up >= 0; up = m->device[up].parent)
        if (!bridge_passes(m, up, bus))
            return false;
    return true;
}

static struct device *find(struct model *m, unsigned bus, unsigned devfn)
{
    for (unsigned i = 0; i < m->devices; i++)
        if (m->device[i].present && m->device[i].devfn == devfn && is_on_bus(m, &m->device[i], bus))
            return &m->device[i];
    return NULL;
}

static void reset_device(struct device *d)
{
    for (unsigned i = 4; i < 4096; i++)
        d->reg[i] &= (uint8_t)~d->mask[i];
}

static void reset_behind(struct model *m, int bridge)
{
    for (unsigned i = 0; i < m->devices; i++) {
        int up = m->device[i].parent;

        while (up >= 0 && up != bridge)
            up = m->device[up].parent;
        if (up == bridge)
            reset_device(&m->device[i]);
    }
}

static uint32_t config_read(struct model *m, unsigned bus, unsigned devfn, unsigned reg,
                            unsigned size)
{
    const struct device *d = find(m, bus, devfn);
    uint32_t value = UINT32_MAX;

    if (d) {
        value = 0;
        memcpy(&value, &d->reg[reg], size);
    }
    return size < 4 ? value & ((1u << 8 * size) - 1) : value;
}

static void check_hooked(struct model *m);

static void config_write(struct model *m, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                         uint32_t value)
{
    struct device *d = find(m, bus, devfn);
    unsigned state;

    if (!d)
        return;
    if (m->started && (m->untouchable & 1u << (d - m->device)))
        failed(m, "a write reached the function that no write may reach, register", reg);
    state = d->power ? d->reg[d->power] & 3 : 0;
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = d->mask[reg + i];

        d->reg[reg + i] = (uint8_t)((d->reg[reg + i] & ~mask) | (value >> 8 * i & mask));
    }
    if (d->bridge && (d->reg[0x3e] & 0x40))
        reset_behind(m, (int)(d - m->device));
    if (d->power && state == 3 && (d->reg[d->power] & 3) == 0)
        reset_device(d);
    check_hooked(m);
}

/* ---- BARs ---- */

bool model_decoded(const struct model *m, int device, unsigned bar)
{
    const struct device *d = &m->device[device];
    uint32_t type = d->reg[0x10 + 4 * bar];

    return d->present && (d->reg[4] & (type & 1 ? 1 : 2));
}

uint64_t model_bar(const struct model *m, int device, unsigned bar)
{
    uint64_t low = model_get(m, device, 0x10 + 4 * bar, 4);

    if (low & 1)
        return low & ~3ull;
    if ((low & 6) == 4)
        low |= model_get(m, device, 0x14 + 4 * bar, 4) << 32;
    return low & ~0xfull;
}

static uint64_t bar_bytes(const struct model *m, int device, unsigned bar)
{
    const struct device *d = &m->device[device];
    uint64_t mask = 0;

    memcpy(&mask, &d->mask[0x10 + 4 * bar], 4);
    if ((d->reg[0x10 + 4 * bar] & 7) == 4)
        memcpy((uint8_t *)&mask + 4, &d->mask[0x14 + 4 * bar], 4);
    return mask & -mask;
}

static bool unreachable(const struct model *m, uint8_t space, uint64_t at)
{
    if (space == PCI_PORTS)
        return at < 0x100 || (at >= 0xcf8 && at <= 0xcff) || at > 0xffff;
    for (unsigned i = 0; i < m->pci.nreserved; i++)
        if (at >= m->pci.reserved[i].first && at <= m->pci.reserved[i].last)
            return true;
    return at >> 52;
}

const struct pci_hook *model_hook_at(const struct model *m, uint8_t space, uint64_t at)
{
    for (unsigned i = 0; i < MODEL_HOOKS; i++)
        if (m->bound[i] && m->hook[i].space == space && at >= m->hook[i].first &&
            at <= m->hook[i].last)
            return &m->hook[i];
    return NULL;
}

static bool expected_at(const struct model *m, const struct expectation *e, uint64_t at)
{
    uint64_t base = model_bar(m, e->device, e->bar), bytes = bar_bytes(m, e->device, e->bar);
    uint64_t last = e->last < bytes ? e->last : bytes - 1;

    return model_decoded(m, e->device, e->bar) && at >= base + e->first && at <= base + last;
}

static void check_address(struct model *m, const struct expectation *e, uint64_t at)
{
    uint8_t space = m->device[e->device].reg[0x10 + 4 * e->bar] & 1 ? PCI_PORTS : PCI_MEMORY;
    const struct pci_hook *h = model_hook_at(m, space, at);

    if (unreachable(m, space, at))
        return;
    if (!h)
        failed(m, "the guest reaches a hooked BAR", at);
    else if (h->to != e->to || (h->to == PCI_TO_WATCH && h->rule != e->rule))
        failed(m, "hooked for another rule", at);
}

/* PCIEXBAR as the 82Q35 has it; 0: there is none. */
static uint64_t ecam_base(const struct model *m, uint64_t *bytes)
{
    uint64_t value = model_get(m, 0, 0x60, 8);
    unsigned length = value >> 1 & 3;

    *bytes = 256ull << 20;
    if (!m->pciexbar)
        return m->ecam;
    if (!(value & 1) || length == 3)
        return 0;
    *bytes >>= length;
    return value & 0xfffffffffull & ~(*bytes - 1);
}

static void check_hooked(struct model *m)
{
    for (unsigned i = 0; m->started && i < m->expects; i++) {
        const struct expectation *e = &m->expect[i];
        uint64_t base = model_bar(m, e->device, e->bar), bytes = bar_bytes(m, e->device, e->bar);
        uint64_t last = e->last < bytes ? e->last : bytes - 1;

        if (!model_decoded(m, e->device, e->bar))
            continue;
        check_address(m, e, base + e->first);
        check_address(m, e, base + (e->first + last) / 2);
        check_address(m, e, base + last);
    }
    if (m->started && m->pciexbar) {
        uint64_t bytes, base = ecam_base(m, &bytes);
        const struct pci_hook *h = model_hook_at(m, PCI_MEMORY, base);

        if (base && !unreachable(m, PCI_MEMORY, base) && (!h || h->to != PCI_TO_SELF))
            failed(m, "the guest reaches the ECAM", base);
    }
}

void model_check(struct model *m, bool exact)
{
    check_hooked(m);
    for (unsigned i = 0; exact && i < MODEL_HOOKS; i++) {
        bool wanted = !m->bound[i] || (m->hook[i].to == PCI_TO_SELF && !m->orphan[i]);

        for (unsigned k = 0; k < m->expects && !wanted; k++)
            wanted = expected_at(m, &m->expect[k], m->hook[i].first) &&
                     expected_at(m, &m->expect[k], m->hook[i].last);
        if (!wanted)
            failed(m, "hooked without need", m->hook[i].first);
    }
}

/* ---- ports and the ECAM as hardware has them ---- */

static bool is_ecam(const struct model *m, uint64_t address, uint64_t *offset)
{
    uint64_t bytes, base = ecam_base(m, &bytes);

    *offset = address - base;
    return base && address >= base && address < base + bytes;
}

static unsigned data_register(const struct model *m, uint16_t port)
{
    unsigned reg = (m->latch & 0xfc) |
                   (m->keeps_low_bits ? (m->latch & 3) | (port & 3) : (port & 3u));

    return m->extended_bits ? reg | (m->latch >> 24 & 0xf) << 8 : reg;
}

static uint32_t hardware_in(void *context, uint16_t port, unsigned size)
{
    struct model *m = context;

    if (port == 0xcf8 && size == 4)
        return m->latch;
    if (port >= 0xcfc && port <= 0xcff && (m->latch >> 31))
        return config_read(m, m->latch >> 16 & 0xff, m->latch >> 8 & 0xff, data_register(m, port),
                           size);
    return size >= 4 ? UINT32_MAX : (1u << 8 * size) - 1;
}

static void hardware_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    struct model *m = context;

    if (port == 0xcf8 && size == 4) {
        m->latch = m->keeps_low_bits ? value : value & ~3u;
    } else if (port >= 0xcfc && port <= 0xcff && (m->latch >> 31)) {
        config_write(m, m->latch >> 16 & 0xff, m->latch >> 8 & 0xff, data_register(m, port), size,
                     value);
    } else {
        m->other_writes++;
        m->last_port = port;
        m->last_value = value;
    }
}

static uint32_t hardware_ecam_read(void *context, uint64_t address, unsigned size)
{
    struct model *m = context;
    uint64_t offset;

    if (!is_ecam(m, address, &offset))
        return size >= 4 ? UINT32_MAX : (1u << 8 * size) - 1;
    return config_read(m, offset >> 20 & 0xff, offset >> 12 & 0xff, offset & 0xfff, size);
}

static void hardware_ecam_write(void *context, uint64_t address, unsigned size, uint32_t value)
{
    struct model *m = context;
    uint64_t offset;

    if (is_ecam(m, address, &offset))
        config_write(m, offset >> 20 & 0xff, offset >> 12 & 0xff, offset & 0xfff, size, value);
}

/* ---- pci's ops ---- */

static void count_down(struct model *m)
{
    if (m->die_after >= 0 && m->die_after-- == 0)
        m->die();
}

static uint32_t op_in(void *context, uint16_t port, unsigned size)
{
    count_down(context);
    return hardware_in(context, port, size);
}

static void op_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    count_down(context);
    hardware_out(context, port, size, value);
}

static bool overlap(const struct pci_hook *a, uint64_t first, uint64_t last)
{
    return a->first <= last && a->last >= first;
}

static enum weir_status op_bind(void *context, const struct pci_hook *hook, uint32_t *handle)
{
    struct model *m = context;
    unsigned slot = MODEL_HOOKS;

    if (hook->first > hook->last || hook->space > PCI_PORTS || hook->to > PCI_TO_STORAGE ||
        (hook->to == PCI_TO_WATCH && hook->rule >= m->pci.tables->nmmio) ||
        hook->last > (hook->space == PCI_PORTS ? 0xffff : (1ull << 52) - 1))
        m->malformed++;
    if ((m->refuse_first || m->refuse_last) && hook->space == PCI_MEMORY &&
        overlap(hook, m->refuse_first, m->refuse_last))
        return WEIR_E_BUSY;
    for (unsigned i = 0; i < MODEL_HOOKS; i++) {
        if (!m->bound[i]) {
            slot = i;
            continue;
        }
        if (m->orphan[i] && m->hook[i].space == hook->space && m->hook[i].first == hook->first &&
            m->hook[i].last == hook->last && m->hook[i].to == hook->to) {
            slot = i;
            break;
        }
        if (m->hook[i].space == hook->space && overlap(&m->hook[i], hook->first, hook->last))
            return WEIR_E_BUSY;
    }
    if (slot == MODEL_HOOKS)
        return WEIR_E_MEMORY;
    m->hook[slot] = *hook;
    m->bound[slot] = true;
    m->orphan[slot] = false;
    m->binds++;
    *handle = slot;
    return WEIR_OK;
}

static void op_unbind(void *context, const struct pci_hook *hook)
{
    struct model *m = context;

    if (hook->handle >= MODEL_HOOKS || !m->bound[hook->handle] ||
        m->hook[hook->handle].first != hook->first) {
        failed(m, "what is not bound is unbound", hook->first);
        return;
    }
    m->bound[hook->handle] = false;
    m->unbinds++;
    check_hooked(m);
}

static void op_event(void *context, const struct pci_event *event)
{
    struct model *m = context;

    if (m->events < 32)
        m->event[m->events++] = *event;
}

static void op_log(void *context, const char *format, va_list args)
{
    struct model *m = context;

    vsnprintf(m->log, sizeof(m->log), format, args);
    m->logs++;
}

enum weir_status model_start(struct model *m, const struct policy_tables *tables)
{
    struct pci *p = &m->pci;
    struct pci_range reserved[PCI_MAX_RESERVED];
    struct pci_ecam ecam = {m->ecam, 0, 255};
    uint32_t nreserved = p->nreserved;
    bool exclusive = p->exclusive;
    enum weir_status status;

    memcpy(reserved, p->reserved, sizeof(reserved));
    memset(p, 0, sizeof(*p));
    memcpy(p->reserved, reserved, sizeof(reserved));
    p->nreserved = nreserved;
    p->exclusive = exclusive;
    p->tables = tables;
    p->saved = &m->saved;
    p->ops = (struct pci_ops){
        m,         op_in,    op_out, hardware_ecam_read, hardware_ecam_write, op_bind,
        op_unbind, op_event, op_log};
    if (m->ecam) {
        p->ecam[0] = ecam;
        p->necam = 1;
    }
    status = pci_start(p);
    if (status == WEIR_OK) {
        m->started = true;
        m->events = 0;
        check_hooked(m);
    }
    return status;
}

/* ---- the guest ---- */

static uint64_t pieces_in(struct model *m, bool ecam, uint64_t at, unsigned size)
{
    uint64_t value = 0;

    for (unsigned done = 0, n; done < size; done += n) {
        uint64_t here = at + done;

        n = here & 1 ? 1 : here & 2 ? 2 : 4;
        while (n > size - done)
            n /= 2;
        value |=
            (uint64_t)(ecam ? hardware_ecam_read(m, here, n) : hardware_in(m, (uint16_t)here, n))
            << 8 * done;
    }
    return value;
}

static void pieces_out(struct model *m, bool ecam, uint64_t at, unsigned size, uint64_t value)
{
    for (unsigned done = 0, n; done < size; done += n) {
        uint64_t here = at + done;
        uint32_t part;

        n = here & 1 ? 1 : here & 2 ? 2 : 4;
        while (n > size - done)
            n /= 2;
        part = (uint32_t)(value >> 8 * done);
        if (n < 4)
            part &= (1u << 8 * n) - 1;
        if (ecam)
            hardware_ecam_write(m, here, n, part);
        else
            hardware_out(m, (uint16_t)here, n, part);
    }
}

static bool touches_hook(const struct model *m, uint8_t space, uint64_t at, unsigned size)
{
    if (space == PCI_PORTS)
        return at <= 0xcff && at + size > 0xcf8;
    for (unsigned i = 0; i < size; i++) {
        const struct pci_hook *h = model_hook_at(m, PCI_MEMORY, at + i);

        if (h && h->to == PCI_TO_SELF)
            return true;
    }
    return false;
}

static uint64_t guest_access(struct model *m, bool write, bool ecam, uint64_t at, unsigned size,
                             uint64_t value)
{
    bool touches = m->started && touches_hook(m, ecam ? PCI_MEMORY : PCI_PORTS, at, size);
    enum weir_verdict verdict = WEIR_V_PASS;

    if (touches)
        verdict = ecam ? pci_ecam_access(&m->pci, write, at, size, &value)
                       : pci_port_access(&m->pci, write, (uint16_t)at, size, &value);
    if (m->pci.exclusive && touches && verdict != WEIR_V_DONE)
        failed(m, "passed although exclusive", at);
    if (verdict == WEIR_V_DONE)
        return size < 8 ? value & ((1ull << 8 * size) - 1) : value;
    if (verdict != WEIR_V_PASS && !(write && verdict == WEIR_V_REPLACE))
        failed(m, "an impossible verdict", verdict);
    if (write)
        pieces_out(m, ecam, at, size, value);
    return write ? 0 : pieces_in(m, ecam, at, size);
}

void guest_out(struct model *m, uint16_t port, unsigned size, uint32_t value)
{
    (void)guest_access(m, true, false, port, size, value);
}

uint32_t guest_in(struct model *m, uint16_t port, unsigned size)
{
    return (uint32_t)guest_access(m, false, false, port, size, 0);
}

void guest_ecam_write(struct model *m, uint64_t address, unsigned size, uint64_t value)
{
    (void)guest_access(m, true, true, address, size, value);
}

uint64_t guest_ecam_read(struct model *m, uint64_t address, unsigned size)
{
    return guest_access(m, false, true, address, size, 0);
}

uint32_t guest_read(struct model *m, unsigned bus, unsigned devfn, unsigned reg, unsigned size)
{
    guest_out(m, 0xcf8, 4, 0x80000000u | bus << 16 | devfn << 8 | (reg & 0xfc));
    return guest_in(m, (uint16_t)(0xcfc + (reg & 3)), size);
}

void guest_write(struct model *m, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                 uint32_t value)
{
    guest_out(m, 0xcf8, 4, 0x80000000u | bus << 16 | devfn << 8 | (reg & 0xfc));
    guest_out(m, (uint16_t)(0xcfc + (reg & 3)), size, value);
}
