/* SPDX-License-Identifier: BSD-2-Clause */
/* XCHG, XADD, CMPXCHG, CMPXCHG8B and 16B. */
#include "emu.h"

/* With memory it is locked with or without the prefix: AMD APM vol. 3, XCHG. */
void op_xchg(struct emu *e)
{
    uint64_t a, b;

    if (e->dst.kind == OPERAND_MEM)
        e->prefixes |= PREFIX_LOCK;
    a = get_for_update(e, &e->dst);
    b = get(e, &e->src);
    put(e, &e->src, a);
    put(e, &e->dst, b);
}

void op_xadd(struct emu *e)
{
    uint64_t old = get_for_update(e, &e->dst), add = get(e, &e->src);
    uint64_t sum = alu_add(e, old, add, false, e->dst.size);

    put(e, &e->src, old);
    put(e, &e->dst, sum);
}

/* A comparison that fails writes the old value back: the bus sees a write either way. */
void op_cmpxchg(struct emu *e)
{
    unsigned size = e->dst.size;
    uint64_t old = get_for_update(e, &e->dst), expected = get_register(e, RAX, size);

    alu_sub(e, expected, old, false, size);
    if (old == expected) {
        put(e, &e->dst, get(e, &e->src));
        return;
    }
    if (e->dst.kind == OPERAND_MEM)
        put(e, &e->dst, old);
    put_register(e, RAX, size, old);
}

/* Two registers of "half" bytes side by side. */
static void get_pair(const struct emu *e, unsigned low, unsigned high, unsigned half,
                     uint64_t pair[2])
{
    pair[0] = get_register(e, low, half);
    pair[1] = get_register(e, high, half);
    if (half == 4) {
        pair[0] |= pair[1] << 32;
        pair[1] = 0;
    }
}

static void put_pair(struct emu *e, unsigned half, const uint64_t pair[2])
{
    put_register(e, RAX, half, pair[0]);
    put_register(e, RDX, half, half == 4 ? pair[0] >> 32 : pair[1]);
}

static struct weir_emu_access wide_access(struct emu *e, unsigned size)
{
    struct weir_emu_access want = { .kind = WEIR_EMU_READ, .size = size, .cpl = e->s.cpl,
                                    .flags = WEIR_EMU_F_WRITE, .count = 1 };

    if (e->prefixes & PREFIX_LOCK)
        want.flags |= WEIR_EMU_F_LOCKED;
    if (linear_address(e, e->dst.seg, e->dst.ea, size, true, &want.addr) && size == 16 &&
        (want.addr & 15))
        raise_error(e, GP, 0);
    return want;
}

void op_cmpxchg8b(struct emu *e)
{
    unsigned half = e->rex & REX_W ? 8 : 4;
    struct weir_emu_access want = wide_access(e, 2 * half);
    uint64_t expected[2], old[2], new[2];
    const struct weir_emu_access *done;

    want.pair = 0;
    e->dst.read = e->used;
    done = log_access(e, &want);
    if (done == NULL)
        return;
    old[0] = done->data[0];
    old[1] = half == 8 ? done->data[1] : 0;
    get_pair(e, RAX, RDX, half, expected);
    get_pair(e, RBX, RCX, half, new);
    want.kind = WEIR_EMU_WRITE;
    want.flags &= WEIR_EMU_F_LOCKED;
    want.pair = want.flags ? e->dst.read : 0;
    if (old[0] == expected[0] && old[1] == expected[1]) {
        want.data[0] = new[0];
        want.data[1] = new[1];
        set_flags(e, FLAG_ZF, FLAG_ZF);
    } else {
        want.data[0] = old[0];
        want.data[1] = old[1];
        set_flags(e, FLAG_ZF, 0);
        put_pair(e, half, old);
    }
    log_access(e, &want);
}
