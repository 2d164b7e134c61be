/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions with a memory operand in VGA text memory (B8000h), which is MMIO that behaves as RAM
 * for every size, and reads of the HPET. A policy that watches the page sends the MOVs to the
 * kernel's decoder and all others to the emulator; bare they are executed. Flags that the manual
 * leaves undefined are masked.
 */
#include "digest.h"

#define TEXT (0xb8000ull + 0x800)
#define HPET 0xfed00000ull
#define ARITHMETIC 0x8d5        /* OF SF ZF AF PF CF */
#define LOGIC 0x8c5             /* AF undefined */
#define CARRY 0x001
#define ZERO 0x040
#define NONE 0

static const struct form {
    const char *name;
    u16 flags;
    u8 bytes, code[6];
} forms[] = {
    { "mov r8,m", ARITHMETIC, 2, { 0x8a, 0x1e } },
    { "mov r,m", ARITHMETIC, 2, { 0x8b, 0x1e } },
    { "mov m,r8", ARITHMETIC, 2, { 0x88, 0x1e } },
    { "mov m,r", ARITHMETIC, 2, { 0x89, 0x1e } },
    { "mov m8,imm", ARITHMETIC, 3, { 0xc6, 0x06, 0x5c } },
    { "movzx r,m8", ARITHMETIC, 3, { 0x0f, 0xb6, 0x1e } },
    { "movzx r,m16", ARITHMETIC, 3, { 0x0f, 0xb7, 0x1e } },
    { "movsx r,m8", ARITHMETIC, 3, { 0x0f, 0xbe, 0x1e } },
    { "movsx r,m16", ARITHMETIC, 3, { 0x0f, 0xbf, 0x1e } },
    { "movsxd r,m", ARITHMETIC, 2, { 0x63, 0x1e } },
    { "mov r8,m disp8", ARITHMETIC, 3, { 0x8a, 0x5e, 0x03 } },
    { "mov r,m sib", ARITHMETIC, 4, { 0x8b, 0x5c, 0x0e, 0x01 } },
    { "add m,r8", ARITHMETIC, 2, { 0x00, 0x1e } },
    { "add m,r", ARITHMETIC, 2, { 0x01, 0x1e } },
    { "add r,m", ARITHMETIC, 2, { 0x03, 0x1e } },
    { "or m,r", LOGIC, 2, { 0x09, 0x1e } },
    { "adc m,r", ARITHMETIC, 2, { 0x11, 0x1e } },
    { "sbb r,m", ARITHMETIC, 2, { 0x1b, 0x1e } },
    { "and m,r", LOGIC, 2, { 0x21, 0x1e } },
    { "sub m,r", ARITHMETIC, 2, { 0x29, 0x1e } },
    { "xor r,m", LOGIC, 2, { 0x33, 0x1e } },
    { "cmp m,r", ARITHMETIC, 2, { 0x39, 0x1e } },
    { "cmp m8,imm", ARITHMETIC, 3, { 0x80, 0x3e, 0x41 } },
    { "add m,imm8", ARITHMETIC, 3, { 0x83, 0x06, 0xfd } },
    { "xor m,imm8", LOGIC, 3, { 0x83, 0x36, 0x7f } },
    { "test m,r8", LOGIC, 2, { 0x84, 0x1e } },
    { "test m,r", LOGIC, 2, { 0x85, 0x1e } },
    { "xchg m,r8", ARITHMETIC, 2, { 0x86, 0x1e } },
    { "xchg m,r", ARITHMETIC, 2, { 0x87, 0x1e } },
    { "not m", ARITHMETIC, 2, { 0xf7, 0x16 } },
    { "neg m", ARITHMETIC, 2, { 0xf7, 0x1e } },
    { "mul m", CARRY | 0x800, 2, { 0xf7, 0x26 } },
    { "imul m8", CARRY | 0x800, 2, { 0xf6, 0x2e } },
    { "imul r,m", CARRY | 0x800, 3, { 0x0f, 0xaf, 0x1e } },
    { "inc m", ARITHMETIC, 2, { 0xff, 0x06 } },
    { "dec m8", ARITHMETIC, 2, { 0xfe, 0x0e } },
    { "push m", ARITHMETIC, 3, { 0xff, 0x36, 0x5b } },
    { "pop m", ARITHMETIC, 3, { 0x53, 0x8f, 0x06 } },
    { "shl m,1", LOGIC, 2, { 0xd1, 0x26 } },
    { "sar m,3", 0x0c5, 3, { 0xc1, 0x3e, 0x03 } },
    { "rol m,cl", CARRY, 2, { 0xd3, 0x06 } },
    { "rcr m8,1", CARRY | 0x800, 2, { 0xd0, 0x1e } },
    { "shld m,r,5", 0x0c5, 4, { 0x0f, 0xa4, 0x1e, 0x05 } },
    { "bt m,imm", CARRY, 4, { 0x0f, 0xba, 0x26, 0x0b } },
    { "bts m,imm", CARRY, 4, { 0x0f, 0xba, 0x2e, 0x0b } },
    { "btc m,r", CARRY, 3, { 0x0f, 0xbb, 0x0e } },
    { "bsf r,m", ZERO, 3, { 0x0f, 0xbc, 0x1e } },
    { "cmpxchg m,r", ARITHMETIC, 3, { 0x0f, 0xb1, 0x1e } },
    { "cmpxchg8b m", ZERO, 3, { 0x0f, 0xc7, 0x0e } },
    { "xadd m,r", ARITHMETIC, 3, { 0x0f, 0xc1, 0x1e } },
    { "setc m", ARITHMETIC, 3, { 0x0f, 0x92, 0x06 } },
    { "cmovnc r,m", ARITHMETIC, 3, { 0x0f, 0x43, 0x1e } },
    { "cmovc r,m", ARITHMETIC, 3, { 0x0f, 0x42, 0x1e } },
    { "lodsb", ARITHMETIC, 1, { 0xac } },
    { "lods", ARITHMETIC, 1, { 0xad } },
    { "stosb", ARITHMETIC, 1, { 0xaa } },
    { "stos", ARITHMETIC, 1, { 0xab } },
    { "movsb", ARITHMETIC, 1, { 0xa4 } },
    { "movs", ARITHMETIC, 1, { 0xa5 } },
    { "cmpsb", ARITHMETIC, 1, { 0xa6 } },
    { "scas", ARITHMETIC, 1, { 0xaf } },
    { "rep movsb", ARITHMETIC, 2, { 0xf3, 0xa4 } },
    { "rep stos", ARITHMETIC, 2, { 0xf3, 0xab } },
    { "repe cmpsb", ARITHMETIC, 2, { 0xf3, 0xa6 } },
    { "repne scasb", ARITHMETIC, 2, { 0xf2, 0xae } },
    { "mov al,moffs", ARITHMETIC, 6, { 0x67, 0xa0, 0x04, 0x88, 0x0b, 0x00 } },
};

/* Prefixes: none, 66h, REX.W. REP keeps its place in front; 67h moffs takes none. */
static unsigned compose(u8 *code, const struct form *f, unsigned variant)
{
    unsigned n = 0, from = 0;

    if (variant == 1)
        code[n++] = 0x66;
    if (f->code[0] == 0xf2 || f->code[0] == 0xf3)
        code[n++] = f->code[from++];
    if (variant == 2)
        code[n++] = 0x48;
    memcpy(code + n, f->code + from, f->bytes - from);
    return n + f->bytes - from;
}

static void fill(u64 at)
{
    for (unsigned i = 0; i < 64; i++)
        ((volatile u8 *)at)[i] = (u8)(i * 37 + 0x41);
}

static void run_form(const struct form *f, unsigned variant, u64 source, u64 target)
{
    struct rt_regs r = { .rax = 0x1122334455667788, .rbx = 0x99aabbccddeeff01, .rcx = 5,
                         .rdx = 0x0123456789abcdef, .rsi = source, .rdi = target, .rflags = 3 };
    u8 code[16];
    unsigned bytes = compose(code, f, variant);

    if (f->code[0] == 0x67) {           /* MOFFS: the address lies in the instruction */
        memcpy(code, f->code, f->bytes);
        bytes = f->bytes;
    }
    fill(source);
    fill(target);
    run_bytes(code, bytes, &r, false);
    record_fault(f->name, variant, SCRATCH);
    record_regs(f->name, variant, &r, f->flags);
    record("source", variant, rt_digest(RT_DIGEST_START, (void *)source, 64), 0);
    record("target", variant, rt_digest(RT_DIGEST_START, (void *)target, 64), 0);
}

static void section_text(const char *name, u64 source, u64 target)
{
    section(name);
    for (unsigned i = 0; i < COUNT(forms); i++) {
        for (unsigned variant = 0; variant < 3; variant++)
            run_form(&forms[i], variant, source, target);
    }
}

/* Reads of its constant capability register, and writes, which it ignores. */
static void section_hpet(void)
{
    static const u8 code[][4] = {
        { 0x8b, 0x1e, 0x90, 0x90 }, { 0x8b, 0x5e, 0x04, 0x90 }, { 0x85, 0x06, 0x90, 0x90 },
        { 0x39, 0x06, 0x90, 0x90 }, { 0x03, 0x1e, 0x90, 0x90 }, { 0x01, 0x06, 0x90, 0x90 },
        { 0x0f, 0xc1, 0x06, 0x90 }, { 0x87, 0x1e, 0x90, 0x90 }, { 0xad, 0x90, 0x90, 0x90 },
        { 0xff, 0x36, 0x5b, 0x90 }, { 0x89, 0x06, 0x90, 0x90 },
    };

    section("mmio.hpet");
    for (unsigned i = 0; i < COUNT(code); i++) {
        struct rt_regs r = { .rax = 0x77, .rsi = HPET, .rflags = 2 };

        run_bytes(code[i], 4, &r, false);
        record_fault("hpet", i, SCRATCH);
        record_regs("hpet", i, &r, ARITHMETIC);
    }
}

/* One address, four pages with other code in turn: mov eax, ecx, edx or ebx,[rsi]. */
static void section_remapped(void)
{
    section("mmio.remapped");
    for (u32 i = 0; i < 16; i++) {
        u32 page = (i * 7 >> 2) % 4;
        struct rt_regs r = { .rsi = HPET, .rflags = 2 };
        u8 *code = (u8 *)SCRATCH + 0x4000 + page * 0x1000;

        code[0] = 0x8b;
        code[1] = (u8)(6 | page << 3);
        code[2] = 0xc3;
        rt_run(rt_vpage(0, (u64)code, PTE_P | PTE_W), &r, false);
        record_fault("remapped", i, SCRATCH);
        record_regs("remapped", i, &r, ARITHMETIC);
    }
}

void section_mmio(void)
{
    /*
     * Unaligned on purpose; the target of the string instructions is RAM, the same page, then RAM
     * to MMIO.
     */
    section_text("mmio.text", TEXT + 1, SCRATCH + 0x8000);
    section_text("mmio.text-text", TEXT + 1, TEXT + 0x103);
    section_text("mmio.ram-text", SCRATCH + 0x8000, TEXT + 0x103);
    section_hpet();
    section_remapped();
}
