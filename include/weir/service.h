/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What init and the services agree on, beyond the kernel's ABI: who is given what under which name in the start block,
 * and the few calls that a service makes to init. doc/services.md is the tutorial.
 *
 * Calls go one way: services call init, watch calls policy; init calls nobody, so that no service can ever hold it up.
 *
 * Everyone is given the region "log" (struct weir_ring, vmm_log's; write) and the port "init" (CALL).
 *
 *   policy    regions "policy.lua" (read: the text; bytes is its exact length) and "tables" (write: struct
 *             policy_tables). Evaluates the text into "tables", then WEIR_INIT_READY; a bad policy is
 *             WEIR_INIT_FAILED with the text "name:line: reason". Then serves struct policy_request. Region "events"
 *             (write: struct policy_events): failures of services, told by the note.
 *   control   regions "tables", "ring", "status" (read), "ask", "text" (write), "symbols" (read, if that module was
 *             booted); note "init" (SIGNAL). Serves the policy's port pair; include/weir/control.h.
 *   console   regions "log.NAME" (read: NAME's ring) for every other service, "ring" (write: struct
 *             weir_console_ring), "tables" (read); device "uart" (8 ports, ACCESS) if there is one to write to.
 *   emulator  nothing more. Serves WEIR_MSG_EMULATE.
 *   watch     region "tables" (read); port "policy" (CALL). Serves accesses: aux says which rule, see below.
 *   pci       regions "tables" and "e820" (read), "state" (4 pages, write: zero at first, kept over restarts); devices
 *             "ports" (all I/O ports: ACCESS, BIND) and "addresses" (READ, WRITE, BIND), from which it makes what it
 *             binds; ports "self" (its own: CALL, MANAGE), "watch" and "storage" (CALL, MANAGE). Where the policy has
 *             rules for disks, region "ahci" (write: struct weir_ahci).
 *
 *   storage   regions "tables", "e820" and, where the policy has keys, "keys" (read: struct crypt_keys of
 *             services/storage/crypt/crypt.h), "ahci" (read: struct weir_ahci, which pci writes), "state" and "dma"
 *             (write: zero at first, kept over restarts; its controllers' DMA goes to "dma"); devices "addresses" (READ,
 *             WRITE: the guest's RAM, the controllers' registers) and "ports" (ACCESS: IDE's).
 *
 * "tables" is init's validated copy, which nobody can write to; only policy has its own. emulator always runs, watch,
 * pci and storage where the policy has rules for them.
 */
#ifndef WEIR_SERVICE_H
#define WEIR_SERVICE_H

#include <stdint.h>
#include <weir/ring.h>

/* addr of a WEIR_MSG_CALL to "init". */
enum weir_init_call {
    WEIR_INIT_READY = 1, /* the service has set itself up; everyone calls this once before it serves */
    WEIR_INIT_FAILED,    /* it can't; payload = one printable line that says why, no newline */
};

/* Bits of console's note (WEIR_SLOT_CONSOLE). */
#define WEIR_CONSOLE_KERNEL 1ull /* from WEIR_TRACE_CLAIM */
#define WEIR_CONSOLE_RINGS 2ull  /* from services, after they wrote to their ring */

/*
 * The cookie (aux) of an access that watch gets is the index of its rule: in the table that belongs to the message's
 * kind, or, with this bit, in `mmio` whatever the kind, because pci bound the range of a BAR (which may be ports).
 */
#define WEIR_COOKIE_BAR (1ull << 32)

/*
 * Where the registers of the AHCI controllers are that pci bound to storage's port; 0: none. The cookie of an access is
 * that address, a page's, plus the index in this table.
 */
#define WEIR_AHCI_MAX 4u

struct weir_ahci {
    uint64_t base[WEIR_AHCI_MAX];
    uint64_t ide; /* not 0: there is an IDE controller, and its ports are bound too. Cookie: where the bus master's ports
                     begin; 0 for those of the two channels, 1F0h to 1F7h, 3F6h, 170h to 177h, 376h */
};

/* What restarts of storage came to since the machine was started. Its "state" begins with it; weirctl shows it. */
struct weir_storage_counts {
    uint32_t adopted, repeated, aborted; /* commands in flight then; of these issued again, given up */
    uint32_t replayed;                   /* accesses that were parked then, and answered by the next instance */
    uint32_t resets, lost;               /* of ports */
};

/* The merged log, and how far console came: it outlives console's instances. */
#define WEIR_CONSOLE_LOGS 11u

struct weir_console_ring {
    uint64_t kernel_done; /* all of the kernel's log before this position is in it, and out on the UART */
    uint64_t done[WEIR_CONSOLE_LOGS]; /* the same of each "log.NAME", in the start block's order */
    uint16_t uart;        /* first port of the UART; init writes it */
    uint16_t line_open;   /* console has begun a line on the UART and not ended it */
    uint16_t unused[14];
    struct weir_ring ring;
};
_Static_assert(sizeof(struct weir_console_ring) == 192, "crosses address spaces");

#endif
