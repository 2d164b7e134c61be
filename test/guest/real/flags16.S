/* SPDX-License-Identifier: BSD-2-Clause */
/* FLAGS in real mode: PUSHF, POPF, IRET, CLI, STI and their relatives with every bit; software interrupts and exceptions. */
#include "macros.h"

    .section .text16, "awx"
    .code16

/* Every single bit, then all but one, by POPF, POPFD, IRET and IRETD; what PUSHF and PUSHFD then say. TF stays 0. */
    .globl real_flags
real_flags:
    BEGIN
    movl $1, %edx
1:  movl %edx, %ebx
    callw try_flags
    movl %edx, %ebx
    notl %ebx
    callw try_flags
    shll %edx
    jnz 1b
    pushl $0
    popfl
    sti
    callw obs_flags
    sti
    cli
    callw obs_flags
    std
    cmc
    callw obs_flags
    movw $0xff00, %ax
    sahf
    lahf
    OBS
    pushw $0x3002               /* IOPL 3, then CLI and STI */
    popfw
    sti
    callw obs_flags
    cli
    callw obs_flags
    END

obs_flags:
    pushfw
    popw %ax
    movzwl %ax, %eax
    callw real_obs
    pushfl
    popl %eax
    callw real_obs
    retw

/* EBX, without TF and without interrupts from outside for longer than a few instructions; ID and AC depend on the CPU alone. */
try_flags:
    andl $~0x100, %ebx
    pushw %bx
    popfw
    cli
    callw obs_flags
    pushl %ebx
    popfl
    cli
    callw obs_flags
    pushw %bx
    pushw %cs
    pushw $2f
    iretw
2:  cli
    callw obs_flags
    pushl %ebx
    pushl $0
    pushl $3f
    iretl
3:  cli
    callw obs_flags
    retw

/* INT n: what is on the stack and which flags the handler has; chains of handlers; exceptions through their vectors. */
    .globl real_ints
real_ints:
    BEGIN
    pushl 0x60 * 4
    pushl 0x61 * 4
    pushl 3 * 4
    pushl 4 * 4
    pushl 1 * 4
    movl $look, 0x60 * 4
    movl $chain_first, 0x61 * 4
    movl $look, 3 * 4
    movl $look, 4 * 4
    movl $look, 1 * 4
    pushw $0x7cd5               /* all that sticks but TF, IF */
    popfw
    int $0x60
    callw obs_flags
    pushw $0x0202
    popfw
    int $0x60
    callw obs_flags
    cli
    int3
    .byte 0xcd, 0x03
    testb $1, rt_param + 3
    jnz 1f
    .byte 0xf1                  /* INT1 */
1:
    movb $0x7f, %al
    addb $1, %al
    into
    movb $1, %al
    addb $1, %al
    into
    .byte 0x66, 0x3e            /* prefixes */
    int $0x60
    movw $0x1000, chain_depth
    xorl %eax, %eax
    int $0x61
    OBS
    pushfw                      /* a far call with FLAGS pushed, as chaining programs do */
    lcallw *0x60 * 4
    callw obs_flags
    movl $far_handler_offset, 0x60 * 4
    movw $0x0010, 0x60 * 4 + 2  /* another segment for the same code */
    subw $0x100, 0x60 * 4
    int $0x60
    callw obs_flags
    popl 1 * 4
    popl 4 * 4
    popl 3 * 4
    popl 0x61 * 4
    popl 0x60 * 4
    callw faults
    END
    .set far_handler_offset, look

/* Notes IP, CS and FLAGS on the stack and its own FLAGS; returns. */
look:
    pushw %bp
    movw %sp, %bp
    pushl %eax
    pushfw
    popw %ax
    shll $16, %eax
    movw 6(%bp), %ax
    OBS
    movl 2(%bp), %eax
    OBS
    popl %eax
    popw %bp
    iretw

/* Each calls the next of the chain, 16 deep, half of them by INT, half by a far call. */
chain_first:
    incl %eax
    decw chain_left
    jz 5f
    testw $1, chain_left
    jz 4f
    int $0x61
    iretw
4:  pushfw
    lcallw $0, $chain_first
    iretw
5:  movw $16, chain_left
    iretw

faults:
    TRY 1f
    xorw %bx, %bx
    divw %bx
1:  TRY 2f
    ud2
2:  TRY 3f
    movw $5, %ax
    boundw %ax, bounds
3:  TRY 4f
    sldt %ax                    /* #UD in real mode */
4:  TRY 5f
    lldt %ax
5:  TRY 6f
    .byte 0x63, 0xc0            /* ARPL */
6:  TRY 7f
    lock
    nop
7:  TRY 8f
    movl %cr0, %eax             /* #NM */
    orb $8, %al
    movl %eax, %cr0
    fnop
8:  clts
    TRY 9f
    movl $0x12345, %eax         /* whether this CPU has limits: QEMU's has none */
    movb (%eax), %al
    jmp 10f
9:  TRY 10f
    jmpl *far_away              /* beyond the code segment */
10: TRY 11f
    movl $0x12345, %eax
    movb %cs:(%eax), %al
11: TRY 12f
    .byte 0x0f, 0x22, 0xc8      /* MOV CR1 */
12: TRY 13f
    .rept 15
    .byte 0x2e
    .endr
    nop
13: lidtl short_idt             /* a vector beyond the limit: #GP through one within */
    TRY 14f
    int $0x60
14: lidtl moved_idt             /* the table elsewhere */
    pushw %es
    movw $0x6000, %ax
    movw %ax, %es
    xorw %si, %si
    movw $8, %di
    movw $0x400 / 2, %cx
    rep movsw
    TRY 15f
    ud2
15: TRY 16f
    int3
16: lidtl usual_idt
    popw %es
    retw

    .balign 4
chain_left: .word 16
chain_depth: .word 0
bounds:     .word 0, 4
far_away:   .long 0x12345
short_idt:  .word 0x60 * 4 + 2
            .long 0
moved_idt:  .word 0x3ff
            .long 0x60008
usual_idt:  .word 0x3ff
            .long 0

    .section .note.GNU-stack, "", @progbits
