/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RDMSR and WRMSR: fault or value, over the architectural ranges, random indexes and special ones.
 */
#include "digest.h"

static const struct range {
    u32 from, to;
} ranges[] = {
    { 0, 0x1fff }, { 0x40000000, 0x400000ff }, { 0xc0000000, 0xc0001fff },
    { 0xc0010000, 0xc0011fff },
};

/* Time, and performance counters that run. */
static bool varies(u32 msr)
{
    return msr == 0x10 || msr == 0xe7 || msr == 0xe8 || msr == 0x6e0 || (msr >= 0xc1 && msr <= 0xc8)
           || msr == 0x839 || (msr >= 0xc0010200 && msr <= 0xc001020b);
}

/* SVM's own (VM_CR, IGNNE, SMM_CTL, VM_HSAVE_PA, SVM_KEY) and VMX's: their own section. */
static bool of_svm(u32 msr)
{
    return (msr >= 0xc0010114 && msr <= 0xc0010118) || msr == 0x3a
           || msr == 0x9b || (msr >= 0x480 && msr <= 0x491);
}

/* Not written with arbitrary values: mode, clock, microcode, APIC, and what moves memory about. */
static bool must_keep(u32 msr)
{
    return msr == MSR_EFER || msr == 0x1b || msr == 0x10 || msr == 0x3b || msr == 0x79
           || msr == 0x6e0
           || (msr >= 0x800 && msr <= 0x8ff) || msr == 0xc0010010 || msr == 0xc0010015
           || (msr >= 0xc0010016 && msr <= 0xc001001f) || msr == 0xc0010020 || msr == 0xc0010058
           || (msr >= 0xc0010111 && msr <= 0xc0010113) || msr == 0xda0 || msr == 0x9b
           || of_svm(msr) || (msr >= 0x40000000 && msr < 0x40000100);
}

static u64 try_rdmsr(u32 msr)
{
    u32 low = 0x5a5a5a5a, high = 0xa5a5a5a5;

    asm volatile(GUARDED("rdmsr") : "+a"(low), "+d"(high) : "c"(msr) : "memory");
    return (u64)high << 32 | low;
}

static void try_wrmsr(u32 msr, u64 value)
{
    asm volatile(GUARDED("wrmsr")
                 : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

/* EFER's SVME is left out: bare it reads back as written. */
static void record_read(u32 msr)
{
    u64 value = try_rdmsr(msr);

    if (msr == MSR_EFER)
        value &= ~EFER_SVME;
    record("read", msr, rt_fault.vector, varies(msr) ? 0 : value);
}

static void read_all(void)
{
    section("msr.read");
    for (unsigned i = 0; i < COUNT(ranges); i++) {
        for (u32 msr = ranges[i].from; msr <= ranges[i].to; msr++) {
            if (!of_svm(msr))
                record_read(msr);
        }
    }
    for (unsigned i = 0; i < 2000; i++)
        record_read(random32());
}

static void record_write(u32 msr, u64 value)
{
    try_wrmsr(msr, value);
    record("write", msr, rt_fault.vector, value);
    record_read(msr);
}

static void write_patterns(u32 msr)
{
    u64 old = try_rdmsr(msr);
    bool readable = rt_fault.vector == RT_NO_FAULT;

    record_write(msr, readable ? old : 0);
    record_write(msr, old ^ 1);
    record_write(msr, ~old);
    record_write(msr, (u64)random32() << 32 | random32());
    try_wrmsr(msr, readable ? old : 0);
}

static void write_all(void)
{
    section("msr.write");
    for (unsigned i = 0; i < COUNT(ranges); i++) {
        for (u32 msr = ranges[i].from; msr <= ranges[i].to; msr++) {
            if (!must_keep(msr))
                write_patterns(msr);
        }
    }
    for (unsigned i = 0; i < 500; i++) {
        u32 msr = random32();

        if (!must_keep(msr))
            write_patterns(msr);
    }
}

/*
 * Values that a machine's owner would write: the same again, and the APIC somewhere else and back.
 */
static void write_kept(void)
{
    static const u32 kept[] = { 0x1b, 0xc0010010, 0xc0010015, 0xc0010016, 0xc0010017, 0xc0010018,
                                0xc0010019, 0xc001001a, 0xc001001d, 0xc0010058, 0xc0010111,
                                0xc0010112, 0xc0010113, 0x3b, 0x277, 0x1d9 };
    u64 base = try_rdmsr(0x1b);

    section("msr.kept");
    for (unsigned i = 0; i < COUNT(kept); i++)
        record_write(kept[i], try_rdmsr(kept[i]));
    record_write(0x1b, (base & 0xfff) | 0xfed90000);
    record_write(0x1b, base);
    /* Microcode update with no patch: ignored or #GP, but the machine goes on. */
    try_wrmsr(0x79, 0);
    record("microcode", 0x79, rt_fault.vector, 0);
}

/*
 * EFER, bit by bit. LME and LMA under paging are a #GP on CPUs and not on QEMU 7.2, which then
 * holds a state that VMRUN refuses: left out.
 */
static void efer(void)
{
    u64 old = try_rdmsr(MSR_EFER);

    section("msr.efer");
    for (unsigned bit = 0; bit < 64; bit++) {
        if (bit == 8 || bit == 10 || bit == 12)
            continue;
        record_write(MSR_EFER, old ^ 1ull << bit);
        try_wrmsr(MSR_EFER, old);
    }
    record_read(MSR_EFER);
}

/* What a machine without SVM gives; where SVM is offered these differ. */
static void svm(void)
{
    u64 old = try_rdmsr(MSR_EFER);

    section("svm.efer");
    try_wrmsr(MSR_EFER, old | EFER_SVME);
    record("write.svme", 0, rt_fault.vector, 0);
    record("read.svme", 0, try_rdmsr(MSR_EFER), 0);
    rt_printf("svm.efer svme %u\n", (try_rdmsr(MSR_EFER) & EFER_SVME) != 0);
    try_wrmsr(MSR_EFER, old & ~EFER_SVME);
    record("read.svme", 1, try_rdmsr(MSR_EFER), 0);

    section("svm.msr");
    for (u32 msr = 0xc0010114; msr <= 0xc0010118; msr++) {
        record_read(msr);
        record_write(msr, 0x1000);
        try_wrmsr(msr, 0);
        record_write(msr, 0);
    }
    record_read(0x3a);
    record_write(0x3a, 5);
    for (u32 msr = 0x480; msr <= 0x491; msr++)
        record_read(msr);
}

static void tsc(void)
{
    u64 before = rdtsc(), target = before + (1ull << 40), after;

    section("msr.tsc");
    try_wrmsr(0x10, target);
    after = rdtsc();
    record("write", 0x10, rt_fault.vector, after - target < 1ull << 36);
    record("read", 0x10, try_rdmsr(0x10) - after < 1ull << 36, 0);
    try_wrmsr(0x3b, try_rdmsr(0x3b));
    record("adjust", 0x3b, rt_fault.vector, rdtsc() - after < 1ull << 36);
}

/* At CPL 3 every one is #GP(0), whatever the index. */
static void ring3(void)
{
    static const u8 read[] = { 0x0f, 0x32 }, write[] = { 0x0f, 0x30 };
    static const u32 indexes[] = { 0x1b, MSR_EFER, 0xc0010117, 0xdeadbeef };

    section("msr.ring3");
    for (unsigned i = 0; i < COUNT(indexes); i++) {
        struct rt_regs r = { .rcx = indexes[i], .rflags = 2 };

        record_fault("rdmsr", indexes[i], run_bytes(read, sizeof(read), &r, true));
        record_fault("wrmsr", indexes[i], run_bytes(write, sizeof(write), &r, true));
    }
}

void section_msr(void)
{
    read_all();
    write_all();
    write_kept();
    efer();
    tsc();
    ring3();
    svm();
}
