/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include <stdio.h>
#include <string.h>

#include "model.h"

static struct model weir, bare;
static struct policy_tables tables;
static const char *wrong;
static bool compare;

struct bytes {
    const uint8_t *at, *end;
};

static unsigned next(struct bytes *b)
{
    return b->at < b->end ? *b->at++ : 0;
}

static uint32_t next32(struct bytes *b)
{
    uint32_t value = next(b);

    value |= next(b) << 8;
    value |= next(b) << 16;
    return value | (uint32_t)next(b) << 24;
}

/* ---- policies ---- */

static struct policy_pci_match by_class(uint32_t value, uint32_t mask)
{
    return (struct policy_pci_match){
        .class_value = value, .class_mask = mask, .fields = POLICY_BY_CLASS};
}

static void hook(int device, unsigned bar, uint64_t first, uint64_t last)
{
    uint32_t id = (uint32_t)model_get(&weir, device, 0, 4);
    struct policy_pci_match match = {.vendor = (uint16_t)id,
                                     .device = (uint16_t)(id >> 16),
                                     .fields = POLICY_BY_VENDOR | POLICY_BY_DEVICE};

    model_expect(&weir, device, bar, first, last, PCI_TO_WATCH, (uint16_t)tables.nmmio);
    tables.mmio[tables.nmmio++] = (struct policy_mmio){
        .first = first, .last = last, .pci = match, .bar = (uint8_t)bar, .action = POLICY_DENY};
}

static void hook_some(void)
{
    hook(VGA, 2, 0x10, 0x7ff);
    hook(NIC, 0, 0, UINT64_MAX);
    hook(AHCI, 5, 0, UINT64_MAX);
    hook(DEEP, 0, 0x1000, 0x1fff);
    model_expect(&weir, NIC, 2, 0, 7, PCI_TO_NOBODY, 0);
    model_expect(&weir, AHCI, 4, 0x10, 0x17, PCI_TO_NOBODY, 0);
}

static void add_rule(enum policy_action action, struct policy_pci_match match)
{
    tables.pci[tables.npci++] = (struct policy_pci){.match = match, .action = (uint8_t)action};
}

static void make_policy(unsigned kind)
{
    struct policy_pci_match deep = {.address = 2 << 8 | DEVFN(5, 0), .fields = POLICY_BY_ADDRESS};

    memset(&tables, 0, sizeof(tables));
    compare = kind == 0;
    if (kind != 1)
        hook_some();
    if (kind == 0)
        return;
    add_rule(POLICY_HIDE, deep);
    add_rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    add_rule(POLICY_READ_ONLY, by_class(0x030000, 0xff0000));
    weir.untouchable = 1u << UHCI | 1u << UHCI2 | 1u << EHCI | 1u << DEEP | 1u << VGA;
}

/* ---- the guest ---- */

static uint32_t some_value(struct bytes *b)
{
    static const uint32_t values[] = {0,          0xffffffff, 0xfffffff0, 2,          3,
                                      7,          0xfe000000, 0xfd000000, 0x000a0000, 0x7ffe0000,
                                      0x0000c001, 0x0000e001, 0x00020201, 0x00070600, 0x00010100,
                                      0x00020100, 0x40,       0xb0000001, 0xc0000001, 0xc0000000,
                                      0xfeb80000, 0x00000ce1, 0xfffe0000, 0x10};
    unsigned n = next(b);

    return n < sizeof(values) / sizeof(values[0]) ? values[n] : next32(b);
}

static unsigned some_register(struct bytes *b)
{
    static const uint8_t registers[] = {0x00, 0x04, 0x06, 0x08, 0x0e, 0x10, 0x14, 0x18,
                                        0x19, 0x1a, 0x1c, 0x20, 0x24, 0x30, 0x3c, 0x3e,
                                        0x60, 0x64, 0xac, 0xcc, 0x12, 0x13, 0x17, 0x25};
    unsigned n = next(b);

    return n < sizeof(registers) ? registers[n] : next(b) | (next(b) & 0xf) << 8;
}

static unsigned some_address(struct bytes *b)
{
    static const uint16_t addresses[] = {
        DEVFN(0, 0),          DEVFN(1, 0),          DEVFN(2, 0),          DEVFN(0x1d, 0),
        DEVFN(0x1d, 7),       DEVFN(0x1f, 0),       DEVFN(0x1f, 2),       DEVFN(3, 0),
        1 << 8 | DEVFN(0, 0), 1 << 8 | DEVFN(1, 0), 2 << 8 | DEVFN(5, 0), 6 << 8 | DEVFN(1, 0),
        7 << 8 | DEVFN(5, 0), 6 << 8 | DEVFN(0, 0)};
    unsigned n = next(b);

    return n < sizeof(addresses) / sizeof(addresses[0]) ? addresses[n] : next(b) | next(b) << 8;
}

static uint64_t one_access(struct model *m, bool write, bool ecam, uint64_t at, unsigned size,
                           uint64_t value)
{
    if (ecam && write)
        guest_ecam_write(m, at, size, value);
    else if (ecam)
        return guest_ecam_read(m, at, size);
    else if (write)
        guest_out(m, (uint16_t)at, size, (uint32_t)value);
    else
        return guest_in(m, (uint16_t)at, size);
    return 0;
}

static void both(bool write, bool ecam, uint64_t at, unsigned size, uint64_t value)
{
    uint64_t got = one_access(&weir, write, ecam, at, size, value), want;

    if (!compare)
        return;
    want = one_access(&bare, write, ecam, at, size, value);
    if (weir.logs) { /* a place that could not be hooked: from here on the two differ by design */
        compare = false;
    } else if (got != want) {
        fprintf(stderr, "FAILED: read of %u bytes at %llx: bare %llx, under Weir %llx\n", size,
                (unsigned long long)at, (unsigned long long)want, (unsigned long long)got);
        wrong = "a read differs from bare";
    }
}

static bool reads_ones(uint64_t value, unsigned size)
{
    return value == (size == 8 ? ~0ull : (1ull << 8 * size) - 1);
}

/* A function that is hidden and answers to its address now must read as all ones. */
static void check_hidden(struct bytes *b)
{
    static const struct {
        int device, parent;
    } hidden[] = {{UHCI, -1}, {UHCI2, -1}, {EHCI, -1}, {DEEP, INNER}};
    unsigned i = next(b) & 3, reg = next(b) & 0xfc;
    unsigned bus = hidden[i].parent < 0 ? 0 : (unsigned)model_get(&weir, hidden[i].parent, 0x19, 1);

    if (!reads_ones(guest_read(&weir, bus, weir.device[hidden[i].device].devfn, reg, 4), 4) &&
        !(bus == 0 && hidden[i].parent >= 0))
        wrong = "a hidden function shows";
}

static void step(struct bytes *b, unsigned kind)
{
    unsigned how = next(b), size = 1u << (how >> 4 & 3), reg, address;
    bool write = how & 1, ecam = how & 2;
    uint64_t value = write ? some_value(b) : 0;

    if (how & 0x80) { /* odd ports and unaligned accesses */
        unsigned port = 0xcf5 + next(b) % 14;

        both(write, false, port, size > 4 ? 4 : size, value);
        return;
    }
    address = some_address(b);
    reg = some_register(b);
    if (ecam) {
        if (size == 8)
            value |= value << 32;
        both(write, true, (how & 8 ? 0xc0000000 : MODEL_ECAM) + ((uint64_t)address << 12) + reg,
             size, value);
    } else {
        both(true, false, 0xcf8, 4,
             0x80000000u | address << 8 | (reg & 0xfc) | (how & 4 ? (reg & 0xf00) << 16 : 0) |
                 (how >> 3 & 1));
        both(write, false, 0xcfc + (reg & 3), size > 4 ? 4 : size, value);
    }
    if (kind != 0 && (how & 0x40))
        check_hidden(b);
}

const char *guest_play(const uint8_t *data, size_t size)
{
    struct bytes b = {data, data + size};
    unsigned kind = next(&b), exclusive = kind & 8, extended = kind & 16;

    kind %= 3;
    wrong = NULL;
    model_init(&weir);
    model_machine(&weir);
    model_init(&bare);
    model_machine(&bare);
    weir.extended_bits = bare.extended_bits = extended;
    weir.pci.exclusive = exclusive;
    make_policy(kind);
    if (model_start(&weir, &tables) != WEIR_OK)
        return "pci did not start";
    while (b.at < b.end && !wrong && !weir.failures)
        step(&b, kind);
    if (weir.failures || weir.malformed)
        return "the model found a failure";
    return wrong;
}
