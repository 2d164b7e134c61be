/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(struct vcpu *): VMRUN and back for as long as exits are handled in the kernel (svm_exit returns).
 * RAX and RSP are in the VMCB. After #VMEXIT GIF is 0, and FS, GS, TR, LDTR and the SYSCALL MSRs are still the guest's.
 */
#include "vm/registers.h"
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
    load_guest_registers
    vmrun %rax
    save_guest_registers
    call svm_exit
    movq (%rsp), %rdi
    jmp 1b
