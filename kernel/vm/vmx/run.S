/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void vmx_enter(struct vcpu *): VM entry and back for as long as exits are handled in the kernel (vmx_exit returns).
 * RSP is in the VMCS, whose HOST_RSP is where this code leaves the stack. From vmx_entry_first to the entry no NMI may
 * go unseen: its handler continues at vmx_entry_cancelled then.
 */
#include "x86/layout.h"

    .text
    .balign 16
    .global vmx_enter, vmx_exit_point, vmx_entry_first, vmx_entry_last, vmx_entry_cancelled
vmx_enter:
    movq %rsp, %rax
    andq $~(CPU_BLOCK - 1), %rax
    leaq CPU_STACK_TOP(%rax), %rsp
    pushq $0                    /* keeps the stack aligned at the call */
    pushq %rdi
vmx_entry_first:
    movq %rsp, %rax
    andq $~(CPU_BLOCK - 1), %rax
    cmpb $0, CPU_OFF_NMI_SEEN(%rax)
    jne vmx_entry_cancelled
    movq VCPU_OFF_VMX(%rdi), %rax
    cmpb $0, VMX_OFF_LAUNCHED(%rax)
    movq 0(%rdi), %rax
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
    je 1f
vmx_entry_last:
    vmresume
    jmp 2f
1:  vmlaunch
2:  movq (%rsp), %rdi           /* VMfail: still here */
    call vmx_entry_failed
    ud2

    .balign 16
vmx_exit_point:
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rax, 0(%rdi)
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
    call vmx_exit
    movq (%rsp), %rdi
    jmp vmx_entry_first
vmx_entry_cancelled:
    movq (%rsp), %rdi
    call vmx_cancelled
    movq (%rsp), %rdi
    jmp vmx_entry_first
