/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Far JMP, CALL and RET, and LDS and its family. Call gates are unsupported, tasks are task.c's. AMD APM vol. 2, 4.11.
 */
#include "emu.h"

/* Real and virtual-8086 mode. */
static void jump_real(struct emu *e, uint16_t selector, uint64_t offset)
{
    load_real_segment(e, CS, selector);
    jump_near(e, offset);
}

/* The new CS is loaded: RIP against its limit, or canonical in a 64-bit segment. */
static void set_far_rip(struct emu *e, uint64_t offset)
{
    bool wide = long_mode(e) && (e->s.segment[CS].attributes & ATTR_L);

    offset &= mask_of(e->opsize);
    if (wide ? !canonical(e, offset) : offset > e->s.segment[CS].limit)
        raise_error(e, GP, 0);
    e->next_rip = offset;
}

/* What JMP, CALL, RET and IRET demand of a code segment; "cpl" is the privilege afterwards. */
bool check_code_segment(struct emu *e, const struct descriptor *d, unsigned cpl)
{
    unsigned type = descriptor_type(d), dpl = descriptor_dpl(d);
    uint32_t error = d->selector & ~3u;
    bool both = (d->low >> 53 & 3) == 3; /* L and D */

    if (!descriptor_is_segment(d) || !(type & ATTR_CODE) ||
        (type & ATTR_CONFORMING ? dpl > cpl : dpl != cpl) || (long_mode(e) && both))
        raise_error(e, GP, error);
    else if (!descriptor_present(d))
        raise_error(e, NP, error);
    return !e->stopped;
}

void enter_code_segment(struct emu *e, struct descriptor *d, unsigned cpl, uint64_t offset)
{
    cache_descriptor(e, CS, d, cpl);
    set_far_rip(e, offset);
}

/* JMP and CALL: false after an exception, for a gate, and when the task has been switched. */
static bool find_target(struct emu *e, uint16_t selector, struct descriptor *d, enum task_switch how)
{
    if ((selector & ~3u) == 0) {
        raise_error(e, GP, 0);
        return false;
    }
    if (!read_descriptor(e, selector, GP, d))
        return false;
    if (is_task(d)) {
        transfer_to_task(e, d, how);
        return false;
    }
    if (!descriptor_is_segment(d)) {
        stop(e, WEIR_EMU_UNSUPPORTED);
        return false;
    }
    if (!(descriptor_type(d) & ATTR_CONFORMING) && (selector & 3u) > e->s.cpl) {
        raise_error(e, GP, selector & ~3u);
        return false;
    }
    return check_code_segment(e, d, e->s.cpl);
}

/* Offset and selector, from the instruction or from memory. 64-bit offsets are Intel's only. */
static uint64_t far_pointer(struct emu *e, struct operand *o, uint16_t *selector)
{
    uint64_t offset;

    if (o->kind == OPERAND_IMM) {
        *selector = e->selector;
        return o->imm & mask_of(e->opsize);
    }
    if (e->opsize == 8)
        stop(e, WEIR_EMU_UNSUPPORTED);
    offset = read_memory(e, o->seg, o->ea, e->opsize);
    *selector = read_memory(e, o->seg, o->ea + e->opsize, 2);
    return offset;
}

void op_jmp_far(struct emu *e)
{
    struct descriptor d;
    uint16_t selector;
    uint64_t offset = far_pointer(e, &e->dst, &selector);

    if (e->stopped)
        return;
    if (!protected_mode(e))
        jump_real(e, selector, offset);
    else if (find_target(e, selector, &d, TASK_JMP))
        enter_code_segment(e, &d, e->s.cpl, offset);
}

/* The return address goes on the stack while the old code segment's width still counts. */
void op_call_far(struct emu *e)
{
    uint16_t selector, old_cs = e->s.segment[CS].selector;
    uint64_t back = e->next_rip, offset = far_pointer(e, &e->dst, &selector);
    struct descriptor d;

    if (e->stopped)
        return;
    if (protected_mode(e) && !find_target(e, selector, &d, TASK_CALL))
        return;
    push(e, e->opsize, old_cs);
    push(e, e->opsize, back);
    if (!protected_mode(e))
        jump_real(e, selector, offset);
    else
        enter_code_segment(e, &d, e->s.cpl, offset);
}

/* Data segments that the outer level may not use become null: APM vol. 2, 4.11.5. */
static void drop_inner_segments(struct emu *e)
{
    for (unsigned i = ES; i <= GS; i++) {
        const struct weir_emu_segment *s = &e->s.segment[i];
        bool conforming = (s->attributes & (ATTR_CODE | ATTR_CONFORMING)) ==
                          (ATTR_CODE | ATTR_CONFORMING);

        if (i == CS || i == SS || conforming || ATTR_DPL(s->attributes) >= e->s.cpl)
            continue;
        load_null_segment(e, i, 0);
    }
}

/* The rest of a return to an outer level: its stack, its privilege. */
void return_outward(struct emu *e, unsigned cpl, uint64_t rsp, uint16_t ss)
{
    bool wide = long_mode(e) && (e->s.segment[CS].attributes & ATTR_L);

    load_stack_segment(e, ss, cpl);
    e->s.cpl = cpl;
    if (wide)
        e->s.gpr[RSP] = rsp;
    else
        put_register(e, RSP, e->s.segment[SS].attributes & ATTR_DB ? 4 : 2, rsp);
    drop_inner_segments(e);
    e->effects |= WEIR_EMU_E_SEGMENTS;
}

bool read_return_segment(struct emu *e, uint16_t selector, struct descriptor *d)
{
    unsigned rpl = selector & 3;

    if ((selector & ~3u) == 0 || rpl < e->s.cpl) {
        raise_error(e, GP, selector & ~3u);
        return false;
    }
    return read_descriptor(e, selector, GP, d) && check_code_segment(e, d, rpl);
}

static void return_protected(struct emu *e, uint64_t offset, uint16_t selector, uint64_t release)
{
    unsigned rpl = selector & 3, width = stack_width(e);
    struct descriptor d;
    uint64_t rsp = 0;
    uint16_t ss = 0;

    if (e->stopped || !read_return_segment(e, selector, &d))
        return;
    put_register(e, RSP, width, e->s.gpr[RSP] + release);
    if (rpl > e->s.cpl) {
        rsp = pop(e, e->opsize);
        ss = pop(e, e->opsize);
    }
    enter_code_segment(e, &d, rpl, offset);
    if (rpl > e->s.cpl)
        return_outward(e, rpl, rsp + release, ss);
}

void op_retf(struct emu *e)
{
    uint64_t offset = pop(e, e->opsize), release = get(e, &e->dst);
    uint16_t selector = pop(e, e->opsize);

    if (protected_mode(e)) {
        return_protected(e, offset, selector, release);
        return;
    }
    put_register(e, RSP, stack_width(e), e->s.gpr[RSP] + release);
    jump_real(e, selector, offset);
}

/* LES, LDS, LSS, LFS, LGS. */
void op_load_far(struct emu *e)
{
    static const uint8_t segments[8] = { ES, DS, SS, 0, FS, GS }; /* C4, C5; 0F B2, B4, B5 */
    uint16_t selector;
    uint64_t offset = far_pointer(e, &e->src, &selector);

    load_segment(e, segments[e->map ? e->opcode & 7 : e->opcode & 1], selector);
    put(e, &e->dst, offset);
}
