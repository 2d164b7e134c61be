/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paging: a guest that uses paging in every way that a hypervisor with shadow page tables can get
 * wrong. Each section's outcome is compared with what the architecture says, and digested.
 */
#include "paging.h"

const char guest_name[] = "paging";

bool have_smep, have_smap, have_1g;

extern u64 rt_pd[];

u32 random32(void)
{
    static u32 state = 7;

    state = state * 1664525 + 1013904223;
    return state ^ state >> 16;
}

void reload_cr3(void)
{
    write_cr3(read_cr3());
}

void fill_frames(void)
{
    for (unsigned i = 0; i < 256; i++) {
        *(u64 *)frame_address(i) = 0x0b0f;
        *(u64 *)(frame_address(i) + 8) = FRAME_WORD(i);
    }
}

/* MOV RAX,[RSI]; UD2 and MOV [RSI],RAX; UD2, for both privilege levels. */
static void put_code(void)
{
    static const u8 code[2][16] = { { 0x48, 0x8b, 0x06, 0x0f, 0x0b },
                                    { 0x48, 0x89, 0x06, 0x0f, 0x0b } };

    memcpy((void *)USER_CODE, code, sizeof(code));
    memcpy((void *)KERNEL_CODE, code, sizeof(code));
}

struct result access(enum kind kind, u64 va, bool user, u64 flags, u64 value)
{
    u64 code = (user ? USER_CODE : KERNEL_CODE) + (kind == WRITE ? 16 : 0);
    struct rt_regs r = { .rax = value, .rsi = va, .rflags = 2 | flags };
    struct result result;

    rt_run(kind == EXEC ? va : code, &r, user);
    result.vector = rt_fault.vector;
    result.error = rt_fault.error;
    result.cr2_right = rt_fault.cr2 == va;
    result.value = kind == READ ? r.rax : 0;
    if (rt_fault.vector == 6 && rt_fault.rip == (kind == EXEC ? va : code + 3))
        result.vector = RT_NO_FAULT;
    return result;
}

/* Everything identity-mapped but the user's 2 MiB becomes the supervisor's. */
static void take_identity_map(void)
{
    for (unsigned i = 0; i < 2048; i++) {
        if (i != USER_CODE >> 21)
            rt_pd[i] &= ~PTE_U;
    }
    reload_cr3();
}

void guest_main(void)
{
    struct cpuid seven = cpuid(7, 0), extended = cpuid(0x80000001, 0);

    have_smep = seven.ebx >> 7 & 1;
    have_smap = seven.ebx >> 20 & 1;
    have_1g = extended.edx >> 26 & 1;
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1 << 11);     /* NXE */
    take_identity_map();
    put_code();
    rt_printf("paging smep %u smap %u 1g %u\n", have_smep, have_smap, have_1g);
    if (!rt_param[1]) {
        section_levels();
        section_large();
        section_tables();
        section_model();
        section_writers();
        section_many();
        section_control();
    }
    if (rt_param[1] == 2)
        section_control();
    if (rt_param[1] < 2)
        section_corners();
    if (rt_param[1] != 2)
        section_legacy();
    section(NULL);
}
