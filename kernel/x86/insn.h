/* SPDX-License-Identifier: BSD-2-Clause */
/* One inline function per privileged instruction, named after it. Host ring 0 only. */
#ifndef KERNEL_INSN_H
#define KERNEL_INSN_H

#include "types.h"

static inline u8 inb(u16 port)
{
    u8 v;
    asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline u16 inw(u16 port)
{
    u16 v;
    asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline u32 inl(u16 port)
{
    u32 v;
    asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void outb(u16 port, u8 v)
{
    asm volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(u16 port, u16 v)
{
    asm volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(u16 port, u32 v)
{
    asm volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline u64 rdmsr(u32 msr)
{
    u32 lo, hi;
    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 msr, u64 v)
{
    asm volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

#define SAFE(insn, ok) "xorl " ok ", " ok "\n1: " insn "\n incl " ok "\n2:\n" \
                       ".pushsection .data.fixup, \"aw\"\n .quad 1b, 2b\n.popsection"
/* MSR accesses that may #GP; trap.c finds the pair of addresses in the fixup table. false: it faulted. */
static inline must_check bool rdmsr_safe(u32 msr, u64 *v)
{
    u32 lo, hi, ok;
    asm volatile(SAFE("rdmsr", "%k2")
                 : "=&a"(lo), "=&d"(hi), "=&r"(ok)
                 : "c"(msr));
    *v = lo | (u64)hi << 32;
    return ok;
}

static inline must_check bool wrmsr_safe(u32 msr, u64 v)
{
    u32 ok;
    asm volatile(SAFE("wrmsr", "%k0")
                 : "=&r"(ok)
                 : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32))
                 : "memory");
    return ok;
}

static inline u64 rdtsc(void)
{
    u32 lo, hi;
    asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return lo | (u64)hi << 32;
}

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
    struct cpuid r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

#define CR_ACCESS(n)                                          \
    static inline u64 read_cr##n(void)                        \
    {                                                         \
        u64 v;                                                \
        asm volatile("mov %%cr" #n ", %0" : "=r"(v));         \
        return v;                                             \
    }                                                         \
    static inline void write_cr##n(u64 v)                     \
    {                                                         \
        asm volatile("mov %0, %%cr" #n : : "r"(v) : "memory"); \
    }
CR_ACCESS(0)
CR_ACCESS(2)
CR_ACCESS(3)
CR_ACCESS(4)
CR_ACCESS(8)

static inline void invlpg(const void *va)
{
    asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void clts(void)
{
    asm volatile("clts");
}

static inline u64 xgetbv(u32 i)
{
    u32 lo, hi;
    asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(i));
    return lo | (u64)hi << 32;
}

static inline void xsetbv(u32 i, u64 v)
{
    asm volatile("xsetbv" : : "c"(i), "a"((u32)v), "d"((u32)(v >> 32)));
}

/* false: the CPU does not take the value (#GP). */
static inline must_check bool xsetbv_safe(u32 i, u64 v)
{
    u32 ok;
    asm volatile(SAFE("xsetbv", "%k0")
                 : "=&r"(ok)
                 : "c"(i), "a"((u32)v), "d"((u32)(v >> 32)));
    return ok;
}

static inline u64 read_dr6(void)
{
    u64 v;
    asm volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static inline void write_dr6(u64 v)
{
    asm volatile("mov %0, %%dr6" : : "r"(v));
}

/* DR0 to DR3. */
static inline void read_breakpoints(u64 dr[4])
{
    asm volatile("mov %%dr0, %0\n mov %%dr1, %1\n mov %%dr2, %2\n mov %%dr3, %3"
                 : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
}

static inline void write_breakpoints(const u64 dr[4])
{
    asm volatile("mov %0, %%dr0\n mov %1, %%dr1\n mov %2, %%dr2\n mov %3, %%dr3"
                 : : "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static inline void wbinvd(void)
{
    asm volatile("wbinvd" : : : "memory");
}

static inline void cli(void)
{
    asm volatile("cli" : : : "memory");
}

/* Control and MSR names (AMD APM vol. 2, 3; Intel SDM vol. 4). */
#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)
#define CR4_PSE BIT(4)
#define CR4_PAE BIT(5)
#define CR4_PGE BIT(7)
#define CR4_OSFXSR BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_LA57 BIT(12)
#define CR4_FSGSBASE BIT(16)
#define CR4_PCIDE BIT(17)
#define CR4_OSXSAVE BIT(18)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define CR4_PKE BIT(22)

#define RFLAGS_TF BIT(8)
#define RFLAGS_IF BIT(9)
#define RFLAGS_IOPL (BIT(12) | BIT(13))
#define RFLAGS_RF BIT(16)
#define RFLAGS_VM BIT(17)
#define RFLAGS_AC BIT(18)

#define EFER_SCE BIT(0)
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)
#define EFER_SVME BIT(12)

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_FEATURE_CONTROL 0x3au
#define MSR_TSC_ADJUST 0x3bu
#define MSR_UCODE_REV 0x8bu
#define MSR_UCODE_WRITE 0x79u
#define MSR_PAT 0x277u
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC 0x800u
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_SFMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u

#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_UD 6
#define VECTOR_NM 7
#define VECTOR_DF 8
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_AC 17
#define VECTOR_MC 18

static inline bool is_canonical(u64 linear)
{
    return (u64)((int64_t)(linear << 16) >> 16) == linear;
}

/* One access of 1, 2, 4 or 8 bytes. */
static inline u64 load_sized(const volatile void *p, unsigned size)
{
    return size == 1 ? *(const volatile u8 *)p : size == 2 ? *(const volatile u16 *)p :
           size == 4 ? *(const volatile u32 *)p : *(const volatile u64 *)p;
}

static inline void store_sized(volatile void *p, unsigned size, u64 value)
{
    if (size == 1)
        *(volatile u8 *)p = (u8)value;
    else if (size == 2)
        *(volatile u16 *)p = (u16)value;
    else if (size == 4)
        *(volatile u32 *)p = (u32)value;
    else
        *(volatile u64 *)p = value;
}

#endif
