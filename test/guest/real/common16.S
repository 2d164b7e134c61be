/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the real-mode sections: EAX becomes an observation by CALL real_obs, every exception by its own handler, which
 * goes on at real_resume with the stack of real_try. Descriptors and the way to protected mode and back.
 */
#include "real.h"

    .section .text16, "awx"
    .code16

/* Notes EAX; changes nothing, not even flags. DS may be anything that reads and writes 64 KiB. */
    .globl real_obs
real_obs:
    pushfw
    pushw %ds
    pushw %bx
    pushw $0
    popw %ds
    movw real_count, %bx
    cmpw $OBSERVATIONS, %bx
    jae 1f
    shlw $2, %bx
    movl %eax, real_seen(%bx)
    incw real_count
1:  popw %bx
    popw %ds
    popfw
    retw

/* The same in protected mode, on our GDT, with the code's base 0. Selectors of real mode come back as bases, so DS stays. */
    .globl real_obs_pm
real_obs_pm:
    pushw %bx
    pushw %cx
    movw $REAL_DATA, %cx
    movw %cx, %gs
    movw %gs:real_count, %bx
    cmpw $OBSERVATIONS, %bx
    jae 1f
    shlw $2, %bx
    movl %eax, %gs:real_seen(%bx)
    incw %gs:real_count
1:  popw %cx
    popw %bx
    retw

/* Vectors 0 to 31 to our stubs, the old ones kept; some are those of the 8259s' interrupts, which are masked. */
    .globl real_hook, real_unhook
real_hook:
    inb $0xa1, %al
    movb %al, %ah
    inb $0x21, %al
    movw %ax, old_masks
    movb $0xff, %al
    outb %al, $0x21
    outb %al, $0xa1
    xorw %si, %si
    movw $real_old, %di
    movw $64, %cx
    rep movsw
    xorw %di, %di
    movw $stubs, %ax
    movw $32, %cx
2:  stosw
    movw $0, (%di)
    addw $2, %di
    addw $4, %ax
    loop 2b
    retw
real_unhook:
    movw $real_old, %si
    xorw %di, %di
    movw $64, %cx
    rep movsw
    movw old_masks, %ax
    outb %al, $0x21
    movb %ah, %al
    outb %al, $0xa1
    retw

/* Where an exception outside of TRY leads: the section ends, its last observations say where it was. */
    .globl real_abandon
real_abandon:
    movw real_bottom, %sp
    incw real_abandoned
    callw real_unhook
    popl %ebp
    retl

    .balign 4
stubs:
    .set vector, 0
    .rept 32
    .balign 4
    pushw $vector
    jmp stub_common
    .set vector, vector + 1
    .endr
/* Stack: vector, IP, CS, FLAGS. Notes vector and IP, then flags, and goes on at real_resume. */
stub_common:
    pushw %bp
    movw %sp, %bp
    movzwl 2(%bp), %eax
    shll $16, %eax
    movw 4(%bp), %ax
    callw real_obs
    movzwl 8(%bp), %eax
    callw real_obs
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw real_stack, %sp
    cld
    jmpw *real_resume

/* Enters protected mode with IF=0 on our GDT; EAX is changed. The way back leaves segment registers as they are. */
    .globl real_enter, real_leave
real_enter:
    cli
    lgdtl %cs:real_gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $REAL_CODE, $3f
3:  retw
real_leave:
    movl %cr0, %eax
    andb $~1, %al
    movl %eax, %cr0
    ljmp $0, $4f
4:  retw

/* DS, ES, FS and GS get the descriptor that DX selects, then real mode with selectors 0 in all of them. */
    .globl real_load
real_load:
    callw real_enter
    movw %dx, %ds
    movw %dx, %es
    movw %dx, %fs
    movw %dx, %gs
    callw real_leave
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    retw

    .balign 8
    .globl real_gdt, real_gdtr, real_tss
real_gdt:
    .quad 0
    .quad 0x00cf93000000ffff
    .word 0x0fff, real_window, 0x9300, 0
    .word 0xffff, real_window + 5, 0x9300, 0
    .quad 0x00009b000000ffff
    .quad 0x000093000000ffff
    .quad 0x00409b000000ffff
    .word 103, real_tss, 0x8900, 0
    .word 7, real_gdt, 0x8200, 0
    .word 0x0fff, real_window, 0x9700, 0
real_gdt_end:
real_gdtr:  .word real_gdt_end - real_gdt - 1
            .long real_gdt
    .balign 4
real_tss:   .zero 104
real_old:   .zero 128
old_masks:  .word 0
    .globl real_count, real_seen, real_resume, real_stack, real_window, real_bottom, real_abandoned
real_count: .word 0
real_resume: .word 0
real_stack: .word 0
real_bottom: .word 0
real_abandoned: .word 0
    .balign 4
real_seen:  .zero OBSERVATIONS * 4
real_window:                    /* 4 KiB and more that only tests look at */
    .set i, 0
    .rept 1040
    .long 0x01020304 + i * 0x01010101
    .set i, (i + 1) & 15
    .endr

    .section .note.GNU-stack, "", @progbits
