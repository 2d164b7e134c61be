/* SPDX-License-Identifier: BSD-2-Clause */
/* Operands as the instruction encodes them, effective addresses: AMD APM vol. 3, 1.3 to 1.5. */
#include "emu.h"

/* SIB and displacement of a memory operand: 1.4. */
static void fetch_displacement(struct emu *e)
{
    unsigned rm = e->rm, size = e->mod == 1 ? 1 : 0;

    if (e->addrsize != 2 && rm == 4) {
        e->sib = fetch_value(e, 1);
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

void decode_operand(struct emu *e, struct operand *o, uint8_t form)
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
