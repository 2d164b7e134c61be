/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends of a service. Whoever started it (init) is told and decides about a restart. */
#ifndef VMM_EXIT_H
#define VMM_EXIT_H

#include <stdint.h>

/* Stops this domain with an exit code: 0 is a wanted end. */
_Noreturn void vmm_exit(uint64_t code);

/* Logs the text and ends with VMM_EXIT_FATAL. */
#define VMM_EXIT_FATAL 127
_Noreturn void vmm_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
