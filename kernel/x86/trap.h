/* SPDX-License-Identifier: BSD-2-Clause */
/* Host exceptions and interrupts: 256 vectors, one C function. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "types.h"

/* What trap_entry (trap.S) leaves on the stack. */
struct trap_frame {
    u64 r15, r14, r13, r12, rbx, rbp, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    u64 vector, error_code;
    u64 rip, cs, rflags, rsp, ss;
};

void trap_init(void); /* fills the IDT, once */
/* On each CPU. An interrupt window's (fence.c) takes vectors below 32 for interrupts, as the 8259s give them under a BIOS. */
void trap_load_idt(bool window);

#endif
