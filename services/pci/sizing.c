/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The size of a BAR: how the service learns it, and how the guest learns it without moving what is
 * hooked or read-only.
 *
 * A guest sizes a BAR by writing all ones and reading back (PCI Local Bus 3.0, 6.2.5.1). With
 * decoding on this would put the BAR to the top of the address space for a moment, over the local
 * APIC if it is large; on a read-only function it would change it. So such a write is remembered
 * only, and reads give what hardware would.
 */
#include "internal.h"

#include <string.h>

static unsigned bar_count(uint32_t header_type)
{
    switch (header_type & 0x7f) {
    case 0:
        return 6;
    case 1:
        return 2;
    case 2:
        return 1; /* CardBus bridge */
    default:
        return 0;
    }
}

static unsigned rom_register(uint32_t header_type)
{
    return (header_type & 0x7f) == 0 ? PCI_ROM : (header_type & 0x7f) == 1 ? PCI_ROM_BRIDGE : 0;
}

static const struct pci_saved_size *find_saved(const struct pci *p, const struct pci_path *path,
                                               const struct pci_function *f)
{
    for (unsigned i = 0; path->known && i < PCI_MAX_FUNCTIONS; i++) {
        const struct pci_saved_size *s = &p->saved->size[i];

        if (s->id == f->id && s->class_code == f->class_code &&
            memcmp(&s->path, path, sizeof(*path)) == 0)
            return s;
    }
    return NULL;
}

static void save(struct pci *p, const struct pci_path *path, const struct pci_function *f,
                 const uint32_t mask[PCI_BARS + 1])
{
    static const struct pci_path none;

    for (unsigned i = 0; path->known && i < PCI_MAX_FUNCTIONS; i++) {
        struct pci_saved_size *s = &p->saved->size[i];

        if (memcmp(&s->path, path, sizeof(*path)) != 0 &&
            memcmp(&s->path, &none, sizeof(none)) != 0)
            continue;
        s->path = *path;
        s->id = f->id;
        s->class_code = f->class_code;
        memcpy(s->mask, mask, sizeof(s->mask));
        return;
    }
}

static uint32_t probe(struct pci *p, struct pci_address a, unsigned reg, uint32_t all)
{
    uint32_t before = pci_read(p, a, reg, 4), mask;

    pci_write(p, a, reg, 4, all);
    mask = pci_read(p, a, reg, 4);
    pci_write(p, a, reg, 4, before);
    return mask;
}

static void probe_all(struct pci *p, const struct pci_function *f, struct pci_address a,
                      unsigned rom, uint32_t mask[PCI_BARS + 1])
{
    uint32_t command = pci_read(p, a, PCI_COMMAND, 2);
    bool host_bridge = f->class_code >> 8 == 0x0600; /* some lose RAM with their decoding */

    if (!host_bridge)
        pci_write(p, a, PCI_COMMAND, 2, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    for (unsigned i = 0; i < f->bars; i++)
        mask[i] = probe(p, a, PCI_BAR0 + 4 * i, UINT32_MAX);
    if (rom)
        mask[PCI_BARS] = probe(p, a, rom, 0xfffff800u);
    if (!host_bridge)
        pci_write(p, a, PCI_COMMAND, 2, command);
}

void pci_size_bars(struct pci *p, struct pci_function *f, struct pci_address a)
{
    uint32_t header = pci_read(p, a, PCI_HEADER_TYPE, 1);
    uint32_t mask[PCI_BARS + 1] = {0}, raw[PCI_BARS] = {0};
    unsigned rom = rom_register(header);
    const struct pci_saved_size *saved;
    struct pci_path path;

    f->bars = (uint8_t)bar_count(header);
    f->rom_register = (uint8_t)rom;
    pci_path_of(p, f->where, &path);
    saved = find_saved(p, &path, f);
    if (saved) {
        memcpy(mask, saved->mask, sizeof(mask));
    } else {
        probe_all(p, f, a, rom, mask);
        save(p, &path, f, mask);
    }
    for (unsigned i = 0; i < f->bars; i++)
        raw[i] = pci_read(p, a, PCI_BAR0 + 4 * i, 4);
    pci_bar_layout(f, mask, raw);
    f->rom = (struct pci_bar){.mask = mask[PCI_BARS] & 0xfffff800u};
}

/* The BAR dword that reg lies in, or NULL. *number: which BAR's decoding decides for it. */
static struct pci_bar *bar_at(struct pci_function *f, unsigned reg, unsigned *number)
{
    unsigned i = (reg - PCI_BAR0) / 4;

    if (f->rom_register && (reg & ~3u) == f->rom_register) {
        *number = PCI_BARS;
        return &f->rom;
    }
    if (reg < PCI_BAR0 || i >= f->bars)
        return NULL;
    *number = i > 0 && f->bar[i - 1].wide ? i - 1 : i;
    return &f->bar[i];
}

bool pci_sizing_write(struct pci_function *f, unsigned reg, unsigned size, uint32_t value)
{
    unsigned number;
    struct pci_bar *b = bar_at(f, reg, &number);
    bool would_move;

    if (!b)
        return false;
    would_move = number < PCI_BARS && pci_bar_decoded(f, &f->now, number);
    b->sizing = size == 4 && b->mask && (value & b->mask) == b->mask &&
                (f->read_only || would_move);
    return b->sizing;
}

bool pci_sizing_read(const struct pci_function *f, unsigned reg, unsigned size, uint32_t *value)
{
    unsigned number;
    const struct pci_bar *b = bar_at((struct pci_function *)f, reg, &number);

    if (!b || !b->sizing)
        return false;
    *value = (b->mask | b->fixed) >> 8 * (reg & 3);
    if (size < 4)
        *value &= (1u << 8 * size) - 1;
    return true;
}
