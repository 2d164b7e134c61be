/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * digest: what the CPU answers, condensed to one number per section, to be the same bare and under
 * a hypervisor. Parameter 0 = 1 prints every observation, for diffing. Parameter 1 = 1 adds checks
 * of what bare QEMU 7.2 itself gets wrong (insn.c). Parameter 2 = 1 to 10 runs one group of sections
 * only; the ninth, section_lock, runs only so.
 */
#include "digest.h"

const char guest_name[] = "digest";

void record_fault(const char *what, u64 key, u64 origin)
{
    bool fault = rt_fault.vector != RT_NO_FAULT;

    record(what, key, rt_fault.vector, fault ? rt_fault.error : 0);
    if (fault)
        record(what, key, rt_fault.rip - origin, rt_fault.vector == 14 ? rt_fault.cr2 - origin : 0);
}

void record_regs(const char *what, u64 key, const struct rt_regs *r, u64 flags_mask)
{
    record(what, key, r->rax, r->rbx);
    record(what, key, r->rcx, r->rdx);
    record(what, key, r->rsi, r->rdi);
    record(what, key, r->rbp, r->r8);
    record(what, key, r->rflags & flags_mask, 0);
}

u32 random32(void)
{
    static u32 state = 1;

    state = state * 1664525 + 1013904223;
    return state ^ state >> 16;
}

u64 run_bytes(const u8 *code, unsigned bytes, struct rt_regs *regs, bool user)
{
    u8 *at = (u8 *)SCRATCH;

    memcpy(at, code, bytes);
    at[bytes] = user ? 0x0f : 0xc3;
    at[bytes + 1] = 0x0b;
    rt_run((u64)at, regs, user);
    return (u64)at;
}

void guest_main(void)
{
    static void (*const groups[])(void) = {
        section_cpuid, section_msr, section_insn, section_prefix, section_step, section_string,
        section_mmio, section_modes, section_lock, section_a20,
    };

    /* Weir starts with caches on and SFMASK 0; Bochs' BIOS leaves CD and NW set, its reset some of SFMASK. */
    write_cr0(read_cr0() & ~0x60000000ull);
    wrmsr(0xc0000084, 0);
    for (unsigned i = 0; i < COUNT(groups); i++) {
        if (rt_param[2] ? rt_param[2] == i + 1 : groups[i] != section_lock)
            groups[i]();
    }
    section(NULL);
}
