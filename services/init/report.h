/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a service was stopped, as one line for the log. Pure. */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

#include <stddef.h>
#include <weir/abi.h>

/*
 * "page fault at 0x1234 (write), rip 0x401000, called from 0x4022aa 0x4010f3". Cut off where it does not fit; always
 * NUL-terminated. Addresses are the service's own: build/symbols/NAME and addr2line make names of them.
 */
void report_failure(const struct weir_failure *f, char *out, size_t bytes);

#endif
