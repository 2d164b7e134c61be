/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended page tables: entries as npt.c makes them, with memory types that follow the MTRRs (Intel SDM vol. 3C, 29.3). */
#include "vm/npt.h"
#include "vm/paging.h"
#include "mm/space.h"
#include "vmx.h"

#define MSR_MTRRCAP 0xfeu
#define MSR_MTRR_PHYSBASE0 0x200u
#define MSR_MTRR_DEF_TYPE 0x2ffu
#define MTRR_ENABLED BIT(11)
#define MTRR_FIXED BIT(10)

enum { TYPE_UC = 0, TYPE_WT = 4, TYPE_WB = 6 };

#define TYPE_BITS(type) ((u64)(type) << 3)

bool ept_is_mtrr(u32 msr)
{
    return (msr >= MSR_MTRR_PHYSBASE0 && msr < 0x220) || msr == 0x250 || msr == 0x258 || msr == 0x259 ||
           (msr >= 0x268 && msr <= 0x26f) || msr == MSR_MTRR_DEF_TYPE;
}

/* The first MiB: 64 KiB, 16 KiB and 4 KiB blocks (vol. 3A, 12.11.2.2). */
static u64 fixed_type(u64 at)
{
    u32 msr;
    unsigned index;

    if (at < 0x80000) {
        msr = 0x250;
        index = (unsigned)(at >> 16);
    } else if (at < 0xc0000) {
        msr = 0x258 + (u32)((at - 0x80000) >> 17);
        index = (at >> 14) & 7;
    } else {
        msr = 0x268 + (u32)((at - 0xc0000) >> 15);
        index = (at >> 12) & 7;
    }
    return (rdmsr(msr) >> (8 * index)) & 0xff;
}

/* Two ranges over one place: uncached wins, then write-through; the manual leaves the rest open (12.11.4.1). */
static u64 combine(u64 a, u64 b)
{
    if (a == b)
        return a;
    return (a == TYPE_WT && b == TYPE_WB) || (a == TYPE_WB && b == TYPE_WT) ? TYPE_WT : TYPE_UC;
}

static u64 ept_type(u64 at, u64 bytes)
{
    if (!(cpuid(1, 0).edx & BIT(12)))
        return TYPE_BITS(TYPE_WB);
    u64 def = rdmsr(MSR_MTRR_DEF_TYPE), cap = rdmsr(MSR_MTRRCAP), type = ~0ull;
    if (!(def & MTRR_ENABLED))
        return TYPE_BITS(TYPE_UC);
    if ((def & MTRR_FIXED) && (cap & BIT(8)) && at < MIB)
        return bytes > PAGE_SIZE ? NPT_MIXED : TYPE_BITS(fixed_type(at));
    for (u32 i = 0; i < (cap & 0xff); i++) {
        u64 base = rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i), mask = rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i + 1);
        if (!(mask & MTRR_ENABLED) || ((at ^ base) & mask & PTE_ADDR & ~(bytes - 1)))
            continue;
        if (mask & PTE_ADDR & (bytes - 1))
            return NPT_MIXED; /* its border lies in the block */
        type = type == ~0ull ? base & 0xff : combine(type, base & 0xff);
    }
    return TYPE_BITS(type == ~0ull ? def & 0xff : type);
}

void ept_init(void)
{
    static struct npt_format format = {
        .table = NPT_RIGHTS,
        .leaf = NPT_RIGHTS,
        .type_mask = TYPE_BITS(7),
        .type = ept_type,
    };
    format.gib = vmx_features.ept_gib;
    if (paging_is_shadow())
        format = (struct npt_format){.table = 0x67, .leaf = 0x67}; /* accessed and dirty: the CPU's own format */
    npt_init(&format);
}

u64 ept_pointer(void)
{
    return npt_root() | TYPE_WB | 3 << 3; /* tables are cached, 4 levels */
}
