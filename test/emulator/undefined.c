/* SPDX-License-Identifier: BSD-2-Clause */
#include "undefined.h"

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800,
       ALL = CF | PF | AF | ZF | SF | OF };

static unsigned operand_bits(const struct encoding *c, bool byte)
{
    if (byte)
        return 8;
    if (c->rex & 8)
        return 64;
    return (c->bits == 16) != c->opsize ? 16 : 32;
}

static unsigned reg_field(const struct encoding *c)
{
    return c->modrm >> 3 & 7;
}

/* Of group 2 and of SHLD and SHRD; the immediate is the last byte. */
static unsigned shift_count(const struct encoding *c, const struct weir_emu_state *before,
                            const uint8_t *code, unsigned bits)
{
    bool imm = c->map ? !(c->opcode & 1) : c->opcode < 0xd0;
    unsigned count = imm ? code[c->length - 1] : before->gpr[1] & 0xff;

    if (c->map == 0 && (c->opcode == 0xd0 || c->opcode == 0xd1))
        count = 1;
    return count & (bits == 64 ? 63 : 31);
}

static bool is_group_2(const struct encoding *c)
{
    return c->map == 0 &&
           ((c->opcode & 0xfe) == 0xc0 || (c->opcode >= 0xd0 && c->opcode <= 0xd3));
}

static bool is_double_shift(const struct encoding *c)
{
    return c->map == 1 && (c->opcode & 0xf6) == 0xa4;
}

static uint64_t shift_flags(const struct encoding *c, const struct weir_emu_state *before,
                            const uint8_t *code)
{
    bool rotate = !c->map && reg_field(c) < 4;
    unsigned bits = operand_bits(c, !c->map && !(c->opcode & 1));
    unsigned count = shift_count(c, before, code, bits);
    uint64_t flags = 0;

    if (count == 0)
        return 0;
    if (!rotate)
        flags |= AF;
    if (count != 1)
        flags |= OF;
    if (!rotate && count >= bits)
        flags |= CF;
    return flags;
}

static uint64_t one_byte_flags(const struct encoding *c)
{
    unsigned op = c->opcode, reg = reg_field(c);

    if (op < 0x40 && (op & 7) < 6) {
        unsigned alu = op >> 3;

        return alu == 1 || alu == 4 || alu == 6 ? AF : 0;
    }
    switch (op) {
    case 0x80: case 0x81: case 0x82: case 0x83:
        return reg == 1 || reg == 4 || reg == 6 ? AF : 0;
    case 0x84: case 0x85: case 0xa8: case 0xa9:
        return AF;
    case 0x69: case 0x6b:
        return SF | ZF | AF | PF;
    case 0xf6: case 0xf7:
        if (reg < 2)
            return AF;
        return reg < 4 ? 0 : reg < 6 ? SF | ZF | AF | PF : ALL;
    case 0x27: case 0x2f:
        return OF;
    case 0x37: case 0x3f:
        return OF | SF | ZF | PF;
    case 0xd4: case 0xd5:
        return OF | AF | CF;
    default:
        return 0;
    }
}

uint64_t undefined_flags(const struct encoding *c, const struct weir_emu_state *before,
                         const uint8_t *code)
{
    if (is_group_2(c) || is_double_shift(c))
        return shift_flags(c, before, code);
    if (c->map == 0)
        return one_byte_flags(c);
    switch (c->opcode) {
    case 0xa3: case 0xab: case 0xb3: case 0xbb: case 0xba:
        return OF | SF | AF | PF;
    case 0xbc: case 0xbd:
        return ALL & ~ZF;
    case 0xaf:
        return SF | ZF | AF | PF;
    default:
        return 0;
    }
}

bool undefined_result(const struct encoding *c, const struct weir_emu_state *before,
                      const uint8_t *code)
{
    if (is_double_shift(c)) {
        unsigned bits = operand_bits(c, false);

        return shift_count(c, before, code, bits) > bits;
    }
    if (c->map == 1 && (c->opcode & 0xf8) == 0xc8) /* BSWAP */
        return operand_bits(c, false) == 16;
    return false;
}

/* Loads of segment and system registers: libunicorn has no descriptor tables here and dies of
 * some. units.c has these, and real mode's are compared. */
static bool loads_descriptors(const struct encoding *c)
{
    if (c->map == 1)
        return c->opcode == 0x00 || c->opcode == 0x02 || c->opcode == 0x03 ||
               c->opcode == 0xa1 || c->opcode == 0xa9 || c->opcode == 0xb2 ||
               c->opcode == 0xb4 || c->opcode == 0xb5;
    switch (c->opcode) {
    case 0x07: case 0x17: case 0x1f: case 0x8e: case 0x9a: case 0xc4: case 0xc5: case 0xca:
    case 0xcb: case 0xcf: case 0xea:
        return true;
    case 0xff:
        return reg_field(c) == 3 || reg_field(c) == 5;
    default:
        return false;
    }
}

bool reference_is_wrong(const struct encoding *c, const uint8_t *code)
{
    if (c->bits != 16 && loads_descriptors(c))
        return true;
    /* Temporaries do not survive its memory hooks: flags of shifts by CL and of SHLD and SHRD, and
     * what nested ENTER copies, are rubbish where memory is written. units.c has these. */
    if (c->modrm < 0xc0 && (is_double_shift(c) || (c->map == 0 && (c->opcode & 0xfe) == 0xd2)))
        return true;
    if (c->map == 0 && c->opcode == 0xc8)
        return true;
    if (c->map == 1 && (c->opcode == 0x0d || (c->opcode == 0x18 && reg_field(c) < 4)))
        return c->modrm >= 0xc0; /* hints that real CPUs take as NOP raise #UD there */
    if (c->map == 1 && ((c->opcode == 0xb8 && c->rep) || (c->opcode == 0xae)))
        return true; /* POPCNT, CLFLUSH: its CPU model has none */
    if (c->map == 1 && c->opcode == 0x01 && reg_field(c) == 4)
        return c->modrm >= 0xc0; /* the upper half of its CR0 wanders */
    /* A 32-bit CMPXCHG that fails, or BSF and BSR of 0, leave all 64 bits of the destination alone
     * (tried on an AMD CPU); it clears the upper half. */
    if (c->map == 1 && c->bits == 64 && operand_bits(c, false) == 32 &&
        ((c->opcode == 0xb1 && c->modrm >= 0xc0) || (c->opcode & 0xfe) == 0xbc))
        return true;
    if (c->map == 1 && c->opcode == 0xc3)
        return c->opsize || c->rep || c->repne; /* no #UD there */
    if (c->map == 1) /* registers that would stay changed for the tests that follow */
        return (c->opcode >= 0x20 && c->opcode <= 0x23) ||
               (c->opcode == 0x01 && (reg_field(c) == 2 || reg_field(c) == 3 || reg_field(c) == 6));
    switch (c->opcode) {
    case 0xcc: case 0xcd: case 0xce: case 0xf1: /* goes to a hook, not through the IVT */
    case 0xf4: /* stays halted for ever */
        return true;
    case 0xff: /* far JMP and CALL through a register is #UD; it dies of it */
        return c->modrm >= 0xc0 && (reg_field(c) == 3 || reg_field(c) == 5);
    case 0xc2: case 0xca: /* it takes the bytes to release for a signed number */
        return code[c->length - 1] & 0x80;
    case 0xf6: case 0xf7: /* the second encoding of TEST (APM vol. 3, appendix A) is #UD there;
                           * flags of LOCK NEG are rubbish, see temporaries above */
        return reg_field(c) == 1 || (reg_field(c) == 3 && c->lock);
    case 0xc6: case 0xc7: /* REX.R makes it #UD there */
        return c->rex & 4;
    case 0x9e: case 0x9f: /* with any REX prefix its SAHF and LAHF use SPL for AH */
        return c->rex != 0;
    default:
        return false;
    }
}

bool is_prefix(unsigned bits, unsigned opcode)
{
    switch (opcode) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67:
    case 0xf0: case 0xf2: case 0xf3: case 0x0f:
        return true;
    default:
        return bits == 64 && (opcode & 0xf0) == 0x40;
    }
}
