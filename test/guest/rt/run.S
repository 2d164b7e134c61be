/* SPDX-License-Identifier: BSD-2-Clause */
/* void rt_run(u64 entry, struct rt_regs *regs, bool user): see rt.h. */
#include "layout.h"

    .text
    .globl rt_run
rt_run:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, saved_rsp
    movq %rdi, entry
    movq %rsi, regs
    movl %edx, %r15d
    movq $RT_NO_FAULT, rt_fault
    movq $done, rt_resume
    movq %rsi, %r14
    movq 0(%r14), %rax
    movq 8(%r14), %rbx
    movq 16(%r14), %rcx
    movq 24(%r14), %rdx
    movq 32(%r14), %rsi
    movq 40(%r14), %rdi
    movq 48(%r14), %rbp
    movq 56(%r14), %r8
    movq 64(%r14), %r9
    movq 72(%r14), %r10
    movq 80(%r14), %r11
    testb %r15b, %r15b
    jnz 1f
    pushq 88(%r14)
    popfq
    call *entry
    jmp done
1:  pushq $SEL_UDATA
    pushq $user_stack_top
    pushq 88(%r14)
    pushq $SEL_UCODE64
    pushq entry
    iretq

done:
    movq %rsp, found_rsp
    movq saved_rsp, %rsp
    movq $0, rt_resume
    pushfq
    movq regs, %r14
    popq 88(%r14)
    movq %rax, 0(%r14)
    movq %rbx, 8(%r14)
    movq %rcx, 16(%r14)
    movq %rdx, 24(%r14)
    movq %rsi, 32(%r14)
    movq %rdi, 40(%r14)
    movq %rbp, 48(%r14)
    movq %r8, 56(%r14)
    movq %r9, 64(%r14)
    movq %r10, 72(%r14)
    movq %r11, 80(%r14)
    movq found_rsp, %rax
    movq %rax, 96(%r14)
    cld
    cli
    movl $SEL_DATA, %eax
    movl %eax, %ss
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .bss
    .balign 16
    .zero 4096
user_stack_top:
saved_rsp:  .quad 0
found_rsp:  .quad 0
entry:      .quad 0
regs:       .quad 0

    .section .note.GNU-stack, "", @progbits
