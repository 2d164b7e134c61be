/* SPDX-License-Identifier: BSD-2-Clause */
/* Weir's command line: words that GRUB passes on. Pure. */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/abi.h>

#ifndef must_check
#define must_check __attribute__((warn_unused_result))
#endif

enum options_log {
    OPTIONS_LOG_POLICY = 0, /* not given: the policy says where the log goes */
    OPTIONS_LOG_COM2,
    OPTIONS_LOG_NONE,
};

struct options {
    enum options_log log;
    bool usb; /* boot=usb */
};

/*
 * Words other than log= and boot= belong to the kernel and are passed over. WEIR_E_ARG: bad holds the (cut) word that
 * has a value nobody knows. line: `bytes` of memory, up to its first NUL.
 */
must_check enum weir_status options_parse(const char *line, uint32_t bytes, struct options *out, char bad[32]);

#endif
