/* SPDX-License-Identifier: BSD-2-Clause */
    /* Stubs of 16 bytes each; errors: the vectors that push an error code themselves (AMD APM vol. 2, 8.2), a bit each. */
    .macro stubs count, errors
    .set vector, 0
    .rept \count
    .balign 16
    .if (vector >= 32) || !((\errors >> (vector & 31)) & 1)
    pushq $0
    .endif
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr
    .endm

    .macro each_register insn, registers:vararg
    .irp register, \registers
    \insn %\register
    .endr
    .endm

    .text
    .balign 16
    .global trap_stubs, trap_window_stubs
trap_stubs:
    stubs 256, 0x60227d00
    .balign 16
trap_window_stubs:              /* vectors 0 to 31 as interrupts: without an error code */
    stubs 32, 0

trap_entry:
    cld
    each_register pushq, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11, rbp, rbx, r12, r13, r14, r15
    movq %rsp, %rdi
    call trap_handle            /* returns only to what it interrupted */
    each_register popq, r15, r14, r13, r12, rbx, rbp, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    addq $16, %rsp
    iretq
