/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call stubs. A C function's arguments lie where the ABI wants them but for the fourth:
 * C has it in RCX, which SYSCALL overwrites with the return address (AMD APM vol. 3, SYSCALL), so
 * the ABI has it in R10. The results in RAX and RDX are how C returns struct vmm_result. The stubs
 * are functions and not inline assembly so that the compiler knows every caller-saved register
 * lost, SSE's included.
 */

.macro stub name, number
    .section .text.\name, "ax", @progbits
    .globl \name
    .type \name, @function
\name:
    mov $\number, %eax
    mov %rcx, %r10
    syscall
    ret
    .size \name, . - \name
.endm

    stub vmm_syscall_call, 0
    stub vmm_syscall_reply_wait, 1
    stub vmm_syscall_signal, 2
    stub vmm_syscall_wait, 3
    stub vmm_syscall_vcpu_ctl, 4
    stub vmm_syscall_create, 5
    stub vmm_syscall_destroy, 6
    stub vmm_syscall_grant, 7
    stub vmm_syscall_map, 8
    stub vmm_syscall_revoke, 9
    stub vmm_syscall_device_ctl, 10
    stub vmm_syscall_trace, 11
