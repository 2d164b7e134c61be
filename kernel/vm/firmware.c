/* SPDX-License-Identifier: BSD-2-Clause */
/* Which MSRs are firmware's. */
#include "exit.h"
#include "x86/insn.h"

const struct msr_range firmware_msrs[FIRMWARE_MSRS] = {
    {MSR_UCODE_WRITE, MSR_UCODE_WRITE},
    {MSR_UCODE_REV, MSR_UCODE_REV},
    {0xc0010010, 0xc0010010}, /* SYSCFG */
    {0xc0010016, 0xc001001a}, /* IORR_BASE0, MASK0, BASE1, MASK1, TOP_MEM */
    {0xc001001d, 0xc001001d}, /* TOP_MEM2 */
    {0xc0010020, 0xc0010020}, /* PATCH_LOADER */
    {0xc0010058, 0xc0010058}, /* MMIO_CONF_BASE */
    {0xc0010111, 0xc0010113}, /* SMM_BASE, SMM_ADDR, SMM_MASK */
};

bool is_firmware_msr(u32 msr)
{
    for (unsigned i = 0; i < FIRMWARE_MSRS; i++)
        if (msr >= firmware_msrs[i].first && msr <= firmware_msrs[i].last)
            return true;
    return false;
}
