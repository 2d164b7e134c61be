/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests by section: "digest SECTION FNV1A OBSERVATIONS", one line each. */
#ifndef GUEST_RT_SECTION_H
#define GUEST_RT_SECTION_H

#include "rt.h"

/* Ends the section before and starts one; NULL only ends. */
void section(const char *name);
/*
 * Adds one observation to the section's digest; printed as a line of its own if parameter 0 is 1.
 */
void record(const char *what, u64 key, u64 a, u64 b);

#endif
