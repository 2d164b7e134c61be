/* SPDX-License-Identifier: BSD-2-Clause */
/* Two-operand arithmetic and logic, INC, DEC, NOT, NEG, TEST. */
#include "emu.h"

static bool carry(const struct emu *e)
{
    return e->s.rflags & FLAG_CF;
}

void op_add(struct emu *e)
{
    uint64_t a = get_for_update(e, &e->dst), b = get(e, &e->src);

    put(e, &e->dst, alu_add(e, a, b, false, e->dst.size));
}

void op_adc(struct emu *e)
{
    uint64_t a = get_for_update(e, &e->dst), b = get(e, &e->src);

    put(e, &e->dst, alu_add(e, a, b, carry(e), e->dst.size));
}

void op_sub(struct emu *e)
{
    uint64_t a = get_for_update(e, &e->dst), b = get(e, &e->src);

    put(e, &e->dst, alu_sub(e, a, b, false, e->dst.size));
}

void op_sbb(struct emu *e)
{
    uint64_t a = get_for_update(e, &e->dst), b = get(e, &e->src);

    put(e, &e->dst, alu_sub(e, a, b, carry(e), e->dst.size));
}

void op_cmp(struct emu *e)
{
    uint64_t a = get(e, &e->dst), b = get(e, &e->src);

    alu_sub(e, a, b, false, e->dst.size);
}

/* CF and OF are cleared; AF is undefined and stays. */
static void logic_flags(struct emu *e, uint64_t result)
{
    set_flags(e, FLAGS_ARITHMETIC & ~FLAG_AF, result_flags(result, e->dst.size));
}

void op_and(struct emu *e)
{
    uint64_t result = get_for_update(e, &e->dst) & get(e, &e->src);

    logic_flags(e, result);
    put(e, &e->dst, result);
}

void op_or(struct emu *e)
{
    uint64_t result = get_for_update(e, &e->dst) | get(e, &e->src);

    logic_flags(e, result);
    put(e, &e->dst, result);
}

void op_xor(struct emu *e)
{
    uint64_t result = get_for_update(e, &e->dst) ^ get(e, &e->src);

    logic_flags(e, result);
    put(e, &e->dst, result);
}

void op_test(struct emu *e)
{
    logic_flags(e, get(e, &e->dst) & get(e, &e->src));
}

/* INC and DEC leave CF alone. */
void op_inc(struct emu *e)
{
    uint64_t old_carry = e->s.rflags & FLAG_CF;
    uint64_t result = alu_add(e, get_for_update(e, &e->dst), 1, false, e->dst.size);

    set_flags(e, FLAG_CF, old_carry);
    put(e, &e->dst, result);
}

void op_dec(struct emu *e)
{
    uint64_t old_carry = e->s.rflags & FLAG_CF;
    uint64_t result = alu_sub(e, get_for_update(e, &e->dst), 1, false, e->dst.size);

    set_flags(e, FLAG_CF, old_carry);
    put(e, &e->dst, result);
}

void op_not(struct emu *e)
{
    put(e, &e->dst, ~get_for_update(e, &e->dst));
}

void op_neg(struct emu *e)
{
    put(e, &e->dst, alu_sub(e, 0, get_for_update(e, &e->dst), false, e->dst.size));
}
