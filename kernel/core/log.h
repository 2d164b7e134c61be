/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's log: a memory ring that the console service drains. Until console claims it, and again in a panic, the
 * kernel writes it to the second UART itself.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "x86/types.h"

#define LOG_BYTES 16384u

/* Prints one line. Knows %s %c %u %d %x %lx %lu %p %%, with a zero-padding width. Any context. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Appends text as it is; '\n' ends a line. For what ring 3 hands in; unprintable bytes become '?'. */
void log_text(const char *text, size_t bytes);

/*
 * Copies up to bytes of the log from *position on; *position becomes that of the first byte given, which is later where
 * the ring has already overwritten some. Returns the count. What was read is not written to the UART in a flush.
 */
size_t log_read(u64 *position, char *to, size_t bytes);

/* The UART at an I/O base, 0 for none; found absent by its scratch register. */
void log_use_uart(u16 base);
/* From now on a service reads the log and writes it out; log_flush takes the UART back. */
u64 log_claim(void (*notify)(void)); /* returns the position of the first byte that the UART has not seen */
void log_flush(void);

/* The kernel's own invariant is broken. Writes the log out and stops the CPU. */
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), __noreturn__));
/* Weir cannot run here: says of what, and why, and stops. */
void refuse(const char *of, const char *why) __attribute__((__noreturn__));
/* Stops this CPU for good: host interrupts off. */
void halt_forever(void) __attribute__((__noreturn__));

/* A cheap assertion that stays in release builds. */
#define ASSERT(x) (likely(x) ? (void)0 : panic("assertion %s at %s:%u", #x, __FILE_NAME__, __LINE__))

#endif
