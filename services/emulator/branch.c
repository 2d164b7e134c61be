/* SPDX-License-Identifier: BSD-2-Clause */
/* Near branches. */
#include "emu.h"

/* Sets the final RIP, cut to the operand size; #GP(0) outside the limit or not canonical. */
void jump_near(struct emu *e, uint64_t target)
{
    if (e->width != 8)
        target &= mask_of(e->opsize);
    if (e->width == 8 ? !canonical(e, target) : target > e->s.segment[CS].limit)
        raise_error(e, GP, 0);
    e->next_rip = target;
}

/* The target of JMP or CALL: relative, or what the operand holds. */
static uint64_t branch_target(struct emu *e)
{
    uint64_t value = get(e, &e->dst);

    if (e->dst.kind == OPERAND_IMM)
        return e->next_rip + e->dst.imm;
    return value;
}

void op_jmp(struct emu *e)
{
    jump_near(e, branch_target(e));
}

void op_jcc(struct emu *e)
{
    if (condition(e, e->opcode))
        jump_near(e, branch_target(e));
}

/* LOOPNE, LOOPE, LOOP, JrCXZ; the counter has the address size. */
void op_loop(struct emu *e)
{
    unsigned size = e->addrsize, kind = e->opcode & 3;
    uint64_t count = get_register(e, RCX, size);
    bool zero = e->s.rflags & FLAG_ZF;

    if (kind == 3) {
        if (count == 0)
            jump_near(e, branch_target(e));
        return;
    }
    put_register(e, RCX, size, --count);
    if ((count & mask_of(size)) != 0 && (kind == 2 || zero == (kind == 1)))
        jump_near(e, branch_target(e));
}

void op_call(struct emu *e)
{
    uint64_t back = e->next_rip;

    jump_near(e, branch_target(e));
    push(e, e->opsize, back);
}

void op_ret(struct emu *e)
{
    jump_near(e, pop(e, e->opsize));
    put_register(e, RSP, stack_width(e), e->s.gpr[RSP] + get(e, &e->dst));
}
