/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence around ring 3. The guest owns its interrupt controllers, but services must be interruptible by the
 * watchdog's timer. So before ring 3 runs with IF=1 the 8259s are masked where they are live, and CR8 is set to 14:
 * ordinary interrupts stay pending in the hardware, and only vectors of class F come through. The watchdog is the
 * guest's own LAPIC timer where that comes soon enough: its class is let through then. Otherwise the timer is borrowed
 * from the guest and given back.
 */
#ifndef KERNEL_FENCE_H
#define KERNEL_FENCE_H

#include "cpu.h"

/* Boot only, while the 8259s are as the BIOS left them. */
void fence_init(void);
/* Interrupts off; host state loaded. */
void fence_raise(struct cpu *cpu);
void fence_lower(struct cpu *cpu);
/* Makes an interrupt come that many TSC ticks after now (the TSC), a little later, or sooner; cpu->timer_fired then. */
void fence_arm_timer(struct cpu *cpu, u64 now, u64 ticks);
/* An interrupt arrived: behind the fence, or in a window. */
void fence_interrupt(struct cpu *cpu, u8 vector);
/* Waits behind the fence until an interrupt or NMI has come. */
void fence_wait(struct cpu *cpu);
/*
 * Without the fence: waits for that many TSC ticks or until an interrupt of the guest's comes, and returns its vector,
 * not ended; -1: none came.
 */
int fence_wait_open(struct cpu *cpu, u64 ticks);
/* Without the fence: lets one pending interrupt of the guest's in and returns its vector, not ended; -1: none. */
int fence_take_interrupt(struct cpu *cpu);

#endif
