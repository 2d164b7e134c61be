/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service's entry point. The kernel starts its thread with RDI = message pages and RSI = start
 * block; RSP does not matter, because the program brings its stack along (service.ld).
 */
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    mov $__vmm_stack_top - 16, %esp /* struct vmm_thread, vmm/start.h */
    mov %rdi, (%rsp)
    movq $0, 8(%rsp)
    xor %ebp, %ebp                  /* the end of a backtrace */
    mov %rsi, %rdi
    call vmm_begin
    ud2
    .size _start, . - _start
