/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of init: every twelfth object that it means to destroy stays. The test that counts objects before
 * and after restarts has to see that.
 */
#include <vmm/syscall.h>

#define EVERY 12u

struct vmm_result __real_vmm_syscall_destroy(uint64_t slot, uint64_t exit_code);
struct vmm_result __wrap_vmm_syscall_destroy(uint64_t slot, uint64_t exit_code);

struct vmm_result __wrap_vmm_syscall_destroy(uint64_t slot, uint64_t exit_code)
{
    static unsigned calls;

    if (++calls % EVERY == 0) {
        return (struct vmm_result){ WEIR_OK, 0 };
    }
    return __real_vmm_syscall_destroy(slot, exit_code);
}
