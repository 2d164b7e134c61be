/* SPDX-License-Identifier: BSD-2-Clause */
/* The ranges that are bound for one function. */
#include "internal.h"

static bool same_hook(const struct pci_hook *a, const struct pci_hook *b)
{
    return a->first == b->first && a->last == b->last && a->space == b->space && a->to == b->to &&
           a->rule == b->rule;
}

static bool is_among(const struct pci_hook *h, const struct pci_hook *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (same_hook(h, &list[i]))
            return true;
    return false;
}

bool pci_bind_missing(struct pci *p, struct pci_function *f, struct pci_address a,
                      const struct pci_hook *want, unsigned n)
{
    unsigned before = f->hooks;

    for (unsigned i = 0; i < n; i++) {
        struct pci_hook *h = &f->hook[f->hooks];
        enum weir_status status = WEIR_E_MEMORY;

        if (is_among(&want[i], f->hook, f->hooks))
            continue;
        if (f->hooks < 2 * PCI_MAX_HOOKS) {
            *h = want[i];
            status = pci_bind(p, h);
        }
        if (status != WEIR_OK) {
            pci_log(p, "%02x:%02x.%u: %s %llx-%llx can't be hooked for policy line %u (status %d)",
                    a.bus, a.devfn >> 3, a.devfn & 7u,
                    want[i].space == PCI_PORTS ? "ports" : "addresses",
                    (unsigned long long)want[i].first, (unsigned long long)want[i].last,
                    want[i].to == PCI_TO_WATCH ? p->tables->mmio[want[i].rule].line : 0,
                    (int)status);
            while (f->hooks > before)
                pci_unbind(p, &f->hook[--f->hooks]);
            return false;
        }
        f->hooks++;
    }
    return true;
}

void pci_unbind_others(struct pci *p, struct pci_function *f, const struct pci_hook *want,
                       unsigned n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < f->hooks; i++) {
        if (is_among(&f->hook[i], want, n))
            f->hook[kept++] = f->hook[i];
        else
            pci_unbind(p, &f->hook[i]);
    }
    f->hooks = (uint8_t)kept;
}
