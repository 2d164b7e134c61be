/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log says of a VM entry that failed: nothing of a state that is right, the field and rule of one that is not. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "vm/vmx/vmx.h"

u64 host_vmcs[0x8000];
struct cpu_features cpu_features = {.address_bits = 40};
u8 boot_cpu_block[CPU_BLOCK];
static char lines[4096];

void log_line(const char *format, ...)
{
    size_t at = strlen(lines);
    va_list args;

    va_start(args, format);
    vsnprintf(lines + at, sizeof(lines) - at, format, args);
    va_end(args);
    strncat(lines, "\n", sizeof(lines) - strlen(lines) - 1);
}

/* The CPU's fixed bits of CR0 and CR4 as most have them. */
u64 host_rdmsr(u32 msr)
{
    switch (msr) {
    case 0x486:
        return 0x80000021;
    case 0x487:
        return 0xffffffff;
    case 0x488:
        return 0x2000;
    case 0x489:
        return 0x3727ff;
    default:
        abort();
    }
}

static void segment(unsigned i, u64 selector, u64 base, u64 limit, u64 rights)
{
    host_vmcs[GUEST_ES + 2 * i] = selector;
    host_vmcs[GUEST_ES_BASE + 2 * i] = base;
    host_vmcs[GUEST_ES_LIMIT + 2 * i] = limit;
    host_vmcs[GUEST_ES_RIGHTS + 2 * i] = rights;
}

/* 64-bit ring 0, or real mode as an unrestricted guest has it. */
static void good(bool long_mode)
{
    memset(host_vmcs, 0, sizeof(host_vmcs));
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
        segment(i, 0, 0, long_mode ? 0xffffffff : 0xffff, long_mode ? 0xc093 : 0x93);
    segment(WEIR_EMU_CS, long_mode ? 8 : 0, 0, long_mode ? 0xffffffff : 0xffff, long_mode ? 0xa09b : 0x9b);
    segment(WEIR_EMU_LDTR, 0, 0, 0xffff, 0x82);
    segment(WEIR_EMU_TR, 0, 0, 0xffff, 0x8b);
    host_vmcs[GUEST_CR0] = long_mode ? 0x80000031 : 0x30;
    host_vmcs[GUEST_CR4] = long_mode ? 0x2020 : 0x2000;
    host_vmcs[GUEST_EFER] = long_mode ? EFER_LME | EFER_LMA : 0;
    host_vmcs[ENTRY_CONTROLS] = ENTRY_LOAD_EFER | (long_mode ? ENTRY_GUEST_64 : 0);
    host_vmcs[PROC_CONTROLS_2] = PROC2_EPT | PROC2_UNRESTRICTED;
    host_vmcs[GUEST_RFLAGS] = 2;
    host_vmcs[VMCS_LINK] = ~0ull;
}

static unsigned rules_broken(void)
{
    static struct vcpu v;
    unsigned n = 0;

    lines[0] = 0;
    vmx_explain(&v, 0x80000021);
    for (const char *at = lines; (at = strstr(at, "VM entry: ")); at++)
        n++;
    return n;
}

static void broken(bool long_mode, unsigned field, u64 value, const char *name)
{
    good(long_mode);
    check_case = name;
    host_vmcs[field] = value;
    CHECK(rules_broken() >= 1, true);
    CHECK(strstr(lines, name) != NULL, true);
}

int main(void)
{
    for (unsigned mode = 0; mode < 2; mode++) {
        good(mode);
        check_case = mode ? "64-bit mode" : "real mode";
        CHECK(rules_broken(), 0);
    }
    broken(true, GUEST_CR0, 0x80000030, "PG needs PE");
    broken(true, GUEST_CR0, 0x80000011, "what VMX fixes");
    broken(true, GUEST_CR4, 0x2000, "IA-32e mode needs CR0.PG and CR4.PAE");
    broken(true, GUEST_CR4, 0x20, "CR4 is 20");
    broken(false, GUEST_CR4, 0x22000, "PCIDE");
    broken(true, GUEST_CR3, BIT(40), "physical address width");
    broken(true, GUEST_EFER, EFER_LMA, "LMA must equal LME");
    broken(true, ENTRY_CONTROLS, ENTRY_LOAD_EFER, "IA-32e mode guest");
    broken(true, GUEST_CS_RIGHTS, 0xe09b, "L and D exclude");
    broken(true, GUEST_SS_RIGHTS, 0xc09b, "accessed writable data");
    broken(false, GUEST_CS_RIGHTS, RIGHTS_UNUSABLE, "CS must be usable");
    broken(false, GUEST_ES_LIMIT, 0x100000, "needs G=1");
    broken(true, GUEST_ES_RIGHTS + 2 * WEIR_EMU_TR, 0x89, "busy TSS");
    broken(true, GUEST_RIP, BIT(60), "RIP is");
    broken(true, GUEST_RFLAGS, 0, "RFLAGS is 0");
    broken(true, ENTRY_EVENT, 0x80000030, "IF must be 1 to inject");
    broken(true, INTERRUPTIBILITY, 3, "cannot block both");
    broken(true, INTERRUPTIBILITY, 1, "STI blocks only with IF=1");
    broken(true, INTERRUPTIBILITY, 4, "SMI blocked when not in SMM");
    broken(true, ENTRY_EVENT, 0x8000030d, "error code: exactly");
    broken(false, ENTRY_EVENT, 0x80000b0d, "error code: exactly");
    broken(true, VMCS_LINK, 0, "VMCS link pointer is 0");
    broken(true, GUEST_IDTR_LIMIT, 0x10000, "IDTR limit is 10000");
    return check_end();
}
