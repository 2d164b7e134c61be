/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The A20 gate. The guest may close it (boot loaders do before they start a boot sector), but the physical gate masks
 * address bit 20 of the host's accesses too, and so of Weir's own memory. So the physical gate stays open, what the
 * guest writes to it is kept here, and closed it is the guest's second MiB that shows the first: all that real-mode
 * addresses reach. Odd MiBs above that stay as they are (doc/limits.md).
 */
#ifndef KERNEL_A20_H
#define KERNEL_A20_H

#include "x86/types.h"

#define PORT_8042_DATA 0x60
#define PORT_8042_COMMAND 0x64
#define PORT_92 0x92

extern bool a20_closed;

/* Intercepts the gate's ports, whatever else is bound there; called again when a binding ends. */
void a20_intercept(void);
/* After INIT of the boot CPU: open. */
void a20_reset(void);

/* Where an access of the guest at gpa goes. */
static inline u64 a20_address(u64 gpa)
{
    return unlikely(a20_closed && gpa >> 20 == 1) ? gpa - MIB : gpa;
}

/* Whether an access concerns the gate; then its bytes go through the following. */
static inline bool a20_concerns(u16 port, unsigned size)
{
    return port <= PORT_92 && port + size > PORT_8042_DATA;
}

/* What is written to the hardware in place of the guest's value, after the gate took it in. */
u32 a20_write(u16 port, unsigned size, u32 value);
/* What the guest reads where the hardware gave value. */
u32 a20_read(u16 port, unsigned size, u32 value);

#endif
