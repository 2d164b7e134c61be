/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of a service whose own sources are compiled with -fsanitize-coverage=trace-pc, so that every basic
 * block calls here: after a random number of them the instance dies, wherever that is. Most die of an invalid opcode,
 * some never come back.
 *
 * The first instance may not die before the guest runs, because then Weir refuses to start it: it waits for the first
 * request that comes from the guest (or, where a service serves notes, for a number of them).
 */
#include <stdbool.h>
#include <stdint.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

#define NOTES_OF_THE_START 40u
#define SHORTEST 6u /* log2 of the fewest blocks of a life; LONGEST comes from CMakeLists.txt */
#define HANGS 24u /* one in so many hangs */

#define UNTRACED __attribute__((no_sanitize_coverage))

static uint64_t left; /* 0: not chosen yet */
static bool armed, hangs;
static unsigned notes;

struct vmm_result __real_vmm_syscall_reply_wait(uint64_t port, uint64_t flags, uint64_t note, uint64_t deadline);
struct vmm_result __wrap_vmm_syscall_reply_wait(uint64_t port, uint64_t flags, uint64_t note, uint64_t deadline);
struct vmm_result __real_vmm_syscall_wait(uint64_t note, uint64_t deadline);
struct vmm_result __wrap_vmm_syscall_wait(uint64_t note, uint64_t deadline);
void __sanitizer_cov_trace_pc(void);

UNTRACED static uint64_t random_number(void)
{
    uint64_t x = __builtin_ia32_rdtsc() + 0x9e3779b97f4a7c15ull * (vmm_start()->instance + 1);

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull; /* splitmix64's mixing */
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

/* As many short lives as long ones. */
UNTRACED static void choose(void)
{
    uint64_t r = random_number();
    unsigned bits = SHORTEST + r % (LONGEST - SHORTEST + 1);

    hangs = (r >> 8) % HANGS == 0;
    left = (1ull << bits) + (r >> 16) % (1ull << bits);
}

UNTRACED void __sanitizer_cov_trace_pc(void)
{
    if (!armed) {
        if (!vmm_start() || !vmm_start()->instance) {
            return;
        }
        armed = true;
    }
    if (!left) {
        choose();
    }
    if (--left == 1) {
        while (hangs) {
            __asm__ volatile("pause");
        }
        __builtin_trap();
    }
}

UNTRACED struct vmm_result __wrap_vmm_syscall_reply_wait(uint64_t port, uint64_t flags, uint64_t note,
                                                         uint64_t deadline)
{
    struct vmm_result r = __real_vmm_syscall_reply_wait(port, flags, note, deadline);

    if (r.status == WEIR_OK) {
        armed |= vmm_message()->kind == WEIR_MSG_NOTE ? ++notes > NOTES_OF_THE_START : true;
    }
    return r;
}

UNTRACED struct vmm_result __wrap_vmm_syscall_wait(uint64_t note, uint64_t deadline)
{
    armed |= ++notes > NOTES_OF_THE_START;
    return __real_vmm_syscall_wait(note, deadline);
}
