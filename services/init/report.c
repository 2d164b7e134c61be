/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"
#include <inttypes.h>
#include <stdio.h>

#define VECTOR_PF 14u
#define VECTORS 22u
#define CALLERS 4u /* return addresses that are worth their place in the line */

/* Error code of a page fault: AMD APM vol. 2, 8.4.2. */
#define PF_WRITE (1u << 1)
#define PF_FETCH (1u << 4)

/* AMD APM vol. 2, 8.2: exceptions that ring 3 can raise. */
static const char *const exceptions[VECTORS] = {
    [0] = "divide error",
    [1] = "debug exception",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack fault",
    [13] = "general protection fault",
    [16] = "x87 exception",
    [17] = "alignment check",
    [19] = "SIMD exception",
    [21] = "control protection fault",
};

static int exception(const struct weir_failure *f, char *out, size_t bytes)
{
    if (f->vector == VECTOR_PF) {
        const char *access = f->error_code & PF_FETCH ? "execute" : f->error_code & PF_WRITE ? "write" : "read";

        return snprintf(out, bytes, "page fault at 0x%" PRIx64 " (%s)", f->address, access);
    }
    if (f->vector < VECTORS && exceptions[f->vector]) {
        return snprintf(out, bytes, "%s (error code 0x%" PRIx64 ")", exceptions[f->vector], f->error_code);
    }
    return snprintf(out, bytes, "exception %" PRIu32 " (error code 0x%" PRIx64 ")", f->vector, f->error_code);
}

static int kind(const struct weir_failure *f, char *out, size_t bytes)
{
    switch (f->kind) {
    case WEIR_FAIL_EXCEPTION:
        return exception(f, out, bytes);
    case WEIR_FAIL_DEADLINE:
        return snprintf(out, bytes, "missed its deadline");
    case WEIR_FAIL_EXIT:
        return snprintf(out, bytes, "exit with code %" PRIu64, f->address);
    case WEIR_FAIL_KILLED:
        return snprintf(out, bytes, "killed");
    default:
        return snprintf(out, bytes, "stopped for an unknown reason (%" PRIu32 ")", f->kind);
    }
}

/* snprintf's result as the number of characters that are really there. */
static size_t placed(int n, size_t room)
{
    return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void report_failure(const struct weir_failure *f, char *out, size_t bytes)
{
    size_t at = placed(kind(f, out, bytes), bytes);

    at += placed(snprintf(out + at, bytes - at, ", rip 0x%" PRIx64, f->rip), bytes - at);
    for (unsigned i = 0; i < CALLERS && f->stack[i]; i++) {
        at += placed(snprintf(out + at, bytes - at, i ? " 0x%" PRIx64 : ", called from 0x%" PRIx64, f->stack[i]),
                     bytes - at);
    }
}
