/* SPDX-License-Identifier: BSD-2-Clause */
/* Bit tests and scans, POPCNT, BSWAP. */
#include "emu.h"

/*
 * The bit that a BT-family instruction means. A register offset may lie outside the operand: in
 * memory, the word that holds the bit is used then (AMD APM vol. 3, BT).
 */
static unsigned find_bit(struct emu *e)
{
    unsigned bits = 8 * e->dst.size;
    int64_t offset = sign_extend(get(e, &e->src), e->src.size);

    if (e->dst.kind == OPERAND_MEM && e->src.kind == OPERAND_REG) {
        int64_t words = offset >> (e->dst.size == 8 ? 6 : e->dst.size == 4 ? 5 : 4);

        e->dst.ea = (e->dst.ea + (uint64_t)words * e->dst.size) & mask_of(e->addrsize);
    }
    return offset & (bits - 1);
}

/* Only CF is defined, ZF stays by definition. */
static void bit_to_carry(struct emu *e, uint64_t value, unsigned bit)
{
    set_flags(e, FLAG_CF, value >> bit & 1 ? FLAG_CF : 0);
}

void op_bt(struct emu *e)
{
    unsigned bit = find_bit(e);

    bit_to_carry(e, get(e, &e->dst), bit);
}

void op_bts(struct emu *e)
{
    unsigned bit = find_bit(e);
    uint64_t value = get_for_update(e, &e->dst);

    bit_to_carry(e, value, bit);
    put(e, &e->dst, value | 1ull << bit);
}

void op_btr(struct emu *e)
{
    unsigned bit = find_bit(e);
    uint64_t value = get_for_update(e, &e->dst);

    bit_to_carry(e, value, bit);
    put(e, &e->dst, value & ~(1ull << bit));
}

void op_btc(struct emu *e)
{
    unsigned bit = find_bit(e);
    uint64_t value = get_for_update(e, &e->dst);

    bit_to_carry(e, value, bit);
    put(e, &e->dst, value ^ 1ull << bit);
}

/* A source of 0 leaves the destination alone. With F3 these are TZCNT and LZCNT, or not, depending
 * on CPUID: not ours. */
static bool scan_source(struct emu *e, uint64_t *value)
{
    if (e->prefixes & PREFIX_REP) {
        stop(e, WEIR_EMU_UNSUPPORTED);
        return false;
    }
    *value = get(e, &e->src);
    set_flags(e, FLAG_ZF, *value == 0 ? FLAG_ZF : 0);
    return *value != 0;
}

void op_bsf(struct emu *e)
{
    uint64_t value;

    if (scan_source(e, &value))
        put(e, &e->dst, __builtin_ctzll(value));
}

void op_bsr(struct emu *e)
{
    uint64_t value;

    if (scan_source(e, &value))
        put(e, &e->dst, 63 - __builtin_clzll(value));
}

void op_popcnt(struct emu *e)
{
    uint64_t value, count = 0;

    if (!(e->prefixes & PREFIX_REP)) { /* JMPE of another architecture */
        raise(e, UD);
        return;
    }
    for (value = get(e, &e->src); value != 0; value &= value - 1)
        count++;
    set_flags(e, FLAGS_ARITHMETIC, count == 0 ? FLAG_ZF : 0);
    put(e, &e->dst, count);
}

/* Of 16 bits the result is undefined; CPUs clear the register. */
void op_bswap(struct emu *e)
{
    uint64_t value = get(e, &e->dst);

    if (e->dst.size == 8)
        value = __builtin_bswap64(value);
    else
        value = e->dst.size == 4 ? __builtin_bswap32((uint32_t)value) : 0;
    put(e, &e->dst, value);
}
