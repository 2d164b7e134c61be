/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the ECAM through ACPI's MCFG table (PCI Firmware Specification 3.3, 4.1.2). */
#include "acpi.h"

#define MCFG_ENTRIES 44u
#define MCFG_ENTRY 16u

static bool entry_is_sound(const struct pci_ecam *e)
{
    return e->base != 0 && (e->base & 0xfffff) == 0 && e->base < 1ull << 51 &&
           e->start_bus <= e->end_bus;
}

unsigned pci_find_ecam(pci_read_memory *read, void *context, struct pci_ecam out[PCI_MAX_ECAM],
                       unsigned *others)
{
    struct acpi_reader r = {read, context};
    uint32_t length = 0;
    uint64_t mcfg = acpi_find(&r, "MCFG", &length);
    unsigned n = 0, left = 0;

    for (uint32_t at = MCFG_ENTRIES; mcfg && at + MCFG_ENTRY <= length; at += MCFG_ENTRY) {
        uint8_t entry[MCFG_ENTRY];
        struct pci_ecam e;

        if (!read(context, mcfg + at, entry, sizeof(entry)))
            break;
        e = (struct pci_ecam){acpi_number(entry, 8), entry[10], entry[11]};
        if (!entry_is_sound(&e))
            continue;
        if (acpi_number(entry + 8, 2) != 0 || n == PCI_MAX_ECAM)
            left++;
        else
            out[n++] = e;
    }
    if (others)
        *others = left;
    return n;
}
