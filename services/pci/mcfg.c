/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the ECAM through ACPI's tables (ACPI 6.5, 5.2.5 to 5.2.8; PCI Firmware
 * Specification 3.3, 4.1.2). Lengths, counts and addresses are firmware's word: each is checked
 * before it is used, and nothing is read twice.
 */
#include "pci.h"

#include <string.h>

#define RSDP_BYTES 36u
#define HEADER_BYTES 36u
#define TABLE_MAX 65536u /* more than 8,000 entries in an XSDT */
#define MCFG_ENTRIES 44u
#define MCFG_ENTRY 16u

struct reader {
    pci_read_memory *read;
    void *context;
};

static uint64_t get(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | from[i];
    return value;
}

static bool sum_is_zero(const uint8_t *data, size_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *data++);
    return sum == 0;
}

/* Checksum of a table of `bytes` bytes, read in parts. */
static bool table_sums_up(const struct reader *r, uint64_t at, uint32_t bytes)
{
    uint8_t part[256], sum = 0;

    while (bytes) {
        uint32_t n = bytes < sizeof(part) ? bytes : sizeof(part);

        if (!r->read(r->context, at, part, n))
            return false;
        for (uint32_t i = 0; i < n; i++)
            sum = (uint8_t)(sum + part[i]);
        at += n;
        bytes -= n;
    }
    return sum == 0;
}

/* Length of the table with that signature at `at`; 0: it is none. */
static uint32_t table_length(const struct reader *r, uint64_t at, const char signature[4])
{
    uint8_t header[HEADER_BYTES];
    uint32_t length;

    if (at == 0 || at > UINT64_MAX - TABLE_MAX ||
        !r->read(r->context, at, header, sizeof(header)) || memcmp(header, signature, 4) != 0)
        return 0;
    length = (uint32_t)get(header + 4, 4);
    if (length < HEADER_BYTES || length > TABLE_MAX || !table_sums_up(r, at, length))
        return 0;
    return length;
}

static bool find_rsdp_in(const struct reader *r, uint64_t first, uint64_t bytes,
                         uint8_t out[RSDP_BYTES])
{
    for (uint64_t at = first; at + 20 <= first + bytes; at += 16) {
        memset(out, 0, RSDP_BYTES);
        if (!r->read(r->context, at, out, 20))
            return false;
        if (memcmp(out, "RSD PTR ", 8) != 0 || !sum_is_zero(out, 20))
            continue;
        /* revision 2 and later: the extended checksum covers the XSDT's address */
        if (out[15] >= 2 &&
            (!r->read(r->context, at, out, RSDP_BYTES) || !sum_is_zero(out, RSDP_BYTES)))
            out[15] = 0;
        return true;
    }
    return false;
}

/* ACPI 6.5, 5.2.5.1: the first KiB of the EBDA, or E0000h to FFFFFh. */
static bool find_rsdp(const struct reader *r, uint8_t out[RSDP_BYTES])
{
    uint8_t segment[2];
    uint64_t ebda;

    if (r->read(r->context, 0x40e, segment, 2)) {
        ebda = get(segment, 2) << 4;
        if (ebda >= 0x400 && ebda < 0xa0000 && find_rsdp_in(r, ebda, 1024, out))
            return true;
    }
    return find_rsdp_in(r, 0xe0000, 0x20000, out);
}

static uint64_t find_mcfg_in(const struct reader *r, uint64_t root, const char signature[4],
                             unsigned width, uint32_t *length)
{
    uint32_t bytes = table_length(r, root, signature);

    for (uint32_t at = HEADER_BYTES; bytes && at + width <= bytes; at += width) {
        uint8_t entry[8];
        uint64_t table;

        if (!r->read(r->context, root + at, entry, width))
            return 0;
        table = get(entry, width);
        *length = table_length(r, table, "MCFG");
        if (*length)
            return table;
    }
    return 0;
}

static bool entry_is_sound(const struct pci_ecam *e)
{
    return e->base != 0 && (e->base & 0xfffff) == 0 && e->base < 1ull << 51 &&
           e->start_bus <= e->end_bus;
}

unsigned pci_find_ecam(pci_read_memory *read, void *context, struct pci_ecam out[PCI_MAX_ECAM],
                       unsigned *others)
{
    struct reader r = {read, context};
    uint8_t rsdp[RSDP_BYTES];
    uint32_t length = 0;
    uint64_t mcfg = 0;
    unsigned n = 0, left = 0;

    if (find_rsdp(&r, rsdp)) {
        if (rsdp[15] >= 2)
            mcfg = find_mcfg_in(&r, get(rsdp + 24, 8), "XSDT", 8, &length);
        if (!mcfg)
            mcfg = find_mcfg_in(&r, get(rsdp + 16, 4), "RSDT", 4, &length);
    }
    for (uint32_t at = MCFG_ENTRIES; mcfg && at + MCFG_ENTRY <= length; at += MCFG_ENTRY) {
        uint8_t entry[MCFG_ENTRY];
        struct pci_ecam e;

        if (!read(context, mcfg + at, entry, sizeof(entry)))
            break;
        e = (struct pci_ecam){get(entry, 8), entry[10], entry[11]};
        if (!entry_is_sound(&e))
            continue;
        if (get(entry + 8, 2) != 0 || n == PCI_MAX_ECAM)
            left++;
        else
            out[n++] = e;
    }
    if (others)
        *others = left;
    return n;
}
