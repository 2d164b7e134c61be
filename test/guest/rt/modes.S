/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mode switches. C runs in long mode with IF=0 on identity-mapped tables (0 to 4 GiB, 2 MiB pages);
 * from there rt_real(), rt_prot32() and rt_compat() call an assembly function in real mode, in
 * 32-bit protected mode without paging, and in compatibility mode, and come back. AMD APM vol. 2,
 * 14.8 (long mode initialization) and 4.8.3 (leaving it).
 */
#include "layout.h"

#define MSR_EFER  0xc0000080
#define EFER_LME  0x100
#define CR0_PE    1
#define CR0_PG    0x80000000
#define CR4_PAE   0x20

    .code16
    .section .text16, "awx"
    .globl rt_stage2, rt_enter_long16, rt_continue
rt_stage2:
    cli
    movl $rt_start, rt_continue
/* From real mode with IF=0 and DS=0: to long mode, on to the 64-bit code at rt_continue. */
rt_enter_long16:
    lgdtl rt_gdtr
    movl %cr0, %eax
    orb $CR0_PE, %al
    movl %eax, %cr0
    ljmpl $SEL_CODE32, $enter_long32

    .code32
enter_long32:
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $rt_pml4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE64, $1f

    .code64
1:  lidt rt_idtr
    movl rt_continue, %eax
    jmp *%rax

/* Entry of the C part: zero the BSS, take the stack, run rt_main(). */
rt_start:
    movl $__bss_start, %edi
    movl $__bss_end, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    cld
    rep stosb
    movl $rt_stack_top, %esp
    call rt_main
2:  hlt
    jmp 2b

/* The way back from a mode: the callee-saved registers lie on the long-mode stack. */
resume_long:
    movq rt_saved_rsp, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .macro SAVE_LONG
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, rt_saved_rsp
    movl %edi, rt_target
    movl $resume_long, rt_continue
    .endm

    .macro LEAVE_TO_32 label
    pushq $SEL_CODE32
    pushq $\label
    lretq
    .endm

/*
 * Paging and LME off; compatibility mode becomes plain 32-bit protected mode. Clobbers eax, ecx,
 * edx.
 */
    .macro PAGING_OFF
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %cr0, %eax
    andl $~CR0_PG, %eax
    movl %eax, %cr0
    movl $MSR_EFER, %ecx
    rdmsr
    andl $~EFER_LME, %eax
    wrmsr
    .endm

/* void rt_compat(void (*fn32)(void)): fn32 may change every register but esp. */
    .globl rt_compat
rt_compat:
    SAVE_LONG
    LEAVE_TO_32 3f
    .code32
3:  movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    call *rt_target
    ljmpl $SEL_CODE64, $resume_long
    .code64

/* void rt_prot32(void (*fn32)(void)): the IDT is fn32's own affair; it returns with IF=0. */
    .globl rt_prot32
rt_prot32:
    SAVE_LONG
    LEAVE_TO_32 4f
    .code32
4:  PAGING_OFF
    call *rt_target
    jmp enter_long32
    .code64

/* void rt_real(void (*fn16)(void)): segments 0, IVT at 0, IF=0 on entry; fn16 may set IF. */
    .globl rt_real
rt_real:
    SAVE_LONG
    LEAVE_TO_32 5f
    .code32
5:  PAGING_OFF
    ljmpl $SEL_CODE16, $6f
    .code16
6:  movw $SEL_DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    lidtl rt_ivtr
    movl %cr0, %eax
    andb $~CR0_PE, %al
    movl %eax, %cr0
    ljmp $0, $7f
7:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movl $RT_REAL_STACK, %esp
    calll *rt_target
    cli
    jmp rt_enter_long16

/*
 * fn16 of rt_bios(): loads rt_bios_regs, raises the interrupt, stores the registers back. The same
 * code serves a virtual-8086 task, where the INT is reflected by the monitor; so a real INT
 * instruction is used, its number written into it beforehand. Entered and left by 32-bit near
 * calls.
 */
    .globl rt_bios16, rt_bios16_vector
rt_bios16:
    pushl %ebp
    pushw %ds
    pushw %es
    movl rt_bios_regs + 4, %ebx
    movl rt_bios_regs + 8, %ecx
    movl rt_bios_regs + 12, %edx
    movl rt_bios_regs + 16, %esi
    movl rt_bios_regs + 20, %edi
    movw rt_bios_regs + 30, %es
    pushl rt_bios_regs + 0
    movw rt_bios_regs + 28, %ds
    popl %eax
    sti
    .byte 0xcd
rt_bios16_vector:
    .byte 0
    cli
    pushfw
    pushw %ds
    pushw $0
    popw %ds
    popw rt_bios_regs + 28
    popw rt_bios_regs + 32
    movl %eax, rt_bios_regs + 0
    movl %ebx, rt_bios_regs + 4
    movl %ecx, rt_bios_regs + 8
    movl %edx, rt_bios_regs + 12
    movl %esi, rt_bios_regs + 16
    movl %edi, rt_bios_regs + 20
    movw %es, rt_bios_regs + 30
    popw %es
    popw %ds
    popl %ebp
    retl

    .balign 8
    .globl rt_bios_regs
rt_bios_regs:   .zero 36
rt_continue:    .long 0
rt_target:      .long 0
    .balign 8
rt_saved_rsp:   .quad 0

rt_ivtr:        .word 0x3ff
                .long 0
    .balign 8
    .globl rt_gdt
rt_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* SEL_CODE32 */
    .quad 0x00cf93000000ffff    /* SEL_DATA */
    .quad 0x00009b000000ffff    /* SEL_CODE16 */
    .quad 0x000093000000ffff    /* SEL_DATA16 */
    .quad 0x00af9b000000ffff    /* SEL_CODE64 */
    .quad 0                     /* SEL_TSS32, filled by v86.S */
    .quad 0x00cff3000000ffff    /* SEL_UDATA */
    .quad 0x00affb000000ffff    /* SEL_UCODE64 */
    .quad 0, 0                  /* SEL_TSS64, filled by trap.c */
rt_gdt_end:
rt_gdtr:        .word rt_gdt_end - rt_gdt - 1
                .long rt_gdt

/* Identity map: one PML4, one PDPT, four page directories of 2 MiB pages (present, write, user). */
    .section .data.tables, "aw"
    .balign 4096
    .globl rt_pml4, rt_pdpt, rt_pd
rt_pml4:
    .quad rt_pdpt + 7
    .zero 4096 - 8
rt_pdpt:
    .quad rt_pd + 0x0007, rt_pd + 0x1007, rt_pd + 0x2007, rt_pd + 0x3007
    .zero 4096 - 32
rt_pd:
    .set address, 0
    .rept 2048
    .quad address + 0x87
    .set address, address + 0x200000
    .endr

    .section .note.GNU-stack, "", @progbits
