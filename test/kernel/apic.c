/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC's registers by each of its modes. x2APIC (AMD APM vol. 2, 16.9 and 16.10) is what no emulator here has. */
#include "check.h"
#include "x86/apic.h"
#include "core/string.h"
#include "mm/space.h"

static u32 registers[0x400 / 4];
static u64 msrs[0x40];   /* from MSR_X2APIC on: one to 16 bytes of the page */
static unsigned msr_writes, mapped;

void *space_map_device(unsigned slot, u64 pa)
{
    CHECK(slot, 0);
    CHECK(pa, 0xfee00000);
    mapped++;
    return registers;
}

static u64 *msr_at(u32 msr)
{
    CHECK(msr - MSR_X2APIC < 0x40, true);
    return &msrs[(msr - MSR_X2APIC) & 0x3f];
}

u64 host_rdmsr(u32 msr)
{
    return *msr_at(msr);
}

void host_wrmsr(u32 msr, u64 value)
{
    *msr_at(msr) = value;
    msr_writes++;
}

static void by_page(void)
{
    check_case = "xAPIC";
    apic_track(0xfee00900);
    CHECK(lapic_mode, LAPIC_XAPIC);
    CHECK(mapped, 1);
    lapic_write(LAPIC_TMICT, 1000);
    CHECK(registers[LAPIC_TMICT / 4], 1000);
    registers[LAPIC_TMCCT / 4] = 77;
    CHECK(lapic_read(LAPIC_TMCCT), 77);
    lapic_self_ipi(0xf5);
    CHECK(registers[LAPIC_ICR / 4], 0x440f5);
    CHECK(msr_writes, 0);
}

static void by_msr(void)
{
    check_case = "x2APIC";
    memset(registers, 0, sizeof(registers));
    apic_track(0xfee00d00);
    CHECK(lapic_mode, LAPIC_X2APIC);
    CHECK(mapped, 1);
    lapic_write(LAPIC_LVTT, 0x200ef);
    CHECK(msrs[0x32], 0x200ef);
    msrs[0x39] = 0xffffffff00000005; /* upper halves are not the register's */
    CHECK(lapic_read(LAPIC_TMCCT), 5);
    lapic_write(LAPIC_EOI, 0);
    CHECK(msr_writes, 2);
    lapic_self_ipi(0xf5);
    CHECK(msrs[0x30], 0x440f5); /* one write, the destination in the upper half unused with a shorthand */
    CHECK(msr_writes, 3);
    CHECK(registers[LAPIC_LVTT / 4] | registers[LAPIC_ICR / 4], 0);
}

static void switched_off(void)
{
    check_case = "off";
    apic_track(0xfee00100);
    CHECK(lapic_mode, LAPIC_OFF);
    CHECK(lapic_page == NULL, true);
}

int main(void)
{
    by_page();
    by_msr();
    switched_off();
    return check_end();
}
