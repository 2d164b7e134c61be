/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a function's BARs is hooked: the policy's rules laid over each other, and the back doors
 * by which a guest could reach a hooked memory BAR without touching its addresses. A back door
 * reads as all ones and drops writes.
 */
#include "internal.h"

#include <weir/service.h>

#define AHCI_BAR 5u
#define AHCI_IS 8u /* AHCI 1.3.1, 3.1.3 */
#define IDE_BUS_MASTER_BAR 4u
#define IDE_BUS_MASTER_PORTS 16u

static bool add_segment(struct pci *p, struct pci_function *f, struct pci_address a,
                        struct pci_segment s)
{
    if (f->segments == PCI_MAX_SEGMENTS) {
        pci_log(p, "%02x:%02x.%u: rules split its BARs into more than %u parts", a.bus,
                a.devfn >> 3, a.devfn & 7u, PCI_MAX_SEGMENTS);
        return false;
    }
    f->segment[f->segments++] = s;
    return true;
}

/*
 * Adds what of s no earlier segment covers. Those that stay the guest's (a PASS without a log) are kept
 * with PCI_TO_NOWHERE until all are in.
 */
#define PCI_TO_NOWHERE 0xff

static bool add_uncovered(struct pci *p, struct pci_function *f, struct pci_address a,
                          struct pci_segment s)
{
    unsigned earlier = f->segments;
    uint64_t first = s.first, last = s.last;

    while (first <= last) {
        uint64_t end = last, next = 0;
        bool inside = false;

        for (unsigned i = 0; i < earlier; i++) {
            const struct pci_segment *e = &f->segment[i];

            if (e->bar != s.bar || e->last < first || e->first > last)
                continue;
            if (e->first <= first) {
                inside = true;
                next = e->last > next ? e->last : next;
            } else if (e->first - 1 < end) {
                end = e->first - 1;
            }
        }
        if (!inside) {
            s.first = first;
            s.last = end;
            if (!add_segment(p, f, a, s))
                return false;
            next = end;
        }
        if (next >= last)
            return true;
        first = next + 1;
    }
    return true;
}

static bool add_rules(struct pci *p, struct pci_function *f, struct pci_address a)
{
    struct pci_id id = pci_identify(p, a);
    const struct policy_tables *t = p->tables;

    for (unsigned i = t->nmmio_absolute; i < t->nmmio; i++) {
        const struct policy_mmio *m = &t->mmio[i];
        bool free_pass = m->action == POLICY_PASS && !(m->flags & POLICY_F_LOG);
        /* to the end of the address space: the BAR's size may change (Resizable BAR) */
        struct pci_segment s = {m->first, m->last, (uint16_t)i, m->bar,
                                free_pass ? PCI_TO_NOWHERE : PCI_TO_WATCH};

        if (!pci_rule_matches(p, true, i, a, f->where, &id))
            continue;
        if (m->bar >= f->bars || (m->bar > 0 && f->bar[m->bar - 1].wide)) {
            pci_log(p, "policy line %u: %02x:%02x.%u has no BAR %u", m->line, a.bus, a.devfn >> 3,
                    a.devfn & 7u, m->bar);
            continue;
        }
        if (!add_uncovered(p, f, a, s))
            return false;
    }
    return true;
}

static void drop_nowhere(struct pci_function *f)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->segments; i++)
        if (f->segment[i].to != PCI_TO_NOWHERE)
            f->segment[n++] = f->segment[i];
    f->segments = (uint8_t)n;
}

/* Index/data pairs in an I/O BAR of devices that are known to have one and whose standard tells no
 * way to find it. */
static const struct {
    uint16_t vendor;
    uint32_t class_value, class_mask;
    uint64_t first, last;
} known_pairs[] = {
    {0x8086, 0x020000, 0xffff00, 0x0,
     0x7}, /* Intel 8254x and 82574: IOADDR, IODATA (82574 datasheet, 9.1.1.3) */
    {0x8086, 0x030000, 0xff0000, 0x0,
     0x7}, /* Intel graphics: MMIO_INDEX, MMIO_DATA (PRM, I/O registers) */
    {0x1002, 0x030000, 0xff0000, 0x0,
     0x7}, /* Radeon: MM_INDEX, MM_DATA (R3xx register reference, 2.1) */
    {0x10de, 0x030000, 0xff0000, 0x8,
     0xf}, /* NVIDIA: address, data of BAR 0 (envytools, PCI BARs) */
};

static bool add_known_pairs(struct pci *p, struct pci_function *f, struct pci_address a)
{
    for (unsigned i = 0; i < sizeof(known_pairs) / sizeof(known_pairs[0]); i++) {
        if ((f->id & 0xffff) != known_pairs[i].vendor ||
            (f->class_code & known_pairs[i].class_mask) != known_pairs[i].class_value)
            continue;
        for (unsigned bar = 0; bar < f->bars; bar++) {
            struct pci_segment s = {known_pairs[i].first, known_pairs[i].last, 0, (uint8_t)bar,
                                    PCI_TO_NOBODY};

            if (f->bar[bar].io && f->bar[bar].size && !add_uncovered(p, f, a, s))
                return false;
        }
    }
    return true;
}

static void block(struct pci_function *f, unsigned first, unsigned last)
{
    if (f->blocks < sizeof(f->blocked) / sizeof(f->blocked[0]))
        f->blocked[f->blocks++] = (struct pci_blocked){(uint16_t)first, (uint16_t)last};
}

/* AHCI's index/data pair, found through the SATA capability (AHCI 1.3.1, 2.4). */
static bool add_ahci_pair(struct pci *p, struct pci_function *f, struct pci_address a)
{
    unsigned at = f->class_code >> 8 == 0x0106 ? pci_capability(p, a, PCI_CAP_SATA, 0) : 0;
    uint32_t location, bar;
    uint64_t offset;

    if (!at || at > 0xf8)
        return true;
    location = pci_read(p, a, at + 4, 4);
    if ((location & 0xf) == 0xf) { /* in configuration space, right behind the capability */
        block(f, at + 8, at + 15);
        return true;
    }
    bar = (location & 0xf) - PCI_BAR0 / 4;
    offset = (uint64_t)(location >> 4 & 0xfffff) * 4;
    if (bar >= f->bars)
        return true;
    return add_uncovered(p, f, a,
                         (struct pci_segment){offset, offset + 7, 0, (uint8_t)bar, PCI_TO_NOBODY});
}

/* virtio's window to its BARs: pci_cfg_data of the capability VIRTIO_PCI_CAP_PCI_CFG
 * (virtio 1.2, 4.1.4.9). */
static void block_virtio_window(struct pci *p, struct pci_function *f, struct pci_address a)
{
    unsigned at = 0;

    if ((f->id & 0xffff) != 0x1af4)
        return;
    for (unsigned n = 0; n < 48; n++) {
        at = pci_capability(p, a, PCI_CAP_VENDOR, at);
        if (!at || at > 0xec)
            return;
        if (pci_read(p, a, at + 3, 1) == 5)
            block(f, at + 16, at + 19);
    }
}

static bool hooks_memory(const struct pci_function *f)
{
    for (unsigned i = 0; i < f->segments; i++)
        if ((f->segment[i].to == PCI_TO_WATCH || f->segment[i].to == PCI_TO_STORAGE) && !f->bar[f->segment[i].bar].io)
            return true;
    return false;
}

/* The lowest index that no other controller has. Those for which storage has no room are closed. */
static void number_ahci(const struct pci *p, struct pci_function *f)
{
    uint32_t taken = 0;

    for (unsigned i = 0; i < PCI_MAX_FUNCTIONS; i++)
        if (p->function[i].used && p->function[i].ahci && &p->function[i] != f)
            taken |= 1u << (p->function[i].ahci - 1);
    f->ahci = 1;
    while (f->ahci <= WEIR_AHCI_MAX && taken >> (f->ahci - 1) & 1)
        f->ahci++;
}

/*
 * The registers of an AHCI controller are storage's where the policy has rules for disks, whatever other rules say: but
 * for IS, which tells what each port's PxIS and PxIE say already. Storage would do nothing but pass it on, and every
 * interrupt of the guest's reads and writes it.
 */
static bool add_storage(struct pci *p, struct pci_function *f, struct pci_address a)
{
    struct pci_segment s = {0, UINT64_MAX, 0, AHCI_BAR, PCI_TO_NOBODY};

    f->ahci = 0;
    if (!p->tables->nstorage || !pci_is_ahci(f->class_code) || f->bars <= AHCI_BAR)
        return true;
    number_ahci(p, f);
    if (f->ahci > WEIR_AHCI_MAX) {
        pci_log(p, "%02x:%02x.%u: more than %u AHCI controllers; the guest does not reach this one", a.bus, a.devfn >> 3,
                a.devfn & 7u, WEIR_AHCI_MAX);
        f->ahci = 0;
        return add_segment(p, f, a, s);
    }
    s.rule = f->ahci - 1;
    s.to = PCI_TO_STORAGE;
    return add_segment(p, f, a, (struct pci_segment){AHCI_IS, AHCI_IS + 3, 0, AHCI_BAR, PCI_TO_NOWHERE}) &&
           add_uncovered(p, f, a, s);
}

/* In compatibility mode the channels' ports are fixed (pci_wanted_hooks); in native mode they are in BARs, and closed. */
static bool add_ide(struct pci *p, struct pci_function *f, struct pci_address a)
{
    bool native = f->class_code & 5;

    f->ide = false;
    if (!p->tables->nstorage || !pci_is_ide(f->class_code))
        return true;
    f->ide = true;
    for (unsigned i = 0; i < PCI_MAX_FUNCTIONS; i++)
        if (p->function[i].used && p->function[i].ide && &p->function[i] != f)
            f->ide = false;
    if (native || !f->ide)
        pci_log(p, "%02x:%02x.%u: an IDE controller %s; the guest does not reach it", a.bus, a.devfn >> 3, a.devfn & 7u,
                native ? "in native mode" : "beside another");
    for (unsigned bar = 0; bar < f->bars && bar <= IDE_BUS_MASTER_BAR; bar++) {
        struct pci_segment s = {0, UINT64_MAX, 0, (uint8_t)bar, PCI_TO_NOBODY};

        if (bar == IDE_BUS_MASTER_BAR && f->ide && f->bar[bar].io) {
            s.last = IDE_BUS_MASTER_PORTS - 1;
            s.to = PCI_TO_STORAGE;
        }
        if (f->bar[bar].size && !add_segment(p, f, a, s))
            return false;
    }
    return true;
}

/* Back doors come before the rules: a rule that lets the I/O BAR pass must not open them. */
bool pci_make_segments(struct pci *p, struct pci_function *f, struct pci_address a)
{
    f->segments = 0;
    f->blocks = 0;
    if (!add_storage(p, f, a) || !add_ide(p, f, a) || !add_rules(p, f, a))
        return false;
    if (hooks_memory(f)) {
        f->segments = 0;
        block_virtio_window(p, f, a);
        if (!add_ahci_pair(p, f, a) || !add_known_pairs(p, f, a) || !add_storage(p, f, a) || !add_ide(p, f, a) ||
            !add_rules(p, f, a))
            return false;
    }
    drop_nowhere(f);
    return true;
}
