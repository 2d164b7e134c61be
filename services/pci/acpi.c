/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI's tables (ACPI 6.5, 5.2.5 to 5.2.8). Everything is checked before it is used, and nothing is
 * read twice.
 */
#include "acpi.h"

#include <string.h>

#define RSDP_BYTES 36u
#define HEADER_BYTES 36u
#define TABLE_MAX 65536u /* more than 8,000 entries in an XSDT */

static bool sum_is_zero(const uint8_t *data, size_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *data++);
    return sum == 0;
}

/* Checksum of a table of `bytes` bytes, read in parts. */
static bool table_sums_up(const struct acpi_reader *r, uint64_t at, uint32_t bytes)
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
static uint32_t table_length(const struct acpi_reader *r, uint64_t at, const char signature[4])
{
    uint8_t header[HEADER_BYTES];
    uint32_t length;

    if (at == 0 || at > UINT64_MAX - TABLE_MAX ||
        !r->read(r->context, at, header, sizeof(header)) || memcmp(header, signature, 4) != 0)
        return 0;
    length = (uint32_t)acpi_number(header + 4, 4);
    if (length < HEADER_BYTES || length > TABLE_MAX || !table_sums_up(r, at, length))
        return 0;
    return length;
}

static bool find_rsdp_in(const struct acpi_reader *r, uint64_t first, uint64_t bytes,
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
static bool find_rsdp(const struct acpi_reader *r, uint8_t out[RSDP_BYTES])
{
    uint8_t segment[2];
    uint64_t ebda;

    if (r->read(r->context, 0x40e, segment, 2)) {
        ebda = acpi_number(segment, 2) << 4;
        if (ebda >= 0x400 && ebda < 0xa0000 && find_rsdp_in(r, ebda, 1024, out))
            return true;
    }
    return find_rsdp_in(r, 0xe0000, 0x20000, out);
}

/* The table that a root table, XSDT or RSDT, lists. */
static uint64_t find_in(const struct acpi_reader *r, uint64_t root, const char *root_signature, unsigned width,
                        const char signature[4], uint32_t *length)
{
    uint32_t bytes = table_length(r, root, root_signature);

    for (uint32_t at = HEADER_BYTES; bytes && at + width <= bytes; at += width) {
        uint8_t entry[8];
        uint64_t table;

        if (!r->read(r->context, root + at, entry, width))
            return 0;
        table = acpi_number(entry, width);
        *length = table_length(r, table, signature);
        if (*length)
            return table;
    }
    return 0;
}

uint64_t acpi_find(const struct acpi_reader *r, const char signature[4], uint32_t *length)
{
    uint8_t rsdp[RSDP_BYTES];
    uint64_t table = 0;

    if (!find_rsdp(r, rsdp))
        return 0;
    if (rsdp[15] >= 2)
        table = find_in(r, acpi_number(rsdp + 24, 8), "XSDT", 8, signature, length);
    if (!table)
        table = find_in(r, acpi_number(rsdp + 16, 4), "RSDT", 4, signature, length);
    return table;
}
