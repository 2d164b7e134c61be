/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * String instructions. One call does one iteration, so that rCX, rSI and rDI are exact whenever the
 * kernel looks; WEIR_EMU_E_REPEAT says that there is more. INS, OUTS and STOS, of which an element
 * is either port or memory, may do a chunk of elements where the kernel asks for it.
 */
#include <string.h>

#include "emu.h"

static bool repeats(const struct emu *e)
{
    return e->prefixes & (PREFIX_REP | PREFIX_REPNE);
}

static uint64_t count(const struct emu *e)
{
    return get_register(e, RCX, e->addrsize);
}

static bool nothing_to_do(const struct emu *e)
{
    return repeats(e) && count(e) == 0;
}

/* The low bit of the opcode: bytes, or the operand size. */
static unsigned element_size(const struct emu *e)
{
    return e->opcode & 1 ? e->opsize : 1;
}

static unsigned source_segment(const struct emu *e)
{
    return e->override >= 0 ? e->override : DS;
}

static uint64_t index_of(const struct emu *e, unsigned reg)
{
    return get_register(e, reg, e->addrsize);
}

static void advance(struct emu *e, unsigned reg, uint64_t bytes)
{
    put_register(e, reg, e->addrsize,
                 e->s.gpr[reg] + (e->s.rflags & FLAG_DF ? 0 - bytes : bytes));
}

/* "elements" are done; CMPS and SCAS may have found what they looked for. */
static void finish(struct emu *e, unsigned elements, bool found)
{
    if (!repeats(e))
        return;
    put_register(e, RCX, e->addrsize, e->s.gpr[RCX] - elements);
    if (count(e) != 0 && !found)
        e->effects |= WEIR_EMU_E_REPEAT;
}

void op_movs(struct emu *e)
{
    unsigned size = element_size(e);

    if (nothing_to_do(e))
        return;
    write_memory(e, ES, index_of(e, RDI), size,
                 read_memory(e, source_segment(e), index_of(e, RSI), size));
    advance(e, RSI, size);
    advance(e, RDI, size);
    finish(e, 1, false);
}

void op_lods(struct emu *e)
{
    unsigned size = element_size(e);

    if (nothing_to_do(e))
        return;
    put_register(e, RAX, size, read_memory(e, source_segment(e), index_of(e, RSI), size));
    advance(e, RSI, size);
    finish(e, 1, false);
}

/* REPE (F3) ends at a difference, REPNE (F2) at a match. */
static bool search_over(const struct emu *e)
{
    bool equal = e->s.rflags & FLAG_ZF;

    return equal == !!(e->prefixes & PREFIX_REPNE);
}

void op_cmps(struct emu *e)
{
    unsigned size = element_size(e);
    uint64_t a, b;

    if (nothing_to_do(e))
        return;
    a = read_memory(e, source_segment(e), index_of(e, RSI), size);
    b = read_memory(e, ES, index_of(e, RDI), size);
    alu_sub(e, a, b, false, size);
    advance(e, RSI, size);
    advance(e, RDI, size);
    finish(e, 1, search_over(e));
}

void op_scas(struct emu *e)
{
    unsigned size = element_size(e);

    if (nothing_to_do(e))
        return;
    alu_sub(e, get_register(e, RAX, size), read_memory(e, ES, index_of(e, RDI), size), false,
            size);
    advance(e, RDI, size);
    finish(e, 1, search_over(e));
}

/*
 * Elements that one access may move at seg:ea: forwards, within the kernel's wish, the chunk
 * buffer, one page, the address size and the segment. 1 where chunks are not to be had.
 */
static unsigned chunk_elements(struct emu *e, unsigned seg, uint64_t ea, unsigned size)
{
    uint64_t n = e->io->max_chunk, linear, left;

    if (!repeats(e) || (e->s.rflags & FLAG_DF) || n < 2 ||
        !linear_address(e, seg, ea, size, false, &linear))
        return 1;
    if (n > WEIR_EMU_CHUNK / size)
        n = WEIR_EMU_CHUNK / size;
    if (n > count(e))
        n = count(e);
    left = (4096 - (linear & 4095)) / size;
    if (n > left)
        n = left;
    while (n > 1 && !segment_holds(e, seg, ea, n * size))
        n /= 2;
    return n > 0 ? n : 1;
}

static struct weir_emu_access *chunk(struct emu *e, unsigned kind, uint64_t addr, unsigned size,
                                     unsigned n)
{
    struct weir_emu_access want = { .addr = addr, .kind = kind, .size = size, .cpl = e->s.cpl,
                                    .flags = n > 1 ? WEIR_EMU_F_CHUNK : 0, .count = n };

    if (kind == WEIR_EMU_PROBE)
        want.flags |= WEIR_EMU_F_WRITE;
    return log_access(e, &want);
}

void op_stos(struct emu *e)
{
    unsigned size = element_size(e), n;
    uint64_t ea = index_of(e, RDI), linear;

    if (nothing_to_do(e))
        return;
    n = chunk_elements(e, ES, ea, size);
    if (n == 1) {
        write_memory(e, ES, ea, size, e->s.gpr[RAX]);
    } else if (linear_address(e, ES, ea, size * n, true, &linear)) {
        for (unsigned i = 0; i < n; i++)
            memcpy(e->io->chunk + i * size, &e->s.gpr[RAX], size);
        chunk(e, WEIR_EMU_WRITE, linear, size, n);
    }
    advance(e, RDI, (uint64_t)size * n);
    finish(e, n, false);
}

/* The memory is probed first: a port must not be read for data that has no place to go. */
void op_ins(struct emu *e)
{
    unsigned size = element_size(e), n;
    uint64_t ea = index_of(e, RDI), linear;
    uint16_t port = e->s.gpr[RDX];

    if (size == 8)
        size = 4;
    if (!port_allowed(e, port, size) || nothing_to_do(e))
        return;
    n = chunk_elements(e, ES, ea, size);
    if (n == 1) {
        probe_for_write(e, ES, ea, size);
        write_memory(e, ES, ea, size, read_port(e, port, size));
    } else if (linear_address(e, ES, ea, size * n, true, &linear)) {
        chunk(e, WEIR_EMU_PROBE, linear, size, n);
        chunk(e, WEIR_EMU_IN, port, size, n);
        chunk(e, WEIR_EMU_WRITE, linear, size, n);
    }
    advance(e, RDI, (uint64_t)size * n);
    finish(e, n, false);
}

void op_outs(struct emu *e)
{
    unsigned size = element_size(e), seg = source_segment(e), n;
    uint64_t ea = index_of(e, RSI), linear;
    uint16_t port = e->s.gpr[RDX];

    if (size == 8)
        size = 4;
    if (!port_allowed(e, port, size) || nothing_to_do(e))
        return;
    n = chunk_elements(e, seg, ea, size);
    if (n == 1) {
        write_port(e, port, size, read_memory(e, seg, ea, size));
    } else if (linear_address(e, seg, ea, size * n, false, &linear)) {
        chunk(e, WEIR_EMU_READ, linear, size, n);
        chunk(e, WEIR_EMU_OUT, port, size, n);
    }
    advance(e, RSI, (uint64_t)size * n);
    finish(e, n, false);
}
