/* SPDX-License-Identifier: BSD-2-Clause */
/* What init does to the guest: binds what the policy names, starts the vCPU. */
#ifndef INIT_GUEST_H
#define INIT_GUEST_H

#include "bindings.h"
#include "table.h"

/* Binds the ranges in list; refuses the guest, with the policy's line, if the kernel will not have one. */
void guest_bind(const struct policy_tables *tables, const struct binding *list, size_t n);

/* Starts the guest as asked. */
void guest_run(const struct weir_guest_boot *boot);

/*
 * That service stays down (its port is gone): does with the ranges that were forwarded to it what the policy says for
 * this case.
 */
void guest_without(enum service_id id);

#endif
