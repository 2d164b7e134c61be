/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service was given: the start block (include/weir/abi.h), its capabilities and regions by
 * name, its thread's message pages.
 */
#ifndef VMM_START_H
#define VMM_START_H

#include <stdint.h>
#include <weir/abi.h>
#include <weir/message.h>

/* The start block, checked before main() runs and read-only. */
const struct weir_start *vmm_start(void);

/* The slot of the capability that was given under `name`, 0 if there is none of that name and kind.
 */
uint64_t vmm_capability(const char *name, enum weir_kind kind);

/* The region that was mapped under `name`, NULL if there is none. */
const struct weir_start_region *vmm_region(const char *name);

/*
 * The two highest words of every thread's stack. Stacks are __vmm_stack_bytes long and aligned to
 * that (service.ld), so any stack pointer leads to them; libvmm/musl/include/pthread_arch.h relies
 * on thread_pointer being the last.
 */
struct vmm_thread {
    struct weir_msg *message; /* the message page; the transfer page follows it */
    void *thread_pointer;
};
_Static_assert(sizeof(struct vmm_thread) == 16, "keeps the stack aligned");

extern char __vmm_stack_mask[]; /* an absolute symbol: __vmm_stack_bytes - 1 */

static inline struct vmm_thread *vmm_thread(void)
{
    uintptr_t last;
    __asm__("mov %%rsp, %0\n\t"
            "or $__vmm_stack_mask, %0"
            : "=r"(last));
    return (struct vmm_thread *)(last + 1) - 1;
}

/* The calling thread's message. Its contents last until the thread's next system call that waits.
 */
static inline struct weir_msg *vmm_message(void)
{
    return vmm_thread()->message;
}

/* What the calling thread says ahead; all zero at first. */
static inline struct weir_ahead *vmm_ahead(void)
{
    return (struct weir_ahead *)((uint8_t *)vmm_thread()->message + WEIR_AHEAD_OFFSET);
}

/* The calling thread's transfer page, WEIR_TRANSFER_BYTES long. */
static inline void *vmm_transfer(void)
{
    return (uint8_t *)vmm_thread()->message + WEIR_PAGE;
}

#endif
