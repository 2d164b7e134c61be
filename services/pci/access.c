/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's accesses, through configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2) and through the ECAM.
 *
 * An access is cut into naturally aligned pieces of at most four bytes, as the host bridge sees them. Reads that no rule
 * changes are passed to the kernel whole. Writes to configuration space are always done here, because what they change
 * (bus numbers, BARs, the mode of a device) has to be looked at before anything else of the guest runs.
 */
#include "internal.h"

#include <string.h>

/* A piece of an access that lies in configuration space. */
struct piece {
    struct pci_address a;
    unsigned reg, size;
    bool ecam;
    uint64_t at; /* port, or physical address */
};

static uint32_t ones(unsigned size)
{
    return size >= 4 ? UINT32_MAX : (1u << 8 * size) - 1;
}

/* The largest aligned piece that starts at `at` and has no more than `left` bytes. */
static unsigned piece_size(uint64_t at, unsigned left)
{
    unsigned size = at & 1 ? 1 : at & 2 ? 2 : 4;

    while (size > left)
        size /= 2;
    return size;
}

static uint32_t hardware_read(struct pci *p, bool ecam, uint64_t at, unsigned size)
{
    pci_release(p);
    if (ecam)
        return p->ops.ecam_read(p->ops.context, at, size);
    return p->ops.in(p->ops.context, (uint16_t)at, size);
}

static void hardware_write(struct pci *p, bool ecam, uint64_t at, unsigned size, uint32_t value)
{
    pci_release(p);
    if (ecam)
        p->ops.ecam_write(p->ops.context, at, size, value);
    else
        p->ops.out(p->ops.context, (uint16_t)at, size, value);
}

/* ---- hidden functions ---- */

/*
 * Software looks for functions 1 to 7 only where function 0 exists and says that it has more (PCI Local Bus 3.0,
 * 3.2.2.3.4). So where function 0 alone is hidden, something inert stands in its place.
 */
static bool needs_placeholder(struct pci *p, struct pci_address a)
{
    if ((a.devfn & 7) != 0 || pci_behind_hidden(p, a.bus) ||
        !(pci_read(p, a, PCI_HEADER_TYPE, 1) & PCI_MULTI_FUNCTION) || pci_read(p, a, PCI_ID, 2) == 0xffff)
        return false;
    for (unsigned f = 1; f < 8; f++) {
        struct pci_address other = {a.bus, (uint8_t)(a.devfn | f)};

        if (pci_read(p, other, PCI_ID, 2) != 0xffff && pci_decide(p, other) != POLICY_HIDE)
            return true;
    }
    return false;
}

static uint32_t hidden_read(struct pci *p, const struct piece *c)
{
    uint32_t value = 0;

    if (!needs_placeholder(p, c->a))
        return ones(c->size);
    switch (c->reg & ~3u) {
    case PCI_ID:
        value = PCI_PLACEHOLDER_ID;
        break;
    case PCI_CLASS:
        value = 0xff000000; /* fits no defined class */
        break;
    case PCI_HEADER_TYPE & ~3u:
        value = PCI_MULTI_FUNCTION << 16;
        break;
    }
    return value >> 8 * (c->reg & 3) & ones(c->size);
}

/* ---- one piece ---- */

/* true: *value is what the guest gets, whatever hardware has. */
static bool ruled_read(struct pci *p, const struct piece *c, uint32_t *value)
{
    struct pci_where where[PCI_MAX_ROUTES];
    unsigned n;

    if (pci_decide(p, c->a) == POLICY_HIDE) {
        *value = hidden_read(p, c);
        return true;
    }
    n = pci_routes(p, c->a, where);
    for (unsigned i = 0; i < n; i++) {
        const struct pci_function *f = pci_find_function(p, where[i]);

        if (!f)
            continue;
        if (pci_is_blocked(f, c->reg, c->size)) {
            *value = ones(c->size);
            return true;
        }
        if (pci_sizing_read(f, c->reg, c->size, value))
            return true;
    }
    return false;
}

/* Everything that has to be so before the write; false: it must not happen. */
static bool before_write(struct pci *p, const struct piece *c, const struct pci_where *where, unsigned n,
                         uint32_t value)
{
    enum policy_action action = pci_decide(p, c->a);
    bool stays = action == POLICY_READ_ONLY;

    if (action == POLICY_HIDE)
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct pci_function *f;

        if (!pci_adopt(p, c->a, where[i]))
            return false;
        f = pci_find_function(p, where[i]);
        if (f && (pci_is_blocked(f, c->reg, c->size) || pci_sizing_write(f, c->reg, c->size, value)))
            stays = true;
    }
    for (unsigned i = 0; i < n && !stays; i++) {
        struct pci_function *f = pci_find_function(p, where[i]);

        if (f && !pci_prepare_write(p, f, c->a, c->reg, c->size, value))
            stays = true;
    }
    return !stays && pci_ecam_prepare(p, c->a, c->reg, c->size, value);
}

static void after_write(struct pci *p, const struct piece *c, const struct pci_where *where, unsigned n)
{
    bool numbers = c->reg < PCI_BUS_NUMBERS + 4 && c->reg + c->size > PCI_BUS_NUMBERS;

    pci_ecam_settle(p, c->a);
    for (unsigned i = 0; i < n; i++) {
        int bridge = pci_bridge_at(p, where[i]);
        struct pci_function *f;

        if (bridge >= 0 || numbers)
            pci_bridge_written(p, c->a, where[i]);
        bridge = pci_bridge_at(p, where[i]);
        if (bridge >= 0 && numbers && p->bridge[bridge].secondary != 0)
            (void)pci_adopt_bus(p, p->bridge[bridge].secondary);
        for (unsigned k = 0; bridge >= 0 && k < PCI_MAX_FUNCTIONS; k++)
            if (p->function[k].used && pci_behind(p, p->function[k].where, bridge))
                pci_resync(p, &p->function[k]);
        f = pci_find_function(p, where[i]);
        if (f)
            pci_resync(p, f);
        else if (!pci_adopt(p, c->a, where[i])) /* the write may have made it one that a rule names */
            pci_log(p, "%02x:%02x.%u is not hooked", c->a.bus, c->a.devfn >> 3, c->a.devfn & 7u);
    }
}

/* Part of a BAR that the guest believes to be all ones: the rest of it has to go to hardware along with the part. */
static void widen_after_sizing(struct pci *p, struct piece *c, const struct pci_where *where, unsigned n,
                               uint32_t *value)
{
    for (unsigned i = 0; i < n && c->size < 4; i++) {
        const struct pci_function *f = pci_find_function(p, where[i]);
        uint32_t believed;

        if (!f || !pci_sizing_read(f, c->reg & ~3u, 4, &believed))
            continue;
        *value = pci_merge(believed, c->reg, c->size, *value);
        c->at -= c->reg & 3;
        c->reg &= ~3u;
        c->size = 4;
    }
}

static void ruled_write(struct pci *p, struct piece *c, uint32_t value)
{
    struct pci_where where[PCI_MAX_ROUTES];
    unsigned n = pci_routes(p, c->a, where);

    widen_after_sizing(p, c, where, n, &value);
    if (before_write(p, c, where, n, value)) {
        hardware_write(p, c->ecam, c->at, c->size, value);
        after_write(p, c, where, n);
        return;
    }
    /* what was bound for a write that did not happen */
    for (unsigned i = 0; i < n; i++) {
        struct pci_function *f = pci_find_function(p, where[i]);

        if (f)
            pci_resync(p, f);
    }
}

/* ---- configuration mechanism #1 ---- */

/*
 * CF8h bits 27:24 are register bits 11:8 where AMD's NB_CFG.EnableCf8ExtCfg is set (BKDG family 10h, MSRC001_001F),
 * and nothing elsewhere. The guest can change that at any time, so the function is asked: where they mean nothing, its
 * identification register reads the same with them.
 */
static unsigned extended_bits(struct pci *p, struct pci_address a, uint32_t latch)
{
    uint32_t id, other;

    if (!(latch >> 24 & 0xf))
        return 0;
    id = pci_read(p, a, PCI_ID, 4);
    p->ops.out(p->ops.context, CONFIG_ADDRESS, 4, latch & ~0xffu);
    other = p->ops.in(p->ops.context, CONFIG_DATA, 4);
    return id == other ? 0 : (latch >> 24 & 0xf) << 8;
}

/* Whether the piece at `port` is a configuration access; the latch is enabled. */
static bool data_piece(uint16_t port, unsigned size, uint32_t latch, unsigned extended, struct piece *out)
{
    if (port < CONFIG_DATA || port > CONFIG_DATA + 3)
        return false;
    out->a = (struct pci_address){(uint8_t)(latch >> 16), (uint8_t)(latch >> 8)};
    out->reg = extended | (latch & 0xfc) | (port & 3);
    out->size = size;
    out->ecam = false;
    out->at = port;
    return true;
}

/* What is no configuration access: also bytes and words at CF8h to CFBh, where the reset register is (CF9h). */
static enum weir_verdict bare_ports(struct pci *p, bool write, uint16_t port, unsigned size, uint64_t *data)
{
    uint64_t value = 0;

    pci_release(p);
    if (!p->exclusive)
        return WEIR_V_PASS;
    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);

        n = piece_size(at, size - done);
        if (write)
            p->ops.out(p->ops.context, at, n, (uint32_t)(*data >> 8 * done) & ones(n));
        else
            value |= (uint64_t)p->ops.in(p->ops.context, at, n) << 8 * done;
    }
    if (!write)
        *data = value;
    return WEIR_V_DONE;
}

/* Bits 1:0 are always 0 on a PC's host bridge; QEMU keeps them and would add them to the register number. */
static enum weir_verdict address_write(struct pci *p, uint64_t *data)
{
    uint32_t value = (uint32_t)*data & ~3u;

    if (p->exclusive) {
        pci_set_latch(p, value);
        return WEIR_V_DONE;
    }
    if (value == (uint32_t)*data)
        return WEIR_V_PASS;
    *data = value;
    return WEIR_V_REPLACE;
}

static enum weir_verdict config_read(struct pci *p, uint16_t port, unsigned size, uint32_t latch, unsigned extended,
                                     uint64_t *data)
{
    enum weir_verdict verdict = WEIR_V_DONE;
    uint64_t value = 0;

    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);
        struct piece c;
        uint32_t one = 0;

        n = piece_size(at, size - done);
        if (data_piece(at, n, latch, extended, &c) && ruled_read(p, &c, &one))
            ;
        else if (n == size && !p->exclusive)
            verdict = WEIR_V_PASS;
        else
            one = hardware_read(p, false, at, n);
        value |= (uint64_t)one << 8 * done;
    }
    pci_release(p);
    if (verdict == WEIR_V_DONE)
        *data = value;
    return verdict;
}

enum weir_verdict pci_port_access(struct pci *p, bool write, uint16_t port, unsigned size, uint64_t *data)
{
    uint32_t latch;
    unsigned extended;
    struct pci_address a;

    if (write && port == CONFIG_ADDRESS && size == 4)
        return address_write(p, data);
    if (port > CONFIG_DATA + 3 || port + size <= CONFIG_DATA)
        return bare_ports(p, write, port, size, data);
    latch = pci_latch(p);
    if (!(latch & CONFIG_ENABLE))
        return bare_ports(p, write, port, size, data);
    if (latch & 3)
        pci_set_latch(p, latch &= ~3u);
    a = (struct pci_address){(uint8_t)(latch >> 16), (uint8_t)(latch >> 8)};
    extended = extended_bits(p, a, latch);
    if (!write)
        return config_read(p, port, size, latch, extended, data);
    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);
        uint32_t one;
        struct piece c;

        n = piece_size(at, size - done);
        one = (uint32_t)(*data >> 8 * done) & ones(n);
        if (data_piece(at, n, latch, extended, &c))
            ruled_write(p, &c, one);
        else
            hardware_write(p, false, at, n, one);
    }
    pci_release(p);
    return WEIR_V_DONE;
}

/* ---- ECAM ---- */

enum weir_verdict pci_ecam_access(struct pci *p, bool write, uint64_t address, unsigned size, uint64_t *data)
{
    enum weir_verdict verdict = WEIR_V_DONE;
    uint64_t value = 0;

    for (unsigned done = 0, n; done < size; done += n) {
        struct piece c = {.ecam = true, .at = address + done};
        uint32_t one = 0;

        n = piece_size(c.at, size - done);
        c.size = n;
        if (!pci_ecam_target(p, c.at, &c.a, &c.reg))
            one = ones(n); /* the part of an access beyond its end */
        else if (write)
            ruled_write(p, &c, (uint32_t)(*data >> 8 * done) & ones(n));
        else if (ruled_read(p, &c, &one))
            ;
        else if (n == size && !p->exclusive)
            verdict = WEIR_V_PASS;
        else
            one = hardware_read(p, true, c.at, n);
        value |= (uint64_t)one << 8 * done;
    }
    pci_release(p);
    if (!write && verdict == WEIR_V_DONE)
        *data = value;
    return verdict;
}

/* ---- start ---- */

enum weir_status pci_start(struct pci *p)
{
    bool ok;

    if (p->saved->magic != PCI_SAVED_MAGIC) {
        memset(p->saved, 0, sizeof(*p->saved));
        p->saved->magic = PCI_SAVED_MAGIC;
    }
    if (p->saved->latch_held == 1) { /* an instance died while it had borrowed CF8h */
        p->latch_held = true;
        pci_release(p);
    }
    ok = pci_ecam_start(p) && pci_scan(p);
    if (ok)
        pci_rules_start(p);
    for (unsigned bus = 0; ok && bus < 256; bus++)
        ok = !(p->bus_seen[bus / 8] & 1u << bus % 8) || pci_adopt_bus(p, bus);
    if (ok)
        pci_give_back_leftovers(p);
    pci_release(p);
    return ok ? WEIR_OK : WEIR_E_STATE;
}
