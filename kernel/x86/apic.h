/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC, which is the guest's: the kernel only borrows the timer and reads what the fence needs. */
#ifndef KERNEL_APIC_H
#define KERNEL_APIC_H

#include "cpu.h"
#include "insn.h"

enum { /* register offsets, AMD APM vol. 2, 16.3 */
    LAPIC_ID = 0x20, LAPIC_TPR = 0x80, LAPIC_PPR = 0xa0, LAPIC_EOI = 0xb0, LAPIC_SVR = 0xf0, LAPIC_ISR = 0x100, LAPIC_TMR = 0x180,
    LAPIC_IRR = 0x200, LAPIC_ICR = 0x300,
    LAPIC_ICR_HIGH = 0x310, LAPIC_LVTT = 0x320, LAPIC_LINT0 = 0x350, LAPIC_TMICT = 0x380, LAPIC_TMCCT = 0x390,
    LAPIC_TDCR = 0x3e0,
};
#define LVT_MASKED BIT(16)
#define LVTT_MODES (BIT(17) | BIT(18))
#define LVTT_MODE(lvtt) (((lvtt) >> 17) & 3)
enum { LVTT_ONE_SHOT, LVTT_PERIODIC, LVTT_DEADLINE };

extern enum lapic_mode lapic_mode;

/* Follows the guest's APIC_BASE (mode and address); at boot and after each intercepted write. */
void apic_init(void);
void apic_track(u64 apic_base);

extern char *lapic_page; /* the registers in xAPIC mode, else NULL */

/* page: lapic_page as the caller has looked it up, once for several accesses. */
static inline u32 lapic_read_at(const char *page, u32 reg)
{
    return likely(page) ? *(const volatile u32 *)(page + reg) : (u32)rdmsr(MSR_X2APIC + reg / 16);
}

static inline void lapic_write_at(char *page, u32 reg, u32 value)
{
    if (likely(page))
        *(volatile u32 *)(page + reg) = value;
    else
        wrmsr(MSR_X2APIC + reg / 16, value);
}

static inline u32 lapic_read(u32 reg)
{
    return lapic_read_at(lapic_page, reg);
}

static inline void lapic_write(u32 reg, u32 value)
{
    lapic_write_at(lapic_page, reg, value);
}

/* Posts a fixed interrupt to this CPU. */
void lapic_self_ipi(u8 vector);

#endif
