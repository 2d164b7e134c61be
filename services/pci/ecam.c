/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory-mapped configuration space (PCI Express Base 4.0, 7.2.2). All of it is hooked, not
 * only the pages of the functions that rules name: which function a page belongs to changes with
 * the bus numbers and with what is plugged in, and a page hooked after the fact would be reached
 * unmediated in between. It is used at most at start-up.
 */
#include "internal.h"

static uint64_t first_of(const struct pci_ecam *e)
{
    return e->base + ((uint64_t)e->start_bus << 20);
}

static uint64_t last_of(const struct pci_ecam *e)
{
    return e->base + ((uint64_t)e->end_bus + 1) * (1u << 20) - 1;
}

bool pci_ecam_target(const struct pci *p, uint64_t address, struct pci_address *a, unsigned *reg)
{
    for (unsigned i = 0; i < p->necam; i++) {
        const struct pci_ecam *e = &p->ecam[i];

        if (address < first_of(e) || address > last_of(e))
            continue;
        address -= e->base;
        *a = (struct pci_address){(uint8_t)(address >> 20), (uint8_t)(address >> 12)};
        *reg = address & 0xfff;
        return true;
    }
    return false;
}

bool pci_ecam_address(const struct pci *p, struct pci_address a, uint64_t *address)
{
    for (unsigned i = 0; i < p->necam; i++) {
        if (a.bus < p->ecam[i].start_bus || a.bus > p->ecam[i].end_bus)
            continue;
        *address = p->ecam[i].base + ((uint64_t)a.bus << 20) + ((uint64_t)a.devfn << 12);
        return true;
    }
    return false;
}

static bool bind_ecam(struct pci *p, const struct pci_ecam *e, struct pci_hook *h)
{
    enum weir_status status;

    *h = (struct pci_hook){first_of(e), last_of(e), PCI_MEMORY, PCI_TO_SELF, 0, 0, 0};
    status = pci_bind(p, h);
    if (status != WEIR_OK)
        pci_log(p, "the ECAM %llx-%llx can't be hooked (status %d)", (unsigned long long)h->first,
                (unsigned long long)h->last, (int)status);
    return status == WEIR_OK;
}

/*
 * PCIEXBAR in the host bridge of Intel's chipsets: bit 0 enables, bits 2:1 say how many buses, bits
 * 35:26 the address (82Q35 datasheet, 5.1.16).
 */
#define PCIEXBAR 0x60u
#define HOST_BRIDGE_Q35 0x29c08086u

static const struct pci_address host_bridge = {0, 0};

static bool decode_pciexbar(uint64_t value, struct pci_ecam *out)
{
    unsigned length = value >> 1 & 3;

    if (!(value & 1) || length == 3)
        return false;
    out->base = value & 0xfffffffffull & ~((256ull << 20 >> length) - 1);
    out->start_bus = 0;
    out->end_bus = (uint8_t)(0xff >> length);
    return true;
}

static uint64_t read_pciexbar(struct pci *p)
{
    return pci_read(p, host_bridge, PCIEXBAR, 4) |
           (uint64_t)pci_read(p, host_bridge, PCIEXBAR + 4, 4) << 32;
}

/* Other host bridges have other registers there, so it counts only where it agrees with the MCFG or
 * the chip is known. */
static void find_pciexbar(struct pci *p)
{
    uint32_t id = pci_read(p, host_bridge, PCI_ID, 4);
    struct pci_ecam e = {0};
    bool enabled;

    if ((id & 0xffff) != 0x8086)
        return;
    p->pciexbar = read_pciexbar(p);
    enabled = decode_pciexbar(p->pciexbar, &e);
    if (id == HOST_BRIDGE_Q35) {
        p->follow_pciexbar = true;
        p->necam = enabled ? 1 : 0;
        p->ecam[0] = e;
    } else {
        p->follow_pciexbar = enabled && p->necam == 1 && p->ecam[0].base == e.base &&
                             p->ecam[0].start_bus == 0 && p->ecam[0].end_bus == e.end_bus;
    }
}

static bool in_reserved(const struct pci *p, const struct pci_ecam *e)
{
    for (unsigned i = 0; i < p->nreserved; i++)
        if (p->reserved[i].first <= last_of(e) && p->reserved[i].last >= first_of(e))
            return true;
    return false;
}

bool pci_ecam_start(struct pci *p)
{
    find_pciexbar(p);
    for (unsigned i = 0; i < p->necam; i++) {
        if (p->ecam[i].base == 0 || last_of(&p->ecam[i]) >> 52 || in_reserved(p, &p->ecam[i])) {
            pci_log(p, "the MCFG table puts an ECAM at %llx, where RAM is",
                    (unsigned long long)p->ecam[i].base);
            return false;
        }
        if (!bind_ecam(p, &p->ecam[i], &p->ecam_hook[i]))
            return false;
    }
    return true;
}

static bool touches_pciexbar(const struct pci *p, struct pci_address a, unsigned reg)
{
    return p->follow_pciexbar && a.bus == 0 && a.devfn == 0 && reg >= PCIEXBAR &&
           reg < PCIEXBAR + 8;
}

bool pci_ecam_prepare(struct pci *p, struct pci_address a, unsigned reg, unsigned size,
                      uint32_t value)
{
    uint64_t next = p->pciexbar;
    struct pci_ecam e;

    p->ecam_pending = false;
    if (!touches_pciexbar(p, a, reg))
        return true;
    if (reg & 4)
        next = (uint32_t)next | (uint64_t)pci_merge((uint32_t)(next >> 32), reg, size, value) << 32;
    else
        next = (next & ~0xffffffffull) | pci_merge((uint32_t)next, reg, size, value);
    if (!decode_pciexbar(next, &e) ||
        (p->necam == 1 && e.base == p->ecam[0].base && e.end_bus == p->ecam[0].end_bus))
        return true;
    p->ecam_next = e;
    /* Over RAM it can't be reached: nothing to hook, and hooking would take the RAM away. */
    if (e.base == 0 || in_reserved(p, &e))
        return true;
    p->ecam_pending = bind_ecam(p, &e, &p->ecam_hook[1]);
    return p->ecam_pending;
}

void pci_ecam_settle(struct pci *p, struct pci_address a)
{
    struct pci_ecam e = {0};
    bool enabled, moved;

    if (!p->follow_pciexbar || a.bus != 0 || a.devfn != 0)
        return;
    p->pciexbar = read_pciexbar(p);
    enabled = decode_pciexbar(p->pciexbar, &e);
    if (p->necam == 1 && enabled && e.base == p->ecam[0].base && e.end_bus == p->ecam[0].end_bus) {
        if (p->ecam_pending)
            pci_unbind(p, &p->ecam_hook[1]); /* the write was not taken */
        return;
    }
    moved = p->ecam_pending && enabled && e.base == p->ecam_next.base &&
            e.end_bus == p->ecam_next.end_bus;
    if (p->necam == 1)
        pci_unbind(p, &p->ecam_hook[0]);
    if (p->ecam_pending && !moved)
        pci_unbind(p, &p->ecam_hook[1]);
    p->necam = moved ? 1 : 0;
    p->ecam[0] = p->ecam_next;
    p->ecam_hook[0] = p->ecam_hook[1];
    p->ecam_pending = false;
}
