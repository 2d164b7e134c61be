/* SPDX-License-Identifier: BSD-2-Clause */
/* 256 stubs of 16 bytes each; vectors with an error code push it themselves (AMD APM vol. 2, 8.2). */
    .text
    .balign 16
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
    .else
    pushq $0
    .endif
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr

/* Vectors 0 to 31 as interrupts: without an error code. */
    .balign 16
    .global trap_window_stubs
trap_window_stubs:
    .set vector, 0
    .rept 32
    .balign 16
    pushq $0
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr

trap_entry:
    cld
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    call trap_handle    /* returns only to what it interrupted */
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq
