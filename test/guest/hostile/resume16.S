/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the BIOS goes on by 40:67h after a reset with shutdown code 05h or 0Ah: memory was kept, so
 * this program is still here. And a triple fault from real mode.
 */
#include "layout.h"

    .section .text16, "awx"
    .code16
    .globl hostile_resume16
hostile_resume16:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $RT_REAL_STACK, %sp
    movl $resumed, rt_continue
    jmp rt_enter_long16

    .globl hostile_real_triple16
hostile_real_triple16:
    lidtl no_idt
    int3
    retl

    .balign 4
no_idt: .word 0
        .long 0

    .text
    .code64
resumed:
    movl $rt_stack_top, %esp
    call hostile_resumed

    .section .note.GNU-stack, "", @progbits
