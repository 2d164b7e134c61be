/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control registers bit by bit and in all encodings, at CPL 0 and 3, and INVLPG's operands. What QEMU 7.2 does not check
 * bare (reserved bits, CR0.NW without CD, CR4.PAE in long mode) is done where parameter 2 is 1, or 2: that without clearing
 * CR0.PE, which Bochs' SVM takes for paged real mode.
 */
#include "paging.h"

#define RW (PTE_P | PTE_W)
#define CODE(text) {text, sizeof(text) - 1}
#define FS_BASE 0xc0000100

static const struct {
    const char *bytes;
    unsigned count;
} snippets[] = {
    CODE("\x0f\x20\xc0"), CODE("\x0f\x20\x00"), CODE("\x66\x0f\x20\xc0"), CODE("\x48\x0f\x20\xc0"), CODE("\xf3\x0f\x20\xd8"),
    CODE("\x0f\x20\xc8"), CODE("\x0f\x20\xd0"), CODE("\x0f\x20\xd8"), CODE("\x0f\x20\xe0"), CODE("\x0f\x20\xe8"),
    CODE("\x0f\x20\xf8"), CODE("\x44\x0f\x20\xc0"), CODE("\x44\x0f\x20\xc8"), CODE("\x44\x0f\x20\xd8"), CODE("\x0f\x22\xc8"),
    CODE("\x0f\x22\xe8"), CODE("\x0f\x22\xf8"), CODE("\x44\x0f\x22\xc8"),
    CODE("\x0f\x01\xe0"), CODE("\x66\x0f\x01\xe0"), CODE("\x48\x0f\x01\xe0"), CODE("\x0f\x01\x26"), /* SMSW */
    CODE("\x0f\x06"), CODE("\x48\x0f\x06"),                                                         /* CLTS */
    CODE("\x0f\x01\x3e"), CODE("\x0f\x01\x3c\xfe"), CODE("\x0f\x01\x3d\x10\x00\x00\x00"), CODE("\x67\x0f\x01\x3e"), /* INVLPG */
};

/* With UD2 behind it; RT_NO_FAULT is that. */
static u64 run(const char *bytes, unsigned count, struct rt_regs *r, bool user)
{
    u8 *at = (u8 *)(user ? USER_CODE : KERNEL_CODE) + 64;

    memcpy(at, bytes, count);
    memcpy(at + count, "\x0f\x0b", 2);
    rt_run((u64)at, r, user);
    return rt_fault.vector == 6 && rt_fault.rip == (u64)at + count ? RT_NO_FAULT : rt_fault.vector;
}

static void encodings(void)
{
    static u64 word;

    section("control.encodings");
    for (unsigned i = 0; i < 2 * sizeof(snippets) / sizeof(snippets[0]); i++) {
        struct rt_regs r = {.rax = 0x1111111111111111, .rsi = (u64)&word, .rflags = 2};
        word = 0;
        u64 vector = run(snippets[i / 2].bytes, snippets[i / 2].count, &r, i & 1);
        record("encoding", i, vector << 32 | (vector == RT_NO_FAULT ? 0 : rt_fault.error), r.rax);
        record("stored", i, word, 0);
    }
}

/* LMSW sets PE to TS, and clears all of them but PE. */
static void machine_status_word(void)
{
    u64 cr0 = read_cr0();
    u16 word;

    section("control.lmsw");
    for (unsigned i = 0; i < 32; i++) {
        struct rt_regs r = {.rax = 0xfff0 | i >> 1, .rsi = (u64)&word, .rflags = 2};
        word = (u16)r.rax;
        u64 vector = run(i & 1 ? "\x0f\x01\x36" : "\x0f\x01\xf0", 3, &r, false);
        record("lmsw", i, vector, read_cr0());
        vector = run("\xd9\xd0", 2, &r, false); /* FNOP: #NM by TS and EM */
        record("fnop", i, vector, 0);
        vector = run("\x9b", 1, &r, false); /* FWAIT: by TS and MP */
        record("fwait", i, vector, 0);
        run("\x0f\x06", 2, &r, false);
        record("clts", i, read_cr0(), 0);
    }
    write_cr0(cr0);
}

static void try_bits(unsigned number, u64 bits)
{
    static const char *const to[] = {"\x0f\x22\xc0", NULL, NULL, "\x0f\x22\xd8", "\x0f\x22\xe0"};
    static const char *const from[] = {"\x0f\x20\xc0", NULL, NULL, "\x0f\x20\xd8", "\x0f\x20\xe0"};
    struct rt_regs r = {.rflags = 2};

    run(from[number], 3, &r, false);
    u64 old = r.rax;
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(bits >> bit & 1))
            continue;
        r.rax = old ^ 1ull << bit;
        u64 vector = run(to[number], 3, &r, false), error = rt_fault.error;
        run(from[number], 3, &r, false);
        record("bit", number << 8 | bit, vector << 32 | (vector == RT_NO_FAULT ? 0 : error), r.rax);
        r.rax = old;
        run(to[number], 3, &r, false);
        r.rax = old;
        record("user", number << 8 | bit, run(to[number], 3, &r, true), rt_fault.error);
    }
}

static void bits(void)
{
    bool strict = rt_param[2];
    u64 reserved = ~0ull << (cpuid(0x80000008, 0).eax & 0xff);

    section("control.bits");
    try_bits(0, !strict ? 0x4001002e : rt_param[2] == 1 ? ~0ull : ~1ull);
    try_bits(3, 0xfff | (strict ? reserved : 0));
    try_bits(4, strict ? ~0x6000ull /* VMXE, SMXE: Weir hides them */ : 0x0000079f & ~0x40);
    u64 cr0 = read_cr0();
    write_cr0(cr0 | 0x60000000);
    record("nw", 0, read_cr0(), 0);
    write_cr0(cr0);
}

/* The address of a page is INVLPG's whatever the operand looks like; of one that is not canonical nothing happens. */
static void invlpg_operands(void)
{
    static const struct {
        const char *bytes;
        u64 fs, rsi, rdi;
    } forms[] = {
        {"\x0f\x01\x3e\x90\x90\x90", 0, V_BASE + 0x5123, 0},
        {"\x64\x0f\x01\x3e\x90\x90", V_BASE, 0x5000, 0},
        {"\x64\x0f\x01\x3c\xfe\x90", V_BASE + 0x1000, 0x3000, 0x200},
        {"\x0f\x01\x7c\xfe\x80\x90", 0, V_BASE + 0x5080, 0},
        {"\x2e\x65\x64\x0f\x01\x3e", V_BASE, 0x5fff, 0},
        {"\x64\x67\x0f\x01\x3e\x90", V_BASE, 0x700005000, 0},
        {"\x66\x0f\x01\x3e\x90\x90", 0, V_BASE + 0x5000, 0},
        {"\x48\x0f\x01\x3e\x90\x90", 0, V_BASE + 0x5000, 0},
    };

    section("control.invlpg");
    memset((void *)TABLES, 0, 4 * 4096);
    fill_frames();
    rt_pml4[V_SLOT] = table_address(0) | RW;
    table(0)[0] = table_address(1) | RW;
    table(1)[0] = table_address(2) | RW;
    table(1)[1] = LARGE | RW | PTE_PS;
    reload_cr3();
    for (unsigned i = 0; i < 5 * sizeof(forms) / sizeof(forms[0]); i++) {
        unsigned f = i % (sizeof(forms) / sizeof(forms[0]));
        struct rt_regs r = {.rflags = 2, .rsi = forms[f].rsi, .rdi = forms[f].rdi};

        table(2)[5] = frame_address(i) | RW;
        wrmsr(FS_BASE, forms[f].fs);
        record("invlpg", i, run(forms[f].bytes, 6, &r, false), 0);
        u64 seen = access(READ, V_BASE + 0x5008, false, 0, 0).value;
        record("seen", i, seen, 0);
        rt_check(seen == FRAME_WORD(i), "INVLPG %u: %lx", f, seen);
        r.rsi = 0x8000000000000000 + i;
        record("not canonical", i, run("\x0f\x01\x3e", 3, &r, false), 0);
        r.rsi = V_BASE;
        record("user", i, run("\x0f\x01\x3e", 3, &r, true), rt_fault.error);
    }
    wrmsr(FS_BASE, 0);
    for (unsigned i = 0; i < 64; i++) { /* any address in a large page stands for all of it */
        u64 at = (u64)random32() % 0x200000 & ~7ull, old = LARGE + (i & 1) * 0x200000;
        *(u64 *)(LARGE + at) = 1;
        *(u64 *)(LARGE + 0x200000 + at) = 2;
        table(1)[1] = old | RW | PTE_PS;
        invlpg(V_BASE + 0x200000 + random32() % 0x200000);
        u64 seen = access(READ, V_BASE + 0x200000 + at, false, 0, 0).value;
        record("large", i, seen, 0);
        rt_check(seen == 1 + (i & 1), "large page %u: %lx", i, seen);
    }
}

void section_control(void)
{
    write_cr0((read_cr0() & ~0x60000000ull) | 0x20); /* Weir starts with caches on; VMX wants NE */
    encodings();
    machine_status_word();
    bits();
    invlpg_operands();
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
