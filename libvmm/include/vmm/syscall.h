/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The twelve system calls of include/weir/abi.h, which says what they do. Here each has one
 * function with named arguments; arguments called `slot`, `port`, `note` and so on are capability
 * slots of the caller.
 *
 * Context: any thread of a service, no locks held. Each call is one SYSCALL instruction
 * (syscall.S).
 */
#ifndef VMM_SYSCALL_H
#define VMM_SYSCALL_H

#include <vmm/status.h>

/* RAX and RDX as the kernel left them. `status` is an enum weir_status. */
struct vmm_result {
    uint64_t status, value;
};

struct vmm_result vmm_syscall_call(uint64_t port);
struct vmm_result vmm_syscall_reply_wait(uint64_t port, uint64_t flags, uint64_t note,
                                         uint64_t deadline);
struct vmm_result vmm_syscall_signal(uint64_t note, uint64_t bits);
struct vmm_result vmm_syscall_wait(uint64_t note, uint64_t deadline);
struct vmm_result vmm_syscall_vcpu_ctl(uint64_t vcpu, uint64_t op, uint64_t arg, uint64_t arg2);
struct vmm_result vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b,
                                     uint64_t c, uint64_t d);
struct vmm_result vmm_syscall_destroy(uint64_t slot, uint64_t exit_code);
struct vmm_result vmm_syscall_grant(uint64_t domain, uint64_t to, uint64_t from, uint64_t rights,
                                    uint64_t badge);
struct vmm_result vmm_syscall_map(uint64_t domain, uint64_t object, uint64_t va, uint64_t first,
                                  uint64_t pages, uint64_t prot);
struct vmm_result vmm_syscall_revoke(uint64_t domain, uint64_t slot);
struct vmm_result vmm_syscall_device_ctl(uint64_t device, uint64_t op, uint64_t arg, uint64_t arg2,
                                         uint64_t arg3);
struct vmm_result vmm_syscall_trace(uint64_t op, uint64_t arg);

/* The request and the reply stand in the caller's message page. */
must_check static inline enum weir_status vmm_call(uint64_t port)
{
    return (enum weir_status)vmm_syscall_call(port).status;
}

/* flags: 0 or WEIR_RW_NO_REPLY; note: 0 or a note (WAIT); deadline: TSC, 0 = for ever. */
must_check static inline enum weir_status vmm_reply_wait(uint64_t port, uint64_t flags,
                                                         uint64_t note, uint64_t deadline)
{
    return (enum weir_status)vmm_syscall_reply_wait(port, flags, note, deadline).status;
}

must_check static inline enum weir_status vmm_signal(uint64_t note, uint64_t bits)
{
    return (enum weir_status)vmm_syscall_signal(note, bits).status;
}

/* *bits gets the bits, which are taken from the note; 0 if the status is not WEIR_OK. */
must_check static inline enum weir_status vmm_wait(uint64_t note, uint64_t deadline, uint64_t *bits)
{
    struct vmm_result result = vmm_syscall_wait(note, deadline);
    *bits = result.status == WEIR_OK ? result.value : 0;
    return (enum weir_status)result.status;
}

/* WEIR_E_FAULT leaves the #PF error code in `value`, so the whole result is returned. */
must_check static inline struct vmm_result vmm_vcpu_ctl(uint64_t vcpu, enum weir_vcpu_op op,
                                                        uint64_t arg, uint64_t arg2)
{
    return vmm_syscall_vcpu_ctl(vcpu, op, arg, arg2);
}

/* pages: the budget, taken from the caller's; slots: 8 to 4096; note gets `bits` when the domain is
 * stopped. */
must_check static inline enum weir_status
vmm_create_domain(uint64_t slot, uint64_t pages, uint64_t slots, uint64_t note, uint64_t bits)
{
    return (enum weir_status)vmm_syscall_create(WEIR_DOMAIN, slot, pages, slots, note, bits).status;
}

/* rsp may be 0 for programs that libvmm starts: they bring their stack along. */
must_check static inline enum weir_status
vmm_create_thread(uint64_t slot, uint64_t domain, uint64_t rip, uint64_t rsp, uint64_t message_va)
{
    return (enum weir_status)vmm_syscall_create(WEIR_THREAD, slot, domain, rip, rsp, message_va)
        .status;
}

/* deadline_us: the service's own run time for a synchronous request, 0 = the default of 100,000. */
/* end: 0 or WEIR_PORT_CLOSED. */
must_check static inline enum weir_status vmm_create_port(uint64_t slot, uint64_t deadline_us, uint64_t end)
{
    return (enum weir_status)vmm_syscall_create(WEIR_PORT, slot, deadline_us, end, 0, 0).status;
}

must_check static inline enum weir_status vmm_create_note(uint64_t slot)
{
    return (enum weir_status)vmm_syscall_create(WEIR_NOTE, slot, 0, 0, 0, 0).status;
}

must_check static inline enum weir_status vmm_create_vcpu(uint64_t slot, uint64_t port)
{
    return (enum weir_status)vmm_syscall_create(WEIR_VCPU, slot, port, 0, 0, 0).status;
}

/* Zeroed, physically contiguous, below 4 GiB. */
must_check static inline enum weir_status vmm_create_memory(uint64_t slot, uint64_t pages)
{
    return (enum weir_status)vmm_syscall_create(WEIR_MEMORY, slot, pages, 0, 0, 0).status;
}

/* first to last, inclusive, of `parent`'s range. */
must_check static inline enum weir_status vmm_create_device(uint64_t slot, uint64_t parent,
                                                            uint64_t first, uint64_t last)
{
    return (enum weir_status)vmm_syscall_create(WEIR_DEVICE, slot, parent, first, last, 0).status;
}

must_check static inline enum weir_status vmm_destroy(uint64_t slot)
{
    return (enum weir_status)vmm_syscall_destroy(slot, 0).status;
}

must_check static inline enum weir_status vmm_grant(uint64_t domain, uint64_t to, uint64_t from,
                                                    uint64_t rights, uint64_t badge)
{
    return (enum weir_status)vmm_syscall_grant(domain, to, from, rights, badge).status;
}

/* object: memory or device (addresses); first: page of it; prot: WEIR_P_*, 0 unmaps. */
must_check static inline enum weir_status vmm_map(uint64_t domain, uint64_t object, uint64_t va,
                                                  uint64_t first, uint64_t pages, uint64_t prot)
{
    return (enum weir_status)vmm_syscall_map(domain, object, va, first, pages, prot).status;
}

/* domain 0: the caller's own. */
must_check static inline enum weir_status vmm_revoke(uint64_t domain, uint64_t slot)
{
    return (enum weir_status)vmm_syscall_revoke(domain, slot).status;
}

must_check static inline enum weir_status vmm_device_ctl(uint64_t device, enum weir_device_op op,
                                                         uint64_t arg, uint64_t arg2, uint64_t arg3)
{
    return (enum weir_status)vmm_syscall_device_ctl(device, op, arg, arg2, arg3).status;
}

must_check static inline struct vmm_result vmm_trace(enum weir_trace_op op, uint64_t arg)
{
    return vmm_syscall_trace(op, arg);
}

#endif
