/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and operands. */
#include "emu.h"

/* "reg" counts AX, CX, ... as they are, never AH to BH. */
uint64_t get_register(const struct emu *e, unsigned reg, unsigned size)
{
    return e->s.gpr[reg] & mask_of(size);
}

/* 32-bit results are zero-extended, shorter ones merged: AMD APM vol. 1, 3.1.2. */
void put_register(struct emu *e, unsigned reg, unsigned size, uint64_t value)
{
    uint64_t mask = mask_of(size);

    if (size >= 4)
        e->s.gpr[reg] = value & mask;
    else
        e->s.gpr[reg] = (e->s.gpr[reg] & ~mask) | (value & mask);
}

static uint64_t get_as(struct emu *e, struct operand *o, bool update)
{
    switch (o->kind) {
    case OPERAND_REG:
        if (o->high)
            return e->s.gpr[o->reg] >> 8 & 0xff;
        return get_register(e, o->reg, o->size);
    case OPERAND_MEM:
        if (update)
            return read_for_update(e, o);
        return read_memory(e, o->seg, o->ea, o->size);
    case OPERAND_IMM:
        return o->imm & mask_of(o->size);
    case OPERAND_SEG:
        return e->s.segment[o->reg].selector;
    default:
        return 0;
    }
}

uint64_t get(struct emu *e, struct operand *operand)
{
    return get_as(e, operand, false);
}

/* For an operand that put() follows for: the page must be writable before anything is read. */
uint64_t get_for_update(struct emu *e, struct operand *operand)
{
    return get_as(e, operand, true);
}

void put(struct emu *e, struct operand *o, uint64_t value)
{
    if (o->kind == OPERAND_MEM)
        write_operand(e, o, value);
    else if (o->high)
        e->s.gpr[o->reg] = (e->s.gpr[o->reg] & ~0xff00ull) | (value & 0xff) << 8;
    else
        put_register(e, o->reg, o->size, value);
}
