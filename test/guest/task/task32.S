/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fn32 for rt_prot32(): task switches of every kind (AMD APM vol. 2, 12). The main task drives the worker, a 16-bit and a
 * virtual-8086 task; what each sees goes as doublewords into task_seen. First without paging, then with a page directory
 * per task.
 */
#include "layout.h"
#include "task.h"

#define SEL_MAIN    0x50
#define SEL_WORKER  0x58
#define SEL_TASK16  0x60
#define SEL_V86     0x68
#define SEL_GATE    0x70
#define SEL_LDT     0x78
#define SEL_ABSENT  0x80        /* data, not present */
#define SEL_SHORT   0x88        /* a TSS one byte too short */
#define SEL_GONE    0x90        /* a TSS, not present */
#define SEL_IN_LDT  0x0c

#define TSS_LINK  0
#define TSS_CR3   0x1c
#define TSS_EIP   0x20
#define TSS_GS    0x5c
#define TSS_TRAP  0x64

/* What the worker does when it is entered. */
#define WORKER_JUMPS    0
#define WORKER_RETURNS  1
#define WORKER_SKIPS    2       /* an exception with an error code: behind the instruction */
#define WORKER_TICKS    3
#define WORKER_LEAVES   4       /* an exception with an error code: to the main task */

    .macro SEE what
    pushl \what
    call see
    .endm

    /* base, type (with P and DPL), limit; base below 16 MiB, to be put in at run time */
    .macro SYSTEM type, limit
    .word \limit, 0
    .byte 0, \type, 0, 0
    .endm

    .section .text16, "awx"
    .code32
    .globl task_run
task_run:
    pushal
    pushfl
    movl %esp, saved_esp
    sgdtl saved_gdtr
    call set_up
    lgdtl gdtr
    lidtl idtr
    movw $SEL_MAIN, %ax
    ltr %ax
    xorl %eax, %eax
    lldt %ax
    call switches
    call paging_on
    call switches
    movl saved_cr0, %eax
    movl %eax, %cr0
    movl saved_cr4, %eax
    movl %eax, %cr4
    clts
    lgdtl saved_gdtr
    movl saved_esp, %esp
    popfl
    popal
    ret

/* void see(u32 value) */
see:
    pushfl
    pushl %eax
    pushl %edi
    movl 16(%esp), %eax
    movl task_count, %edi
    movl %eax, task_seen(, %edi, 4)
    cmpl $(OBSERVATIONS - 1), %edi
    je 1f
    incl task_count
1:  popl %edi
    popl %eax
    popfl
    ret $4

/* What a task switch sets. RF is left out: CPUs differ in what they store. */
see_state:
    pushal
    pushfl
    andl $~0x10000, (%esp)
    call see
    SEE %esp
    xorl %eax, %eax
    movw %ds, %ax
    SEE %eax
    movw %es, %ax
    SEE %eax
    movw %ss, %ax
    SEE %eax
    movw %fs, %ax
    SEE %eax
    movw %gs, %ax
    SEE %eax
    str %ax
    SEE %eax
    sldt %ax
    SEE %eax
    movl %cr0, %eax
    andl $8, %eax
    SEE %eax
    movl %dr7, %eax
    SEE %eax
    movl gdt + SEL_MAIN + 4, %eax
    andl $0xff00, %eax
    SEE %eax
    movl gdt + SEL_WORKER + 4, %eax
    andl $0xff00, %eax
    SEE %eax
    movl tss_worker + TSS_LINK, %eax
    SEE %eax
    movl %cr0, %eax
    testl %eax, %eax
    jns 1f
    movl %cr3, %eax
    subl $pd_main, %eax
    SEE %eax
    movl 0x40000000, %eax
    SEE %eax
1:  popal
    ret

/* ---- the main task ---- */

    .macro STEP number
    SEE $(0xabc00000 + \number)
    movl $0x11111111, %eax
    movl $0x22222222, %ebx
    movl $0x33333333, %ebp
    .endm

    .macro BACK
    SEE %eax
    SEE %ebx
    SEE %ebp
    call see_state
    clts
    .endm

switches:
    movl $worker, tss_worker + TSS_EIP
    STEP 1
    movl $WORKER_JUMPS, worker_does
    movl $0x155, %eax
    movl %eax, %dr7
    ljmpl $SEL_WORKER, $0
    BACK
    STEP 2                      /* the worker goes on behind its own jump */
    ljmpl $SEL_WORKER, $0
    BACK
    STEP 3
    movl $WORKER_RETURNS, worker_does
    lcalll $SEL_WORKER, $0
    BACK
    STEP 4
    movl $WORKER_JUMPS, worker_does
    ljmpl $SEL_GATE, $0
    BACK
    STEP 5
    movl $WORKER_RETURNS, worker_does
    int $0x30
    BACK
    STEP 6
    int3
    BACK
    STEP 7
    movb $0x7f, %al
    addb $1, %al
    into
    BACK
    STEP 8
    movl $WORKER_SKIPS, worker_does
    movl $2, skip
    movw $SEL_WORKER, %ax
    movw %ax, %fs               /* #GP */
    BACK
    STEP 9
    movl $7, skip
    ljmpl $SEL_MAIN, $0         /* busy: #GP */
    BACK
    STEP 10
    ljmpl $SEL_SHORT, $0        /* #TS */
    BACK
    STEP 11
    ljmpl $SEL_GONE, $0         /* #NP */
    BACK
    STEP 12
    lcalll $SEL_TASK16, $0
    BACK
    SEE task16_seen
    movl $WORKER_JUMPS, worker_does
    movl $0, skip
    cmpb $0, rt_param + 1
    je 1f
    STEP 13                     /* #NP in the new task; QEMU 7.2 raises it with the old task's EIP */
    movl $SEL_ABSENT, tss_worker + TSS_GS
    ljmpl $SEL_WORKER, $0
    movl $0, tss_worker + TSS_GS
    BACK
1:
    STEP 14                     /* the T bit: #DB in the new task */
    movb $1, tss_worker + TSS_TRAP
    ljmpl $SEL_WORKER, $0
    movb $0, tss_worker + TSS_TRAP
    BACK
    STEP 15                     /* HLT in virtual-8086 mode: #GP, through the task gate */
    movl $WORKER_LEAVES, worker_does
    movl $0, tss_v86 + TSS_EIP
    ljmpl $SEL_V86, $0
    andb $~2, gdt + SEL_V86 + 5 /* it was left busy */
    BACK
    SEE tss_v86 + TSS_EIP
    SEE tss_v86 + 0x28          /* EAX */
    SEE tss_v86 + 0x24
    STEP 16                     /* the timer's interrupt, through the task gate */
    movl $WORKER_TICKS, worker_does
    movl $0, ticks
    inb $0x21, %al
    movb %al, saved_imr
    movb $0xfe, %al
    outb %al, $0x21
    sti
1:  cmpl $3, ticks
    jb 1b
    cli
    movb saved_imr, %al
    outb %al, $0x21
    movl $0xabcdef, %eax
    BACK
    ret

paging_on:
    movl $pd_main, %eax
    movl %eax, tss_main + TSS_CR3
    movl %eax, tss_task16 + 0x40 /* nothing there: a 16-bit TSS has no CR3 */
    movl %eax, tss_v86 + TSS_CR3
    movl %eax, %cr3
    movl $pd_worker, tss_worker + TSS_CR3
    movl %cr4, %eax
    movl %eax, saved_cr4
    movl $0x10, %eax            /* PSE, and PAE off */
    movl %eax, %cr4
    movl %cr0, %eax
    movl %eax, saved_cr0
    orl $0x80000000, %eax
    movl %eax, %cr0
    jmp 1f
1:  ret

/* ---- the others ---- */

worker:
    cmpl $WORKER_TICKS, worker_does
    je 3f
    SEE %eax                    /* its own registers from the last time */
    call see_state
    movl $0x55555555, %eax
3:  clts
    cmpl $WORKER_RETURNS, worker_does
    je 1f
    cmpl $WORKER_SKIPS, worker_does
    je 2f
    cmpl $WORKER_TICKS, worker_does
    je 4f
    cmpl $WORKER_LEAVES, worker_does
    jne 5f
    popl %eax
    SEE %eax
5:  ljmpl $SEL_MAIN, $0
    jmp worker
4:  incl ticks
    movb $0x20, %al
    outb %al, $0x20
1:  iretl
    jmp worker
2:  popl %eax                   /* the error code */
    SEE %eax
    movl tss_main + TSS_EIP, %eax
    subl $switches, %eax
    SEE %eax
    movl skip, %eax
    addl %eax, tss_main + TSS_EIP
    iretl
    jmp worker

/* #TS and #NP, on the stack of the task that has it. */
absent:
    SEE (%esp)
    addl $4, %esp
    pushl %eax
    xorl %eax, %eax
    str %ax
    SEE %eax
    movl 4(%esp), %eax
    subl $switches, %eax
    SEE %eax
    movl skip, %eax
    addl %eax, 4(%esp)
    popl %eax
    iretl

trapped:
    pushl %eax
    movl %dr6, %eax
    SEE %eax
    xorl %eax, %eax
    movl %eax, %dr6
    str %ax
    SEE %eax
    movl 4(%esp), %eax
    subl $switches, %eax
    SEE %eax
    popl %eax
    iretl

    .code16
task16:
    movw %sp, task16_seen
    pushfw
    popw task16_seen + 2
    iretw
    jmp task16

    .balign 16
v86_code:
    movw $0x1234, %ax
    hlt

/* ---- what set_up completes ---- */

    .code32
    .macro PLACE selector, at
    movl $\at, %eax
    movw %ax, gdt + \selector + 2
    shrl $16, %eax
    movb %al, gdt + \selector + 4
    .endm

    .macro GATE vector, selector, offset, type
    movl $\vector * 8 + idt, %edi
    movw $\offset, (%edi)
    movw $\selector, 2(%edi)
    movw $(\type << 8), 4(%edi)
    movw $0, 6(%edi)
    .endm

set_up:
    PLACE SEL_MAIN, tss_main
    PLACE SEL_WORKER, tss_worker
    PLACE SEL_TASK16, tss_task16
    PLACE SEL_V86, tss_v86
    PLACE SEL_LDT, ldt
    PLACE SEL_SHORT, tss_main
    PLACE SEL_GONE, tss_main
    GATE 1, SEL_CODE32, trapped, 0x8e
    GATE 3, SEL_WORKER, 0, 0x85
    GATE 4, SEL_WORKER, 0, 0x85
    GATE 8, SEL_WORKER, 0, 0x85 /* the BIOS's vector for IRQ 0 */
    GATE 10, SEL_CODE32, absent, 0x8e
    GATE 11, SEL_CODE32, absent, 0x8e
    GATE 13, SEL_WORKER, 0, 0x85
    GATE 0x30, SEL_WORKER, 0, 0x85
    movl $(v86_code), %eax
    shrl $4, %eax
    movw %ax, tss_v86 + 0x4c
    ret

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* SEL_CODE32 */
    .quad 0x00cf93000000ffff    /* SEL_DATA */
    .quad 0x00009b000000ffff    /* SEL_CODE16 */
    .quad 0x000093000000ffff    /* SEL_DATA16 */
    .quad 0x00af9b000000ffff    /* SEL_CODE64 */
    .quad 0, 0, 0, 0
    SYSTEM 0x89, 0x67           /* SEL_MAIN */
    SYSTEM 0x89, 0x67
    SYSTEM 0x81, 0x2b
    SYSTEM 0x89, 0x67
    .word 0, SEL_WORKER, 0x8500, 0 /* SEL_GATE */
    SYSTEM 0x82, 15             /* SEL_LDT */
    .quad 0x00cf13000000ffff    /* SEL_ABSENT */
    SYSTEM 0x89, 0x66
    SYSTEM 0x09, 0x67           /* SEL_GONE */
gdt_end:
ldt:
    .quad 0
    .quad 0x00cf92000000ffff    /* SEL_IN_LDT, not accessed yet */
gdtr:       .word gdt_end - gdt - 1
            .long gdt
idtr:       .word 0x31 * 8 - 1
            .long idt
saved_gdtr: .zero 6

    .balign 16
tss_main:
    .zero 0x68
tss_worker:
    .long 0
    .zero 0x18
    .long 0, worker, 0x2        /* CR3, EIP, EFLAGS */
    .long 0x77777777, 1, 2, 3, worker_stack_end, 4, 5, 6
    .long SEL_DATA, SEL_CODE32, SEL_DATA, SEL_DATA, SEL_IN_LDT, 0, SEL_LDT
    .long 0x680000
    .balign 16
tss_task16:
    .word 0, 0, 0, 0, 0, 0, 0
    .word task16, 0x2
    .word 0, 0, 0, 0, task16_stack_end, 0, 0, 0
    .word SEL_DATA, SEL_CODE16, SEL_DATA16, SEL_DATA, 0 /* what is above SP is undefined */
    .balign 16
    .zero 0x40
tss_v86:
    .zero 0x1c
    .long 0, 0, 0x20002         /* EFLAGS: VM */
    .long 0, 0, 0, 0, 0x1000, 0, 0, 0
    .long 0, 0, 0, 0, 0, 0, 0   /* CS is put in */
    .long 0x680000
    .zero 0x20

    .balign 8
idt:        .zero 0x31 * 8
            .zero 512
worker_stack_end:
            .zero 256
task16_stack_end:
worker_does: .long 0
skip:       .long 0
ticks:      .long 0
saved_esp:  .long 0
saved_cr0:  .long 0
saved_cr4:  .long 0
saved_imr:  .long 0
task16_seen: .long 0
    .globl task_count
task_count: .long 0

    .bss
    .balign 4096
    .globl pd_main, pd_worker
pd_main:    .zero 4096
pd_worker:  .zero 4096

    .section .note.GNU-stack, "", @progbits
