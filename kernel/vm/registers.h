/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembly only: the guest's registers but RAX and RSP, to and from struct vcpu's regs. Neither touches RAX or the flags.
 */
    /* RDI: the struct vcpu; afterwards the guest's. */
    .macro load_guest_registers
    movq 8(%rdi), %rcx
    movq 16(%rdi), %rdx
    movq 24(%rdi), %rbx
    movq 40(%rdi), %rbp
    movq 48(%rdi), %rsi
    movq 64(%rdi), %r8
    movq 72(%rdi), %r9
    movq 80(%rdi), %r10
    movq 88(%rdi), %r11
    movq 96(%rdi), %r12
    movq 104(%rdi), %r13
    movq 112(%rdi), %r14
    movq 120(%rdi), %r15
    movq 56(%rdi), %rdi
    .endm

    /* RDI: the guest's; (%rsp): the struct vcpu. Afterwards RDI is the struct vcpu. */
    .macro save_guest_registers
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rcx, 8(%rdi)
    movq %rdx, 16(%rdi)
    movq %rbx, 24(%rdi)
    movq %rbp, 40(%rdi)
    movq %rsi, 48(%rdi)
    popq 56(%rdi)
    movq %r8, 64(%rdi)
    movq %r9, 72(%rdi)
    movq %r10, 80(%rdi)
    movq %r11, 88(%rdi)
    movq %r12, 96(%rdi)
    movq %r13, 104(%rdi)
    movq %r14, 112(%rdi)
    movq %r15, 120(%rdi)
    .endm
