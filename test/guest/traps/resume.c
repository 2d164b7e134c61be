/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFLAGS.RF: a code breakpoint is passed by it once, and the instruction behind has its own again; faults push it as 1,
 * traps and interrupts as 0 (Intel SDM vol. 3B, 18.3.1.1; AMD APM vol. 2, 13.1.1.7).
 */
#include "traps.h"

#define PF_PAGE 12

static const struct {
    const char *name, *code;
    u64 rcx;
    u8 bytes, second; /* of the code; where its second instruction is */
} snippets[] = {
    {"nop", "\x90\x90", 0, 2, 1},
    {"cpuid", "\x0f\xa2\x90", 0, 3, 2},
    {"rdmsr", "\x0f\x32\x90", 0xc0000080, 3, 2},
    {"in", "\xe4\xe4\x90", 0, 3, 2},
    {"out", "\xe6\xe4\x90", 0, 3, 2},
    {"wbinvd", "\x0f\x09\x90", 0, 3, 2},
    {"invd", "\x0f\x08\x90", 0, 3, 2},
    {"mov rbx,cr0", "\x0f\x20\xc3\x90", 0, 4, 3},
    {"mov rbx,cr3", "\x0f\x20\xdb\x90", 0, 4, 3},
    {"cpuid cpuid", "\x0f\xa2\x0f\xa2", 0, 4, 2},
    {"in in", "\xe4\xe4\xe4\xe4", 0, 4, 2},
    {"invlpg", "\x0f\x01\x3e\x90", 0, 4, 3},
    {"wrmsr that faults", "\x0f\x30\x90", 0xc0000080, 3, 2}, /* LME off while paging is on */
    {"vmmcall", "\x0f\x01\xd9\x90", 0, 4, 3},
    {"read", "\x8a\x06\x90", 0, 3, 2},
    {"read behind cpuid", "\x0f\xa2\x8a\x06\x90", 0, 5, 2},
    {"mov ds", "\x8e\xd9\x90", 0xfff8, 3, 2},
    {"int3", "\xcc\x90", 0, 2, 1},
};

static void debug(struct trap *t)
{
    u64 dr6;

    asm volatile("movq %%dr6, %0" : "=r"(dr6));
    asm volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
    note(1, in_code(t->rip), dr6 | (t->rflags & FLAG_RF));
    t->rflags |= FLAG_RF;
}

static void fault(struct trap *t)
{
    note(t->vector, in_code(t->rip), (rt_param[1] ? 0 : t->rflags & FLAG_RF) | t->error);
    if (t->vector == 14) {
        rt_vpage(PF_PAGE, FRAMES, PTE_P | PTE_W);
        return; /* and again, without its breakpoint where RF was pushed */
    }
    t->rip = rt_resume;
}

static void with_breakpoints(unsigned i)
{
    struct rt_regs r = {.rcx = snippets[i].rcx, .rsi = RT_VPAGES + PF_PAGE * 4096, .rflags = 2};
    u64 zero = 0;

    rt_vpage(PF_PAGE, 0, 0);
    asm volatile("movq %0, %%dr0" : : "r"(CODE));
    asm volatile("movq %0, %%dr1" : : "r"(CODE + snippets[i].second));
    asm volatile("movq %0, %%dr2" : : "r"(CODE + snippets[i].bytes));
    asm volatile("movq %0, %%dr7" : : "r"(0x415ull));
    run_code(snippets[i].code, snippets[i].bytes, &r);
    asm volatile("movq %0, %%dr7" : : "r"(0x400ull));
    asm volatile("movq %0, %%dr0; movq %0, %%dr1; movq %0, %%dr2" : : "r"(zero));
    flush_log(snippets[i].name, i);
}

void section_resume_flag(void)
{
    static const int faults[] = {3, 6, 13, 14, -1};

    rt_set_handler(1, debug);
    set_handlers(faults, fault);
    section("breakpoints");
    for (unsigned i = 0; i < COUNT(snippets); i++) {
        if (!rt_param[1] || snippets[i].rcx != 0xc0000080 || snippets[i].code[1] != 0x30)
            with_breakpoints(i);
    }
    set_handlers(faults, NULL);
    rt_set_handler(1, NULL);
}
