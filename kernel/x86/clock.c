/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include "apic.h"
#include "boot/boot.h"
#include "core/log.h"
#include "insn.h"

#define PIT_HZ 1193182u
#define PIT_TICKS 11932u /* 10 ms */
#define MEASURES 5

u64 tsc_per_us;
u64 lapic_per_tsc_32;

/* Counts TSC ticks while channel 2 of the PIT (gate and output at port 61h) counts down 10 ms. */
static u64 measure(u32 *lapic_counts)
{
    u8 port61 = inb(0x61);

    outb(0x61, (u8)((port61 & ~2u) | 1));
    outb(0x43, 0xb0); /* channel 2, mode 0, both bytes */
    outb(0x42, PIT_TICKS & 0xff);
    if (lapic_mode != LAPIC_OFF)
        lapic_write(LAPIC_TMICT, ~0u);
    u64 start = rdtsc();
    outb(0x42, PIT_TICKS >> 8);
    while (!(inb(0x61) & 0x20))
        ;
    u64 ticks = rdtsc() - start;
    if (lapic_mode != LAPIC_OFF)
        *lapic_counts = ~0u - lapic_read(LAPIC_TMCCT);
    outb(0x61, port61);
    return ticks;
}

void clock_init(void)
{
    u32 counts = 0, lvtt = 0, tdcr = 0;

    if (lapic_mode != LAPIC_OFF) {
        lvtt = lapic_read(LAPIC_LVTT);
        tdcr = lapic_read(LAPIC_TDCR);
        lapic_write(LAPIC_LVTT, LVT_MASKED | TIMER_VECTOR);
        lapic_write(LAPIC_TDCR, 0xb); /* divide by 1 */
    }
    /* What disturbs a measure (an SMI, an emulator that has to wait for its CPU) makes it longer, so the shortest is right. */
    u64 ticks = ~0ull;
    for (unsigned i = 0; i < MEASURES; i++) {
        u32 its_counts = 0;
        u64 its_ticks = measure(&its_counts);
        if (its_ticks < ticks) {
            ticks = its_ticks;
            counts = its_counts;
        }
    }
    if (lapic_mode != LAPIC_OFF) {
        lapic_write(LAPIC_TMICT, 0);
        lapic_write(LAPIC_TDCR, tdcr);
        lapic_write(LAPIC_LVTT, lvtt);
    }
    tsc_per_us = ticks / 10000;
    if (!tsc_per_us)
        tsc_per_us = 1;
    lapic_per_tsc_32 = ((u64)counts << 32) / (ticks ? ticks : 1);
    boot_info.tsc_hz = ticks * PIT_HZ / PIT_TICKS;
    log_line("weir: TSC %lu kHz, LAPIC timer %u counts in 10 ms", boot_info.tsc_hz / 1000, counts);
}
