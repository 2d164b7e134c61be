/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void native_run(uint64_t state[17], const void *code): loads RFLAGS (state[16]) and all general
 * registers in the encoding's order, RSP included, and jumps to the code, which comes back to
 * native_return; what the registers hold then is stored in "state".
 */
    .text
    .globl native_run, native_return
native_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp(%rip)
    mov %rdi, saved_state(%rip)
    mov %rsi, target(%rip)
    push 128(%rdi)
    popfq
    mov 0(%rdi), %rax
    mov 8(%rdi), %rcx
    mov 16(%rdi), %rdx
    mov 24(%rdi), %rbx
    mov 32(%rdi), %rsp
    mov 40(%rdi), %rbp
    mov 48(%rdi), %rsi
    mov 64(%rdi), %r8
    mov 72(%rdi), %r9
    mov 80(%rdi), %r10
    mov 88(%rdi), %r11
    mov 96(%rdi), %r12
    mov 104(%rdi), %r13
    mov 112(%rdi), %r14
    mov 120(%rdi), %r15
    mov 56(%rdi), %rdi
    jmp *target(%rip)

native_return:
    mov %rdi, saved_rdi(%rip)
    mov saved_state(%rip), %rdi
    mov %rax, 0(%rdi)
    mov %rcx, 8(%rdi)
    mov %rdx, 16(%rdi)
    mov %rbx, 24(%rdi)
    mov %rsp, 32(%rdi)
    mov %rbp, 40(%rdi)
    mov %rsi, 48(%rdi)
    mov %r8, 64(%rdi)
    mov %r9, 72(%rdi)
    mov %r10, 80(%rdi)
    mov %r11, 88(%rdi)
    mov %r12, 96(%rdi)
    mov %r13, 104(%rdi)
    mov %r14, 112(%rdi)
    mov %r15, 120(%rdi)
    mov saved_rsp(%rip), %rsp
    pushfq
    pop 128(%rdi)
    cld
    mov saved_rdi(%rip), %rax
    mov %rax, 56(%rdi)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .balign 8
saved_rsp: .skip 8
saved_state: .skip 8
saved_rdi: .skip 8
target: .skip 8

    .section .note.GNU-stack, "", @progbits
