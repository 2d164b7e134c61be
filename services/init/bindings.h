/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel is told to intercept: validated policy tables in, a flat list of ranges out. Pure.
 */
#ifndef INIT_BINDINGS_H
#define INIT_BINDINGS_H

#include <stddef.h>
#include <weir/abi.h>
#include <weir/policy.h>

enum binding_space {
    BINDING_IO = 0,
    BINDING_MMIO,
    BINDING_MSR,
    BINDING_SPACES
};

/* Whose port gets the accesses of a forwarded range. */
enum binding_owner {
    BINDING_NOBODY = 0,
    BINDING_WATCH,
    BINDING_CONTROL,
};

struct binding {
    uint64_t first, last; /* inclusive */
    uint64_t argument;    /* VALUE: the value; forwarded: the cookie */
    uint32_t line;        /* of the policy, 0: Weir's own */
    uint8_t space, mode;  /* enum binding_space, enum weir_bind */
    uint8_t owner;        /* enum binding_owner */
};

/* Every table entry at most once, the UART, and the two ports of control. */
#define BINDINGS_MAX (POLICY_MAX_IO + POLICY_MAX_MMIO + POLICY_MAX_MSR + 2u)

/*
 * Fills out (BINDINGS_MAX entries) and returns how many. uart: first of the 8 ports of Weir's own UART, 0 if it has
 * none. t must be valid (policy_tables_copy). Rules relative to a BAR, and the
 * configuration ports, are left to pci, which binds them itself.
 */
size_t bindings_make(const struct policy_tables *t, uint16_t uart, struct binding *out);

/* Are there rules relative to a BAR, whose ranges pci binds to watch's port? */
bool bindings_need_bars(const struct policy_tables *t);

/* Does the policy need the pci service (rules for functions or disks, or ranges relative to a BAR)? */
bool bindings_need_pci(const struct policy_tables *t);

/* Does anything in the list go to that owner? */
bool bindings_have(const struct binding *list, size_t n, enum binding_owner owner);

#endif
