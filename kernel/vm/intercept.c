/* SPDX-License-Identifier: BSD-2-Clause */
/* What is intercepted on both vendors: bits of the port and MSR maps, and the MSRs that are firmware's. */
#include "exit.h"
#include "x86/insn.h"

static const struct msr_rule firmware_msrs[] = {
    {MSR_UCODE_WRITE, MSR_UCODE_WRITE, false},
    {MSR_UCODE_REV, MSR_UCODE_REV, false},
    {0xc0010010, 0xc0010010, false}, /* SYSCFG */
    {0xc0010016, 0xc001001a, false}, /* IORR_BASE0, MASK0, BASE1, MASK1, TOP_MEM */
    {0xc001001d, 0xc001001d, false}, /* TOP_MEM2 */
    {0xc0010020, 0xc0010020, false}, /* PATCH_LOADER */
    {0xc0010058, 0xc0010058, false}, /* MMIO_CONF_BASE */
    {0xc0010111, 0xc0010113, false}, /* SMM_BASE, SMM_ADDR, SMM_MASK */
};

bool is_firmware_msr(u32 msr)
{
    for (unsigned i = 0; i < ARRAY_SIZE(firmware_msrs); i++)
        if (msr >= firmware_msrs[i].first && msr <= firmware_msrs[i].last)
            return true;
    return false;
}

void bits_set(u8 *map, u32 first, u32 last, bool on)
{
    for (u32 i = first; i <= last; i++)
        map[i / 8] = (u8)((map[i / 8] & ~(1u << (i % 8))) | (unsigned)on << (i % 8));
}

static void apply(const struct msr_rule *r, unsigned n, u32 first, u32 last, msr_setter *set)
{
    for (; n; r++, n--)
        for (u32 msr = r->first; msr <= r->last; msr++)
            if (msr >= first && msr <= last)
                set(msr, r->read, true);
}

void msr_intercept(u32 first, u32 last, bool on, msr_setter *set, const struct msr_rule *own, unsigned n)
{
    static const u32 banks[] = {0, 0xc0000000, 0xc0010000}; /* of 2000h; those outside always exit */

    for (unsigned i = 0; i < ARRAY_SIZE(banks); i++)
        for (u32 msr = banks[i]; msr < banks[i] + 0x2000; msr++)
            if (msr >= first && msr <= last)
                set(msr, on, on);
    if (on)
        return;
    apply(own, n, first, last, set);
    apply(firmware_msrs, ARRAY_SIZE(firmware_msrs), first, last, set);
}
