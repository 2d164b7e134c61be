/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 256 long-mode interrupt stubs, 16 bytes apart (trap.c builds the IDT from that), and the
 * common part that hands a struct trap to rt_trap().
 */
#include "layout.h"

    .code64
    .text
    .balign 16
    .globl rt_stubs
rt_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector >= 32) || !((ERROR_CODE_VECTORS >> (vector & 31)) & 1)
    pushq $0
    .endif
    pushq $vector
    jmp common
    .set vector, vector + 1
    .endr

common:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    movq %rsp, %rbx
    andq $-16, %rsp
    cld
    call rt_trap
    movq %rbx, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq

    .section .note.GNU-stack, "", @progbits
