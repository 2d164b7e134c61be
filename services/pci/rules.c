/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rule decides for a function. Nothing is cached: a function that is plugged in, switches its
 * mode or gets another bus number is judged by what it is at this access. A rule by address means
 * the place that had the address when the firmware handed over, so renumbering buses does not slip
 * a function out of it.
 */
#include "internal.h"

#include <string.h>

struct pci_id pci_identify(struct pci *p, struct pci_address a)
{
    struct pci_id id = {0xffff, 0xffff, 0xffffff};
    uint32_t value;

    if (p->by_vendor) {
        value = pci_read(p, a, PCI_ID, 4);
        id.vendor = (uint16_t)value;
        id.device = (uint16_t)(value >> 16);
    }
    if (p->by_class)
        id.class_code = pci_read(p, a, PCI_CLASS, 4) >> 8;
    return id;
}

bool pci_is_ahci(uint32_t class_code)
{
    return class_code == 0x010601; /* AHCI 1.3.1, 2.1.5 */
}

bool pci_is_ide(uint32_t class_code)
{
    return class_code >> 8 == 0x0101; /* PCI IDE Controller Specification 1.0, 3.1 */
}

static const struct policy_pci_match *match_of(const struct pci *p, bool mmio, unsigned index)
{
    return mmio ? &p->tables->mmio[index].pci : &p->tables->pci[index].match;
}

bool pci_rule_matches(const struct pci *p, bool mmio, unsigned index, struct pci_address a,
                      struct pci_where w, const struct pci_id *id)
{
    const struct policy_pci_match *m = match_of(p, mmio, index);
    struct pci_where where = mmio ? p->mmio_where[index] : p->rule_where[index];

    if ((m->fields & POLICY_BY_ADDRESS) && !pci_same_where(where, w)) {
        /* A bus that no bridge led to at the start means its number, whatever leads there now. */
        if (where.bridge >= 0 || where.root != a.bus || where.devfn != a.devfn)
            return false;
    }
    return policy_pci_matches(m, m->address, id->vendor, id->device, id->class_code);
}

enum policy_action pci_decide_where(struct pci *p, struct pci_address a, struct pci_where w)
{
    struct pci_id id;

    if (!p->tables->npci)
        return POLICY_PASS;
    id = pci_identify(p, a);
    for (unsigned i = 0; i < p->tables->npci; i++)
        if (pci_rule_matches(p, false, i, a, w, &id))
            return p->tables->pci[i].action;
    return POLICY_PASS;
}

/* Where the guest made two routes lead to one bus number, the stricter answer counts. */
enum policy_action pci_decide(struct pci *p, struct pci_address a)
{
    struct pci_where where[PCI_MAX_ROUTES];
    enum policy_action action = POLICY_PASS;
    unsigned n;

    if (pci_behind_hidden(p, a.bus))
        return POLICY_HIDE;
    n = pci_route(p, a, where);
    if (n > PCI_MAX_ROUTES)
        return POLICY_HIDE;
    for (unsigned i = 0; i < n; i++) {
        enum policy_action one = pci_decide_where(p, a, where[i]);

        if (one == POLICY_HIDE)
            return POLICY_HIDE;
        if (one == POLICY_READ_ONLY)
            action = one;
    }
    return action;
}

bool pci_has_bar_rule(struct pci *p, struct pci_address a, struct pci_where w)
{
    struct pci_id id;

    if (!p->bar_rules)
        return false;
    id = pci_identify(p, a);
    if (p->tables->nstorage && (pci_is_ahci(id.class_code) || pci_is_ide(id.class_code)))
        return true;
    for (unsigned i = p->tables->nmmio_absolute; i < p->tables->nmmio; i++)
        if (pci_rule_matches(p, true, i, a, w, &id))
            return true;
    return false;
}

static void resolve(struct pci *p, const struct policy_pci_match *m, struct pci_path *path,
                    struct pci_where *where)
{
    struct pci_address a = {(uint8_t)(m->address >> 8), (uint8_t)m->address};
    struct pci_where routes[PCI_MAX_ROUTES];

    if (m->fields & POLICY_BY_VENDOR)
        p->by_vendor = true;
    if (m->fields & POLICY_BY_CLASS)
        p->by_class = true;
    *where = (struct pci_where){-1, a.bus, a.devfn};
    if (!(m->fields & POLICY_BY_ADDRESS) || pci_follow_path(p, path, where))
        return;
    pci_route(p, a, routes);
    *where = routes[0];
    pci_path_of(p, routes[0], path);
}

/* After the scan, whose bus numbers are the firmware's at the first start and anyone's after a
 * restart. */
void pci_rules_start(struct pci *p)
{
    const struct policy_tables *t = p->tables;

    if (p->saved->generation != t->generation) {
        memset(p->saved->rule, 0, sizeof(p->saved->rule));
        memset(p->saved->mmio, 0, sizeof(p->saved->mmio));
        p->saved->generation = t->generation;
    }
    for (unsigned i = 0; i < t->npci; i++)
        resolve(p, &t->pci[i].match, &p->saved->rule[i], &p->rule_where[i]);
    for (unsigned i = t->nmmio_absolute; i < t->nmmio; i++)
        resolve(p, &t->mmio[i].pci, &p->saved->mmio[i], &p->mmio_where[i]);
    p->bar_rules = t->nmmio > t->nmmio_absolute || t->nstorage;
    p->by_class |= t->nstorage != 0;
    for (unsigned i = 0; i < p->nbridges; i++) {
        struct pci_address a;

        p->bridge[i].hidden = pci_locate(p, p->bridge[i].where, &a) &&
                              pci_decide_where(p, a, p->bridge[i].where) == POLICY_HIDE;
    }
}
