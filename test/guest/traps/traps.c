/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * traps: events that a hypervisor comes between: faults while an event is delivered, NMIs and what blocks them, RFLAGS.RF
 * and code breakpoints around instructions that exit. Parameter 1 = 1 leaves out what QEMU 7.2 does wrong: no
 * RF pushed by faults, EFER.LME written while paging is on, no #DF where an injected #PF meets #SS, #NP or #GP.
 */
#include "traps.h"

const char guest_name[] = "traps";

static struct {
    u64 what, a, b;
} events[64];
static unsigned events_n;

void note(u64 what, u64 a, u64 b)
{
    if (events_n < COUNT(events)) {
        events[events_n].what = what;
        events[events_n].a = a;
        events[events_n].b = b;
    }
    events_n++;
}

void flush_log(const char *name, u64 key)
{
    record(name, key, events_n, 0);
    for (unsigned i = 0; i < events_n && i < COUNT(events); i++)
        record(name, events[i].what, events[i].a, events[i].b);
    events_n = 0;
}

void run_code(const char *bytes, unsigned count, struct rt_regs *regs)
{
    u8 *at = (u8 *)CODE;

    memcpy(at, bytes, count);
    at[count] = 0xc3;
    rt_run(CODE, regs, false);
}

u64 in_code(u64 rip)
{
    return rip - CODE < 64 ? rip - CODE : ~0ull;
}

void set_handlers(const int *vectors, rt_handler handler)
{
    for (; *vectors >= 0; vectors++)
        rt_set_handler((u8)*vectors, handler);
}

static u32 svr;
static u8 imr[2];

void lapic_start(void)
{
    svr = mmio_read32(LAPIC + 0xf0);
    imr[0] = in8(0x21);
    imr[1] = in8(0xa1);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    mmio_write32(LAPIC + 0xf0, svr | 0x1ff);
}

void lapic_end(void)
{
    mmio_write32(LAPIC + 0xf0, svr);
    out8(0x21, imr[0]);
    out8(0xa1, imr[1]);
}

void send_interrupt(void)
{
    mmio_write32(LAPIC + 0x300, 0x40000 | VECTOR);
}

void send_nmi(void)
{
    mmio_write32(LAPIC + 0x310, mmio_read32(LAPIC + 0x20));
    mmio_write32(LAPIC + 0x300, 0x4400);
    for (unsigned i = 0; i < 2000; i++) /* until an emulator has looked */
        pause();
}

void guest_main(void)
{
    /* Weir starts with caches on; VMX wants NE. */
    write_cr0((read_cr0() & ~0x60000000ull) | 0x10020);
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1 << 11); /* NXE */
    section_delivery();
    section_nmi();
    section_resume_flag();
    section(NULL);
}
