/* SPDX-License-Identifier: BSD-2-Clause */
/* The service's own accesses to configuration space. */
#include "internal.h"

/*
 * CF8h belongs to the guest. It is borrowed at the first register below 100h and given back by
 * pci_release(); what the guest had there is saved first, so that an instance that dies in between
 * is not noticed (pci_start gives it back).
 */
static void borrow_latch(struct pci *p)
{
    if (p->latch_held)
        return;
    p->saved->latch = p->ops.in(p->ops.context, CONFIG_ADDRESS, 4);
    __atomic_store_n(&p->saved->latch_held, 1, __ATOMIC_RELEASE);
    p->latch_held = true;
}

void pci_release(struct pci *p)
{
    if (!p->latch_held)
        return;
    p->ops.out(p->ops.context, CONFIG_ADDRESS, 4, p->saved->latch);
    __atomic_store_n(&p->saved->latch_held, 0, __ATOMIC_RELEASE);
    p->latch_held = false;
}

uint32_t pci_latch(struct pci *p)
{
    return p->latch_held ? p->saved->latch : p->ops.in(p->ops.context, CONFIG_ADDRESS, 4);
}

void pci_set_latch(struct pci *p, uint32_t value)
{
    pci_release(p);
    p->ops.out(p->ops.context, CONFIG_ADDRESS, 4, value);
}

static void select_register(struct pci *p, struct pci_address a, unsigned reg)
{
    borrow_latch(p);
    p->ops.out(p->ops.context, CONFIG_ADDRESS, 4,
               CONFIG_ENABLE | (uint32_t)a.bus << 16 | (uint32_t)a.devfn << 8 | (reg & 0xfc));
}

uint32_t pci_read(struct pci *p, struct pci_address a, unsigned reg, unsigned size)
{
    uint64_t address;

    if (reg >= 0x100) {
        if (!pci_ecam_address(p, a, &address))
            return pci_ones(size);
        return p->ops.ecam_read(p->ops.context, address + reg, size);
    }
    select_register(p, a, reg);
    return p->ops.in(p->ops.context, (uint16_t)(CONFIG_DATA + (reg & 3)), size);
}

void pci_write(struct pci *p, struct pci_address a, unsigned reg, unsigned size, uint32_t value)
{
    uint64_t address;

    if (reg >= 0x100) {
        if (pci_ecam_address(p, a, &address))
            p->ops.ecam_write(p->ops.context, address + reg, size, value);
        return;
    }
    select_register(p, a, reg);
    p->ops.out(p->ops.context, (uint16_t)(CONFIG_DATA + (reg & 3)), size, value);
}

bool pci_has_extended(const struct pci *p, struct pci_address a)
{
    uint64_t address;

    return pci_ecam_address(p, a, &address);
}

/* PCI Local Bus 3.0, 6.7. A list that loops ends after as many entries as fit into 40h to FFh. */
unsigned pci_capability(struct pci *p, struct pci_address a, unsigned id, unsigned after)
{
    uint32_t header = pci_read(p, a, PCI_HEADER_TYPE, 1) & 0x7f;
    unsigned at;

    if (header > 1 || !(pci_read(p, a, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES))
        return 0;
    at = pci_read(p, a, after ? after + 1 : PCI_CAPABILITIES, 1) & 0xfc;
    for (unsigned n = 0; n < 48 && at >= 0x40; n++) {
        uint32_t entry = pci_read(p, a, at, 2);

        if ((entry & 0xff) == id)
            return at;
        at = entry >> 8 & 0xfc;
    }
    return 0;
}

/* PCI Express Base 4.0, 7.6.3. */
unsigned pci_extended_capability(struct pci *p, struct pci_address a, unsigned id)
{
    unsigned at = 0x100;

    if (!pci_has_extended(p, a))
        return 0;
    for (unsigned n = 0; n < 960 && at >= 0x100; n++) {
        uint32_t entry = pci_read(p, a, at, 4);

        if (entry == 0 || entry == UINT32_MAX)
            return 0;
        if ((entry & 0xffff) == id)
            return at;
        at = entry >> 20 & 0xffc;
    }
    return 0;
}

void pci_log(struct pci *p, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    p->ops.log(p->ops.context, format, list);
    va_end(list);
}
