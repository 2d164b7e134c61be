/* SPDX-License-Identifier: BSD-2-Clause */
/* Single instructions as C functions: ports, MSRs, control registers, MMIO, TSC, CPUID. */
#ifndef GUEST_RT_IO_H
#define GUEST_RT_IO_H

#include <vmm/io.h>

#include "rt.h"

#define in8 vmm_in8
#define in16 vmm_in16
#define in32 vmm_in32
#define out8 vmm_out8
#define out16 vmm_out16
#define out32 vmm_out32

static inline u32 mmio_read32(u64 address)
{
    u32 value;

    asm volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write32(u64 address, u32 value)
{
    asm volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

static inline u64 rdtsc(void)
{
    u32 low, high;

    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64)high << 32 | low;
}

static inline u64 rdmsr(u32 msr)
{
    u32 low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (u64)high << 32 | low;
}

static inline void wrmsr(u32 msr, u64 value)
{
    asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
    struct cpuid r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf)
                 : "memory");
    return r;
}

#define DEFINE_CR(n) \
    static inline u64 read_cr##n(void) \
    { \
        u64 value; \
        asm volatile("movq %%cr" #n ", %0" : "=r"(value) : : "memory"); \
        return value; \
    } \
    static inline void write_cr##n(u64 value) \
    { \
        asm volatile("movq %0, %%cr" #n : : "r"(value) : "memory"); \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
DEFINE_CR(8)

static inline void invlpg(u64 address)
{
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void pause(void)
{
    asm volatile("pause" : : : "memory");
}

#endif
