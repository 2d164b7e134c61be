/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events. Every sample is an RDTSC pair around one event; the three register moves that load
 * the event's operands lie inside every pair, the empty one too, so that a difference is the event
 * alone.
 */
#include "bench.h"

#define PORT_KERNEL 0x2fd       /* LSR of COM2: the hypervisor's own UART, absent to the guest */
#define PORT_RING3  0xe4        /* unused on PCs; a policy hands it to the watch service */
#define PORT_LUA    0xe5        /* unused on PCs; a policy gives it a Lua callback */
#define HPET        0xfed00000
#define LAPIC       0xfee00000
#define MSR_APIC_BASE 0x1b
#define MSR_PAT     0x277
#define MSR_EFER    0xc0000080
#define MSR_STAR    0xc0000081
#define IPI_VECTOR  0x81

/* rsi = address, ecx as given, edx and eax loaded from d and a within the pair. */
#define TIMED(text, a, c, d, address) \
    ({ \
        u32 timed_; \
        u32 c_ = (c); \
        asm volatile("rdtsc\n\tmovl %%eax, %%r8d\n\tmovl %[dd], %%edx\n\tmovl %[aa], %%eax\n\t" \
                     text "\n\trdtsc\n\tsubl %%r8d, %%eax" \
                     : "=&a"(timed_), "+c"(c_) \
                     : [dd] "r"((u32)(d)), [aa] "r"((u32)(a)), "S"((u64)(address)) \
                     : "rdx", "rbx", "r8", "r9", "memory", "cc"); \
        timed_; \
    })

#define EVENT(fn, text, a, c, d, address) \
    static unsigned fn(u32 *out, unsigned max) \
    { \
        for (unsigned i = 0; i < max; i++) \
            out[i] = TIMED(text, a, c, d, address); \
        return max; \
    }

EVENT(empty, "", 0, 0, 0, 0)
EVENT(io_kernel, "inb %%dx, %%al", 0, 0, PORT_KERNEL, 0)
EVENT(io_ring3, "inb %%dx, %%al", 0, 0, PORT_RING3, 0)
EVENT(io_ring3_out, "outb %%al, %%dx", 0, 0, PORT_RING3, 0)
EVENT(lua_callback, "inb %%dx, %%al", 0, 0, PORT_LUA, 0)
EVENT(event_cpuid, "cpuid", 0, 0, 0, 0)
EVENT(event_rdmsr, "rdmsr", 0, MSR_EFER, 0, 0)
EVENT(mmio_ring3, "movl (%%rsi), %%eax", 0, 0, 0, HPET)
EVENT(mmio_emulator, "testl %%eax, (%%rsi)", 0, 0, 0, HPET)
EVENT(lapic_read, "movl (%%rsi), %%eax", 0, 0, 0, LAPIC + 0x80)
EVENT(cr0_rw, "movq %%cr0, %%r9\n\tmovq %%r9, %%cr0", 0, 0, 0, 0)
EVENT(cr3_rw, "movq %%cr3, %%r9\n\tmovq %%r9, %%cr3", 0, 0, 0, 0)
EVENT(pci_cf8, "outl %%eax, %%dx", 0x80000000, 0, 0xcf8, 0)
EVENT(pci_cfc, "inl %%dx, %%eax", 0, 0, 0xcfc, 0)

/* Writing back the value just read changes nothing. */
#define WRMSR_EVENT(fn, msr) \
    static unsigned fn(u32 *out, unsigned max) \
    { \
        u64 value = rdmsr(msr); \
        for (unsigned i = 0; i < max; i++) \
            out[i] = TIMED("wrmsr", value, msr, value >> 32, 0); \
        return max; \
    }
WRMSR_EVENT(wrmsr_efer, MSR_EFER)
WRMSR_EVENT(wrmsr_apic_base, MSR_APIC_BASE)
WRMSR_EVENT(wrmsr_pat, MSR_PAT)
WRMSR_EVENT(wrmsr_star, MSR_STAR)

static void eoi(struct trap *t)
{
    (void)t;
    mmio_write32(LAPIC + 0xb0, 0);
}

/* Self-IPI, delivery, our handler, EOI, IRET. The handler's own cost is the same bare. */
static unsigned ipi_self(u32 *out, unsigned max)
{
    u32 svr = mmio_read32(LAPIC + 0xf0);
    u8 imr[2] = { in8(0x21), in8(0xa1) };

    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    rt_set_handler(IPI_VECTOR, eoi);
    mmio_write32(LAPIC + 0xf0, svr | 0x1ff);
    for (unsigned i = 0; i < max; i++)
        out[i] = TIMED("movl %%eax, (%%rsi)\n\tsti\n\tnop\n\tcli", 0x40000 | IPI_VECTOR, 0, 0,
                       LAPIC + 0x300);
    mmio_write32(LAPIC + 0xf0, svr);
    out8(0x21, imr[0]);
    out8(0xa1, imr[1]);
    return max;
}

/*
 * First reads of untouched RAM, from `from` (a multiple of step) on, one per step. Inlined, so that
 * each event has its RDTSCs at a place of its own: that is how `./weir bench` tells them apart.
 */
static inline __attribute__((always_inline)) unsigned
touch(u32 *out, unsigned max, u64 from, u64 step)
{
    static struct e820_entry map[E820_MAX];
    unsigned entries = rt_e820(map, E820_MAX), n = 0;

    for (unsigned i = 0; i < entries; i++) {
        u64 end = map[i].base + map[i].length;
        u64 at = map[i].base > from ? map[i].base : from;

        if (map[i].type != E820_RAM || end > 1ull << 32)
            continue;
        at = (at + step - 1) & ~(step - 1);
        for (; n < max && at + step <= end; at += step)
            out[n++] = TIMED("movl (%%rsi), %%eax", 0, 0, 0, at);
    }
    return n;
}

static unsigned touch_4k(u32 *out, unsigned max)
{
    return touch(out, max, 16u << 20, 4096);
}

/* Above the 4 KiB touches. Fewer than 1,000 samples where the machine has less than 2 GiB. */
static unsigned touch_2m(u32 *out, unsigned max)
{
    return touch(out, max, 32u << 20, 2u << 20);
}

const struct event events[] = {
    { "empty", empty, 0 },
    { "io.kernel", io_kernel, 1 },
    { "cpuid", event_cpuid, 1 },
    { "rdmsr", event_rdmsr, 1 },
    { "wrmsr.efer", wrmsr_efer, 1 },
    { "wrmsr.apic_base", wrmsr_apic_base, 1 },
    { "wrmsr.pat", wrmsr_pat, 1 },
    { "wrmsr.star", wrmsr_star, 1 },
    { "io.ring3", io_ring3, 1 },
    { "io.ring3.out", io_ring3_out, 1 },
    { "mmio.ring3", mmio_ring3, 1 },
    { "mmio.emulator", mmio_emulator, 1 },
    { "lua.callback", lua_callback, 1 },
    { "touch.4k", touch_4k, 1 },
    { "touch.2m", touch_2m, 1 },
    { "lapic.read", lapic_read, 1 },
    { "ipi.self", ipi_self, 54 },
    { "cr0.rw", cr0_rw, 2 },
    { "cr3.rw", cr3_rw, 2 },
    { "pci.cf8", pci_cf8, 1 },
    { "pci.cfc", pci_cfc, 1 },
};
const unsigned events_count = sizeof(events) / sizeof(events[0]);
