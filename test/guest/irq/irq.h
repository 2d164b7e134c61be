/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_IRQ_H
#define GUEST_IRQ_H

#include "io.h"

#define PM_HZ 3579545u
#define PIT_HZ_ASKED 1000u
/* 1,193,182 Hz / 1193 = 1,000.15 Hz; the PM timer runs three times as fast as the PIT. */
#define PIT_DIVISOR 1193u
#define RTC_HZ 1024u
#define HPET 0xfed00000ull

/*
 * --- clock.c -----------------------------------------------------------------------------------
 */
void clock_init(void);
extern volatile u32 pm_port;        /* lies in irq16.S, which reads it too */
/* A stretch of time by the PM timer, at most 4 s long. */
struct stopwatch {
    u32 pm;
    u64 tsc;
};
struct stopwatch clock_start(void);
u32 clock_elapsed_pm(const struct stopwatch *s);
/* Fails if the TSC went back since the last call from anywhere. */
void clock_check_tsc(void);
/* Checks got events against elapsed_pm * den / num: within 2 of it if exact, else at least one. */
void check_rate(const char *name, u64 got, u32 elapsed_pm, u64 num, u64 den, bool exact);

/*
 * --- what a hooked guest does all the time: IN from E4h and E5h, CPUID, RDMSR, an MMIO read -----
 */
void churn(void);

/*
 * --- pic.c -------------------------------------------------------------------------------------
 */
void pic_remap(u8 master, u8 slave);
void pic_mask(u8 master, u8 slave);
void pic_eoi(bool slave);
void pit_start(u16 divisor);
void rtc_start(void);
void rtc_stop(void);
u8 rtc_read(u8 index);

/* The parts. */
void storm_real(void);
void storm_pic(void);
void storm_lapic(void);
void storm_level(void);

extern volatile u64 irq_count[256];
/* Prints "irq NAME got N expected M" and fails if they differ. */
void check_count(const char *name, u64 got, u64 expected);

/*
 * Parameter 14: the host's load may delay ticks (no -icount), so a tick may coalesce with the next.
 */
#define EXACT (rt_param[14] == 0)
/* Parameter 13: the RTC runs on the same clock as the PIT (QEMU: -rtc clock=vm). */
#define EXACT_RTC (EXACT && rt_param[13] != 0)

#endif
