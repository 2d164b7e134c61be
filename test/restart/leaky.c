/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of init: with every fifteenth memory object it makes another one that it forgets. The test that counts
 * objects before and after restarts has to see that.
 */
#include <vmm/syscall.h>

#define EVERY 15u
#define FORGOTTEN 4000u /* slots that init does not reach */

struct vmm_result __real_vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
struct vmm_result __wrap_vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

struct vmm_result __wrap_vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    static unsigned calls;

    if (kind == WEIR_MEMORY && ++calls % EVERY == 0) {
        (void)__real_vmm_syscall_create(kind, FORGOTTEN + calls / EVERY, 1, 0, 0, 0);
    }
    return __real_vmm_syscall_create(kind, slot, a, b, c, d);
}
