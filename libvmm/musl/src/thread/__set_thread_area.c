/* SPDX-License-Identifier: BSD-2-Clause */
/* Replaces musl's file of this name; see libvmm/musl/include/pthread_arch.h. */
#include <stdint.h>

#include "pthread_impl.h"

/* Context: start of the thread, on the stack whose thread pointer it sets. Returns 0. */
int __set_thread_area(void *tp)
{
    uintptr_t top;
    __asm__("mov %%rsp, %0\n\t"
            "or $__vmm_stack_mask, %0"
            : "=r"(top));
    *(void **)(top - 7) = tp;
    return 0;
}
