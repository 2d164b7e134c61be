/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's decoder against libcapstone: the same bytes must be the same instruction, with the
 * same length, sizes, register, direction and immediate, and what the decoder refuses must be
 * nothing that it promises to know. What libcapstone gets wrong is listed in capstone_is_wrong().
 */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

/* Everything is per process: one run compares one mode. */
static csh handle;
static cs_insn *insn;
static enum code_mode mode;
static unsigned long compared, known, excused;

static const struct { uint32_t insn; unsigned id; } fixed[] = {
    { INSN_CPUID, X86_INS_CPUID }, { INSN_RDMSR, X86_INS_RDMSR }, { INSN_WRMSR, X86_INS_WRMSR },
    { INSN_INVD, X86_INS_INVD }, { INSN_MWAIT, X86_INS_MWAIT }, { INSN_XSETBV, X86_INS_XSETBV },
    { INSN_HLT, X86_INS_HLT },
};
#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

static void fail(const uint8_t *code, const char *what)
{
    fprintf(stderr, "FAILED: %s\n  %u-bit code:", what, mode * 8);
    for (unsigned i = 0; i < INSN_MAX; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, "\n  libcapstone: %s %s, length %u\n", insn->mnemonic, insn->op_str,
            insn->size);
    exit(1);
}

static void check(bool ok, const uint8_t *code, const char *what)
{
    if (!ok)
        fail(code, what);
}

/* Number (encoding order) and size of a general register; -1 for others. */
static int register_number(unsigned reg, bool *high)
{
    static const char *const names[8][4] = {
        { "al", "ax", "eax", "rax" }, { "cl", "cx", "ecx", "rcx" }, { "dl", "dx", "edx", "rdx" },
        { "bl", "bx", "ebx", "rbx" }, { "spl", "sp", "esp", "rsp" }, { "bpl", "bp", "ebp", "rbp" },
        { "sil", "si", "esi", "rsi" }, { "dil", "di", "edi", "rdi" },
    };
    static const char *const highs[4] = { "ah", "ch", "dh", "bh" };
    const char *name = cs_reg_name(handle, reg);

    *high = false;
    if (name == NULL)
        return -1;
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 4; j++) {
            if (strcmp(name, names[i][j]) == 0)
                return i;
        }
        if (i < 4 && strcmp(name, highs[i]) == 0) {
            *high = true;
            return i;
        }
    }
    if (name[0] == 'r' && name[1] >= '0' && name[1] <= '9')
        return atoi(name + 1);
    return -1;
}

/* Opcode bytes of what the decoder's MOV half promises. */
static bool promised_mov(const cs_x86 *x)
{
    uint8_t op = x->opcode[0];

    if (op == 0x0f)
        return (x->opcode[1] & 0xf6) == 0xb6;
    return (op >= 0x88 && op <= 0x8b) || (op >= 0xa0 && op <= 0xa3) || op == 0xc6 || op == 0xc7;
}

static void check_mov_operands(const uint8_t *code, const struct mmio_mov *m)
{
    const cs_x86_op *dst = &insn->detail->x86.operands[0], *src = &insn->detail->x86.operands[1];
    const cs_x86_op *mem = m->write ? dst : src, *other = m->write ? src : dst;
    bool high;

    check(insn->detail->x86.op_count == 2 && mem->type == X86_OP_MEM, code, "MOV direction");
    check(mem->size == m->size, code, "MOV memory size");
    if (m->immediate) {
        uint64_t mask = m->size == 8 ? ~0ull : (1ull << (8 * m->size)) - 1;

        check(other->type == X86_OP_IMM, code, "MOV of an immediate");
        check((m->value & mask) == ((uint64_t)other->imm & mask), code, "MOV immediate value");
        check(mmio_mov_value(m, NULL) == (m->value & mask), code, "mmio_mov_value");
        return;
    }
    check(other->type == X86_OP_REG, code, "MOV of a register");
    check(register_number(other->reg, &high) == m->gpr && high == m->high, code, "MOV register");
    check(other->size == m->reg_size, code, "MOV register size");
    if (!m->write)
        check(m->sign == (insn->id == X86_INS_MOVSX), code, "MOVSX and MOVZX");
}

static void compare_mov(const uint8_t *code, bool valid)
{
    const cs_x86 *x = &insn->detail->x86;
    struct mmio_mov m;
    bool mine = decode_mmio_mov(code, INSN_MAX, mode, &m), theirs = false;

    if (valid && (insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS ||
                  insn->id == X86_INS_MOVZX || insn->id == X86_INS_MOVSX) && promised_mov(x)) {
        for (unsigned i = 0; i < x->op_count; i++)
            theirs |= x->operands[i].type == X86_OP_MEM;
    }
    check(mine == theirs, code, mine ? "not a MOV with memory" : "a MOV not recognised");
    if (!mine)
        return;
    known++;
    check(m.length == insn->size, code, "MOV length");
    check_mov_operands(code, &m);
    for (unsigned i = 0; i < m.length; i++) {
        struct mmio_mov cut;

        check(!decode_mmio_mov(code, i, mode, &cut), code, "a truncated MOV accepted");
    }
}

/* MOV of CR0, CR3 or CR4, and CLTS; the number of the operand that is the control register. */
static int cr_op_of(unsigned *number_op)
{
    const cs_x86 *x = &insn->detail->x86;

    if (insn->id == X86_INS_CLTS)
        return CR_CLTS;
    if (insn->id != X86_INS_MOV || x->op_count != 2 || x->opcode[0] != 0x0f || (x->opcode[1] & 0xfd) != 0x20)
        return -1;
    *number_op = x->opcode[1] & 2 ? 0 : 1;
    switch (atoi(cs_reg_name(handle, x->operands[*number_op].reg) + 2)) {
    case 0: case 3: case 4: return *number_op ? CR_FROM : CR_TO;
    default: return -1;
    }
}

static void compare_cr(const uint8_t *code, bool valid)
{
    const cs_x86_op *ops = insn->detail->x86.operands;
    struct cr_insn s;
    bool mine = decode_cr(code, INSN_MAX, mode, &s), high;
    unsigned number_op = 0;
    int theirs = valid ? cr_op_of(&number_op) : -1;

    if (!mine) {
        check(theirs < 0, code, "control register access not recognised");
        return;
    }
    known++;
    check(theirs == s.op, code, "not that control register access");
    check(s.length == insn->size, code, "its length");
    if (s.op != CR_CLTS) {
        check((unsigned)atoi(cs_reg_name(handle, ops[number_op].reg) + 2) == s.number, code, "control register");
        check(register_number(ops[!number_op].reg, &high) == s.gpr, code, "general register");
    }
}

static void compare_fixed(const uint8_t *code, bool valid)
{
    uint32_t theirs = 0;

    for (unsigned i = 0; valid && i < FIXED; i++) {
        if (fixed[i].id == insn->id)
            theirs = fixed[i].insn;
    }
    for (unsigned i = 0; i < FIXED; i++) {
        unsigned len = insn_length(code, INSN_MAX, mode, fixed[i].insn);

        check((len != 0) == (theirs == fixed[i].insn), code, "instruction with a fixed opcode");
        check(len == 0 || len == insn->size, code, "length of a fixed opcode");
        known += len != 0;
        for (unsigned cut = 0; cut < len; cut++)
            check(insn_length(code, cut, mode, fixed[i].insn) == 0, code, "truncated, accepted");
    }
}

/* Whether one of the prefixes in front of the opcode is "prefix"; and where the opcode is. */
static bool has_prefix(const uint8_t *code, uint8_t prefix, unsigned *opcode)
{
    static const uint8_t legacy[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67,
                                      0xf0, 0xf2, 0xf3 };
    bool found = false;
    unsigned i;

    for (i = 0; i < INSN_MAX; i++) {
        if (mode == CODE_64 && (code[i] & 0xf0) == 0x40)
            continue;
        if (memchr(legacy, code[i], sizeof(legacy)) == NULL)
            break;
        found |= code[i] == prefix;
    }
    *opcode = i;
    return found;
}

/*
 * libcapstone 4.0.2's own errors: F3 90 with any other prefix, or in 16-bit code, is a NOP or XCHG
 * to it; with 66 and one of F2 and F3 (which mean nothing there) in front of a MOV, A0 to A3 are
 * invalid and the others get a memory operand of the wrong size.
 */
static bool capstone_is_wrong(const uint8_t *code, bool valid)
{
    const cs_x86_op *ops = insn->detail->x86.operands;
    unsigned opcode;
    bool f2 = has_prefix(code, 0xf2, &opcode), f3 = has_prefix(code, 0xf3, &opcode);

    if (opcode == INSN_MAX)
        return false;
    if (f3 && code[opcode] == 0x90)
        return mode == CODE_16 || opcode > 1;
    if (!(f2 || f3) || !has_prefix(code, 0x66, &opcode))
        return false;
    return valid ? insn->id == X86_INS_MOV && (ops[0].size != ops[1].size || code[opcode] == 0xc7)
                 : (code[opcode] & 0xfc) == 0xa0;
}

/* LOCK is #UD with everything here but MOV CR0 (AMD's MOV CR8, the emulator's); libcapstone does not look at it. */
static void check_locked(const uint8_t *code)
{
    struct mmio_mov m;
    struct cr_insn s;

    check(!decode_mmio_mov(code, INSN_MAX, mode, &m), code, "MOV with LOCK accepted");
    for (unsigned i = 0; i < FIXED; i++)
        check(insn_length(code, INSN_MAX, mode, fixed[i].insn) == 0, code, "LOCK accepted");
    check(!decode_cr(code, INSN_MAX, mode, &s), code, "LOCK with CR accepted");
}

static void compare(const uint8_t *code)
{
    const uint8_t *at = code;
    size_t left = INSN_MAX;
    uint64_t address = 0;
    bool valid = cs_disasm_iter(handle, &at, &left, &address, insn);
    unsigned opcode;

    if (!valid) {
        insn->id = 0;
        insn->size = 0;
        strcpy(insn->mnemonic, "(invalid)");
        insn->op_str[0] = 0;
    }
    compared++;
    if (has_prefix(code, 0xf0, &opcode)) {
        check_locked(code);
        return;
    }
    if (capstone_is_wrong(code, valid)) {
        excused++;
        return;
    }
    compare_mov(code, valid);
    compare_cr(code, valid);
    compare_fixed(code, valid);
}

static uint32_t next_random(void)
{
    static uint64_t state = 88172645463325252ull;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static bool interesting(unsigned map, unsigned op)
{
    if (map == 0)
        return (op >= 0x88 && op <= 0x8b) || (op >= 0xa0 && op <= 0xa3) || op == 0xc6 || op == 0xc7;
    return op == 0x01 || op == 0x06 || (op & 0xfc) == 0x20 || (op & 0xf6) == 0xb6;
}

static void enumerate_opcode(const uint8_t *prefix, unsigned prefixes, unsigned map, unsigned op)
{
    uint8_t code[INSN_MAX];
    unsigned n = prefixes, step = interesting(map, op) ? 1 : 37;

    for (unsigned i = 0; i < INSN_MAX; i++)
        code[i] = next_random();
    memcpy(code, prefix, prefixes);
    if (map)
        code[n++] = 0x0f;
    code[n++] = op;
    for (unsigned modrm = 0; modrm < 256; modrm += step) {
        code[n] = modrm;
        code[n + 1] = next_random();
        compare(code);
        code[n + 1] = 0x25; /* a SIB without base */
        compare(code);
    }
}

static void enumerate(void)
{
    static const uint8_t legacy[][3] = {
        { 0 }, { 0x66 }, { 0x67 }, { 0x66, 0x67 }, { 0xf2 }, { 0xf3 }, { 0x2e }, { 0x64 },
        { 0xf0 }, { 0xf3, 0x66 }, { 0x26, 0x67 },
    };

    for (unsigned p = 0; p < sizeof(legacy) / sizeof(legacy[0]); p++) {
        for (unsigned rex = 0; rex < (mode == CODE_64 ? 17 : 1); rex++) {
            uint8_t prefix[4];
            unsigned n = 0;

            while (n < 3 && legacy[p][n] != 0) {
                prefix[n] = legacy[p][n];
                n++;
            }
            if (rex > 0)
                prefix[n++] = 0x40 + rex - 1;
            for (unsigned op = 0; op < 512; op++)
                enumerate_opcode(prefix, n, op >> 8, op & 0xff);
        }
    }
}

/* Random bytes behind random prefixes, half of them with an opcode the decoder knows. */
static void random_bytes(unsigned long count)
{
    static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0,
                                        0xf2, 0xf3, 0x40, 0x41, 0x44, 0x48, 0x4f };

    for (unsigned long i = 0; i < count; i++) {
        uint8_t code[INSN_MAX];
        unsigned n = next_random() % 16, op;

        for (unsigned j = 0; j < INSN_MAX; j++)
            code[j] = next_random();
        n = n < 12 ? n % 3 : n;
        for (unsigned j = 0; j < n && j < INSN_MAX; j++)
            code[j] = prefixes[next_random() % sizeof(prefixes)];
        if (n < 12 && (next_random() & 1)) {
            do {
                op = next_random() & 511;
            } while (!interesting(op >> 8, op & 0xff));
            if (op >> 8)
                code[n++] = 0x0f;
            code[n] = op;
        }
        compare(code);
    }
}

int main(int argc, char **argv)
{
    unsigned bits = argc > 2 ? atoi(argv[2]) : 0;

    if (bits != 16 && bits != 32 && bits != 64) {
        fprintf(stderr, "usage: %s enumerate|random 16|32|64 [COUNT]\n", argv[0]);
        return 2;
    }
    mode = bits / 8;
    if (cs_open(CS_ARCH_X86, bits == 16 ? CS_MODE_16 : bits == 32 ? CS_MODE_32 : CS_MODE_64,
                &handle) != CS_ERR_OK)
        return 1;
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    insn = cs_malloc(handle);
    if (strcmp(argv[1], "enumerate") == 0)
        enumerate();
    else
        random_bytes(argc > 3 ? strtoul(argv[3], NULL, 0) : 1000000);
    printf("%lu encodings compared, %lu known to the decoder, %lu left out for libcapstone\n",
           compared, known, excused);
    cs_free(insn, 1);
    cs_close(&handle);
    return known > 0 && excused < compared / 20 ? 0 : 1;
}
