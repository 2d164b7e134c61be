/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of encrypted disks: from the boot modules that the policy names into the memory that storage is given. */
#ifndef INIT_KEYS_H
#define INIT_KEYS_H

#include <stddef.h>
#include <vmm/status.h>
#include <weir/policy.h>

/*
 * Expands the keys that the policy's rules name into the thing "keys" (struct crypt_keys), which it makes, and zeroes
 * the modules: the raw keys are in no memory afterwards. Without such rules there is nothing to do. WEIR_E_ARG,
 * WEIR_E_MEMORY: the text says why the guest must not be started; no key is in "keys" then.
 */
must_check enum weir_status keys_make(const struct policy_tables *t, char *reason, size_t bytes);

#endif
