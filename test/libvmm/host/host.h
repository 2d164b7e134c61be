/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a service's program in a Linux process, without Weir: libvmm's own ELF planner says where
 * the program goes, a seccomp filter turns each SYSCALL that the program executes into SIGSYS, and
 * the handler plays the kernel. So libvmm, musl and a service's logic are tested as linked, in the
 * compiled code that will run under Weir.
 *
 * Not a kernel: one domain, one thread, no rights, no time limits. What a test needs is here and
 * nothing else.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/abi.h>
#include <ucontext.h>
#include <weir/message.h>

#define HOST_MESSAGE_VA 0x300000ull
#define HOST_HEAP_VA 0x10000000ull
#define HOST_HEAP_BYTES 0x8000000ull /* 128 MiB */
#define HOST_LOG_VA 0x320000ull
#define HOST_LOG_BYTES 0x10000ull
#define HOST_REGIONS_VA 0x20000000ull /* the first; each has HOST_REGION_STEP */
#define HOST_REGION_STEP 0x1000000ull
#define HOST_REGIONS 4

enum host_slot { HOST_SLOT_INIT = 8, HOST_SLOTS = 512 };

/* One thing that reply_wait gives the service. */
struct host_event {
    enum { HOST_MESSAGE, HOST_TIMEOUT } what;
    struct weir_msg msg;
    const void *payload; /* of a WEIR_MSG_CALL: msg.size bytes */
};

/* Memory that the service is given: a file, mapped. */
struct host_region {
    const char *name, *path;
    bool writable; /* what the service writes goes into the file */
};

struct host {
    const char *program;
    const char *cmdline;   /* NULL: empty */
    bool log_ring;         /* give it a region "log"; else it logs through the trace call */
    uint64_t budget_pages; /* for its memory objects */
    bool no_float;         /* fail if it uses an FPU or SSE register for a request */
    struct host_region regions[HOST_REGIONS];
    size_t nregions;
    const struct host_event *events;
    size_t nevents;
};

/*
 * Runs it and leaves the process: prints the log text as it comes and "reply N: ..." for each
 * event's reply; exits with the service's exit code, or with 0 when it waits and no event is left.
 * 125: the service or the host misbehaved.
 */
_Noreturn void host_run(const struct host *host);

/* calls.c: what a system call does. regs: RAX = number, RDI RSI RDX R10 R8 R9. Result in
 * regs[0], value in *value. */
void host_calls_begin(const struct host *host);
uint64_t host_call(const uint64_t regs[7], uint64_t *value);

/*
 * float.c: mark puts a pattern into the FPU and SSE registers of a program that is about to go
 * on, check fails if another one stands there.
 */
void host_float_mark(struct _libc_fpstate *state);
void host_float_check(const struct _libc_fpstate *state);

/* calls.c: true while the program handles a message that reply_wait gave it. */
bool host_is_serving(void);

/* calls.c: prints what has come into the log ring since the last time. */
void host_print_log(void);

_Noreturn void host_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
