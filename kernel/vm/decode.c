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

/* Cuts avail to what the CPU looks at. A REX prefix counts only right before the opcode: AMD APM vol. 3, 1.2.7. */
static struct prefixes read_prefixes(const uint8_t *code, unsigned *avail, enum code_mode mode)
{
    struct prefixes p = { 0 };

    if (*avail > INSN_MAX)
        *avail = INSN_MAX;
    for (; p.count < *avail; p.count++) {
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

    p = read_prefixes(code, &avail, mode);
    length = p.count + opcode;
    if (length > avail || (p.set & PREFIX_LOCK))
        return 0;
    for (unsigned i = 0; i < opcode; i++) {
        if (code[p.count + i] != (uint8_t)(insn >> (8 * i)))
            return 0;
    }
    return length;
}

bool decode_cr(const uint8_t *code, unsigned avail, enum code_mode mode, struct cr_insn *out)
{
    struct prefixes p;

    p = read_prefixes(code, &avail, mode);
    code += p.count;
    avail -= p.count;
    *out = (struct cr_insn){ .op = CR_CLTS, .length = p.count + 2 };
    if (avail < 2 || code[0] != 0x0f || (p.set & PREFIX_LOCK))
        return false;
    if (code[1] == 0x06)
        return true;
    if (avail < 3 || (code[1] & ~2) != 0x20)
        return false;
    out->op = code[1] & 2 ? CR_TO : CR_FROM; /* the mod field is ignored: always a register */
    out->length++;
    out->number = (code[2] >> 3 & 7) | (p.rex & REX_R ? 8 : 0);
    out->gpr = (code[2] & 7) | (p.rex & REX_B ? 8 : 0);
    return out->number == 0 || out->number == 3 || out->number == 4;
}

/* Little-endian, sign-extended; "len" is 1, 2, 4 or 8. */
static uint64_t read_immediate(const uint8_t *code, unsigned len)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < len; i++)
        value |= (uint64_t)code[i] << (8 * i);
    return (uint64_t)((int64_t)(value << (64 - 8 * len)) >> (64 - 8 * len));
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
        out->value = read_immediate(code + len, imm);
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
    p = read_prefixes(code, &avail, mode);
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

uint64_t mmio_mov_value(const struct mmio_mov *mov, const uint64_t gpr[16])
{
    uint64_t value = mov->immediate ? mov->value : gpr[mov->gpr] >> (mov->high ? 8 : 0);

    return value & size_mask(mov->size);
}

void mmio_mov_apply(const struct mmio_mov *mov, uint64_t gpr[16], uint64_t data)
{
    unsigned unused = 64 - 8 * mov->size, shift = mov->high ? 8 : 0;
    uint64_t *to = &gpr[mov->gpr], mask = size_mask(mov->reg_size) << shift;

    data <<= unused;
    data = mov->sign ? (uint64_t)((int64_t)data >> unused) : data >> unused;
    if (mov->reg_size == 4)
        *to = (uint32_t)data;
    else
        *to = (*to & ~mask) | (data << shift & mask);
}
