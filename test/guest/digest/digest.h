/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_DIGEST_H
#define GUEST_DIGEST_H

#include "io.h"
#include "section.h"

/*
 * Sections whose name begins with "svm." may differ where SVM is offered bare, "com2." where the
 * bare machine has a COM2; all others must be the same bare and under Weir.
 */

/* record()s rt_fault: vector and error, RIP and CR2 relative to origin. */
void record_fault(const char *what, u64 key, u64 origin);
/* record()s the registers of an rt_run() but its RSP, flags through the mask. */
void record_regs(const char *what, u64 key, const struct rt_regs *regs, u64 flags_mask);

/* Numerical Recipes' LCG: the same numbers in every run. */
u32 random32(void);

/* Physical scratch memory of the test, 1 MiB. */
#define SCRATCH 0x200000ull

/* Copies code (with a RET or UD2 behind it) to SCRATCH and runs it there; returns its address. */
u64 run_bytes(const u8 *code, unsigned bytes, struct rt_regs *regs, bool user);

void section_cpuid(void);
void section_msr(void);
void section_insn(void);
void section_prefix(void);
void section_step(void);
void section_string(void);
void section_mmio(void);
void section_modes(void);
void section_lock(void);
void section_a20(void);

#define MSR_EFER 0xc0000080
#define EFER_SVME (1ull << 12)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
