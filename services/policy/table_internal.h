/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that validate tables share. */
#ifndef POLICY_TABLE_INTERNAL_H
#define POLICY_TABLE_INTERNAL_H

#include <weir/policy.h>

/* A NUL-terminated and NUL-padded string of printable ASCII without blanks, not empty. */
bool policy_text_ok(const char *s, size_t bytes);

/* NULL, or what is wrong. The counts are in range already. */
const char *policy_check_storage(const struct policy_tables *t);

#endif
