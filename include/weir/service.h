/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What init and the services agree on, beyond the kernel's ABI: who is given what under which name in the start block,
 * and the few calls that a service makes to init. doc/services.md is the tutorial.
 *
 * Calls go one way: services call init, watch calls policy; init calls nobody, so that no service can ever hold it up.
 *
 * Everyone is given: the region "log" (struct weir_ring, read and write: vmm_log's ring) and the port "init" (CALL).
 *
 *   policy    regions "policy.lua" (read: the text; bytes is its exact length), "tables" (write: struct policy_tables).
 *             Evaluates the text into "tables", then WEIR_INIT_READY; a bad policy is WEIR_INIT_FAILED with the
 *             text "name:line: reason". Then serves struct policy_request.
 *   console   regions "log.NAME" (read) for every service and init, "ring" (write: struct weir_console_ring, the
 *             merged log), "tables" (read); device "uart" (8 ports, ACCESS) if there is one to write to.
 *   emulator  nothing. Serves WEIR_MSG_EMULATE.
 *   pci       region "tables" (read); devices "config" (ports CF8h to CFFh, ACCESS and BIND), "ports" and "addresses"
 *             (READ, WRITE, ACCESS, BIND: to follow the guest's BARs); port "watch" (CALL, MANAGE: to bind a BAR's
 *             accesses to it, cookie = the rule's index). Started only if the policy has rules for it; init has bound
 *             "config" to its port by then.
 *   watch     region "tables" (read); port "policy" (CALL). Serves accesses, aux = the rule's index in the table that
 *             goes with the message's kind.
 *
 * "tables" is init's validated copy, which nobody can write to; only policy has its own.
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

/* The merged log. kernel_done: all of the kernel's log before this position stands on the UART. */
struct weir_console_ring {
    uint64_t kernel_done;
    uint64_t unused[7];
    struct weir_ring ring;
};
_Static_assert(sizeof(struct weir_console_ring) == 128, "crosses address spaces");

#endif
