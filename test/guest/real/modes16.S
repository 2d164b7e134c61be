/* SPDX-License-Identifier: BSD-2-Clause */
/* Round trips to protected mode with stale segments, privileged instructions, single steps and breakpoints, interrupts. */
#include "macros.h"

    .section .text16, "awx"
    .code16

/* Protected mode on real mode's segment registers, then others; what stays on the way back. */
    .globl real_trips
real_trips:
    BEGIN
    movw $0x0701, %ax           /* selectors whose low bits are no privilege level */
    movw %ax, %ds
    movw $0x0702, %ax
    movw %ax, %es
    movw $0x0703, %ax
    movw %ax, %fs
    callw real_enter
    movl 0x200, %eax
    OBS_PM
    movl %es:0x200, %eax
    OBS_PM
    movl %fs:0x200, %eax
    OBS_PM
    movw %ds, %ax
    movzwl %ax, %eax
    OBS_PM
    movw %fs, %ax
    movzwl %ax, %eax
    OBS_PM
    smsw %ax
    movzwl %ax, %eax
    OBS_PM
    movw $REAL_DATA, %ax
    movw %ax, %ds
    movw %ax, %ss
    lidtl pm_idt
    int $0x40
    OBS_PM
    movw $0, pm_error
    movw $1f, real_resume
    movw $0x1000, %ax           /* beyond the table: #GP with the selector */
    movw %ax, %gs
1:  movzwl pm_error, %eax
    OBS_PM
    movw $REAL_TSS, %ax
    ltr %ax
    movw $REAL_LDT, %ax
    lldt %ax
    xorl %eax, %eax
    str %ax
    OBS_PM
    ljmpl $REAL_CODE32, $2f
    .code32
2:  movl $0x12340000, %eax
    movw $REAL_FLAT, %cx
    movl %ecx, %gs
    movl %gs:real_window, %ebx
    movw %bx, %ax
    pushl %eax
    popl %ebx
    ljmpw $REAL_CODE, $3f
    .code16
3:  movl %ebx, %eax
    OBS_PM
    callw real_leave
    lidtl real_idt
    xorw %ax, %ax
    movw %ax, %ss
    movw %ax, %ds
    movw $50, %bp               /* often, by LMSW and by MOV, without a jump as well */
4:  lgdtl real_gdtr
    smsw %ax
    orb $1, %al
    lmsw %ax
    jmp 5f
5:  movw $REAL_FLAT, %ax
    movw %ax, %gs
    xorl %eax, %eax
    str %ax
    callw trip_add
    sldt %ax
    callw trip_add
    lsl %gs:(real_gdt), %ax
    callw trip_add
    movl %cr0, %eax
    andb $~1, %al
    movl %eax, %cr0
    movl $0x1000, %esi
    movl %gs:(%esi), %eax
    callw trip_add
    decw %bp
    jnz 4b
    xorw %ax, %ax
    movw %ax, %gs
    movl trip_sum, %eax
    OBS
    sgdtl seen_table
    movzwl seen_table, %eax
    OBS
    movl seen_table + 2, %eax
    OBS
    sidtl seen_table
    movzwl seen_table, %eax
    OBS
    ljmpw $0, $6f
6:  movb $0x89, real_gdt + REAL_TSS + 5
    END

trip_add:
    roll $3, trip_sum
    addl %eax, trip_sum
    retw

/* Control, debug and other privileged registers from real mode. */
    .globl real_privileged
real_privileged:
    BEGIN
    movl %cr0, %eax
    andl $~0x60000000, %eax     /* CD and NW: as the firmware left them, or Weir */
    OBS
    movl %cr3, %ecx
    movl $0x12345000, %eax
    movl %eax, %cr3
    xorl %eax, %eax
    movl %cr3, %eax
    OBS
    movl %ecx, %cr3
    movl %cr2, %ecx
    movl $0x87654321, %eax
    movl %eax, %cr2
    xorl %eax, %eax
    movl %cr2, %eax
    OBS
    movl %ecx, %cr2
    movl %cr4, %ecx
    movl %ecx, %eax
    OBS
    orb $0x3f, %al              /* VME PVI TSD DE PSE PAE: none of them changes real mode */
    movl %eax, %cr4
    movl %cr4, %eax
    OBS
    rdtsc
    sti
    cli
    pushfw
    popw %ax
    movzwl %ax, %eax
    OBS
    movl %ecx, %cr4
    testb $1, rt_param + 3
    jnz 2f
    TRY 1f
    movl $0x80000000, %eax
    orl %ecx, %eax
    movl %eax, %cr4             /* reserved: #GP */
    OBS
1:  TRY 2f
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0             /* PG without PE: #GP */
    OBS
2:  smsw %ax
    movzwl %ax, %eax
    OBS
    orb $8, %al
    lmsw %ax
    smsw %ax
    OBS
    clts
    smsw %ax
    OBS
    wbinvd
    invlpg (0)
    movl $0xc0000080, %ecx
    rdmsr
    OBS
    orw $0x100, %ax             /* LME alone */
    wrmsr
    rdmsr
    OBS
    andw $~0x100, %ax
    wrmsr
    TRY 3f
    movl $0x12345678, %ecx
    rdmsr
    OBS
3:  TRY 4f
    movl $0x277, %ecx
    rdmsr
    OBS
    movl %edx, %eax
    OBS
4:  xorl %eax, %eax
    cpuid
    movl %ebx, %eax
    OBS
    movl $0x11112222, %eax
    movl %eax, %dr0
    xorl %eax, %eax
    movl %dr0, %eax
    OBS
    movl %dr6, %eax
    OBS
    movl %dr7, %eax
    OBS
    movl $0x500, %eax           /* nothing enabled */
    movl %eax, %dr7
    movl %dr7, %eax
    OBS
    END

/* TF: where every #DB comes; then a breakpoint on code. */
    .globl real_steps
real_steps:
    BEGIN
    pushl 1 * 4
    pushl 0x60 * 4
    movl $on_step, 1 * 4
    movl $plain_iret, 0x60 * 4
    movw $6f, %si
    movl $0xffff0ff0, %eax
    movl %eax, %dr6
    pushfw
    popw %ax
    orw $0x100, %ax
    pushw %ax
    popfw
    nop
    testb $1, rt_param + 4
    jz 1f
    hlt                         /* IF is 0: its own trap ends it */
1:  pushfw
    popw %dx
    cli
    sti
    nop
    cli
    int $0x60
    nop
    movw %ss, %bx
    movw %bx, %ss
    nop
    nop
    movw $3, %cx
    rep lodsb
    inb $PORT, %al
    pushfw
    pushw %cs
    pushw $5f
    iretw
5:  nop
    movl %cr0, %eax
    movl %eax, %cr0
    nop
    lidtl real_idt
6:  pushfw
    popw %ax
    andw $~0x100, %ax
    pushw %ax
    popfw
    nop
    nop
    movzwl %dx, %eax
    OBS
    movl %dr6, %eax
    OBS
    movl $on_breakpoint, 1 * 4
    movl $7f, %eax
    movl %eax, %dr0
    movl $0xffff0ff0, %eax
    movl %eax, %dr6
    movl $0x401, %eax
    movl %eax, %dr7
    nop
7:  nop
    popl 0x60 * 4
    popl 1 * 4
    END

plain_iret:
    nop
    iretw
on_step:
    pushw %bp
    movw %sp, %bp
    pushl %eax
    movl 2(%bp), %eax           /* IP, CS */
    OBS
    popl %eax
    popw %bp
    iretw
on_breakpoint:
    pushw %bp
    movw %sp, %bp
    movzwl 2(%bp), %eax
    OBS
    movl %dr6, %eax
    OBS
    movl $0x400, %eax
    movl %eax, %dr7
    popw %bp
    iretw

/*
 * Where an interrupt that is pending comes, by the way that lets it in. IRQ 0 alone is unmasked; only the first one after
 * PENDING is noted, as a slow machine may have more of them.
 */
    .macro PENDING
1:  movb $0x0a, %al
    outb %al, $0x20
    inb $0x20, %al
    testb $1, %al
    jz 1b
    movb $1, armed
    .endm
    .globl real_interrupts
real_interrupts:
    BEGIN
    pushl 8 * 4
    pushl 0x60 * 4
    movl $on_tick, 8 * 4
    movl $plain_iret, 0x60 * 4
    movb $0xfe, %al
    outb %al, $0x21
    movb $0x34, %al             /* the PIT at 200 Hz */
    outb %al, $0x43
    movb $0x4d, %al
    outb %al, $0x40
    movb $0x17, %al
    outb %al, $0x40
    PENDING
    sti
    nop
    nop
    cli
    PENDING
    sti
    hlt
    cli
    movb $1, armed
    sti
    hlt                         /* nothing pending */
    cli
    PENDING
    pushw $0x202
    popfw
    nop
    cli
    PENDING
    pushw $0x202
    pushw %cs
    pushw $2f
    iretw
    nop
2:  nop
    cli
    PENDING
    sti
    movw %ax, %bx
    movw %ss, %ax
    movw %ax, %ss
    nop
    cli
    PENDING
    sti
    cli                         /* the shadow of STI: never let in */
    nop
    PENDING
    sti
    int $0x60
    cli
    PENDING
    sti
    pushfw
    popw %ax
    cli
    movzwl ticks, %eax
    OBS
    movw $REAL_FLAT, %dx        /* in unreal mode, and while the emulator does every instruction */
    callw real_load
    PENDING
    movl $HIGH_BYTES, %ebx
    sti
    movl (%ebx), %eax
    nop
    cli
    callw real_enter
    movw $REAL_SMALL, %ax
    movw %ax, %gs
    callw real_leave
    PENDING
    sti
    nop
    nop
    hlt
    cli
    xorw %ax, %ax
    movw $REAL_DATA, %dx
    callw real_load
    movb $0x34, %al
    outb %al, $0x43
    xorb %al, %al
    outb %al, $0x40
    outb %al, $0x40
    popl 0x60 * 4
    popl 8 * 4
    END

on_tick:
    pushw %bp
    movw %sp, %bp
    pushl %eax
    cmpb $0, %cs:armed
    je 1f
    movl 2(%bp), %eax
    OBS
    pushw %ds
    pushw $0
    popw %ds
    movb $0, armed
    incw ticks
    popw %ds
1:  movb $0x20, %al
    outb %al, $0x20
    popl %eax
    popw %bp
    iretw

/* A virtual-8086 task of a monitor's: INT, flags and ports by the monitor in rt/v86.S, memory by the task itself. */
    .globl real_v86
real_v86:
    pushl %ebp
    pushl 0x60 * 4
    movl $plain_iret, 0x60 * 4
    pushfw
    popw %ax
    movzwl %ax, %eax
    OBS
    sti
    pushfw
    popw %ax
    OBS
    cli
    pushw $0x0cd5
    popfw
    pushfw
    popw %ax
    OBS
    int $0x60
    pushfl
    popl %eax
    OBS
    inb $PORT, %al
    OBS
    movw $0x0700, %ax
    movw %ax, %es
    movl %es:0x100, %eax
    OBS
    xorw %ax, %ax
    movw %ax, %es
    hlt
    popl 0x60 * 4
    popl %ebp
    retl

    .code32
pm_handler:
    movl $0x40, %eax
    iretl
/* Error code, EIP, CS, EFLAGS: goes on at real_resume. */
pm_gp:
    popl %eax
    movw %ax, pm_error
    movzwl real_resume, %eax
    movl %eax, (%esp)
    iretl
    .code16

    .balign 8
pm_idt_table:
    .zero 13 * 8
    .word pm_gp, REAL_CODE32, 0x8e00, 0
    .zero (0x40 - 14) * 8
    .word pm_handler, REAL_CODE32, 0x8e00, 0
pm_idt_end:
pm_idt:     .word pm_idt_end - pm_idt_table - 1
            .long pm_idt_table
real_idt:   .word 0x3ff
            .long 0
    .globl trip_sum
trip_sum:   .long 0
seen_table: .zero 6
pm_error:   .word 0
ticks:      .word 0
armed:      .byte 0

    .section .note.GNU-stack, "", @progbits
