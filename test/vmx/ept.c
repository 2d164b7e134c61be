/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory types of EPT entries by the MTRRs (Intel SDM vol. 3A, 12.11). No emulator here gives a type any effect. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "vm/npt.h"
#include "vm/paging.h"
#include "vm/vmx/vmx.h"

struct vmx_features vmx_features;
enum paging paging_mode;
static const struct npt_format *format;
static u64 msrs[0x300];

enum { UC = 0, WC = 1, WT = 4, WB = 6 };

void npt_init(const struct npt_format *f)
{
    format = f;
}

u64 npt_root(void)
{
    return 0x5000;
}

u64 host_rdmsr(u32 msr)
{
    return msr < ARRAY_SIZE(msrs) ? msrs[msr] : 0;
}

static void type_is(const char *name, u64 at, u64 bytes, u64 type)
{
    check_case = name;
    CHECK(format->type(at, bytes), type == NPT_MIXED ? NPT_MIXED : type << 3);
}

/* A variable range: 40 bits of physical address. */
static void range(unsigned i, u64 base, u64 bytes, u64 type)
{
    msrs[0x200 + 2 * i] = base | type;
    msrs[0x201 + 2 * i] = (BIT(40) - bytes) | BIT(11);
}

int main(void)
{
    ept_init();
    type_is("MTRRs off: all uncached", 0x100000, PAGE_SIZE, UC);

    msrs[0xfe] = 8 | BIT(8); /* eight ranges, and the fixed ones */
    msrs[0x2ff] = BIT(11) | BIT(10) | UC;
    range(0, 0, 2048ull * MIB, WB);
    range(1, 256 * MIB, 0x10000, WC);
    range(2, 512 * MIB, 2 * MIB, WT);
    range(3, 512 * MIB, 1 * MIB, UC);
    range(4, 640 * MIB, 2 * MIB, WC);
    msrs[0x250] = 0x0606060606060606; /* 0 to 512 KiB */
    msrs[0x258] = 0x0606060606060606;
    msrs[0x259] = 0x0000000000000100; /* A0000h on, 16 KiB each: UC, but A4000h WC */
    msrs[0x26f] = 0x0500000000000000; /* the last 4 KiB below 1 MiB */
    type_is("a range", 1024ull * MIB, PAGE_SIZE, WB);
    type_is("a range, by 2 MiB", 1024ull * MIB, 2 * MIB, WB);
    type_is("the default beyond the ranges", 2048ull * MIB, 2 * MIB, UC);
    type_is("uncached wins over what lies below", 512 * MIB, PAGE_SIZE, UC);
    type_is("write-through wins over write-back", 513 * MIB, PAGE_SIZE, WT);
    type_is("another pair has no rule: uncached", 640 * MIB, PAGE_SIZE, UC);
    type_is("a large page with a border in it", 256 * MIB, 2 * MIB, NPT_MIXED);
    type_is("behind the border", 256 * MIB + 0x10000, PAGE_SIZE, WB);
    type_is("fixed: 64 KiB", 0x7f000, PAGE_SIZE, WB);
    type_is("fixed: 16 KiB", 0xa0000, PAGE_SIZE, UC);
    type_is("fixed: the second 16 KiB", 0xa4000, PAGE_SIZE, WC);
    type_is("fixed: 4 KiB", 0xff000, PAGE_SIZE, 5);
    type_is("the first MiB by 2 MiB", 0, 2 * MIB, NPT_MIXED);

    msrs[0x2ff] = BIT(11) | WB;
    type_is("fixed ones off", 0xa0000, PAGE_SIZE, WB);
    type_is("another default", 3072ull * MIB, PAGE_SIZE, WB);
    check_case = "EPT pointer";
    CHECK(ept_pointer(), 0x5000 | 3 << 3 | 6);
    return check_end();
}
