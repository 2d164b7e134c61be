/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log text. It goes into the service's ring (include/weir/ring.h), which console reads, and is
 * never a call: a service that logs waits for nobody. stdout and stderr end here too. Where a
 * service has no ring (init, at first) the text goes to the kernel's log.
 *
 * Context: one thread of the service.
 */
#ifndef VMM_LOG_H
#define VMM_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/ring.h>

/*
 * Logs one line: the text, and a newline if it has none. Longer text than VMM_LOG_LINE is cut and
 * ends in "...". Understands %d %i %u %x %X %p %s %c %% with the flags - 0 #, width, precision (*
 * too) and the lengths hh h l ll z j t; no floating point, so that logging costs a service no #NM.
 */
#define VMM_LOG_LINE 240u
void vmm_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vmm_vlog(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/*
 * The formatter behind vmm_log(), as vsnprintf() but for the conversions above: writes at most
 * `bytes` - 1 characters and a NUL, and returns how many there would have been. An unknown
 * conversion ends the output, because what stands behind it cannot be found.
 */
size_t vmm_format(char *out, size_t bytes, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Logs `bytes` bytes as they are. */
void vmm_log_bytes(const char *text, size_t bytes);

/*
 * Logs into this ring from now on (memory of `bytes` bytes), and signals `note` with
 * WEIR_CONSOLE_RINGS after each write unless it is 0. NULL: the kernel's log again. A service's own
 * start does this with the region "log".
 */
void vmm_log_use(struct weir_ring *ring, uint64_t bytes, uint64_t note);

#endif
