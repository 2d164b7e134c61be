/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(struct vcpu *): VMRUN and back for as long as exits are handled in the kernel (svm_exit returns).
 * RAX and RSP are in the VMCB. After #VMEXIT GIF is 0, and FS, GS, TR, LDTR and the SYSCALL MSRs are still the guest's.
 */
#include "x86/layout.h"

    .text
    .balign 16
    .global svm_enter
svm_enter:
    movq %rsp, %rax
    andq $~(CPU_BLOCK - 1), %rax
    leaq CPU_STACK_TOP(%rax), %rsp
    pushq $0                    /* keeps the stack aligned at the call */
    pushq %rdi
    clgi
1:  movq VCPU_OFF_CONTROL_PA(%rdi), %rax
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
    vmrun %rax
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
    call svm_exit
    movq (%rsp), %rdi
    jmp 1b
