/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before musl's file of the same name on the include path. The thread pointer is the
 * highest word of the thread's stack; stacks are __vmm_stack_bytes long and aligned to that
 * (libvmm/service.ld), so any stack pointer leads to it. FS stays unused: the kernel has no FS base
 * to load when it enters a service, and none of the guest's to hide.
 */
extern char __vmm_stack_mask[]; /* __vmm_stack_bytes - 1, an absolute symbol of the linker script */

static inline uintptr_t __get_tp(void)
{
    uintptr_t tp;
    __asm__("mov %%rsp, %0\n\t"
            "or $__vmm_stack_mask, %0\n\t"
            "mov -7(%0), %0"
            : "=r"(tp));
    return tp;
}

#define MC_PC gregs[REG_RIP]
