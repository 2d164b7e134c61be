/* SPDX-License-Identifier: BSD-2-Clause */
/* What libcapstone cannot say: register merging, LOCK MOV CR0, PAUSE, cut-off bytes. */
#include <stdio.h>
#include <string.h>

#include "decode.h"

static int failures;

#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "FAILED: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                             \
        }                                                                           \
    } while (0)

static struct mmio_mov mov(const char *code, unsigned len, enum code_mode mode)
{
    struct mmio_mov m;

    EXPECT(decode_mmio_mov((const uint8_t *)code, len, mode, &m));
    EXPECT(m.length == len);
    return m;
}
#define MOV(bytes, mode) mov(bytes, sizeof(bytes) - 1, mode)

static void test_reads_merge_into_registers(void)
{
    const uint64_t old = 0x1122334455667788, data = 0xfedcba9876543210;
    static const struct { const char *code; unsigned len, gpr; uint64_t want; } cases[] = {
        { "\x8a\x03", 2, 0, 0x1122334455667710 },             /* MOV AL,[RBX] */
        { "\x8a\x23", 2, 0, 0x1122334455661088 },             /* MOV AH,[RBX] */
        { "\x8a\x3b", 2, 3, 0x1122334455661088 },             /* MOV BH,[RBX] */
        { "\x40\x8a\x23", 3, 4, 0x1122334455667710 },         /* MOV SPL,[RBX] */
        { "\x66\x8b\x0b", 3, 1, 0x1122334455663210 },         /* MOV CX,[RBX] */
        { "\x8b\x0b", 2, 1, 0x76543210 },                     /* MOV ECX,[RBX] */
        { "\x4c\x8b\x3b", 3, 15, 0xfedcba9876543210 },        /* MOV R15,[RBX] */
        { "\x0f\xb6\x13", 3, 2, 0x10 },                       /* MOVZX EDX,byte [RBX] */
        { "\x66\x0f\xb6\x13", 4, 2, 0x1122334455660010 },     /* MOVZX DX,byte [RBX] */
        { "\x48\x0f\xb7\x13", 4, 2, 0x3210 },                 /* MOVZX RDX,word [RBX] */
        { "\x0f\xbe\x13", 3, 2, 0x10 },                       /* MOVSX EDX,byte [RBX] */
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mmio_mov m = mov(cases[i].code, cases[i].len, CODE_64);
        uint64_t gpr[16];

        for (int r = 0; r < 16; r++)
            gpr[r] = old;
        mmio_mov_apply(&m, gpr, data);
        for (unsigned r = 0; r < 16; r++)
            EXPECT(gpr[r] == (r == cases[i].gpr ? cases[i].want : old));
        EXPECT(!m.write);
    }
}

static void test_movsx_extends_the_sign(void)
{
    uint64_t gpr[16] = { 0 };
    struct mmio_mov m = MOV("\x0f\xbe\x03", CODE_32); /* MOVSX EAX,byte [EBX] */

    mmio_mov_apply(&m, gpr, 0x80);
    EXPECT(gpr[0] == 0xffffff80);
    m = MOV("\x48\x0f\xbf\x03", CODE_64); /* MOVSX RAX,word [RBX] */
    mmio_mov_apply(&m, gpr, 0x8000);
    EXPECT(gpr[0] == 0xffffffffffff8000);
    m = MOV("\x66\x0f\xbe\x03", CODE_64); /* MOVSX AX,byte [RBX] */
    mmio_mov_apply(&m, gpr, 0x80);
    EXPECT(gpr[0] == 0xffffffffffffff80);
    gpr[0] = 0x1234567812345678;
    mmio_mov_apply(&m, gpr, 0xff81);
    EXPECT(gpr[0] == 0x123456781234ff81);
}

static void test_values_written(void)
{
    uint64_t gpr[16] = { 0x1122334455667788 };
    struct mmio_mov m = MOV("\x88\x23", CODE_64); /* MOV [RBX],AH */

    EXPECT(m.write && mmio_mov_value(&m, gpr) == 0x77);
    m = MOV("\x66\x89\x03", CODE_64); /* MOV [RBX],AX */
    EXPECT(m.write && mmio_mov_value(&m, gpr) == 0x7788);
    m = MOV("\x48\xc7\x03\xff\xff\xff\xff", CODE_64); /* MOV qword [RBX],-1 */
    EXPECT(m.write && m.size == 8 && mmio_mov_value(&m, gpr) == ~0ull);
    m = MOV("\x48\xa3\1\2\3\4\5\6\7\x8", CODE_64); /* MOV [moffs64],RAX */
    EXPECT(m.write && m.size == 8 && mmio_mov_value(&m, gpr) == gpr[0]);
    m = MOV("\xa2\1\2", CODE_16); /* MOV [moffs16],AL */
    EXPECT(m.write && m.size == 1 && mmio_mov_value(&m, gpr) == 0x88);
}

static bool cr_insn(const char *code, enum code_mode mode, struct cr_insn *s)
{
    uint8_t bytes[INSN_MAX] = { 0 };

    memcpy(bytes, code, strlen(code));
    return decode_cr(bytes, sizeof(bytes), mode, s);
}

static void test_control_registers(void)
{
    struct cr_insn s;

    EXPECT(cr_insn("\x0f\x22\xe7", CODE_32, &s)); /* MOV CR4,EDI: the worked example */
    EXPECT(s.op == CR_TO && s.number == 4 && s.gpr == 7 && s.length == 3);
    EXPECT(cr_insn("\x0f\x22\x27", CODE_32, &s)); /* the same, mod ignored */
    EXPECT(s.op == CR_TO && s.number == 4 && s.gpr == 7 && s.length == 3);
    EXPECT(cr_insn("\x49\x0f\x20\xdf", CODE_64, &s)); /* MOV R15,CR3 */
    EXPECT(s.op == CR_FROM && s.number == 3 && s.gpr == 15 && s.length == 4);
    EXPECT(!cr_insn("\xf0\x0f\x20\xc1", CODE_32, &s)); /* LOCK MOV ECX,CR0 is MOV ECX,CR8: the emulator's */
    EXPECT(!cr_insn("\x44\x0f\x20\xc0", CODE_64, &s)); /* MOV RAX,CR8 does not exit */
    EXPECT(!cr_insn("\x0f\x01\xf0", CODE_16, &s)); /* LMSW is the emulator's */
    EXPECT(cr_insn("\x0f\x06", CODE_64, &s) && s.op == CR_CLTS && s.length == 2);
    EXPECT(!cr_insn("\xf0\x0f\x06", CODE_64, &s)); /* LOCK CLTS */
}

static void test_fixed_opcodes(void)
{
    uint8_t many[17];

    memset(many, 0x66, sizeof(many));
    many[13] = 0x0f;
    many[14] = 0xa2;
    EXPECT(insn_length(many, 17, CODE_64, INSN_CPUID) == 15);
    many[13] = 0x66;
    many[14] = 0x0f;
    many[15] = 0xa2; /* 16 bytes: #GP before any exit */
    EXPECT(insn_length(many, 17, CODE_64, INSN_CPUID) == 0);
    EXPECT(insn_length(many, 0, CODE_64, INSN_CPUID) == 0);
}

int main(void)
{
    test_reads_merge_into_registers();
    test_movsx_extends_the_sign();
    test_values_written();
    test_control_registers();
    test_fixed_opcodes();
    return failures != 0;
}
