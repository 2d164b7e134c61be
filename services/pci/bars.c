/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base address registers as arithmetic (PCI Local Bus 3.0, 6.2.5): what stands where, and what a
 * write would change. Nothing here touches hardware.
 */
#include "internal.h"

static bool is_upper_half(const struct pci_function *f, unsigned bar)
{
    return bar > 0 && f->bar[bar - 1].wide;
}

/* mask: the address bits of each dword that took a one when all ones were written; raw: its content
 * before. */
void pci_bar_layout(struct pci_function *f, const uint32_t mask[PCI_BARS],
                    const uint32_t raw[PCI_BARS])
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar *b = &f->bar[i];
        bool sizing = b->sizing;
        uint64_t bits;

        *b = (struct pci_bar){.sizing = sizing};
        if (i >= f->bars)
            continue;
        if (is_upper_half(f, i)) {
            b->mask = mask[i];
            continue;
        }
        b->io = raw[i] & 1;
        b->fixed = raw[i] & (b->io ? 3u : 0xfu);
        b->mask = mask[i] & (b->io ? ~3u : ~0xfu);
        b->wide = !b->io && (raw[i] & 6) == 4 && i + 1 < f->bars;
        bits = b->mask;
        if (b->wide)
            bits |= (uint64_t)mask[i + 1] << 32;
        b->size = bits & -bits;
    }
}

uint64_t pci_bar_base(const struct pci_function *f, const struct pci_decode *d, unsigned bar)
{
    uint64_t base = d->bar[bar] & f->bar[bar].mask;

    if (f->bar[bar].wide)
        base |= (uint64_t)(d->bar[bar + 1] & f->bar[bar + 1].mask) << 32;
    return d->size[bar] ? base & ~(d->size[bar] - 1) : base;
}

bool pci_bar_decoded(const struct pci_function *f, const struct pci_decode *d, unsigned bar)
{
    if (is_upper_half(f, bar) || !d->size[bar])
        return false;
    return d->command & (f->bar[bar].io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY);
}

uint32_t pci_merge(uint32_t old, unsigned reg, unsigned size, uint32_t value)
{
    unsigned shift = 8 * (reg & 3);
    uint32_t mask = (size >= 4 ? UINT32_MAX : (1u << 8 * size) - 1) << shift;

    return (old & ~mask) | (value << shift & mask);
}

/* Resizable BAR control, bits 13:8: 2^n MiB (PCI Express Base 5.0, 7.8.6.3). */
static void apply_resize(const struct pci_function *f, struct pci_decode *d, unsigned reg,
                         unsigned size, uint32_t value)
{
    unsigned entry = (reg - f->resizable) / 8 - 1;

    if (!f->resizable || reg < f->resizable + 8u || entry >= f->resizables ||
        (reg - f->resizable) % 8 >= 4)
        return;
    if ((reg & 3) <= 1 && (reg & 3) + size > 1)
        d->size[f->resizable_bar[entry]] = pci_resizable_bytes(pci_merge(0, reg, size, value));
}

uint64_t pci_resizable_bytes(uint32_t control)
{
    unsigned exponent = 20 + (control >> 8 & 0x3f);

    return exponent < 52 ? 1ull << exponent : 1ull << 51;
}

void pci_decode_apply(const struct pci_function *f, struct pci_decode *d, unsigned reg,
                      unsigned size, uint32_t value)
{
    unsigned bar;

    if ((reg & ~3u) == PCI_COMMAND) {
        d->command = (uint16_t)pci_merge(d->command, reg, size, value);
        return;
    }
    if (reg >= 0x100) {
        apply_resize(f, d, reg, size, value);
        return;
    }
    if (reg < PCI_BAR0 || reg >= PCI_BAR0 + 4u * f->bars)
        return;
    bar = (reg - PCI_BAR0) / 4;
    d->bar[bar] = (pci_merge(d->bar[bar], reg, size, value) & f->bar[bar].mask) | f->bar[bar].fixed;
}

static bool add_hook(struct pci_hook *out, unsigned *n, const struct pci_segment *s, bool io,
                     uint64_t first, uint64_t last)
{
    if (*n == PCI_MAX_HOOKS)
        return false;
    out[(*n)++] = (struct pci_hook){first, last, io ? PCI_PORTS : PCI_MEMORY, s->to, s->rule, 0, 0};
    return true;
}

/* What of first..last the CPU can reach there: RAM and the motherboard's own decoding come first.
 */
static bool add_reachable(const struct pci *p, struct pci_hook *out, unsigned *n,
                          const struct pci_segment *s, bool io, uint64_t first, uint64_t last)
{
    static const struct pci_range board_ports[] = {{0, 0xff}, {CONFIG_ADDRESS, CONFIG_DATA + 3}};
    const struct pci_range *list = io ? board_ports : p->reserved;
    unsigned count = io ? 2 : p->nreserved;

    for (;;) {
        uint64_t end = last, next = 0;
        bool inside = false;

        for (unsigned i = 0; i < count; i++) {
            if (list[i].last < first || list[i].first > last)
                continue;
            if (list[i].first <= first) {
                inside = true;
                next = list[i].last > next ? list[i].last : next;
            } else if (list[i].first - 1 < end) {
                end = list[i].first - 1;
            }
        }
        if (!inside) {
            if (!add_hook(out, n, s, io, first, end))
                return false;
            next = end;
        }
        if (next >= last)
            return true;
        first = next + 1;
    }
}

/* The two channels of IDE in compatibility mode (PCI IDE Controller Specification 1.0, 2.1). */
static const struct pci_range ide_ports[] = {{0x1f0, 0x1f7}, {0x3f6, 0x3f6}, {0x170, 0x177}, {0x376, 0x376}};

int pci_wanted_hooks(const struct pci *p, const struct pci_function *f, const struct pci_decode *d,
                     struct pci_hook out[PCI_MAX_HOOKS])
{
    unsigned n = 0;

    for (unsigned i = 0; f->ide && i < sizeof(ide_ports) / sizeof(ide_ports[0]); i++)
        out[n++] = (struct pci_hook){ide_ports[i].first, ide_ports[i].last, PCI_PORTS, PCI_TO_STORAGE, 0, 0, 0};
    for (unsigned i = 0; i < f->segments; i++) {
        const struct pci_segment *s = &f->segment[i];
        unsigned before = n;
        uint64_t base, first, last, top = f->bar[s->bar].io ? 0xffff : (1ull << 52) - 1;

        if (!pci_bar_decoded(f, d, s->bar) || s->first >= d->size[s->bar])
            continue;
        base = pci_bar_base(f, d, s->bar);
        first = base + s->first;
        last = base + (s->last < d->size[s->bar] ? s->last : d->size[s->bar] - 1);
        if (first > top)
            continue; /* beyond what the CPU can address */
        if (!add_reachable(p, out, &n, s, f->bar[s->bar].io, first, last < top ? last : top))
            return -1;
        while (before < n)
            out[before++].base = base;
    }
    return (int)n;
}
