/* SPDX-License-Identifier: BSD-2-Clause */
/* Every CPUID leaf, and the leaves that follow CR4 and XCR0. */
#include "digest.h"

#define CR4_OSXSAVE (1ull << 18)
#define CR4_PKE (1ull << 22)

/* What differs by CPU, by SVM being offered, or by time. AMD APM vol. 3, appendix E. */
static void mask(u32 leaf, struct cpuid *r)
{
    switch (leaf) {
    case 1:
        r->ebx &= 0x00ffffff;               /* initial APIC ID */
        r->ecx &= ~(1u << 5);               /* VMX */
        break;
    case 0xb:
        r->edx = 0;                         /* x2APIC ID */
        break;
    case 0x80000001:
        r->ecx &= ~(1u << 2 | 1u << 12);    /* SVM, SKINIT */
        break;
    case 0x8000000a:
        *r = (struct cpuid){ 0, 0, 0, 0 };  /* SVM revision and features */
        break;
    case 0x8000001e:
        r->eax = 0;                         /* extended APIC ID */
        break;
    default:
        break;
    }
}

static void record_leaf(u32 leaf, u32 subleaf)
{
    struct cpuid r = cpuid(leaf, subleaf);

    mask(leaf, &r);
    record("leaf", (u64)leaf << 32 | subleaf, (u64)r.eax << 32 | r.ebx, (u64)r.ecx << 32 | r.edx);
}

static void record_range(u32 from, u32 to)
{
    for (u32 leaf = from; leaf <= to; leaf++) {
        unsigned subleaves = leaf == 0xd ? 64 : 4;

        for (u32 subleaf = 0; subleaf < subleaves; subleaf++)
            record_leaf(leaf, subleaf);
        record_leaf(leaf, 0xffffffff);
    }
}

static void record_all(void)
{
    static const u32 beyond[] = { 0x20000000, 0x3fffffff, 0x40000100, 0x7fffffff, 0x80860000,
                                  0xc0000000, 0xc0000001, 0xfffffffe, 0xffffffff };

    record_range(0, 0x40);
    record_range(0x40000000, 0x40000020);
    record_range(0x80000000, 0x80000028);
    for (unsigned i = 0; i < COUNT(beyond); i++)
        record_leaf(beyond[i], 0);
    for (unsigned i = 0; i < 500; i++)
        record_leaf(random32(), random32());
}

/* The upper halves of all four registers are zeroed in 64-bit mode. */
static void record_upper_halves(void)
{
    static const u8 code[] = { 0x0f, 0xa2 };
    struct rt_regs r = { .rax = 0xffffffff00000000, .rbx = ~0ull, .rcx = 0xffffffff00000000,
                         .rdx = ~0ull, .rflags = 2 };

    run_bytes(code, sizeof(code), &r, false);
    record_regs("upper", 0, &r, 0);
    r = (struct rt_regs){ .rax = 0xffffffff00000000, .rbx = ~0ull, .rcx = 0, .rdx = ~0ull,
                          .rflags = 2 };
    run_bytes(code, sizeof(code), &r, true);
    record_regs("upper.ring3", 0, &r, 0);
}

static void record_cr4_leaves(u64 key)
{
    struct cpuid one = cpuid(1, 0), seven = cpuid(7, 0), d0 = cpuid(0xd, 0), d1 = cpuid(0xd, 1);

    record("leaf1.ecx", key, one.ecx & ~(1u << 5), seven.ecx);
    record("leafd", key, (u64)d0.ebx << 32 | d0.ecx, (u64)d1.eax << 32 | d1.ebx);
}

static u64 xgetbv0(void)
{
    u32 low, high;

    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (u64)high << 32 | low;
}

static void try_xsetbv(u32 index, u64 value)
{
    asm volatile(GUARDED("xsetbv")
                 : : "a"((u32)value), "d"((u32)(value >> 32)), "c"(index) : "memory");
    record("xsetbv", value, index, rt_fault.vector);
}

static void section_xcr0(u64 cr4)
{
    static const u64 values[] = { 1, 3, 7, 0, 2, 4, 5, 6, 0xff, 1ull << 62, 1ull << 63,
                                  ~0ull, 9, 0x203 };

    section("xsetbv");
    try_xsetbv(0, 1);
    asm volatile(GUARDED("xgetbv") : : "c"(0) : "eax", "edx", "memory");
    record("xgetbv", 0, rt_fault.vector, 0);
    if (!(cpuid(1, 0).ecx & 1u << 26))
        return;
    write_cr4(cr4 | CR4_OSXSAVE);
    for (unsigned i = 0; i < COUNT(values); i++) {
        try_xsetbv(0, values[i]);
        record("xcr0", values[i], xgetbv0(), 0);
        record_cr4_leaves(values[i]);
    }
    try_xsetbv(1, 1);
    try_xsetbv(0xffffffff, 1);
    try_xsetbv(0, 1);
    write_cr4(cr4);
}

void section_cpuid(void)
{
    u64 cr4 = read_cr4();

    section("cpuid");
    record_all();
    record_upper_halves();

    section("cpuid.cr4");
    record_cr4_leaves(0);
    if (cpuid(1, 0).ecx & 1u << 26) {
        write_cr4(cr4 | CR4_OSXSAVE);
        record_cr4_leaves(CR4_OSXSAVE);
        write_cr4(cr4);
        record_cr4_leaves(1);
    }
    if (cpuid(7, 0).ecx & 1u << 3) {
        write_cr4(cr4 | CR4_PKE);
        record_cr4_leaves(CR4_PKE);
        write_cr4(cr4);
    }
    section_xcr0(cr4);
}
