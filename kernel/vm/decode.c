/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's small decoder; see decode.h. Encodings: AMD APM vol. 3, 1.2 to 1.5, appendix A. */
#include "decode.h"

enum { PREFIX_SEGMENT = 1, PREFIX_OPSIZE = 2, PREFIX_ADDRSIZE = 4, PREFIX_LOCK = 8,
       PREFIX_REPNE = 16, PREFIX_REP = 32 };
enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct prefixes {
    unsigned count; /* bytes before the opcode; equal to the bytes given where there is none */
    uint8_t set;    /* PREFIX_ bits */
    uint8_t rex;    /* 0 without one */
};

static const uint8_t segment_prefix[6] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };

static uint8_t prefix_bit(uint8_t byte)
{
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: return PREFIX_SEGMENT;
    case 0x66: return PREFIX_OPSIZE;
    case 0x67: return PREFIX_ADDRSIZE;
    case 0xf0: return PREFIX_LOCK;
    case 0xf2: return PREFIX_REPNE;
    case 0xf3: return PREFIX_REP;
    default: return 0;
    }
}

/* A REX prefix counts only right before the opcode: AMD APM vol. 3, 1.2.7. */
static struct prefixes read_prefixes(const uint8_t *code, unsigned avail, enum code_mode mode)
{
    struct prefixes p = { 0 };

    for (; p.count < avail; p.count++) {
        uint8_t byte = code[p.count], bit;

        if (mode == CODE_64 && (byte & 0xf0) == 0x40) {
            p.rex = byte;
            continue;
        }
        bit = prefix_bit(byte);
        if (bit == 0)
            break;
        p.set |= bit;
        p.rex = 0;
    }
    return p;
}

static unsigned operand_size(struct prefixes p, enum code_mode mode)
{
    if (p.rex & REX_W)
        return 8;
    return (mode == CODE_16) != !!(p.set & PREFIX_OPSIZE) ? 2 : 4;
}

static unsigned address_size(struct prefixes p, enum code_mode mode)
{
    if (!(p.set & PREFIX_ADDRSIZE))
        return mode;
    return mode == CODE_32 ? 2 : 4;
}

/* Bytes of ModRM, SIB and displacement; 0 if they are not all there. AMD APM vol. 3, 1.4. */
static unsigned modrm_length(const uint8_t *code, unsigned avail, unsigned address)
{
    unsigned mod, rm, len = 1;

    if (avail == 0)
        return 0;
    mod = code[0] >> 6;
    rm = code[0] & 7;
    if (mod == 3)
        return 1;
    if (address != 2 && rm == 4) {
        if (avail < 2)
            return 0;
        len = 2;
        rm = code[1] & 7;
    }
    if (mod == 1)
        len += 1;
    else if (address == 2)
        len += mod == 2 || rm == 6 ? 2 : 0;
    else
        len += mod == 2 || rm == 5 ? 4 : 0;
    return len <= avail ? len : 0;
}

unsigned insn_length_prefixed(const uint8_t *code, unsigned avail, enum code_mode mode,
                              uint32_t insn)
{
    unsigned opcode = insn >> 24 & 3, length;
    struct prefixes p;

    if (avail > INSN_MAX)
        avail = INSN_MAX;
    p = read_prefixes(code, avail, mode);
    length = p.count + opcode + !!(insn & INSN_IMM8);
    if (length > avail || (p.set & PREFIX_LOCK))
        return 0;
    for (unsigned i = 0; i < opcode; i++) {
        if (code[p.count + i] != (uint8_t)(insn >> (8 * i)))
            return 0;
    }
    /* With REX.B, 90h is XCHG R8, rAX and no PAUSE. */
    if ((insn & INSN_REP) && (!(p.set & PREFIX_REP) || (p.rex & REX_B)))
        return 0;
    return length;
}

static bool decode_mov_cr_dr(const uint8_t *code, struct prefixes p, enum code_mode mode,
                             struct system_insn *out)
{
    static const uint8_t op[4] = { SYSTEM_FROM_CR, SYSTEM_FROM_DR, SYSTEM_TO_CR, SYSTEM_TO_DR };
    uint8_t modrm = code[2]; /* its mod field is ignored: always a register */

    out->op = op[code[1] & 3];
    out->number = (modrm >> 3 & 7) | (p.rex & REX_R ? 8 : 0);
    out->gpr = (modrm & 7) | (p.rex & REX_B ? 8 : 0);
    out->size = mode == CODE_64 ? 8 : 4;
    if (p.set & PREFIX_LOCK) {
        if ((code[1] & 1) || out->number != 0) /* only CR0 has an alternate meaning */
            return false;
        out->number = 8;
    }
    out->length = p.count + 3;
    return true;
}

/* Little-endian, sign-extended; "len" is 1, 2, 4 or 8. */
static int64_t read_immediate(const uint8_t *code, unsigned len)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < len; i++)
        value |= (uint64_t)code[i] << (8 * i);
    return (int64_t)(value << (64 - 8 * len)) >> (64 - 8 * len);
}

/* The operand whose ModRM, SIB and displacement are "len" bytes. AMD APM vol. 3, 1.4, 1.7. */
static void decode_operand(const uint8_t *code, unsigned len, struct prefixes p, enum code_mode mode,
                           struct memory_operand *out)
{
    static const uint8_t base16[8] = { 3, 3, 5, 5, 6, 7, 5, 3 }, index16[4] = { 6, 7, 6, 7 };
    unsigned mod = code[0] >> 6, rm = code[0] & 7, used = 1;

    out->size = address_size(p, mode);
    out->base = rm | (p.rex & REX_B ? 8 : 0);
    out->index = OPERAND_NONE;
    if (out->size == 2) {
        out->base = mod == 0 && rm == 6 ? OPERAND_NONE : base16[rm];
        if (rm < 4)
            out->index = index16[rm];
    } else if (rm == 4) {
        out->base = (code[1] & 7) | (p.rex & REX_B ? 8 : 0);
        out->index = (code[1] >> 3 & 7) | (p.rex & REX_X ? 8 : 0);
        if (out->index == 4)
            out->index = OPERAND_NONE;
        out->scale = code[1] >> 6;
        used = 2;
        if (mod == 0 && (code[1] & 7) == 5)
            out->base = OPERAND_NONE;
    } else if (mod == 0 && rm == 5) {
        out->base = OPERAND_NONE;
        out->rip_relative = mode == CODE_64;
    }
    out->segment = out->base == 4 || out->base == 5 ? 2 : 3;
    for (unsigned i = 0, none = 0; i < p.count && !none; i++)
        for (unsigned n = 0; n < 6; n++)
            if (code[-3 - (int)i] == segment_prefix[n]) { /* the last one counts: from the opcode backwards */
                out->segment = n;
                none = 1;
            }
    if (len > used)
        out->displacement = read_immediate(code + used, len - used);
}

/* 0F 01: SMSW, LMSW, INVLPG. */
static bool decode_group7(const uint8_t *code, unsigned avail, struct prefixes p,
                          enum code_mode mode, struct system_insn *out)
{
    unsigned len = modrm_length(code + 2, avail - 2, address_size(p, mode));
    unsigned op = code[2] >> 3 & 7;
    bool reg = code[2] >> 6 == 3;

    if (op != 4 && op != 6 && (op != 7 || reg))
        return false;
    if (len == 0 || (p.set & PREFIX_LOCK))
        return false;
    out->op = op == 4 ? SYSTEM_SMSW : op == 6 ? SYSTEM_LMSW : SYSTEM_INVLPG;
    out->size = op == 4 && reg ? operand_size(p, mode) : 2;
    out->memory = !reg;
    out->gpr = reg ? (code[2] & 7) | (p.rex & REX_B ? 8 : 0) : 0;
    out->length = p.count + 2 + len;
    if (!reg)
        decode_operand(code + 2, len, p, mode, &out->operand);
    return true;
}

bool decode_system(const uint8_t *code, unsigned avail, enum code_mode mode,
                   struct system_insn *out)
{
    struct prefixes p;

    *out = (struct system_insn){ 0 };
    if (avail > INSN_MAX)
        avail = INSN_MAX;
    p = read_prefixes(code, avail, mode);
    code += p.count;
    avail -= p.count;
    if (avail < 2 || code[0] != 0x0f)
        return false;
    if (code[1] == 0x06 && !(p.set & PREFIX_LOCK)) {
        out->op = SYSTEM_CLTS;
        out->length = p.count + 2;
        return true;
    }
    if (avail < 3)
        return false;
    if (code[1] >= 0x20 && code[1] <= 0x23)
        return decode_mov_cr_dr(code, p, mode, out);
    return code[1] == 0x01 && decode_group7(code, avail, p, mode, out);
}

/* Register operand of ModRM.reg; a byte register 4 to 7 without REX is AH, CH, DH or BH. */
static void set_register(struct mmio_mov *out, unsigned reg, uint8_t rex, unsigned size)
{
    out->reg_size = size;
    out->high = size == 1 && rex == 0 && reg >= 4;
    out->gpr = out->high ? reg - 4 : reg | (rex & REX_R ? 8 : 0);
}

/* After the opcode: ModRM and, for C6 and C7, an immediate of "imm" bytes. */
static bool finish_modrm(const uint8_t *code, unsigned avail, unsigned address, unsigned imm,
                         struct mmio_mov *out)
{
    unsigned len = modrm_length(code, avail, address);

    if (len == 0 || code[0] >> 6 == 3 || len + imm > avail)
        return false;
    if (imm != 0)
        out->value = (uint64_t)read_immediate(code + len, imm);
    out->length += len + imm;
    return true;
}

bool decode_mmio_mov(const uint8_t *code, unsigned avail, enum code_mode mode,
                     struct mmio_mov *out)
{
    unsigned size, address, imm = 0, reg;
    struct prefixes p;
    uint8_t opcode;

    *out = (struct mmio_mov){ 0 };
    if (avail > INSN_MAX)
        avail = INSN_MAX;
    p = read_prefixes(code, avail, mode);
    if (p.count + 2 > avail || (p.set & PREFIX_LOCK))
        return false;
    code += p.count;
    avail -= p.count + 1;
    out->length = p.count + 1;
    opcode = *code++;
    size = operand_size(p, mode);
    address = address_size(p, mode);
    reg = code[0] >> 3 & 7; /* ModRM.reg, where there is a ModRM */

    switch (opcode) {
    case 0x88: case 0x89: case 0x8a: case 0x8b:
        out->size = opcode & 1 ? size : 1;
        out->write = !(opcode & 2);
        set_register(out, reg, p.rex, out->size);
        break;
    case 0xa0: case 0xa1: case 0xa2: case 0xa3: /* the offset is as long as an address */
        out->size = opcode & 1 ? size : 1;
        out->write = opcode & 2;
        out->reg_size = out->size;
        out->length += address;
        return address <= avail;
    case 0xc6: case 0xc7:
        if (reg != 0)
            return false;
        out->size = opcode & 1 ? size : 1;
        out->write = out->immediate = true;
        imm = out->size == 8 ? 4 : out->size;
        break;
    case 0x0f: /* MOVZX B6 and B7, MOVSX BE and BF */
        opcode = *code++;
        if ((opcode & 0xf6) != 0xb6 || --avail == 0)
            return false;
        out->length++;
        out->size = opcode & 1 ? 2 : 1;
        out->sign = opcode & 8;
        set_register(out, code[0] >> 3 & 7, p.rex, size);
        break;
    default:
        return false;
    }
    return finish_modrm(code, avail, address, imm, out);
}

static uint64_t size_mask(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (8 * size)) - 1;
}

uint64_t mmio_mov_value(const struct mmio_mov *mov, const uint64_t gpr[16])
{
    uint64_t value = mov->immediate ? mov->value : gpr[mov->gpr] >> (mov->high ? 8 : 0);

    return value & size_mask(mov->size);
}

void mmio_mov_apply(const struct mmio_mov *mov, uint64_t gpr[16], uint64_t data)
{
    unsigned unused = 64 - 8 * mov->size, shift = mov->high ? 8 : 0;
    uint64_t keep = mov->reg_size >= 4 ? 0 : ~(size_mask(mov->reg_size) << shift);

    if (mov->sign)
        data = (uint64_t)((int64_t)(data << unused) >> unused);
    else
        data &= size_mask(mov->size);
    data &= size_mask(mov->reg_size);
    gpr[mov->gpr] = (gpr[mov->gpr] & keep) | data << shift;
}
