/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves, conversions and what only computes an address. */
#include "emu.h"

void op_mov(struct emu *e)
{
    put(e, &e->dst, get(e, &e->src));
}

/* get() gives the value cut to its size, which is the zero extension. */
void op_movzx(struct emu *e)
{
    put(e, &e->dst, get(e, &e->src));
}

void op_movsx(struct emu *e)
{
    put(e, &e->dst, sign_extend(get(e, &e->src), e->src.size));
}

void op_mov_sreg(struct emu *e)
{
    if (e->dst.reg == CS) {
        raise(e, UD);
        return;
    }
    load_segment(e, e->dst.reg, get(e, &e->src));
    if (e->dst.reg == SS)
        hold_off_interrupts(e);
}

void op_mov_from_sreg(struct emu *e)
{
    if (e->dst.kind == OPERAND_MEM)
        e->dst.size = 2;
    put(e, &e->dst, get(e, &e->src));
}

void op_movnti(struct emu *e)
{
    if (e->prefixes & (PREFIX_OPSIZE | PREFIX_REP | PREFIX_REPNE)) {
        raise(e, UD);
        return;
    }
    e->dst.size = e->src.size;
    put(e, &e->dst, get(e, &e->src));
}

void op_lea(struct emu *e)
{
    put(e, &e->dst, e->src.ea);
}

void op_xlat(struct emu *e)
{
    uint64_t ea = (e->s.gpr[RBX] + (e->s.gpr[RAX] & 0xff)) & mask_of(e->addrsize);

    put_register(e, RAX, 1, read_memory(e, e->override >= 0 ? e->override : DS, ea, 1));
}

void op_cbw(struct emu *e)
{
    unsigned half = e->opsize / 2;

    put_register(e, RAX, e->opsize, sign_extend(get_register(e, RAX, half), half));
}

void op_cwd(struct emu *e)
{
    put_register(e, RDX, e->opsize, sign_of(e->s.gpr[RAX], e->opsize) ? ~0ull : 0);
}

void op_setcc(struct emu *e)
{
    put(e, &e->dst, condition(e, e->opcode));
}

/* The source is read, and a 32-bit destination zero-extended, also if the condition is false. */
void op_cmovcc(struct emu *e)
{
    uint64_t value = get(e, &e->src), old = get(e, &e->dst);

    put(e, &e->dst, condition(e, e->opcode) ? value : old);
}

void op_nop(struct emu *e)
{
    (void)e;
}

/* 90h is NOP or PAUSE, and with REX.B XCHG of R8 and rAX. */
void op_nop_or_xchg(struct emu *e)
{
    if (e->rex & REX_B)
        op_xchg(e);
}

void op_bound(struct emu *e)
{
    unsigned size = e->opsize;
    int64_t index = sign_extend(get(e, &e->dst), size);
    int64_t low = sign_extend(read_memory(e, e->src.seg, e->src.ea, size), size);
    int64_t high = sign_extend(read_memory(e, e->src.seg, e->src.ea + size, size), size);

    if (index < low || index > high)
        raise(e, BR);
}

void op_ud(struct emu *e)
{
    raise(e, UD);
}
