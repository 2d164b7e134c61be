/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shifts and rotates: AMD APM vol. 3. Counts are taken modulo 32, of 64-bit operands modulo 64; a
 * count of 0 changes no flag. OF is defined for a count of 1 only; what is set otherwise is what a
 * count of 1 would do to the result, as CPUs do. AF is undefined and stays.
 */
#include "emu.h"

static unsigned masked_count(struct emu *e, struct operand *count)
{
    return get(e, count) & (e->dst.size == 8 ? 63 : 31);
}

static void shift_flags(struct emu *e, uint64_t result, bool carry, bool overflow)
{
    set_flags(e, FLAGS_ARITHMETIC & ~FLAG_AF,
              result_flags(result, e->dst.size) | (carry ? FLAG_CF : 0) |
              (overflow ? FLAG_OF : 0));
}

static void rotate_flags(struct emu *e, bool carry, bool overflow)
{
    set_flags(e, FLAG_CF | FLAG_OF, (carry ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0));
}

void op_shl(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), result = value;
    unsigned count = masked_count(e, &e->src), bits = 8 * e->dst.size;

    if (count > 0) {
        bool carry = count <= bits && (value >> (bits - count) & 1);

        result = value << count & mask_of(e->dst.size);
        shift_flags(e, result, carry, sign_of(result, e->dst.size) != carry);
    }
    put(e, &e->dst, result);
}

void op_shr(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), result = value;
    unsigned count = masked_count(e, &e->src);

    if (count > 0) {
        result = value >> count;
        shift_flags(e, result, value >> (count - 1) & 1,
                    sign_of(value << (count - 1), e->dst.size));
    }
    put(e, &e->dst, result);
}

void op_sar(struct emu *e)
{
    uint64_t value = sign_extend(get_for_update(e, &e->dst), e->dst.size), result = value;
    unsigned count = masked_count(e, &e->src);

    if (count > 0) {
        result = (int64_t)value >> count;
        shift_flags(e, result, (int64_t)value >> (count - 1) & 1, false);
    }
    put(e, &e->dst, result);
}

void op_rol(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), result = value;
    unsigned count = masked_count(e, &e->src), bits = 8 * e->dst.size, turn = count % bits;

    if (turn > 0)
        result = (value << turn | value >> (bits - turn)) & mask_of(e->dst.size);
    if (count > 0)
        rotate_flags(e, result & 1, sign_of(result, e->dst.size) != (result & 1));
    put(e, &e->dst, result);
}

void op_ror(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), result = value;
    unsigned count = masked_count(e, &e->src), bits = 8 * e->dst.size, turn = count % bits;

    if (turn > 0)
        result = (value >> turn | value << (bits - turn)) & mask_of(e->dst.size);
    if (count > 0) {
        bool top = sign_of(result, e->dst.size);

        rotate_flags(e, top, top != sign_of(result << 1, e->dst.size));
    }
    put(e, &e->dst, result);
}

/* One bit at a time through CF: at most 63 steps. */
void op_rcl(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst);
    unsigned count = masked_count(e, &e->src), turn = count % (8 * e->dst.size + 1);
    bool carry = e->s.rflags & FLAG_CF;

    for (unsigned i = 0; i < turn; i++) {
        bool out = sign_of(value, e->dst.size);

        value = (value << 1 | carry) & mask_of(e->dst.size);
        carry = out;
    }
    if (turn > 0)
        rotate_flags(e, carry, sign_of(value, e->dst.size) != carry);
    put(e, &e->dst, value);
}

void op_rcr(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst);
    unsigned count = masked_count(e, &e->src), turn = count % (8 * e->dst.size + 1);
    bool carry = e->s.rflags & FLAG_CF;

    for (unsigned i = 0; i < turn; i++) {
        bool out = value & 1;

        value = value >> 1 | (uint64_t)carry << (8 * e->dst.size - 1);
        carry = out;
    }
    if (turn > 0)
        rotate_flags(e, carry,
                     sign_of(value, e->dst.size) != sign_of(value << 1, e->dst.size));
    put(e, &e->dst, value);
}

/* Of 16-bit operands counts over 16 are undefined; the result is then that of shifting on. */
void op_shld(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), fill = get(e, &e->src), result = value;
    unsigned count = masked_count(e, &e->third), bits = 8 * e->dst.size;

    if (count > 0 && count <= bits) {
        result = count == bits ? fill : (value << count | fill >> (bits - count));
        result &= mask_of(e->dst.size);
        shift_flags(e, result, value >> (bits - count) & 1,
                    sign_of(result ^ value, e->dst.size));
    } else if (count > bits) {
        result = (fill << (count - bits) | value >> (2 * bits - count)) & mask_of(e->dst.size);
        shift_flags(e, result, fill >> (2 * bits - count) & 1, false);
    }
    put(e, &e->dst, result);
}

void op_shrd(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), fill = get(e, &e->src), result = value;
    unsigned count = masked_count(e, &e->third), bits = 8 * e->dst.size;

    if (count > 0 && count <= bits) {
        result = count == bits ? fill : (value >> count | fill << (bits - count));
        result &= mask_of(e->dst.size);
        shift_flags(e, result, value >> (count - 1) & 1, sign_of(result ^ value, e->dst.size));
    } else if (count > bits) {
        result = (fill >> (count - bits) | value << (2 * bits - count)) & mask_of(e->dst.size);
        shift_flags(e, result, fill >> (count - bits - 1) & 1, false);
    }
    put(e, &e->dst, result);
}
