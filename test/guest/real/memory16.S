/* SPDX-License-Identifier: BSD-2-Clause */
/* Segment limits and bases that real mode has from protected mode: unreal mode, small and expand-down segments. */
#include "macros.h"

    .section .text16, "awx"
    .code16

/* 4 GiB limits: every kind of operand above 64 KiB, each segment register, and a reload that keeps the limit. */
    .globl real_unreal
real_unreal:
    BEGIN
    movw $REAL_FLAT, %dx
    callw real_load
    movl $HIGH_BYTES, %ebx
    movl $0x11223344, (%ebx)
    movl (%ebx), %eax
    OBS
    movb $0x55, %es:1(%ebx)
    addw $0x1111, %fs:2(%ebx)
    lock
    incl %gs:(%ebx)
    notb %gs:3(%ebx)
    movl (%ebx), %eax
    OBS
    movl $0xcafef00d, %eax
    xchgl %eax, (%ebx)
    OBS
    lock
    xaddl %eax, (%ebx)
    OBS
    movl $0x1234, %eax
    cmpxchgl %ecx, (%ebx)
    OBS_FLAGS
    OBS
    pushl (%ebx)
    popl 8(%ebx)
    movl 8(%ebx), %eax
    OBS
    btsl $5, 8(%ebx)
    OBS_FLAGS
    rorl $3, 8(%ebx)
    movzwl 9(%ebx), %eax
    OBS
    movsbl 11(%ebx), %eax
    OBS
    movl $7, %eax
    mull 8(%ebx)
    OBS
    movw $0x0700, %ax           /* DS reloaded: the limit stays */
    movw %ax, %ds
    movl -0x7000(%ebx), %eax
    OBS
    xorw %ax, %ax
    movw %ax, %ds
    movl 0xffff, %eax           /* across 64 KiB: no fault with this limit */
    OBS
    movl $0x600d600d, 16(%ebx)
    jmp 1f
1:  calll *2f                   /* a near call through memory, 32-bit operand */
    jmp 3f
2:  .long 4f
4:  movl $4, %eax
    OBS
    retl
3:  movl 16(%ebx), %eax
    OBS
    movl $HIGH_BYTES, %esi      /* strings with 32-bit addresses, both directions */
    movl $HIGH_BYTES + 0x100, %edi
    movl $20, %ecx
    cld
    addr32 rep movsl
    movl %ecx, %eax
    OBS
    movl %edi, %eax
    OBS
    std
    movl $HIGH_BYTES + 0x1ff, %edi
    movl $0x41, %ecx
    movb $0x5a, %al
    addr32 rep stosb
    movl %edi, %eax
    OBS
    cld
    movl $HIGH_BYTES + 0x100, %edi
    movl $0x400, %ecx
    addr32 repne scasb
    movl %ecx, %eax
    OBS
    movl $HIGH_BYTES, %esi
    movl $HIGH_BYTES + 0x100, %edi
    movl $0x40, %ecx
    addr32 repe cmpsw
    movl %esi, %eax
    OBS
    movl $HIGH_BYTES + 0x1fc, %esi
    addr32 lodsl
    OBS
    movw $REAL_DATA, %dx        /* 64 KiB again: now it faults */
    callw real_load
    TRY 5f
    movl $HIGH_BYTES, %ebx
    movl (%ebx), %eax
    OBS
5:  TRY 6f
    movl 0xffff, %eax
    OBS
6:  TRY 7f
    movl $0x10000, %ebx
    movb %es:(%ebx), %al
    OBS
7:  END

/* Limits below 64 KiB and bases that are not the selector's. */
    .globl real_limits
real_limits:
    BEGIN
    callw real_enter
    movw $REAL_SMALL, %ax
    movw %ax, %es
    movw $REAL_ODD, %ax
    movw %ax, %fs
    movw $REAL_DOWN, %ax
    movw %ax, %gs
    callw real_leave
    movw %es, %ax               /* the selectors of protected mode, still */
    movzwl %ax, %eax
    OBS
    movl %es:0, %eax
    OBS
    movl %es:0xffc, %eax
    OBS
    TRY 1f
    movl %es:0xffd, %eax
    OBS
1:  callw again
    movl %fs:0, %eax
    OBS
    movl %fs:0xfffc - 0xf000, %eax
    OBS
    movw %fs, %ax
    movzwl %ax, %eax
    OBS
    movw $0x0700, %ax           /* loaded in real mode: base 16 times the selector */
    pushw %ax
    popw %fs
    movl %fs:0xe00, %eax
    OBS
    callw again
    movl %gs:0x1000, %eax
    OBS
    TRY 2f
    movl %gs:0xfff, %eax
    OBS
2:  callw again
    xorl %eax, %eax             /* the small limit stays at a reload */
    movw %ax, %es
    movb %es:0xfff, %al
    OBS
    TRY 3f
    movb %es:0x1000, %al
    OBS
3:  movw $REAL_DATA, %dx
    callw real_load
    TRY 4f                      /* the stack segment: #SS */
    movl %ss:0xfffd, %eax
    OBS
4:  movw %sp, %bx
    movw $0, %sp                /* wraps */
    pushw $0x1357
    movw %sp, %ax
    movw %bx, %sp
    movzwl %ax, %eax
    OBS
    movzwl 0xfffe, %eax
    OBS
    movw $0xfffe, %bx
    movw %sp, %cx
    movw %bx, %sp
    popw %ax
    movw %sp, %dx
    movw %cx, %sp
    movzwl %ax, %eax
    OBS
    movw %dx, %ax
    OBS
    END

/* ES small, FS odd, GS expand-down, as at the start; a handler has loaded ES. */
again:
    callw real_enter
    movw $REAL_SMALL, %ax
    movw %ax, %es
    movw $REAL_ODD, %ax
    movw %ax, %fs
    movw $REAL_DOWN, %ax
    movw %ax, %gs
    callw real_leave
    retw

/* INS and OUTS, all sizes and directions, at the segments' ends; MOVS and its relatives around 64 KiB. */
    .globl real_string
real_string:
    BEGIN
    movw $PORT, %dx
    cld
    movw $real_window, %di
    movw $9, %cx
    rep insb
    OBS_STRING
    movw $5, %cx
    rep insw
    OBS_STRING
    movw $3, %cx
    rep insl
    OBS_STRING
    insb
    OBS_STRING
    std
    movw $4, %cx
    rep insw
    OBS_STRING
    cld
    movl real_window, %eax
    OBS
    movw $real_window, %si
    movw $9, %cx
    rep outsb
    OBS_STRING
    movw $5, %cx
    cs rep outsw
    OBS_STRING
    std
    movw $3, %cx
    rep outsl
    OBS_STRING
    cld
    movl $real_window, %esi
    movl $3, %ecx
    addr32 rep outsb
    OBS_STRING
    xorw %cx, %cx
    rep insb
    OBS_STRING
    TRY 1f                      /* the word at FFFFh does not fit; what came before is done */
    movw $0xfffc, %si
    movw $3, %cx
    incw %si
    rep outsw
    OBS_STRING
1:  OBS_STRING
    movw $0x6000, %ax
    movw %ax, %es
    movw %ax, %ds
    movw $0xfff0, %si
    movw $0x0100, %di
    movw $0x20, %cx
    rep movsb                   /* SI wraps */
    OBS_STRING
    movw $0xfffe, %di
    movw $3, %cx
    movw $0x1234, %ax
    rep stosw
    OBS_STRING
    movw $0xfffc, %si
    movw $0xfffc, %di
    movw $5, %cx
    repe cmpsw
    OBS_STRING
    END

    .section .note.GNU-stack, "", @progbits
