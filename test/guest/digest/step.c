/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must survive an intercepted instruction: single-stepping (exactly one #DB behind it), debug
 * registers and breakpoints, and the one-instruction interrupt shadow of STI and MOV SS.
 */
#include "digest.h"

#define HPET 0xfed00000
#define LAPIC 0xfee00000
#define VECTOR 0x82
#define FLAG_TF 0x100
#define FLAG_RF 0x10000
#define STOPS_MAX 64

static const struct snippet {
    const char *name;
    u64 rcx, rdx, rsi;
    u8 bytes, code[12];
} snippets[] = {
    { "nop", 0, 0, 0, 2, { 0x90, 0x90 } },
    { "cpuid", 0, 0, 0, 3, { 0x0f, 0xa2, 0x90 } },
    { "cpuid cpuid", 0, 0, 0, 4, { 0x0f, 0xa2, 0x0f, 0xa2 } },
    { "66 cpuid", 0, 0, 0, 4, { 0x66, 0x0f, 0xa2, 0x90 } },
    { "rdmsr", MSR_EFER, 0, 0, 3, { 0x0f, 0x32, 0x90 } },
    { "rdmsr wrmsr", MSR_EFER, 0, 0, 5, { 0x0f, 0x32, 0x0f, 0x30, 0x90 } },
    { "rdmsr that faults", 0x4000ff00, 0, 0, 3, { 0x0f, 0x32, 0x90 } },
    { "in al,E4h", 0, 0, 0, 3, { 0xe4, 0xe4, 0x90 } },
    { "in al,E5h", 0, 0, 0, 3, { 0xe4, 0xe5, 0x90 } },
    { "out E4h,al", 0, 0, 0, 3, { 0xe6, 0xe4, 0x90 } },
    { "in al,dx", 0, 0x2fd, 0, 2, { 0xec, 0x90 } },
    { "in eax,dx", 0, 0x2f8, 0, 2, { 0xed, 0x90 } },
    { "wbinvd", 0, 0, 0, 3, { 0x0f, 0x09, 0x90 } },
    { "invd", 0, 0, 0, 3, { 0x0f, 0x08, 0x90 } },
    { "mov eax,[hpet]", 0, 0, HPET, 3, { 0x8b, 0x06, 0x90 } },
    { "test [hpet],eax", 0, 0, HPET, 3, { 0x85, 0x06, 0x90 } },
    { "lodsd [hpet]", 0, 0, HPET, 2, { 0xad, 0x90 } },
    { "rep insb", 3, 0xe4, 0, 3, { 0xf3, 0x6c, 0x90 } },
    { "rep outsb", 3, 0xe4, SCRATCH + 0x1000, 3, { 0xf3, 0x6e, 0x90 } },
    { "mov rbx,cr0; mov cr0,rbx", 0, 0, 0, 7, { 0x0f, 0x20, 0xc3, 0x0f, 0x22, 0xc3, 0x90 } },
    { "mov rbx,cr3; mov cr3,rbx", 0, 0, 0, 7, { 0x0f, 0x20, 0xdb, 0x0f, 0x22, 0xdb, 0x90 } },
    { "pushfq; pop rbx", 0, 0, 0, 3, { 0x9c, 0x5b, 0x90 } },
    { "mov ebx,ss; mov ss,ebx; cpuid", 0, 0, 0, 7, { 0x8c, 0xd3, 0x8e, 0xd3, 0x0f, 0xa2, 0x90 } },
    { "mov ebx,ss; mov ss,ebx; in", 0, 0, 0, 7, { 0x8c, 0xd3, 0x8e, 0xd3, 0xe4, 0xe4, 0x90 } },
    { "vmmcall", 0, 0, 0, 4, { 0x0f, 0x01, 0xd9, 0x90 } },
    { "xsetbv", 0, 0, 0, 4, { 0x0f, 0x01, 0xd1, 0x90 } },
    { "rdtsc", 0, 0, 0, 3, { 0x0f, 0x31, 0x90 } },
};

static u64 stops[STOPS_MAX], stops_dr6[STOPS_MAX], origin;
static unsigned stops_n;

/* Stops behind the snippet lie in this program, at an address that says nothing. */
static void note_stop(struct trap *t, u64 dr6)
{
    u64 offset = t->rip - origin;

    if (stops_n < STOPS_MAX) {
        stops[stops_n] = offset > 64 ? ~0ull : offset;
        stops_dr6[stops_n] = dr6;
    }
    stops_n++;
}

static void debug_trap(struct trap *t)
{
    u64 dr6;

    asm volatile("movq %%dr6, %0" : "=r"(dr6));
    asm volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
    if (t->rip - origin > 64) {         /* behind the snippet */
        t->rflags &= ~(u64)FLAG_TF;
        return;
    }
    note_stop(t, dr6);
    t->rflags |= FLAG_RF;
}

static void interrupt(struct trap *t)
{
    note_stop(t, 0);
    mmio_write32(LAPIC + 0xb0, 0);
}

static void run_snippet(const struct snippet *s, unsigned key, const u8 *code, unsigned bytes,
                        u64 flags)
{
    struct rt_regs r = { .rcx = s->rcx, .rdx = s->rdx, .rsi = s->rsi, .rdi = SCRATCH + 0x1000,
                         .rflags = 2 | flags };

    stops_n = 0;
    origin = SCRATCH;
    run_bytes(code, bytes, &r, false);
    record_fault(s->name, key, SCRATCH);
    record(s->name, key, stops_n, r.rcx);
    for (unsigned i = 0; i < stops_n && i < STOPS_MAX; i++)
        record(s->name, i, stops[i], stops_dr6[i]);
}

static bool is_rep(const struct snippet *s)
{
    return s->code[0] == 0xf3;
}

/*
 * REP apart: QEMU stops once more with RCX=0 under -icount than without. A CPU stops behind every
 * iteration, the last time with RIP behind the instruction.
 */
static void single_step(bool rep)
{
    section(rep ? "step.rep" : "step");
    rt_set_handler(1, debug_trap);
    for (unsigned i = 0; i < COUNT(snippets); i++) {
        if (is_rep(&snippets[i]) == rep)
            run_snippet(&snippets[i], i, snippets[i].code, snippets[i].bytes, FLAG_TF);
    }
    rt_set_handler(1, NULL);
}

#define READ_DR(n, value) asm volatile("movq %%dr" #n ", %0" : "=r"(value))
#define WRITE_DR(n, value) \
    asm volatile(GUARDED("movq %0, %%dr" #n) : : "r"((u64)(value)) : "memory")

/* One breakpoint: type 0 execution, 1 write, 2 I/O, 3 access; one byte long. */
static void with_breakpoint(u64 address, unsigned type, unsigned snippet)
{
    const struct snippet *s = &snippets[snippet];

    WRITE_DR(0, address);
    WRITE_DR(7, 0x401 | type << 16);
    run_snippet(s, (address & 0xff) | type << 8, s->code, s->bytes, 0);
    WRITE_DR(7, 0x400);
}

static void debug_registers(void)
{
    static const u64 values[] = { 0, 0x123456789abc, 0xffff8000deadbeef };
    u64 a, b, cr4 = read_cr4();

    section("dr");
    for (unsigned i = 0; i < COUNT(values); i++) {
        WRITE_DR(0, values[i]);
        WRITE_DR(3, ~values[i]);
        READ_DR(0, a);
        READ_DR(3, b);
        record("dr0,dr3", i, a, b);
    }
    WRITE_DR(6, 0xffffffff);
    READ_DR(6, a);
    WRITE_DR(6, 0xffff0ff0);
    READ_DR(7, b);
    record("dr6,dr7", 0, a, b);
    for (unsigned de = 0; de < 2; de++) {
        write_cr4(de ? cr4 | 8 : cr4);
        WRITE_DR(4, 0xffff0ff0);
        record("dr4", de, rt_fault.vector, 0);
        WRITE_DR(5, 0x400);
        record("dr5", de, rt_fault.vector, 0);
    }
    write_cr4(cr4);
}

static void breakpoints(bool rep)
{
    section(rep ? "dr.breakpoint.rep" : "dr.breakpoint");
    rt_set_handler(1, debug_trap);
    for (unsigned i = 0; i < COUNT(snippets); i++) {
        if (is_rep(&snippets[i]) != rep)
            continue;
        for (unsigned at = 0; at <= snippets[i].bytes; at++)
            with_breakpoint(SCRATCH + at, 0, i);
        with_breakpoint(SCRATCH + 0x1001, 1, i);
        with_breakpoint(SCRATCH + 0x1001, 3, i);
    }
    rt_set_handler(1, NULL);
}

/* Not REP INS and OUTS: QEMU ends them at the breakpoint with RCX unchanged. */
static void io_breakpoints(void)
{
    u64 cr4 = read_cr4();

    section("dr.io");
    rt_set_handler(1, debug_trap);
    write_cr4(cr4 | 8);
    for (unsigned i = 0; i < COUNT(snippets); i++) {
        if (!is_rep(&snippets[i]))
            with_breakpoint(0xe4, 2, i);
    }
    write_cr4(cr4);
    rt_set_handler(1, NULL);
}

/*
 * STI, then the snippet, with a self-IPI pending: delivered behind the first instruction after STI.
 */
static void interrupt_shadow(void)
{
    u32 svr = mmio_read32(LAPIC + 0xf0);
    u8 imr[2] = { in8(0x21), in8(0xa1) };
    u8 code[16];

    section("shadow");
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    mmio_write32(LAPIC + 0xf0, svr | 0x1ff);
    rt_set_handler(VECTOR, interrupt);
    for (unsigned i = 0; i < COUNT(snippets); i++) {
        unsigned n = snippets[i].bytes;

        code[0] = 0xfb;
        memcpy(code + 1, snippets[i].code, n);
        memcpy(code + 1 + n, "\x90\xfa", 2);
        mmio_write32(LAPIC + 0x300, 0x40000 | VECTOR);
        run_snippet(&snippets[i], i, code, n + 3, 0);
        /* A snippet that faulted leaves the IPI pending: take it here. */
        stops_n = 0;
        asm volatile("sti; nop; nop; cli" : : : "memory");
        record(snippets[i].name, i, stops_n, 0);
    }
    /* STI; HLT: the shadow covers the HLT, the pending interrupt ends it. */
    mmio_write32(LAPIC + 0x300, 0x40000 | VECTOR);
    run_snippet(&snippets[0], 0xff, (const u8 *)"\xfb\xf4\x90\xfa", 4, 0);
    rt_set_handler(VECTOR, NULL);
    mmio_write32(LAPIC + 0xf0, svr);
    out8(0x21, imr[0]);
    out8(0xa1, imr[1]);
}

void section_step(void)
{
    single_step(false);
    single_step(true);
    debug_registers();
    breakpoints(false);
    breakpoints(true);
    io_breakpoints();
    interrupt_shadow();
}
