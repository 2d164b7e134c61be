/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another policy while the guest runs. A second instance of the policy service, the candidate, evaluates the new text
 * while the first goes on. Once it is ready the vCPU is paused at a moment when none of its requests is with a service, and
 * either everything becomes the new policy's or nothing has changed.
 */
#ifndef INIT_RELOAD_H
#define INIT_RELOAD_H

#include "service.h"
#include <weir/policy.h>

/* Makes what a candidate needs. uart: first port of Weir's UART or 0. */
must_check enum weir_status reload_begin(const struct policy_tables *tables, uint16_t uart);

/* Starts a candidate on a copy of the text. WEIR_OK: ask_reloaded() is called later. Else *reason says why not. */
must_check enum weir_status reload_start(const void *text, size_t bytes, const char *name, const char **reason);

/* The candidate is ready: puts it in force. Context: its call of READY is held; the message page is used. */
void reload_ready(void);

/* The candidate failed, for this reason. */
void reload_failed(const char *why);

#endif
