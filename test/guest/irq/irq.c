/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irq: storms of interrupts in real and long mode while ports that a policy may hook, CPUID, RDMSR
 * and MMIO make exits; every interrupt sent must be counted once.
 */
#include "irq.h"

const char guest_name[] = "irq";

volatile u64 irq_count[256];

void check_count(const char *name, u64 got, u64 expected)
{
    rt_printf("irq %s got %lu expected %lu\n", name, got, expected);
    rt_check(got == expected, "%s: %lu, not %lu", name, got, expected);
}

void churn(void)
{
    in8(0xe4);
    in8(0xe5);
    cpuid(0, 0);
    rdmsr(0xc0000080);
    mmio_read32(HPET);
    clock_check_tsc();
}

void guest_main(void)
{
    clock_init();
    storm_real();
    storm_pic();
    storm_lapic();
    storm_level();
}
