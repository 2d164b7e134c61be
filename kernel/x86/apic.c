/* SPDX-License-Identifier: BSD-2-Clause */
#include "apic.h"

#include "mm/space.h"

#define APIC_BASE_ENABLE BIT(11)
#define APIC_BASE_X2APIC BIT(10)

enum lapic_mode lapic_mode;
char *lapic_page;

void apic_track(u64 apic_base)
{
    lapic_page = NULL;
    if (!(apic_base & APIC_BASE_ENABLE)) {
        lapic_mode = LAPIC_OFF;
        return;
    }
    lapic_mode = apic_base & APIC_BASE_X2APIC ? LAPIC_X2APIC : LAPIC_XAPIC;
    if (lapic_mode == LAPIC_XAPIC)
        lapic_page = space_map_device(0, apic_base & PTE_ADDR);
}

void apic_init(void)
{
    if (cpuid(1, 0).edx & BIT(9))
        apic_track(rdmsr(MSR_APIC_BASE));
}

void lapic_self_ipi(u8 vector)
{
    const u32 self = 1u << 18 | 1u << 14; /* shorthand, assert */

    if (lapic_mode == LAPIC_X2APIC)
        wrmsr(MSR_X2APIC + LAPIC_ICR / 16, self | vector);
    else /* the guest's destination field is its own again when it writes the low half */
        lapic_write(LAPIC_ICR, self | vector);
}
