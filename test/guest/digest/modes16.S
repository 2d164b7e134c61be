/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same intercepted instructions in 16-bit and 32-bit code: CPUID of four leaves, RDMSR of STAR,
 * IN from E4h; the answers go to modes_result. VMMCALL in real mode goes through IVT 6, to a
 * handler that counts and skips it.
 */
    .section .text16, "awx"

    .macro CPUIDS
    movl $modes_leaves, %esi
    movl $modes_result, %edi
1:  movl (%esi), %eax
    xorl %ecx, %ecx
    cpuid
    movl %eax, (%edi)
    movl %ebx, 4(%edi)
    movl %ecx, 8(%edi)
    movl %edx, 12(%edi)
    addl $4, %esi
    addl $16, %edi
    cmpl $modes_leaves_end, %esi
    jb 1b
    .endm

    .macro PREFIXED
    xorl %eax, %eax
    .byte 0x66, 0x67, 0xf3
    cpuid
    movl %eax, (%edi)
    movl %ebx, 4(%edi)
    addl $8, %edi
    .endm

    .macro PRIVILEGED
    movl $0xc0000081, %ecx
    rdmsr
    movl %eax, (%edi)
    movl %edx, 4(%edi)
    xorl %eax, %eax
    inb $0xe4, %al
    movl %eax, 8(%edi)
    addl $12, %edi
    .endm

    .code16
    .globl modes_real, modes_v86, modes_v86_vmmcall
modes_real:
    pushl %ebp
    CPUIDS
    PREFIXED
    PRIVILEGED
    pushl 6 * 4                     /* our #UD handler into the IVT, the old one back afterwards */
    movl $real_ud, 6 * 4
    .byte 0x0f, 0x01, 0xd9          /* VMMCALL */
    .byte 0x0f, 0x01, 0xc1          /* VMCALL */
    .byte 0x0f, 0x01, 0xd8          /* VMRUN */
    popl 6 * 4
    popl %ebp
    retl

modes_v86:
    pushl %ebp
    CPUIDS
    PREFIXED
    xorl %eax, %eax
    inb $0xe4, %al
    movl %eax, (%edi)
    popl %ebp
    retl

modes_v86_vmmcall:
    .byte 0x0f, 0x01, 0xd9
    retl

real_ud:
    pushw %bp
    movw %sp, %bp
    addw $3, 2(%bp)
    popw %bp
    incl %cs:modes_ud_count
    iretw

    .code32
    .globl modes_32
modes_32:
    pushl %ebp
    CPUIDS
    PREFIXED
    PRIVILEGED
    popl %ebp
    ret

    .balign 16
    .globl modes_result, modes_ud_count
modes_result:   .zero 128
modes_ud_count: .long 0
modes_leaves:   .long 0, 1, 0x80000001, 0x80000008, 0x40000000
modes_leaves_end:

    .section .note.GNU-stack, "", @progbits
