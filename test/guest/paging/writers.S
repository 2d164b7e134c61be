/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to store RAX at [RDI], for rt_run(). The 16-byte ones store RDX behind it: what is there already. All but RAX, RDX,
 * RDI and RSP may change.
 */
    .text
    .globl writers, writers_end
    .balign 8
writers:
    .quad by_mov, by_halves, by_movnti, by_stos, by_movs, by_bytes, by_push, by_pop, by_xchg, by_lock_xor, by_xadd
    .quad by_cmpxchg, by_cmpxchg8b, by_x87, by_mmx, by_movq, by_movhps, by_movups, by_maskmov, by_cmpxchg16b, by_movaps
writers_end:

by_mov:
    movq %rax, (%rdi)
    ret
by_halves:
    movq %rax, %rcx
    shrq $32, %rcx
    movl %ecx, 4(%rdi)
    movl %eax, (%rdi)
    ret
by_movnti:
    movnti %rax, (%rdi)
    ret
by_stos:
    movl $1, %ecx
    rep stosq
    ret
by_movs:
    pushq %rax
    movq %rsp, %rsi
    movl $1, %ecx
    rep movsq
    popq %rax
    ret
by_bytes:
    pushq %rax
    leaq 7(%rsp), %rsi
    addq $7, %rdi
    movl $8, %ecx
    std                         /* the byte with P is the last */
    rep movsb
    cld
    popq %rax
    ret
by_push:
    movq %rsp, %rcx
    leaq 8(%rdi), %rsp
    pushq %rax
    movq %rcx, %rsp
    ret
by_pop:
    pushq %rax
    popq (%rdi)
    ret
by_xchg:
    xchgq %rax, (%rdi)
    ret
by_lock_xor:
    xorq (%rdi), %rax
    lock xorq %rax, (%rdi)
    ret
by_xadd:
    subq (%rdi), %rax
    lock xaddq %rax, (%rdi)
    ret
by_cmpxchg:
    movq %rax, %rcx
    movq (%rdi), %rax
1:  lock cmpxchgq %rcx, (%rdi)
    jnz 1b
    ret
by_cmpxchg8b:
    movl %eax, %ebx
    movq %rax, %rcx
    shrq $32, %rcx
    movl (%rdi), %eax
    movl 4(%rdi), %edx
1:  lock cmpxchg8b (%rdi)
    jnz 1b
    ret
by_x87:
    fninit
    pushq %rax
    fildq (%rsp)
    fistpq (%rdi)
    popq %rax
    ret
by_mmx:
    movq %rax, %mm0
    movq %mm0, (%rdi)
    emms
    ret
by_movq:
    movq %rax, %xmm0
    movq %xmm0, (%rdi)
    ret
by_movhps:
    movq %rax, %xmm0
    pslldq $8, %xmm0
    movhps %xmm0, (%rdi)
    ret
by_movups:
    movq %rax, %xmm0
    movq %rdx, %xmm1
    punpcklqdq %xmm1, %xmm0
    movups %xmm0, (%rdi)
    ret
by_maskmov:
    movq %rax, %xmm0
    pcmpeqd %xmm1, %xmm1
    psrldq $8, %xmm1
    maskmovdqu %xmm1, %xmm0
    ret
by_cmpxchg16b:
    testb $8, %dil
    jnz by_mov
    movq %rax, %rbx
    movq %rdx, %rcx
    movq (%rdi), %rax
    movq 8(%rdi), %rdx
1:  lock cmpxchg16b (%rdi)
    jnz 1b
    ret
by_movaps:
    testb $15, %dil
    jnz by_mov
    movq %rax, %xmm0
    movq %rdx, %xmm1
    punpcklqdq %xmm1, %xmm0
    movaps %xmm0, (%rdi)
    ret

    .section .note.GNU-stack, "", @progbits
