/* SPDX-License-Identifier: BSD-2-Clause */
/* The pci library's ops on libvmm: ports, windows onto physical memory, bindings. */
#ifndef PCI_HARDWARE_H
#define PCI_HARDWARE_H

#include "pci.h"

/*
 * Takes the capabilities of the start block and opens the configuration ports. On failure *reason
 * says which is missing. Context: once, before anything else here; one thread.
 */
must_check bool hardware_open(const struct policy_tables *tables, const char **reason);

/* p->ops, and p->ecam by the MCFG table. */
void hardware_describe(struct pci *p);

/* Binds CF8h to CFFh to this service. */
must_check enum weir_status hardware_bind_ports(void);

/*
 * Secret memory is wiped before the guest writes to the ports that switch the machine off or reset it (ACPI's, CF9h).
 * They are looked up before the guest runs: afterwards the tables are its own.
 */
must_check enum weir_status hardware_wipe_ports(void);

/* The last line that the library logged; empty if none. */
const char *hardware_last_line(void);

#endif
