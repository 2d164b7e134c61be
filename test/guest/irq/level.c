/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Level-triggered interrupts through the I/O APIC: HPET timer 0, one-shot and level, to a class F
 * and to an ordinary vector. The line stays high until the handler clears it at the HPET, so a
 * missing or early EOI shows as a second or a missing interrupt. IA-PC HPET 1.0a, 2.3.8; 82093AA
 * 3.2.4.
 */
#include "irq.h"

#define IOAPIC 0xfec00000ull
#define LAPIC_EOI 0xfee000b0ull
#define HPET_CONFIG (HPET + 0x10)
#define HPET_STATUS (HPET + 0x20)
#define HPET_COUNTER (HPET + 0xf0)
#define T0_CONFIG (HPET + 0x100)
#define T0_ROUTES (HPET + 0x104)
#define T0_COMPARATOR (HPET + 0x108)
#define ROUNDS 100

static volatile u32 status_missing;

static void ioapic_write(u8 index, u32 value)
{
    mmio_write32(IOAPIC, index);
    mmio_write32(IOAPIC + 0x10, value);
}

static void on_level(struct trap *t)
{
    irq_count[t->vector]++;
    if (!(mmio_read32(HPET_STATUS) & 1))
        status_missing++;
    in8(0xe4);
    mmio_write32(HPET_STATUS, 1);
    mmio_write32(LAPIC_EOI, 0);
    clock_check_tsc();
}

static void rounds(const char *name, u8 vector, unsigned pin, u32 ticks)
{
    struct stopwatch watch;
    u64 again = 0;

    memset((void *)irq_count, 0, sizeof(irq_count));
    status_missing = 0;
    rt_set_handler(vector, on_level);
    ioapic_write((u8)(0x11 + pin * 2), mmio_read32(0xfee00020) & 0xff000000);
    ioapic_write((u8)(0x10 + pin * 2), 0x8000 | vector);
    asm volatile("sti" : : : "memory");
    for (unsigned i = 0; i < ROUNDS; i++) {
        u64 before = irq_count[vector];

        /* The host may take so long between these two accesses that the counter has passed. */
        for (unsigned tries = 0; tries < (EXACT ? 1 : 10) && irq_count[vector] == before; tries++) {
            again += tries > 0;
            mmio_write32(T0_COMPARATOR, mmio_read32(HPET_COUNTER) + ticks);
            watch = clock_start();
            while (irq_count[vector] == before && clock_elapsed_pm(&watch) < PM_HZ / 50)
                churn();
        }
        churn();
    }
    asm volatile("cli" : : : "memory");
    ioapic_write((u8)(0x10 + pin * 2), 0x10000);
    rt_set_handler(vector, NULL);
    /* One that was armed again may have been merely late. */
    if (irq_count[vector] > ROUNDS && irq_count[vector] <= ROUNDS + again)
        irq_count[vector] = ROUNDS;
    check_count(name, irq_count[vector], ROUNDS);
    check_count("level.status-missing", status_missing, 0);
}

void storm_level(void)
{
    u32 routes = mmio_read32(T0_ROUTES), period = mmio_read32(HPET + 4);
    u32 svr = mmio_read32(0xfee000f0), ticks;
    unsigned pin = 23;

    while (pin > 2 && !(routes >> pin & 1))     /* pin 2 belongs to the PIT too */
        pin--;
    if (pin == 2 || !period || period > 100000000) {
        rt_printf("irq level: no HPET, or none with a pin of its own\n");
        return;
    }
    ticks = (u32)(200000000000 / period);    /* 200 us */
    mmio_write32(0xfee000f0, 0x1ff);
    mmio_write32(HPET_STATUS, 1);
    mmio_write32(T0_CONFIG, pin << 9 | 1 << 8 | 1 << 2 | 1 << 1);   /* 32-bit, enabled, level */
    mmio_write32(HPET_CONFIG, 1);
    rounds("level.class-f", 0xf3, pin, ticks);
    rounds("level.ordinary", 0x53, pin, ticks);
    mmio_write32(T0_CONFIG, 0);
    mmio_write32(HPET_STATUS, 1);
    mmio_write32(HPET_CONFIG, 0);
    mmio_write32(0xfee000f0, svr);
}
