/* SPDX-License-Identifier: BSD-2-Clause */
/* RFLAGS of arithmetic, and the conditions of Jcc, SETcc and CMOVcc. */
#include "emu.h"

void set_flags(struct emu *e, uint64_t mask, uint64_t value)
{
    e->s.rflags = (e->s.rflags & ~mask) | (value & mask);
}

/* PF looks at the low byte only. */
uint64_t result_flags(uint64_t result, unsigned size)
{
    uint64_t flags = 0;

    result &= mask_of(size);
    if (result == 0)
        flags |= FLAG_ZF;
    if (sign_of(result, size))
        flags |= FLAG_SF;
    if (!__builtin_parity(result & 0xff))
        flags |= FLAG_PF;
    return flags;
}

/* Sets all six flags; a and b are cut to size. */
uint64_t alu_add(struct emu *e, uint64_t a, uint64_t b, bool carry, unsigned size)
{
    uint64_t result = (a + b + carry) & mask_of(size), flags = result_flags(result, size);

    if (result < a || (carry && result == a))
        flags |= FLAG_CF;
    if ((a ^ b ^ result) & 0x10)
        flags |= FLAG_AF;
    if (sign_of((a ^ result) & (b ^ result), size))
        flags |= FLAG_OF;
    set_flags(e, FLAGS_ARITHMETIC, flags);
    return result;
}

uint64_t alu_sub(struct emu *e, uint64_t a, uint64_t b, bool borrow, unsigned size)
{
    uint64_t result = (a - b - borrow) & mask_of(size), flags = result_flags(result, size);

    if (a < b || (borrow && a == b))
        flags |= FLAG_CF;
    if ((a ^ b ^ result) & 0x10)
        flags |= FLAG_AF;
    if (sign_of((a ^ b) & (a ^ result), size))
        flags |= FLAG_OF;
    set_flags(e, FLAGS_ARITHMETIC, flags);
    return result;
}

/* "code": the low four bits of the opcode (AMD APM vol. 3, SETcc). */
bool condition(const struct emu *e, unsigned code)
{
    uint64_t f = e->s.rflags;
    bool less = !(f & FLAG_SF) != !(f & FLAG_OF), met = false;

    switch (code >> 1 & 7) {
    case 0: met = f & FLAG_OF; break;
    case 1: met = f & FLAG_CF; break;
    case 2: met = f & FLAG_ZF; break;
    case 3: met = f & (FLAG_CF | FLAG_ZF); break;
    case 4: met = f & FLAG_SF; break;
    case 5: met = f & FLAG_PF; break;
    case 6: met = less; break;
    case 7: met = less || (f & FLAG_ZF); break;
    }
    return met != (code & 1);
}
