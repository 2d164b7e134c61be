/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who keeps the guest waiting. A thread that runs with a request is caught by its port's deadline (sched_tick). This is
 * for the others: a service that sleeps on a request, one that does not come back for the next, a circle of calls. While
 * the guest's request is unanswered a timer runs; when it fires, the chain from the request on leads to the culprit.
 */
#ifndef KERNEL_STUCK_H
#define KERNEL_STUCK_H

#include "x86/types.h"

struct cpu;

/* Own run time of a thread without a request, from one wait to the next. Longer, it will never wait again. */
#define RUNAWAY_US 5000000u

/*
 * While the guest waits for a service: starts the timer, or looks where it is over. May stop a domain, the current
 * thread's perhaps.
 */
void stuck_check(struct cpu *cpu, u64 now);

#endif
