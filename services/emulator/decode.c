/* SPDX-License-Identifier: BSD-2-Clause */
/* From bytes to an opcode table entry and operands: AMD APM vol. 3, chapter 1. */
#include "emu.h"

/* Checks each byte as the CPU's fetch would: length, code segment limit, canonical RIP. */
static uint8_t fetch(struct emu *e)
{
    uint64_t at = e->s.rip + e->length;

    if (e->stopped)
        return 0;
    if (e->length >= WEIR_EMU_CODE || (e->width == 8 && !canonical(e, at)) ||
        (e->width != 8 && at > e->s.segment[CS].limit)) {
        raise_error(e, GP, 0);
        return 0;
    }
    if (e->length >= e->io->code_length) {
        stop(e, WEIR_EMU_FETCH);
        return 0;
    }
    return e->io->code[e->length++];
}

static uint64_t fetch_value(struct emu *e, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)fetch(e) << (8 * i);
    return value;
}

/* In 64-bit mode only FS and GS count: AMD APM vol. 3, 1.2.4. */
static void segment_prefix(struct emu *e, int seg)
{
    if (e->width != 8 || seg == FS || seg == GS)
        e->override = seg;
}

static bool legacy_prefix(struct emu *e, uint8_t byte)
{
    switch (byte) {
    case 0x26: segment_prefix(e, ES); return true;
    case 0x2e: segment_prefix(e, CS); return true;
    case 0x36: segment_prefix(e, SS); return true;
    case 0x3e: segment_prefix(e, DS); return true;
    case 0x64: segment_prefix(e, FS); return true;
    case 0x65: segment_prefix(e, GS); return true;
    case 0x66: e->prefixes |= PREFIX_OPSIZE; return true;
    case 0x67: e->prefixes |= PREFIX_ADDRSIZE; return true;
    case 0xf0: e->prefixes |= PREFIX_LOCK; return true;
    case 0xf2: e->prefixes |= PREFIX_REPNE; return true;
    case 0xf3: e->prefixes |= PREFIX_REP; return true;
    default: return false;
    }
}

/* Leaves the first opcode byte in e->opcode. A REX counts only right before it: 1.2.7. */
static void fetch_prefixes(struct emu *e)
{
    while (!e->stopped) {
        e->opcode = fetch(e);
        if (e->width == 8 && (e->opcode & 0xf0) == 0x40)
            e->rex = e->opcode;
        else if (legacy_prefix(e, e->opcode))
            e->rex = 0;
        else
            return;
    }
}

static bool form_has_modrm(uint8_t form)
{
    return form >= Eb && form <= Sw;
}

static bool needs_modrm(const struct opcode *op)
{
    return op->group != NULL || form_has_modrm(op->dst) || form_has_modrm(op->src);
}

/* VEX, EVEX and XOP share opcodes with instructions that exist only outside 64-bit mode. */
static bool is_vector_prefix(const struct emu *e)
{
    if (e->map != 0 || (e->opcode != 0x62 && e->opcode != 0xc4 && e->opcode != 0xc5))
        return false;
    return e->width == 8 || e->mod == 3;
}

static void find_opcode(struct emu *e)
{
    static const struct opcode movsxd = { op_movsx, 0, Gv, Ed, NONE, NULL };
    const struct opcode *op;

    fetch_prefixes(e);
    if (e->opcode == 0x0f) {
        e->map = 1;
        e->opcode = fetch(e);
    }
    op = e->map ? &two_byte_opcodes[e->opcode] : &one_byte_opcodes[e->opcode];
    if (e->width == 8 && e->map == 0 && e->opcode == 0x63)
        op = &movsxd;
    if (needs_modrm(op)) {
        uint8_t modrm = fetch(e);

        e->mod = modrm >> 6;
        e->reg = modrm >> 3 & 7;
        e->rm = modrm & 7;
    }
    if (op->group != NULL)
        op = &op->group[e->reg];
    e->op = op;
    if (op->run == NULL || is_vector_prefix(e))
        stop(e, WEIR_EMU_UNSUPPORTED);
    else if ((op->flags & ONLY32) && e->width == 8)
        raise(e, UD);
}

static void set_sizes(struct emu *e)
{
    bool opsize = e->prefixes & PREFIX_OPSIZE, addrsize = e->prefixes & PREFIX_ADDRSIZE;

    if (e->width != 8) {
        e->opsize = (e->width == 4) != opsize ? 4 : 2;
        e->addrsize = (e->width == 4) != addrsize ? 4 : 2;
        return;
    }
    e->addrsize = addrsize ? 4 : 8;
    if ((e->op->flags & BRANCH) && opsize)
        stop(e, WEIR_EMU_UNSUPPORTED); /* AMD cuts RIP to 16 bits, Intel ignores it */
    if ((e->rex & REX_W) || (e->op->flags & BRANCH))
        e->opsize = 8;
    else if (opsize)
        e->opsize = 2;
    else
        e->opsize = e->op->flags & DEFAULT64 ? 8 : 4;
}

/* SIB and displacement of a memory operand: 1.4. */
static void fetch_displacement(struct emu *e)
{
    unsigned rm = e->rm, size = e->mod == 1 ? 1 : 0;

    if (e->addrsize != 2 && rm == 4) {
        e->sib = fetch(e);
        rm = e->sib & 7;
    }
    if (e->addrsize == 2) {
        if (e->mod == 2 || (e->mod == 0 && rm == 6))
            size = 2;
    } else if (e->mod == 2 || (e->mod == 0 && rm == 5)) {
        size = 4;
    }
    if (size != 0)
        e->disp = sign_extend(fetch_value(e, size), size);
}

static uint64_t address_16(struct emu *e, unsigned *seg)
{
    static const int8_t base[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
    static const int8_t index[8] = { RSI, RDI, RSI, RDI, -1, -1, -1, -1 };
    uint64_t ea = (int64_t)e->disp;

    if (e->mod == 0 && e->rm == 6)
        return ea;
    ea += e->s.gpr[base[e->rm]];
    if (index[e->rm] >= 0)
        ea += e->s.gpr[index[e->rm]];
    if (base[e->rm] == RBP)
        *seg = SS;
    return ea;
}

static uint64_t address_32_64(struct emu *e, unsigned *seg)
{
    uint64_t ea = (int64_t)e->disp;
    unsigned base = e->rm, index = 4;

    if (e->rm == 4) {
        base = e->sib & 7;
        index = (e->sib >> 3 & 7) | (e->rex & REX_X ? 8 : 0);
        if (index != 4)
            ea += e->s.gpr[index] << (e->sib >> 6);
    }
    if (e->mod == 0 && base == 5) {
        if (e->rm == 5 && e->width == 8)
            ea += e->next_rip;
        return ea;
    }
    if (base == RSP || base == RBP)
        *seg = e->rex & REX_B ? *seg : SS;
    return ea + e->s.gpr[base | (e->rex & REX_B ? 8 : 0)];
}

/* Segment and effective address of the ModRM memory operand, from the registers as they are now. */
void resolve_memory(struct emu *e, struct operand *operand)
{
    unsigned seg = DS;
    uint64_t ea = e->addrsize == 2 ? address_16(e, &seg) : address_32_64(e, &seg);

    operand->seg = e->override >= 0 ? (unsigned)e->override : seg;
    operand->ea = ea & mask_of(e->addrsize);
}

static void register_operand(struct emu *e, struct operand *o, unsigned reg, unsigned size,
                             uint8_t rex_bit)
{
    o->kind = OPERAND_REG;
    o->size = size;
    o->high = size == 1 && e->rex == 0 && reg >= 4;
    o->reg = o->high ? reg - 4 : reg | (e->rex & rex_bit ? 8 : 0);
}

static void rm_operand(struct emu *e, struct operand *o, unsigned size)
{
    if (e->mod == 3) {
        register_operand(e, o, e->rm, size, REX_B);
        return;
    }
    o->kind = OPERAND_MEM;
    o->size = size;
    fetch_displacement(e);
}

static void segment_operand(struct emu *e, struct operand *o)
{
    *o = (struct operand){ .kind = OPERAND_SEG, .size = 2, .reg = e->reg };
    if (e->reg > GS)
        raise(e, UD);
}

static void immediate_operand(struct emu *e, struct operand *o, unsigned bytes, unsigned size)
{
    o->kind = OPERAND_IMM;
    o->size = size;
    o->imm = sign_extend(fetch_value(e, bytes), bytes);
}

static void offset_operand(struct emu *e, struct operand *o, unsigned size)
{
    o->kind = OPERAND_MEM;
    o->size = size;
    o->seg = e->override >= 0 ? e->override : DS;
    o->ea = fetch_value(e, e->addrsize);
}

static void memory_only(struct emu *e, struct operand *o)
{
    if (e->mod != 3)
        rm_operand(e, o, 0);
    else if (e->map == 1 && (e->opcode == 0x01 || e->opcode == 0xc7)) /* SWAPGS, RDRAND, ... */
        stop(e, WEIR_EMU_UNSUPPORTED);
    else
        raise(e, UD);
}

static void decode_operand(struct emu *e, struct operand *o, uint8_t form)
{
    unsigned v = e->opsize, y = e->rex & REX_W ? 8 : 4, z = v == 2 ? 2 : 4;

    switch (form) {
    case Eb: rm_operand(e, o, 1); break;
    case Ew: rm_operand(e, o, 2); break;
    case Ed: rm_operand(e, o, 4); break;
    case Ev: rm_operand(e, o, v); break;
    case M: memory_only(e, o); break;
    case R: register_operand(e, o, e->rm, e->width == 8 ? 8 : 4, REX_B); break;
    case Gb: register_operand(e, o, e->reg, 1, REX_R); break;
    case Gw: register_operand(e, o, e->reg, 2, REX_R); break;
    case Gv: register_operand(e, o, e->reg, v, REX_R); break;
    case Gy: register_operand(e, o, e->reg, y, REX_R); break;
    case Sw: segment_operand(e, o); break;
    case Zb: register_operand(e, o, e->opcode & 7, 1, REX_B); break;
    case Zv: register_operand(e, o, e->opcode & 7, v, REX_B); break;
    case AL: *o = (struct operand){ .kind = OPERAND_REG, .size = 1, .reg = RAX }; break;
    case Av: *o = (struct operand){ .kind = OPERAND_REG, .size = v, .reg = RAX }; break;
    case CL: *o = (struct operand){ .kind = OPERAND_REG, .size = 1, .reg = RCX }; break;
    case ONE: *o = (struct operand){ .kind = OPERAND_IMM, .size = 1, .imm = 1 }; break;
    case Ib: immediate_operand(e, o, 1, 1); break;
    case Iw: immediate_operand(e, o, 2, 2); break;
    case Iz: immediate_operand(e, o, z, v); break;
    case Is: immediate_operand(e, o, 1, v); break;
    case Iv: immediate_operand(e, o, v, v); break;
    case Ob: offset_operand(e, o, 1); break;
    case Ov: offset_operand(e, o, v); break;
    case Jb: immediate_operand(e, o, 1, v); break;
    case Jz: immediate_operand(e, o, z, v); break;
    case Ap:
        immediate_operand(e, o, z, v);
        e->selector = fetch_value(e, 2);
        break;
    }
}

static bool is_modrm_memory(const struct opcode *op, const struct operand *o)
{
    bool offset = op->dst == Ob || op->dst == Ov || op->src == Ob || op->src == Ov;

    return o->kind == OPERAND_MEM && !offset;
}

/* Everything up to the last byte; what is left is to run e->op. */
void decode(struct emu *e)
{
    find_opcode(e);
    if (e->stopped)
        return;
    set_sizes(e);
    decode_operand(e, &e->dst, e->op->dst);
    decode_operand(e, &e->src, e->op->src);
    decode_operand(e, &e->third, e->op->third);
    if (e->stopped)
        return;
    e->next_rip = e->s.rip + e->length;
    if (e->width != 8)
        e->next_rip = (uint32_t)e->next_rip;
    if (is_modrm_memory(e->op, &e->dst))
        resolve_memory(e, &e->dst);
    if (is_modrm_memory(e->op, &e->src))
        resolve_memory(e, &e->src);
    e->io->length = e->length;
    if ((e->prefixes & PREFIX_LOCK) &&
        !((e->op->flags & LOCKABLE) && e->dst.kind == OPERAND_MEM))
        raise(e, UD);
    else if ((e->op->flags & PROTECTED) && !protected_mode(e))
        raise(e, UD);
    else if ((e->op->flags & CPL0) && e->s.cpl != 0)
        raise_error(e, GP, 0);
}
