/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges are bound and given back here only, and each is written down where it outlives the
 * instance. The kernel keeps a dead instance's bindings in force, so nothing becomes reachable
 * while pci restarts; the next instance takes over those that are still right by binding the same
 * range, and gives back the rest.
 */
#include "internal.h"

static struct pci_saved_hook *entry_of(struct pci *p, const struct pci_hook *h)
{
    for (unsigned i = 0; i < PCI_SAVED_HOOKS; i++) {
        struct pci_saved_hook *s = &p->saved->hook[i];

        if (s->used == 1 && s->first == h->first && s->last == h->last && s->space == h->space &&
            s->to == h->to && s->rule == h->rule)
            return s;
    }
    return NULL;
}

enum weir_status pci_bind(struct pci *p, struct pci_hook *h)
{
    struct pci_saved_hook *s = entry_of(p, h);
    enum weir_status status;

    for (unsigned i = 0; !s && i < PCI_SAVED_HOOKS; i++)
        if (p->saved->hook[i].used != 1)
            s = &p->saved->hook[i];
    if (!s)
        return WEIR_E_MEMORY;
    *s = (struct pci_saved_hook){h->first, h->last, h->rule, h->space, h->to, 0};
    __atomic_store_n(&s->used, 1, __ATOMIC_RELEASE); /* before the binding exists */
    status = p->ops.bind(p->ops.context, h, &h->handle);
    if (status != WEIR_OK)
        s->used = 0;
    return status;
}

void pci_unbind(struct pci *p, const struct pci_hook *h)
{
    struct pci_saved_hook *s = entry_of(p, h);

    p->ops.unbind(p->ops.context, h);
    if (s)
        s->used = 0;
}

static bool is_in_use(const struct pci *p, const struct pci_hook *h)
{
    for (unsigned i = 0; i < p->necam; i++)
        if (p->ecam_hook[i].first == h->first && p->ecam_hook[i].space == h->space)
            return true;
    for (unsigned i = 0; i < PCI_MAX_FUNCTIONS; i++) {
        const struct pci_function *f = &p->function[i];

        for (unsigned k = 0; f->used && k < f->hooks; k++)
            if (f->hook[k].first == h->first && f->hook[k].last == h->last &&
                f->hook[k].space == h->space)
                return true;
    }
    return false;
}

static bool is_sound(const struct pci *p, const struct pci_hook *h)
{
    uint64_t top = h->space == PCI_PORTS ? 0xffff : (1ull << 52) - 1;

    return h->first <= h->last && h->last <= top && h->space <= PCI_PORTS && h->to <= PCI_TO_STORAGE &&
           (h->to != PCI_TO_WATCH || h->rule < p->tables->nmmio);
}

/* After a start: what an earlier instance had bound and this one has not. */
void pci_give_back_leftovers(struct pci *p)
{
    for (unsigned i = 0; i < PCI_SAVED_HOOKS; i++) {
        struct pci_saved_hook *s = &p->saved->hook[i];
        struct pci_hook h = {s->first, s->last, s->space, s->to, s->rule, 0, 0};

        if (s->used != 1 || is_in_use(p, &h))
            continue;
        s->used = 0;
        if (is_sound(p, &h) && p->ops.bind(p->ops.context, &h, &h.handle) == WEIR_OK)
            p->ops.unbind(p->ops.context, &h);
    }
}
