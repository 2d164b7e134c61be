/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"

#include <string.h>

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
