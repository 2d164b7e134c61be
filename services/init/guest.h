/* SPDX-License-Identifier: BSD-2-Clause */
/* What init does to the guest: binds what the policy names, starts the vCPU. */
#ifndef INIT_GUEST_H
#define INIT_GUEST_H

#include "bindings.h"
#include "guest_boot.h"
#include "table.h"

/* Binds the ranges in list; refuses the guest, with the policy's line, if the kernel will not have one. */
void guest_bind(const struct policy_tables *tables, const struct binding *list, size_t n);

/*
 * Changes what is bound to this list, for these tables: all of it, or *reason says what was refused and what is bound is
 * neither. Context: the guest is paused.
 */
must_check enum weir_status guest_rebind(const struct policy_tables *tables, const struct binding *list, size_t n,
                                         char *reason, size_t bytes);

/* Stops the guest's CPU if none of its requests is with a service; false: one is. And lets it go on. */
must_check bool guest_pause(void);
void guest_go_on(void);

/* Starts the guest as asked. */
void guest_run(const struct guest_boot *boot);

/*
 * That service stays down. Its port is gone, and what was bound to it is passed or closed already, as its on_limit was at
 * the start; here the machine is stopped, if the policy wants that, and disk controllers that the guest cannot reach any
 * more are silenced.
 */
void guest_without(enum service_id id);

#endif
