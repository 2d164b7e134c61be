/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has the CPU. An exit or a call lends it to the service that answers: no decision. Only when a thread blocks does
 * schedule() choose: runnable threads first, but while the guest could run they get a slice of 1 ms at a time
 * (background work), then the guest; with neither, the CPU waits in host mode.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "x86/types.h"

struct cpu;
struct thread;

#define SLICE_US 1000u

noreturn void schedule(struct cpu *cpu);

void ready_add(struct cpu *cpu, struct thread *t);
void ready_remove(struct cpu *cpu, struct thread *t);
/* Wakes t with WEIR_E_TIMEOUT at that TSC. */
void timer_add(struct cpu *cpu, struct thread *t, u64 deadline);
void timer_remove(struct cpu *cpu, struct thread *t);

/* The timer has fired in ring 3 and the interrupted thread's registers are saved: deadlines and slices. */
noreturn void sched_tick(struct cpu *cpu);
/* Programs the timer for the next deadline, slice end or timeout, if an earlier one than now programmed. */
void sched_arm(struct cpu *cpu, u64 now);
/* The same where only the running thread's deadline counts beside timeouts. */
void sched_arm_until(struct cpu *cpu, u64 now, u64 at);

/* The CPU goes from guest to ring-3 state: host registers loaded, fence up. Does nothing if it is there already. */
void ring3_enter(struct cpu *cpu);
/* Before a guest entry with runnable threads: whether they may have another slice now. */
bool background_due(struct cpu *cpu);

struct result sys_signal(u64 slot, u64 bits);
struct result sys_wait(u64 slot, u64 deadline);

#endif
