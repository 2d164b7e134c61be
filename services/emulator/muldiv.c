/* SPDX-License-Identifier: BSD-2-Clause */
/* MUL, IMUL, DIV, IDIV. SF, ZF, AF and PF are undefined and stay; of divisions all flags. */
#include "emu.h"

/* High and low half of the double-width register: AH:AL, rDX:rAX. */
static uint64_t get_high(const struct emu *e, unsigned size)
{
    return size == 1 ? e->s.gpr[RAX] >> 8 & 0xff : get_register(e, RDX, size);
}

static void put_double(struct emu *e, unsigned size, uint64_t low, uint64_t high)
{
    if (size == 1) {
        put_register(e, RAX, 2, (low & 0xff) | high << 8);
        return;
    }
    put_register(e, RAX, size, low);
    put_register(e, RDX, size, high);
}

static void overflow_flags(struct emu *e, bool overflow)
{
    set_flags(e, FLAG_CF | FLAG_OF, overflow ? FLAG_CF | FLAG_OF : 0);
}

void op_mul(struct emu *e)
{
    unsigned size = e->dst.size;
    unsigned __int128 product = (unsigned __int128)get(e, &e->dst) * get_register(e, RAX, size);
    uint64_t high = (uint64_t)(product >> (8 * size)) & mask_of(size);

    put_double(e, size, (uint64_t)product, high);
    overflow_flags(e, high != 0);
}

/* The product of two signed operands; true if it does not fit in one of them. */
static bool multiply(uint64_t a, uint64_t b, unsigned size, uint64_t *low, uint64_t *high)
{
    __int128 product = (__int128)(int64_t)sign_extend(a, size) * (int64_t)sign_extend(b, size);

    *low = (uint64_t)product;
    *high = (uint64_t)(product >> (8 * size));
    return product != (int64_t)sign_extend(*low, size);
}

void op_imul(struct emu *e)
{
    unsigned size = e->dst.size;
    uint64_t low, high;
    bool overflow = multiply(get(e, &e->dst), get_register(e, RAX, size), size, &low, &high);

    put_double(e, size, low, high);
    overflow_flags(e, overflow);
}

static void imul_to_dst(struct emu *e, uint64_t a, uint64_t b)
{
    uint64_t low, high;

    overflow_flags(e, multiply(a, b, e->dst.size, &low, &high));
    put(e, &e->dst, low);
}

void op_imul_2(struct emu *e)
{
    imul_to_dst(e, get(e, &e->dst), get(e, &e->src));
}

void op_imul_3(struct emu *e)
{
    imul_to_dst(e, get(e, &e->src), get(e, &e->third));
}

/*
 * 2n by n bits, n = 8 * size; false if the quotient does not fit. Bit by bit, because the
 * compiler's 128-bit division is a library call.
 */
static bool divide(uint64_t high, uint64_t low, uint64_t divisor, unsigned size,
                   uint64_t *quotient, uint64_t *remainder)
{
    unsigned __int128 rest = high;
    uint64_t result = 0;

    if (high >= divisor) /* also a divisor of 0 */
        return false;
    for (unsigned i = 8 * size; i-- > 0;) {
        rest = rest << 1 | (low >> i & 1);
        result <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            result |= 1;
        }
    }
    *quotient = result;
    *remainder = (uint64_t)rest;
    return true;
}

void op_div(struct emu *e)
{
    unsigned size = e->dst.size;
    uint64_t divisor = get(e, &e->dst), quotient, remainder;

    if (divide(get_high(e, size), get_register(e, RAX, size), divisor, size, &quotient,
               &remainder))
        put_double(e, size, quotient, remainder);
    else
        raise(e, DE);
}

void op_idiv(struct emu *e)
{
    unsigned size = e->dst.size;
    uint64_t divisor = get(e, &e->dst), mask = mask_of(size), quotient, remainder;
    uint64_t high = get_high(e, size), low = get_register(e, RAX, size);
    bool negative = sign_of(high, size), negate = negative != sign_of(divisor, size), fits;

    if (negative) { /* negate the dividend */
        low = (0 - low) & mask;
        high = (~high + (low == 0)) & mask;
    }
    if (sign_of(divisor, size))
        divisor = (0 - divisor) & mask;
    fits = divide(high, low, divisor, size, &quotient, &remainder) &&
           quotient <= (mask >> 1) + negate;
    if (fits)
        put_double(e, size, negate ? 0 - quotient : quotient,
                   (negative ? 0 - remainder : remainder) & mask);
    else
        raise(e, DE);
}
