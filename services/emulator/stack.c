/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack: AMD APM vol. 2, 4.7.3 (its width), vol. 3 (the instructions). */
#include "emu.h"

unsigned stack_width(const struct emu *e)
{
    if (e->width == 8)
        return 8;
    return e->s.segment[SS].attributes & ATTR_DB ? 4 : 2;
}

static void adjust_stack(struct emu *e, uint64_t bytes)
{
    unsigned width = stack_width(e);

    put_register(e, RSP, width, e->s.gpr[RSP] + bytes);
}

void push(struct emu *e, unsigned size, uint64_t value)
{
    uint64_t top = (e->s.gpr[RSP] - size) & mask_of(stack_width(e));

    write_memory(e, SS, top, size, value);
    adjust_stack(e, -(uint64_t)size);
}

uint64_t pop(struct emu *e, unsigned size)
{
    uint64_t value = read_memory(e, SS, get_register(e, RSP, stack_width(e)), size);

    adjust_stack(e, size);
    return value;
}

void op_push(struct emu *e)
{
    push(e, e->opsize, get(e, &e->dst));
}

/* An address with rSP in it is computed after rSP has been incremented: APM vol. 3, POP. */
void op_pop(struct emu *e)
{
    uint64_t value = pop(e, e->opsize);

    if (e->dst.kind == OPERAND_MEM)
        resolve_memory(e, &e->dst);
    put(e, &e->dst, value);
}

/* ES to DS are in bits 3-4 of the opcode, FS and GS in bit 3 of the two-byte one. */
static unsigned segment_of_opcode(const struct emu *e)
{
    return e->map ? FS + (e->opcode >> 3 & 1) : e->opcode >> 3 & 3;
}

void op_push_seg(struct emu *e)
{
    push(e, e->opsize, e->s.segment[segment_of_opcode(e)].selector);
}

void op_pop_seg(struct emu *e)
{
    unsigned seg = segment_of_opcode(e);
    uint16_t selector = pop(e, e->opsize);

    load_segment(e, seg, selector);
    if (seg == SS)
        hold_off_interrupts(e);
}

void op_pusha(struct emu *e)
{
    uint64_t old = e->s.gpr[RSP];

    for (unsigned reg = RAX; reg <= RDI; reg++)
        push(e, e->opsize, reg == RSP ? old : e->s.gpr[reg]);
}

void op_popa(struct emu *e)
{
    for (unsigned reg = RDI + 1; reg-- > RAX;) {
        uint64_t value = pop(e, e->opsize);

        if (reg != RSP)
            put_register(e, reg, e->opsize, value);
    }
}

/* Copies the frame pointers of the enclosing levels; ends with a test that the new top of stack
 * can be written (APM vol. 3, ENTER). */
void op_enter(struct emu *e)
{
    unsigned width = stack_width(e), level = get(e, &e->src) & 31;
    uint64_t frame, from = e->s.gpr[RBP], top;
    struct weir_emu_access probe = { .kind = WEIR_EMU_PROBE, .size = e->opsize,
                                     .flags = WEIR_EMU_F_WRITE, .cpl = e->s.cpl, .count = 1 };

    push(e, e->opsize, e->s.gpr[RBP]);
    frame = e->s.gpr[RSP];
    for (unsigned i = 1; i < level; i++) {
        from -= e->opsize;
        push(e, e->opsize, read_memory(e, SS, from & mask_of(width), e->opsize));
    }
    if (level > 0)
        push(e, e->opsize, frame);
    put_register(e, RBP, e->opsize, frame);
    adjust_stack(e, -get(e, &e->dst));
    top = get_register(e, RSP, width);
    if (linear_address(e, SS, top, e->opsize, true, &probe.addr))
        log_access(e, &probe);
}

void op_leave(struct emu *e)
{
    unsigned width = stack_width(e);

    put_register(e, RSP, width, e->s.gpr[RBP]);
    put_register(e, RBP, e->opsize, pop(e, e->opsize));
}
