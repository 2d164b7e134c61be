/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extended state (x87, SSE, AVX ...) stays the guest's until a service touches it: CR0.TS is set in ring 3, the #NM
 * saves the guest's with its own XCR0 and gives the thread clean or its saved registers.
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

#include "x86/types.h"

struct cpu;
struct thread;
struct vcpu;

/* #NM of thread t: it owns the registers afterwards, unless its budget has no room for them; then it is stopped. */
void fpu_give_to_thread(struct cpu *cpu, struct thread *t);
/* Before guest entry: the registers are the guest's again. */
void fpu_give_to_guest(struct cpu *cpu, struct vcpu *v);
/* The thread is going. */
void fpu_forget(struct cpu *cpu, struct thread *t);

#endif
