/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fn32 for rt_prot32(): runs legacy_ops under 32-bit or PAE paging (legacy_cr3, legacy_cr4), CR0.WP
 * on. Each operation stores a doubleword into a paging structure, flushes the address by INVLPG,
 * and reads (kind 0) or writes (1) there. 2: MOV to CR3; 3: see repage.
 */
#include "layout.h"

#define CR0_PG_WP 0x80010000

#define OP_POKE   0
#define OP_VALUE  4
#define OP_VA     8
#define OP_KIND   12
#define OP_DATA   16
#define OP_ERROR  20
#define OP_CR2    24
#define OP_BYTES  28

    .section .text16, "awx"
    .code32
    .globl legacy_run32
legacy_run32:
    pushl %ebp
    movl %cr4, %eax
    pushl %eax
    movl %cr0, %eax
    pushl %eax
    lidt legacy_idtr
    movl legacy_cr4, %eax
    movl %eax, %cr4
    movl legacy_cr3, %eax
    movl %eax, %cr3
    movl (%esp), %eax
    orl $CR0_PG_WP, %eax
    movl %eax, %cr0
    jmp 1f
1:  movl legacy_ops, %esi
    movl legacy_count, %ebp

next:
    movl OP_POKE(%esi), %edi
    movl OP_VALUE(%esi), %eax
    movl %eax, (%edi)
    movl OP_VA(%esi), %edi
    invlpg (%edi)
    movl $RT_NO_FAULT, OP_ERROR(%esi)
    movl OP_KIND(%esi), %eax
    cmpl $1, %eax
    je 2f
    cmpl $2, %eax
    je reload
    cmpl $3, %eax
    je repage
    movl (%edi), %eax
    movl %eax, OP_DATA(%esi)
    jmp resume
2:  movl OP_DATA(%esi), %eax
    movl %eax, (%edi)
    jmp resume
reload:                         /* CR3 becomes the address */
    movl %edi, %cr3
    jmp resume
repage:                         /* paging off and on, the poke in between; then a read */
    movl %cr0, %edx
    btcl $31, %edx
    movl %edx, %cr0
    movl OP_POKE(%esi), %ebx
    movl OP_DATA(%esi), %eax
    movl %eax, (%ebx)
    btsl $31, %edx
    movl %edx, %cr0
    movl (%edi), %eax
    movl %eax, OP_DATA(%esi)
resume:
    addl $OP_BYTES, %esi
    decl %ebp
    jnz next

    popl %eax
    movl %eax, %cr0
    popl %eax
    movl %eax, %cr4
    popl %ebp
    ret

/* Jumps to legacy_ops, which switches paging on; what it left in EDX goes to legacy_count. */
    .globl legacy_jump32
legacy_jump32:
    pushl %ebp
    movl legacy_cr4, %eax
    movl %eax, %cr4
    movl legacy_cr3, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    movl %eax, %ebp
    orl $CR0_PG_WP, %eax
    movl $1f, %ebx
    movl legacy_ops, %ecx
    jmp *%ecx
1:  movl %ebp, %cr0
    movl %edx, legacy_count
    popl %ebp
    ret

/* The error code lies on the stack; another exception would be a triple fault. */
general_protection:
    addl $4, %esp
    movl $0xd00, OP_ERROR(%esi)
    movl $resume, (%esp)
    iretl
page_fault:
    popl OP_ERROR(%esi)
    movl %cr2, %eax
    movl %eax, OP_CR2(%esi)
    movl $resume, (%esp)
    iretl

    .balign 8
legacy_idt:
    .zero 13 * 8
    .word general_protection, SEL_CODE32, 0x8e00, 0
    .word page_fault, SEL_CODE32, 0x8e00, 0
legacy_idtr:
    .word 15 * 8 - 1
    .long legacy_idt
    .balign 4
    .globl legacy_cr3, legacy_cr4, legacy_ops, legacy_count
legacy_cr3:   .long 0
legacy_cr4:   .long 0
legacy_ops:   .long 0
legacy_count: .long 0

    .section .note.GNU-stack, "", @progbits
