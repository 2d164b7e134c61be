/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says of a VM entry that failed: nothing of a state that is right; of one that is not the field, its value
 * and the rule. Every rule of check.c, whose text is the argument, is broken at least once.
 */
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
static const char *rules_text;

/* States that are right: 64-bit ring 0; real mode of an unrestricted guest; without that, PAE ring 0 and virtual-8086. */
enum state { LONG, REAL, PAE, V86 };

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
        return 0xb727ff;
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

static void good(enum state state)
{
    bool flat = state == LONG || state == PAE;
    u64 data = state == V86 ? 0xf3 : state == REAL ? 0x93 : 0xc093;

    memset(host_vmcs, 0, sizeof(host_vmcs));
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
        segment(i, 0, 0, flat ? 0xffffffff : 0xffff, data);
    segment(WEIR_EMU_CS, flat ? 8 : 0, 0, flat ? 0xffffffff : 0xffff,
            state == LONG ? 0xa09b : state == PAE ? 0xc09b : state == REAL ? 0x9b : data);
    segment(WEIR_EMU_LDTR, 0, 0, 0xffff, 0x82);
    segment(WEIR_EMU_TR, 0, 0, 0xffff, 0x8b);
    host_vmcs[GUEST_CR0] = state == REAL ? 0x30 : 0x80010031;
    host_vmcs[GUEST_CR4] = flat ? 0x2020 : 0x2000;
    host_vmcs[GUEST_PDPTE0] = 0x1001;
    host_vmcs[GUEST_EFER] = state == LONG ? EFER_LME | EFER_LMA : 0;
    host_vmcs[GUEST_PAT] = 0x0007040600070406;
    host_vmcs[ENTRY_CONTROLS] = ENTRY_LOAD_EFER | ENTRY_LOAD_PAT | ENTRY_LOAD_DEBUG | (state == LONG ? ENTRY_GUEST_64 : 0);
    host_vmcs[PROC_CONTROLS_2] = PROC2_EPT | (state == LONG || state == REAL ? PROC2_UNRESTRICTED : 0);
    host_vmcs[GUEST_RFLAGS] = state == V86 ? 2 | RFLAGS_VM : 2;
    host_vmcs[VMCS_LINK] = ~0ull;
}

/* One field broken, or two; what the log then says. More: the lines that come with it. */
struct row {
    enum state state;
    u16 field, field2;
    u64 value, value2;
    const char *line;
    unsigned more;
};

#define RIGHTS(segment) (GUEST_ES_RIGHTS + 2 * WEIR_EMU_##segment)
#define LIMIT(segment) (GUEST_ES_LIMIT + 2 * WEIR_EMU_##segment)
#define BASE(segment) (GUEST_ES_BASE + 2 * WEIR_EMU_##segment)
#define ONE(in, broken, with, says, ...) {.state = in, .field = broken, .value = with, .line = says, ##__VA_ARGS__}
#define TWO(in, broken, with, also, with2, says, ...) \
    ONE(in, broken, with, says, .field2 = also, .value2 = with2, ##__VA_ARGS__)

static const struct row rows[] = {
    ONE(LONG, GUEST_CR0, 0x80010011, "CR0 is 80010011: a bit differs from what VMX fixes (27.3.1.1)"),
    ONE(LONG, GUEST_CR0, 0x80010030, "CR0 is 80010030: PG needs PE"),
    ONE(LONG, GUEST_CR4, 0x20, "CR4 is 20: a bit differs from what VMX fixes"),
    ONE(LONG, GUEST_CR4, 0x2000, "CR4 is 2000: IA-32e mode needs CR0.PG and CR4.PAE"),
    ONE(REAL, GUEST_CR4, 0x22000, "CR4 is 22000: PCIDE is for IA-32e mode"),
    ONE(REAL, GUEST_CR4, 0x802000, "CR4 is 802000: CET needs CR0.WP"),
    ONE(LONG, GUEST_CR3, BIT(40), "CR3 is 10000000000: beyond the physical address width"),
    ONE(LONG, GUEST_DR7, BIT(32) | 0x400, "DR7 is 100000400: bits 63:32 must be 0"),
    ONE(LONG, GUEST_EFER, EFER_LME | EFER_LMA | BIT(12), "EFER is 1500: reserved bits must be 0"),
    ONE(REAL, GUEST_EFER, EFER_LMA, "EFER is 400: LMA must equal the entry control 'IA-32e mode guest'"),
    ONE(LONG, GUEST_EFER, EFER_LMA, "EFER is 400: with paging LMA must equal LME"),
    ONE(LONG, GUEST_SYSENTER_ESP, BIT(47), "SYSENTER_ESP is 800000000000: not canonical"),
    ONE(LONG, GUEST_SYSENTER_EIP, BIT(47), "SYSENTER_EIP is 800000000000: not canonical"),
    ONE(LONG, GUEST_DEBUGCTL, 0x20, "DEBUGCTL is 20: reserved bits must be 0"),
    ONE(LONG, GUEST_PAT, 0x0007040600070402, "PAT is 7040600070402: memory types are 0, 1 and 4 to 7"),
    ONE(LONG, GUEST_PAT, 0x0807040600070406, "PAT is 807040600070406: memory types are 0, 1 and 4 to 7"),
    ONE(PAE, GUEST_PDPTE0 + 6, 0x3, "PDPTE is 3: reserved bits must be 0"),

    ONE(LONG, LIMIT(SS), 0xffff0000, "SS is ffff0000: limit bits 11:0 must be 1 with G=1"),
    ONE(REAL, LIMIT(ES), 0x100000, "ES is 100000: limit above FFFFFh needs G=1"),
    ONE(PAE, RIGHTS(CS), 0xc093, "CS rights is c093: type must be accessed code"),
    TWO(REAL, RIGHTS(CS), 0xf3, RIGHTS(SS), 0xf3, "CS rights is f3: a data segment as CS needs DPL 0", .more = 1),
    ONE(LONG, RIGHTS(CS), 0xa0fb, "CS rights is a0fb: DPL of non-conforming code must be SS's"),
    ONE(LONG, RIGHTS(CS), 0xa0ff, "CS rights is a0ff: DPL of conforming code must not be above SS's"),
    ONE(LONG, RIGHTS(CS), 0xe09b, "CS rights is e09b: L and D exclude each other"),
    ONE(PAE, GUEST_CS, 9, "CS is 9: RPL must be SS's"),
    ONE(V86, BASE(DS), 0x10, "DS is 10: virtual-8086 mode: base must be the selector times 16"),
    ONE(V86, LIMIT(FS), 0xfffff, "FS is fffff: virtual-8086 mode: limit must be FFFFh"),
    ONE(V86, RIGHTS(GS), 0x93, "GS is 93: virtual-8086 mode: rights must be F3h"),
    ONE(REAL, RIGHTS(CS), RIGHTS_UNUSABLE, "CS is 10000: CS must be usable"),
    ONE(LONG, RIGHTS(DS), 0xc193, "DS is c193: reserved bits of the rights must be 0"),
    ONE(LONG, RIGHTS(DS), 0xc083, "DS is c083: S must be 1"),
    ONE(LONG, RIGHTS(DS), 0xc013, "DS is c013: P must be 1"),
    ONE(LONG, BASE(ES), BIT(32), "ES is 100000000: base bits 63:32 must be 0"),
    ONE(LONG, BASE(GS), BIT(47), "GS is 800000000000: base not canonical"),
    ONE(LONG, RIGHTS(SS), 0xc09b, "SS is c09b: type must be accessed writable data"),
    TWO(PAE, RIGHTS(SS), 0xc0b3, RIGHTS(CS), 0xc0bb, "SS is c0b3: DPL must be the selector's RPL"),
    TWO(REAL, RIGHTS(SS), 0xb3, RIGHTS(CS), 0xbb,
        "SS is b3: DPL must be 0 with CR0.PE=0, or a data segment as CS"),
    ONE(LONG, RIGHTS(FS), 0xc099, "FS is c099: type must be accessed and readable"),
    ONE(PAE, GUEST_GS, 3, "GS is c093: DPL must not be below the selector's RPL"),

    ONE(LONG, RIGHTS(TR), RIGHTS_UNUSABLE | 0x8b, "TR rights is 1008b: must be a present TSS"),
    ONE(LONG, RIGHTS(TR), 0x83, "TR rights is 83: type must be a busy TSS"),
    ONE(LONG, GUEST_TR, 0x44, "TR is 44: TI must be 0"),
    ONE(LONG, BASE(TR), BIT(47), "TR base is 800000000000: not canonical"),
    ONE(LONG, RIGHTS(LDTR), 0x83, "LDTR rights is 83: must be a present LDT"),
    ONE(LONG, GUEST_LDTR, 0x44, "LDTR is 44: TI must be 0"),
    ONE(LONG, BASE(LDTR), BIT(47), "LDTR base is 800000000000: not canonical"),
    ONE(LONG, GUEST_GDTR_BASE, BIT(47), "GDTR base is 800000000000: not canonical"),
    ONE(LONG, GUEST_IDTR_BASE, BIT(47), "IDTR base is 800000000000: not canonical"),
    ONE(LONG, GUEST_GDTR_LIMIT, 0x10000, "GDTR limit is 10000: above FFFFh"),
    ONE(LONG, GUEST_IDTR_LIMIT, 0x10000, "IDTR limit is 10000: above FFFFh"),

    ONE(LONG, GUEST_RIP, BIT(60), "RIP is 1000000000000000: not canonical, or above 4 GiB outside of 64-bit code"),
    ONE(REAL, GUEST_RIP, BIT(32), "RIP is 100000000: not canonical, or above 4 GiB outside of 64-bit code"),
    ONE(LONG, GUEST_RFLAGS, 0, "RFLAGS is 0: reserved bits"),
    ONE(REAL, GUEST_RFLAGS, 2 | RFLAGS_VM, "RFLAGS is 20002: VM needs CR0.PE and no IA-32e mode", .more = 6),
    ONE(LONG, ENTRY_EVENT, 0x80000030, "RFLAGS is 2: IF must be 1 to inject an interrupt"),
    ONE(LONG, ACTIVITY, 4, "activity is 4: no such state"),
    TWO(V86, ACTIVITY, 1, RIGHTS(SS), 0xf3, "activity is 1: HLT needs SS.DPL 0"),
    TWO(LONG, ACTIVITY, 2, INTERRUPTIBILITY, 2, "activity is 2: not active, while STI or MOV SS blocks interrupts"),
    ONE(LONG, INTERRUPTIBILITY, 0x20, "interruptibility is 20: reserved bits must be 0"),
    TWO(LONG, INTERRUPTIBILITY, 3, GUEST_RFLAGS, 2 | RFLAGS_IF,
        "interruptibility is 3: STI and MOV SS cannot block both"),
    ONE(LONG, INTERRUPTIBILITY, 1, "interruptibility is 1: STI blocks only with IF=1"),
    TWO(REAL, INTERRUPTIBILITY, 2, ENTRY_EVENT, 0x80000030,
        "interruptibility is 2: an interrupt is injected while STI or MOV SS blocks it", .more = 1),
    TWO(LONG, INTERRUPTIBILITY, 8, ENTRY_EVENT, 0x80000202,
        "interruptibility is 8: an NMI is injected while NMIs are blocked"),
    ONE(LONG, INTERRUPTIBILITY, 4, "interruptibility is 4: SMI blocked when not in SMM"),
    ONE(LONG, PENDING_DEBUG, 0x10, "pending debug exceptions is 10: reserved bits must be 0"),
    TWO(LONG, INTERRUPTIBILITY, 2, GUEST_RFLAGS, 2 | RFLAGS_TF, "pending debug exceptions is 0: while STI or MOV SS blocks, "
        "or in HLT, BS must equal RFLAGS.TF (without DEBUGCTL.BTF)"),
    ONE(LONG, VMCS_LINK, 0, "VMCS link pointer is 0: must be all ones"),

    ONE(LONG, ENTRY_EVENT, 0x80000102, "event is 80000102: no such type"),
    ONE(LONG, ENTRY_EVENT, 0x80000203, "event is 80000203: an NMI's vector must be 2"),
    ONE(LONG, ENTRY_EVENT, 0x80000320, "event is 80000320: an exception's vector must be below 32"),
    ONE(LONG, ENTRY_EVENT, 0x8000030d,
        "event is 8000030d: error code: exactly with #DF, #TS, #NP, #SS, #GP, #PF, #AC in protected mode"),
    ONE(REAL, ENTRY_EVENT, 0x80000b0d,
        "event is 80000b0d: error code: exactly with #DF, #TS, #NP, #SS, #GP, #PF, #AC in protected mode"),
    TWO(LONG, ENTRY_EVENT, 0x80000b0d, ENTRY_EVENT_ERROR, 0x10000, "error code is 10000: bits 31:16 must be 0"),
    ONE(LONG, ENTRY_EVENT, 0x80001302, "event is 80001302: reserved bits must be 0"),
    ONE(LONG, ENTRY_EVENT, 0x80000403, "instruction length is 0: a software event needs it"),
};

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

static void break_rule(const struct row *r)
{
    char expected[256];

    good(r->state);
    host_vmcs[r->field] = r->value;
    if (r->field2)
        host_vmcs[r->field2] = r->value2;
    check_case = r->line;
    CHECK(rules_broken(), 1 + r->more);
    snprintf(expected, sizeof(expected), "weir: VM entry: %s\n", r->line);
    CHECK(strstr(lines, expected) != NULL, true);
}

/* The rule's own words: the string that ends the call. */
static bool is_broken_by(const struct row *r, const char *words, size_t length)
{
    size_t all = strlen(r->line);

    return all > length && !strncmp(r->line + all - length, words, length) && !strncmp(r->line + all - length - 2, ": ", 2);
}

static unsigned count(const char *text, const char *words)
{
    unsigned n = 0;

    for (; (text = strstr(text, words)); text++)
        n++;
    return n;
}

/* Each time that check.c calls rule() with some words, the table has to have them, with another field. */
static void find_unbroken(void)
{
    static char words[100];

    for (const char *at = rules_text; (at = strstr(at, "    rule(")); at++) {
        const char *end = strstr(at, "\");\n"), *begin = end;
        unsigned broken = 0;
        while (begin[-1] != '"')
            begin--;
        for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
            broken += is_broken_by(&rows[i], begin, (size_t)(end - begin));
        snprintf(words, sizeof(words), "\"%.*s\");", (int)(end - begin), begin);
        check_case = words;
        CHECK(broken >= count(rules_text, words), true);
    }
}

static const char *read_text(const char *path)
{
    static char text[1 << 16];
    FILE *f = fopen(path, "r");

    if (!f)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    rules_text = argc == 2 ? read_text(argv[1]) : NULL;
    if (!rules_text) {
        printf("usage: %s check.c\n", argv[0]);
        return 2;
    }
    for (enum state state = LONG; state <= V86; state++) {
        good(state);
        check_case = "a state that is right";
        CHECK(rules_broken(), 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        break_rule(&rows[i]);
    find_unbroken();
    return check_end();
}
