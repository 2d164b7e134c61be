/* SPDX-License-Identifier: BSD-2-Clause */
/* From bytes to an opcode table entry: AMD APM vol. 3, chapter 1. */
#include "emu.h"

/* Checks each byte as the CPU's fetch would: length, code segment limit, canonical RIP. */
static uint8_t fetch(struct emu *e)
{
    uint64_t at = e->s.rip + e->length;

    if (e->stopped)
        return 0;
    if (e->length >= WEIR_EMU_CODE || (e->width == 8 && !canonical(e, at)) ||
        (e->width != 8 && at > e->s.segment[CS].limit)) {
        raise_error(e, GP, 0);
        return 0;
    }
    if (e->length >= e->io->code_length) {
        stop(e, WEIR_EMU_FETCH);
        return 0;
    }
    return e->io->code[e->length++];
}

/* Little-endian; 0 if the call is over. */
uint64_t fetch_value(struct emu *e, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)fetch(e) << (8 * i);
    return value;
}

/* In 64-bit mode only FS and GS count: AMD APM vol. 3, 1.2.4. */
static void segment_prefix(struct emu *e, int seg)
{
    if (e->width != 8 || seg == FS || seg == GS)
        e->override = seg;
}

static bool legacy_prefix(struct emu *e, uint8_t byte)
{
    switch (byte) {
    case 0x26: segment_prefix(e, ES); return true;
    case 0x2e: segment_prefix(e, CS); return true;
    case 0x36: segment_prefix(e, SS); return true;
    case 0x3e: segment_prefix(e, DS); return true;
    case 0x64: segment_prefix(e, FS); return true;
    case 0x65: segment_prefix(e, GS); return true;
    case 0x66: e->prefixes |= PREFIX_OPSIZE; return true;
    case 0x67: e->prefixes |= PREFIX_ADDRSIZE; return true;
    case 0xf0: e->prefixes |= PREFIX_LOCK; return true;
    case 0xf2: e->prefixes |= PREFIX_REPNE; return true;
    case 0xf3: e->prefixes |= PREFIX_REP; return true;
    default: return false;
    }
}

/* Leaves the first opcode byte in e->opcode. A REX counts only right before it: 1.2.7. */
static void fetch_prefixes(struct emu *e)
{
    while (!e->stopped) {
        e->opcode = fetch(e);
        if (e->width == 8 && (e->opcode & 0xf0) == 0x40)
            e->rex = e->opcode;
        else if (legacy_prefix(e, e->opcode))
            e->rex = 0;
        else
            return;
    }
}

static bool form_has_modrm(uint8_t form)
{
    return form >= Eb && form <= Sw;
}

static bool needs_modrm(const struct opcode *op)
{
    return op->group != NULL || form_has_modrm(op->dst) || form_has_modrm(op->src);
}

/* VEX, EVEX and XOP share opcodes with instructions that exist only outside 64-bit mode. */
static bool is_vector_prefix(const struct emu *e)
{
    if (e->map != 0 || (e->opcode != 0x62 && e->opcode != 0xc4 && e->opcode != 0xc5))
        return false;
    return e->width == 8 || e->mod == 3;
}

static void find_opcode(struct emu *e)
{
    static const struct opcode movsxd = { op_movsx, 0, Gv, Ed, NONE, NULL };
    const struct opcode *op;

    fetch_prefixes(e);
    if (e->opcode == 0x0f) {
        e->map = 1;
        e->opcode = fetch(e);
    }
    op = e->map ? &two_byte_opcodes[e->opcode] : &one_byte_opcodes[e->opcode];
    if (e->width == 8 && e->map == 0 && e->opcode == 0x63)
        op = &movsxd;
    if (needs_modrm(op)) {
        uint8_t modrm = fetch(e);

        e->mod = modrm >> 6;
        e->reg = modrm >> 3 & 7;
        e->rm = modrm & 7;
    }
    if (op->group != NULL)
        op = &op->group[e->reg];
    e->op = op;
    if (op->run == NULL || is_vector_prefix(e))
        stop(e, WEIR_EMU_UNSUPPORTED);
    else if ((op->flags & ONLY32) && e->width == 8)
        raise(e, UD);
}

static void set_sizes(struct emu *e)
{
    bool opsize = e->prefixes & PREFIX_OPSIZE, addrsize = e->prefixes & PREFIX_ADDRSIZE;

    if (e->width != 8) {
        e->opsize = (e->width == 4) != opsize ? 4 : 2;
        e->addrsize = (e->width == 4) != addrsize ? 4 : 2;
        return;
    }
    e->addrsize = addrsize ? 4 : 8;
    if ((e->op->flags & BRANCH) && opsize)
        stop(e, WEIR_EMU_UNSUPPORTED); /* AMD cuts RIP to 16 bits, Intel ignores it */
    if ((e->rex & REX_W) || (e->op->flags & BRANCH))
        e->opsize = 8;
    else if (opsize)
        e->opsize = 2;
    else
        e->opsize = e->op->flags & DEFAULT64 ? 8 : 4;
}

static bool is_modrm_memory(const struct opcode *op, const struct operand *o)
{
    bool offset = op->dst == Ob || op->dst == Ov || op->src == Ob || op->src == Ov;

    return o->kind == OPERAND_MEM && !offset;
}

/* Everything up to the last byte; what is left is to run e->op. */
void decode(struct emu *e)
{
    find_opcode(e);
    if (e->stopped)
        return;
    set_sizes(e);
    decode_operand(e, &e->dst, e->op->dst);
    decode_operand(e, &e->src, e->op->src);
    decode_operand(e, &e->third, e->op->third);
    if (e->stopped)
        return;
    e->next_rip = e->s.rip + e->length;
    if (e->width != 8)
        e->next_rip = (uint32_t)e->next_rip;
    if (is_modrm_memory(e->op, &e->dst))
        resolve_memory(e, &e->dst);
    if (is_modrm_memory(e->op, &e->src))
        resolve_memory(e, &e->src);
    e->io->length = e->length;
    if ((e->prefixes & PREFIX_LOCK) &&
        !((e->op->flags & LOCKABLE) && e->dst.kind == OPERAND_MEM))
        raise(e, UD);
    else if ((e->op->flags & PROTECTED) && !protected_mode(e))
        raise(e, UD);
    else if ((e->op->flags & CPL0) && e->s.cpl != 0)
        raise_error(e, GP, 0);
}
