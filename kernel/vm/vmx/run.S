/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void vmx_enter(struct vcpu *): VM entry and back for as long as exits are handled in the kernel (vmx_exit returns).
 * RSP is in the VMCS, whose HOST_RSP is where this code leaves the stack. From vmx_entry_first to the entry no NMI may
 * go unseen: its handler continues at vmx_entry_cancelled then.
 */
#include "vm/registers.h"
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
    load_guest_registers
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
    save_guest_registers
    movq %rax, 0(%rdi)
    call vmx_exit
    movq (%rsp), %rdi
    jmp vmx_entry_first
vmx_entry_cancelled:
    movq (%rsp), %rdi
    call vmx_cancelled
    movq (%rsp), %rdi
    jmp vmx_entry_first
