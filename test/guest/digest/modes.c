/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID, RDMSR, IN and VMMCALL from real mode, virtual-8086 mode, 32-bit protected and
 * compatibility mode.
 */
#include "digest.h"

void modes_real(void);
void modes_v86(void);
void modes_v86_vmmcall(void);
void modes_32(void);
extern volatile u32 modes_result[32], modes_ud_count;

static void record_result(const char *mode)
{
    modes_result[4 + 1] &= 0x00ffffff;              /* leaf 1: APIC ID */
    modes_result[4 + 2] &= ~(1u << 5);              /* VMX */
    modes_result[8 + 2] &= ~(1u << 2 | 1u << 12);   /* leaf 80000001h: SVM, SKINIT */
    for (unsigned i = 0; i < COUNT(modes_result); i += 2)
        record(mode, i, modes_result[i], modes_result[i + 1]);
    memset((void *)modes_result, 0, sizeof(modes_result));
}

void section_modes(void)
{
    struct v86_stats v;

    section("modes");
    rt_real(modes_real);
    record_result("real");
    record("real.ud", 0, modes_ud_count, 0);
    rt_check(modes_ud_count == 3, "real mode: %u of 3 #UD", modes_ud_count);
    v = rt_v86(modes_v86);
    record_result("v86");
    record("v86", v.fault, v.ports, v.ints);
    v = rt_v86(modes_v86_vmmcall);
    record("v86.vmmcall", v.fault, 0, 0);
    rt_check(v.fault == 6, "v86: VMMCALL gives vector %u, not #UD", v.fault);
    rt_prot32(modes_32);
    record_result("prot32");
    rt_compat(modes_32);
    record_result("compat");
}
