/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into the kernel by SYSCALL and the two ways back to ring 3.
 *
 * SYSCALL leaves RSP alone: with SWAPGS the CPU's struct is at GS:0, the thread's registers are pushed straight into
 * its struct thread, from r15 upwards to rflags (layout.h), and the CPU's kernel stack is loaded. GS is swapped back
 * at once: C code finds the CPU by its stack.
 */
#include "x86/layout.h"

    /* RDI: struct thread. What a system call keeps, but for RSP and RIP, and its results. */
    .macro load_kept_registers
    movq THREAD_OFF_R15(%rdi), %r15
    movq THREAD_OFF_R14(%rdi), %r14
    movq THREAD_OFF_R13(%rdi), %r13
    movq THREAD_OFF_R12(%rdi), %r12
    movq THREAD_OFF_RBX(%rdi), %rbx
    movq THREAD_OFF_RBP(%rdi), %rbp
    movq THREAD_OFF_RAX(%rdi), %rax
    movq THREAD_OFF_RDX(%rdi), %rdx
    .endm

    /* To RCX with R11's flags; nothing of the kernel's goes out. */
    .macro return_to_ring3
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    sysretq
    .endm

    .text
    .balign 16
    .global syscall_entry
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_OFF_USER_RSP
    movq %gs:CPU_OFF_THREAD, %rsp
    addq $(THREAD_OFF_RFLAGS + 8), %rsp
    pushq %r11
    pushq %rcx
    pushq %gs:CPU_OFF_USER_RSP
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rbx             /* struct thread */
    movb $0, THREAD_OFF_FULL(%rsp)
    movq %gs:CPU_OFF_KERNEL_RSP, %rsp
    swapgs
    movq %r10, %rcx
    cmpl $12, %eax
    jae 1f
    movl %eax, %eax
    call *syscall_table(, %rax, 8)
2:  movq THREAD_OFF_RIP(%rbx), %rcx
    movq THREAD_OFF_RFLAGS(%rbx), %r11
    movq THREAD_OFF_RSP(%rbx), %rsp
    movq THREAD_OFF_RBX(%rbx), %rbx
    return_to_ring3
1:  movl $1, %eax               /* WEIR_E_CALL */
    xorl %edx, %edx
    jmp 2b

/* void thread_resume_short(struct thread *): after a system call that let others run. */
    .balign 16
    .global thread_resume_short
thread_resume_short:
    load_kept_registers
    movq THREAD_OFF_RIP(%rdi), %rcx
    movq THREAD_OFF_RFLAGS(%rdi), %r11
    movq THREAD_OFF_RSP(%rdi), %rsp
    return_to_ring3

/* void thread_resume_full(struct thread *): after an interrupt or fault, and at its start. */
    .global thread_resume_full
thread_resume_full:
    pushq $SEL_UDATA
    pushq THREAD_OFF_RSP(%rdi)
    pushq THREAD_OFF_RFLAGS(%rdi)
    pushq $SEL_UCODE
    pushq THREAD_OFF_RIP(%rdi)
    load_kept_registers
    movq THREAD_OFF_RCX(%rdi), %rcx
    movq THREAD_OFF_RSI(%rdi), %rsi
    movq THREAD_OFF_R8(%rdi), %r8
    movq THREAD_OFF_R9(%rdi), %r9
    movq THREAD_OFF_R10(%rdi), %r10
    movq THREAD_OFF_R11(%rdi), %r11
    movq THREAD_OFF_RDI(%rdi), %rdi
    iretq
