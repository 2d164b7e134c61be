/* SPDX-License-Identifier: BSD-2-Clause */
/* init's words: lines of the kernel's log, so that they come out whether console runs or not. */
#ifndef INIT_SAY_H
#define INIT_SAY_H

/* One line, "weir: " before it; longer than 700 bytes is cut. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Says "weir: refused: REASON", waits until that is written out, and halts the machine: the guest is not started, or,
 * where the hook block found nothing to start, goes no further.
 */
_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same words without "refused", for a machine that was running (service.NAME{ on_limit = "stop" }). */
_Noreturn void stop_machine(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
