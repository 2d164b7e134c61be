/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_TRAPS_H
#define GUEST_TRAPS_H

#include "io.h"
#include "section.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LAPIC 0xfee00000ull
#define VECTOR 0x82         /* of interrupts that the program sends itself */
#define CODE 0x400000ull    /* where snippets run */
#define FRAMES 0x500000ull  /* memory behind the pages of rt_vpage() */

#define FLAG_TF (1ull << 8)
#define FLAG_RF (1ull << 16)

/* Puts the bytes, then RET, at CODE and runs them at CPL 0. */
void run_code(const char *bytes, unsigned count, struct rt_regs *regs);
/* Offset in the snippet; ~0 for all that lies elsewhere. */
u64 in_code(u64 rip);

void lapic_start(void);
void lapic_end(void);
void send_nmi(void);
void send_interrupt(void);
static inline void end_of_interrupt(void)
{
    mmio_write32(LAPIC + 0xb0, 0);
}

/* What happened, in its order; recorded in the section by flush_log(). */
void note(u64 what, u64 a, u64 b);
void flush_log(const char *name, u64 key);

/* rt_set_handler() for each of a list that ends with -1, and back. */
void set_handlers(const int *vectors, rt_handler handler);

void section_delivery(void);
void section_nmi(void);
void section_resume_flag(void);

#endif
