/* SPDX-License-Identifier: BSD-2-Clause */
/* One piece of an access to configuration space: what the rules make of it. */
#include "internal.h"

uint32_t pci_ones(unsigned size)
{
    return size >= 4 ? UINT32_MAX : (1u << 8 * size) - 1;
}

uint32_t pci_hardware_read(struct pci *p, bool ecam, uint64_t at, unsigned size)
{
    pci_release(p);
    if (ecam)
        return p->ops.ecam_read(p->ops.context, at, size);
    return p->ops.in(p->ops.context, (uint16_t)at, size);
}

void pci_hardware_write(struct pci *p, bool ecam, uint64_t at, unsigned size, uint32_t value)
{
    pci_release(p);
    if (ecam)
        p->ops.ecam_write(p->ops.context, at, size, value);
    else
        p->ops.out(p->ops.context, (uint16_t)at, size, value);
}

/* ---- hidden functions ---- */

/*
 * Software looks for functions 1 to 7 only where function 0 exists and says that it has more (PCI
 * Local Bus 3.0, 3.2.2.3.4). So where function 0 alone is hidden, something inert stands in its
 * place.
 */
static bool needs_placeholder(struct pci *p, struct pci_address a)
{
    if ((a.devfn & 7) != 0 || pci_behind_hidden(p, a.bus) ||
        !(pci_read(p, a, PCI_HEADER_TYPE, 1) & PCI_MULTI_FUNCTION) ||
        pci_read(p, a, PCI_ID, 2) == 0xffff)
        return false;
    for (unsigned f = 1; f < 8; f++) {
        struct pci_address other = {a.bus, (uint8_t)(a.devfn | f)};

        if (pci_read(p, other, PCI_ID, 2) != 0xffff && pci_decide(p, other) != POLICY_HIDE)
            return true;
    }
    return false;
}

static uint32_t hidden_read(struct pci *p, const struct pci_piece *c)
{
    uint32_t value = 0;

    if (!needs_placeholder(p, c->a))
        return pci_ones(c->size);
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
    return value >> 8 * (c->reg & 3) & pci_ones(c->size);
}

/* ---- one piece ---- */

bool pci_ruled_read(struct pci *p, const struct pci_piece *c, uint32_t *value)
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
            *value = pci_ones(c->size);
            return true;
        }
        if (pci_sizing_read(f, c->reg, c->size, value))
            return true;
    }
    return false;
}

/* Everything that has to be so before the write; false: it must not happen. */
static bool before_write(struct pci *p, const struct pci_piece *c, const struct pci_where *where,
                         unsigned n, uint32_t value)
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
        if (f &&
            (pci_is_blocked(f, c->reg, c->size) || pci_sizing_write(f, c->reg, c->size, value)))
            stays = true;
    }
    for (unsigned i = 0; i < n && !stays; i++) {
        struct pci_function *f = pci_find_function(p, where[i]);

        if (f && !pci_prepare_write(p, f, c->a, c->reg, c->size, value))
            stays = true;
    }
    return !stays && pci_ecam_prepare(p, c->a, c->reg, c->size, value);
}

static void after_write(struct pci *p, const struct pci_piece *c, const struct pci_where *where,
                        unsigned n)
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
        else if (!pci_adopt(p, c->a,
                            where[i])) /* the write may have made it one that a rule names */
            pci_log(p, "%02x:%02x.%u is not hooked", c->a.bus, c->a.devfn >> 3, c->a.devfn & 7u);
    }
}

/* Part of a BAR that the guest believes to be all ones: the rest of it has to go to hardware along
 * with the part. */
static void widen_after_sizing(struct pci *p, struct pci_piece *c, const struct pci_where *where,
                               unsigned n, uint32_t *value)
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

void pci_ruled_write(struct pci *p, struct pci_piece *c, uint32_t value)
{
    struct pci_where where[PCI_MAX_ROUTES];
    unsigned n = pci_routes(p, c->a, where);

    widen_after_sizing(p, c, where, n, &value);
    if (before_write(p, c, where, n, value)) {
        pci_hardware_write(p, c->ecam, c->at, c->size, value);
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
