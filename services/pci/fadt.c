/* SPDX-License-Identifier: BSD-2-Clause */
/* The ports that switch the machine off or reset it, by ACPI's FADT (ACPI 6.5, 5.2.9 and 4.8). */
#include "acpi.h"

#define FADT_BYTES 268u /* as far as any register is described here */

/* Offsets in the FADT. */
#define PM1A_CNT_BLK 64u
#define PM1B_CNT_BLK 68u
#define FLAGS 112u
#define RESET_REG_SUP (1u << 10)
#define RESET_REG 116u
#define RESET_VALUE 128u
#define X_PM1A_CNT_BLK 172u
#define X_PM1B_CNT_BLK 184u
#define SLEEP_CONTROL_REG 244u

/* Generic Address Structure (5.2.3.2) */
#define GAS_SYSTEM_IO 1u
#define GAS_ADDRESS 4u

#define PM1_SLP_EN 0x2000u     /* of PM1_CNT, 16 bits (4.8.3.2.1) */
#define SLEEP_CONTROL_EN 0x20u /* of the sleep control register, 8 bits (4.8.3.7) */

struct finding {
    struct pci_end *out;
    unsigned n;
};

/* port 0: there is no such register. */
static void add(struct finding *f, uint64_t port, uint32_t mask, uint32_t value)
{
    if (port == 0 || port > 0xffff || f->n == PCI_MAX_ENDS)
        return;
    for (unsigned i = 0; i < f->n; i++)
        if (f->out[i].port == port && f->out[i].mask == mask && f->out[i].value == value)
            return;
    f->out[f->n++] = (struct pci_end){(uint16_t)port, mask, value};
}

/* The register's upper byte can be written alone. */
static void add_pm1(struct finding *f, uint64_t port)
{
    add(f, port, PM1_SLP_EN, PM1_SLP_EN);
    add(f, port ? port + 1 : 0, PM1_SLP_EN >> 8, PM1_SLP_EN >> 8);
}

/* The port of a register; 0: it is none, or not in I/O space. */
static uint64_t port_of(const uint8_t *gas)
{
    return gas[0] == GAS_SYSTEM_IO ? acpi_number(gas + GAS_ADDRESS, 8) : 0;
}

unsigned pci_find_ends(pci_read_memory *read, void *context, struct pci_end out[PCI_MAX_ENDS])
{
    struct acpi_reader r = {read, context};
    struct finding f = {out, 0};
    uint8_t t[FADT_BYTES] = {0};
    uint32_t length;
    uint64_t at = acpi_find(&r, "FACP", &length);

    if (!at || !read(context, at, t, length < FADT_BYTES ? length : FADT_BYTES))
        return 0;
    add_pm1(&f, acpi_number(t + PM1A_CNT_BLK, 4));
    add_pm1(&f, acpi_number(t + PM1B_CNT_BLK, 4));
    add_pm1(&f, port_of(t + X_PM1A_CNT_BLK));
    add_pm1(&f, port_of(t + X_PM1B_CNT_BLK));
    add(&f, port_of(t + SLEEP_CONTROL_REG), SLEEP_CONTROL_EN, SLEEP_CONTROL_EN);
    if (acpi_number(t + FLAGS, 4) & RESET_REG_SUP)
        add(&f, port_of(t + RESET_REG), 0xff, t[RESET_VALUE]);
    return f.n;
}
