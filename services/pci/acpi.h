/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking through ACPI's tables as firmware left them. Lengths, counts and addresses are firmware's word. */
#ifndef PCI_ACPI_H
#define PCI_ACPI_H

#include "pci.h"

struct acpi_reader {
    pci_read_memory *read;
    void *context;
};

/* `bytes` (1 to 8) of little-endian number. */
static inline uint64_t acpi_number(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | from[i];
    return value;
}

/*
 * Address of the first table with that signature whose checksum is right, through RSDP and XSDT or RSDT; 0: there is none.
 * *length: of at least 36 bytes, all of which can be read.
 */
uint64_t acpi_find(const struct acpi_reader *r, const char signature[4], uint32_t *length);

#endif
