/* SPDX-License-Identifier: BSD-2-Clause */
/* Decimal adjustments: AMD APM vol. 3. */
#include "emu.h"

static void adjust_packed(struct emu *e, int sign)
{
    uint8_t old = e->s.gpr[RAX], al = old;
    bool old_carry = e->s.rflags & FLAG_CF, carry = false, half = e->s.rflags & FLAG_AF;

    if ((old & 15) > 9 || half) {
        carry = old_carry || (sign > 0 ? old > 0xf9 : old < 6);
        al += sign * 6;
        half = true;
    }
    if (old > 0x99 || old_carry) {
        al += sign * 0x60;
        carry = true;
    }
    put_register(e, RAX, 1, al);
    set_flags(e, FLAGS_ARITHMETIC & ~FLAG_OF,
              result_flags(al, 1) | (carry ? FLAG_CF : 0) | (half ? FLAG_AF : 0));
}

void op_daa(struct emu *e)
{
    adjust_packed(e, 1);
}

void op_das(struct emu *e)
{
    adjust_packed(e, -1);
}

static void adjust_unpacked(struct emu *e, int sign)
{
    uint16_t ax = e->s.gpr[RAX];
    bool adjust = (ax & 15) > 9 || (e->s.rflags & FLAG_AF);

    if (adjust)
        ax += sign * 0x106;
    put_register(e, RAX, 2, ax & 0xff0f);
    set_flags(e, FLAG_CF | FLAG_AF, adjust ? FLAG_CF | FLAG_AF : 0);
}

void op_aaa(struct emu *e)
{
    adjust_unpacked(e, 1);
}

void op_aas(struct emu *e)
{
    adjust_unpacked(e, -1);
}

static void unpacked_flags(struct emu *e, uint8_t al)
{
    set_flags(e, FLAG_SF | FLAG_ZF | FLAG_PF, result_flags(al, 1));
}

void op_aam(struct emu *e)
{
    uint8_t al = e->s.gpr[RAX], base = get(e, &e->dst);

    if (base == 0) {
        raise(e, DE);
        return;
    }
    put_register(e, RAX, 2, (al / base) << 8 | al % base);
    unpacked_flags(e, al % base);
}

void op_aad(struct emu *e)
{
    uint16_t ax = e->s.gpr[RAX];
    uint8_t al = ax + (ax >> 8) * get(e, &e->dst);

    put_register(e, RAX, 2, al);
    unpacked_flags(e, al);
}
