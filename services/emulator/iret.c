/* SPDX-License-Identifier: BSD-2-Clause */
/* IRET in every mode: AMD APM vol. 3, IRET. */
#include "emu.h"

enum { POPPED = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID | FLAG_RF };

static void set_popped_flags(struct emu *e, uint64_t mask, uint64_t value)
{
    if (e->opsize == 2)
        mask &= 0xffff;
    set_flags(e, mask, value);
}

static void iret_real(struct emu *e)
{
    uint64_t offset = pop(e, e->opsize), selector = pop(e, e->opsize), flags = pop(e, e->opsize);

    load_real_segment(e, CS, selector);
    jump_near(e, offset);
    set_popped_flags(e, POPPED | FLAG_IF | FLAG_IOPL, flags);
}

/* With IOPL < 3 only a 16-bit IRET under VME: IF is VIF. */
static void iret_v86(struct emu *e)
{
    uint64_t offset, selector, flags;

    if (iopl(e) < 3 && (!(e->s.cr4 & CR4_VME) || e->opsize != 2)) {
        raise_error(e, GP, 0);
        return;
    }
    offset = pop(e, e->opsize);
    selector = pop(e, e->opsize);
    flags = pop(e, e->opsize);
    if (iopl(e) < 3) {
        if ((flags & FLAG_TF) || ((flags & FLAG_IF) && (e->s.rflags & FLAG_VIP))) {
            raise_error(e, GP, 0);
            return;
        }
        set_flags(e, FLAG_VIF, flags & FLAG_IF ? FLAG_VIF : 0);
        set_popped_flags(e, POPPED, flags);
    } else {
        set_popped_flags(e, POPPED | FLAG_IF, flags);
    }
    load_real_segment(e, CS, selector);
    jump_near(e, offset);
}

/* From CPL 0 with VM in the flags on the stack; six more words are above them. */
static void return_to_v86(struct emu *e, uint64_t offset, uint16_t cs, uint64_t flags)
{
    static const uint8_t order[] = { SS, ES, DS, FS, GS };
    uint64_t rsp = pop(e, 4);
    uint16_t selectors[5];

    for (unsigned i = 0; i < 5; i++)
        selectors[i] = pop(e, 4);
    set_flags(e, POPPED | FLAG_IF | FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP, flags);
    e->s.cpl = 3;
    load_real_segment(e, CS, cs);
    for (unsigned i = 0; i < 5; i++)
        load_real_segment(e, order[i], selectors[i]);
    e->s.gpr[RSP] = rsp;
    if (offset > 0xffff)
        raise_error(e, GP, 0);
    e->next_rip = offset;
}

static uint64_t flags_mask(const struct emu *e)
{
    uint64_t mask = POPPED;

    if (e->s.cpl == 0)
        mask |= FLAG_IOPL | FLAG_VIF | FLAG_VIP;
    if (e->s.cpl <= iopl(e))
        mask |= FLAG_IF;
    return mask;
}

static void iret_protected(struct emu *e)
{
    uint64_t offset = pop(e, e->opsize), rsp = 0, mask = flags_mask(e), flags;
    uint16_t selector = pop(e, e->opsize), ss = 0;
    unsigned rpl = selector & 3;
    struct descriptor d;
    bool outer;

    flags = pop(e, e->opsize);
    if ((flags & FLAG_VM) && e->opsize == 4 && e->s.cpl == 0 && !long_mode(e)) {
        return_to_v86(e, offset, selector, flags);
        return;
    }
    if (e->stopped || !read_return_segment(e, selector, &d))
        return;
    outer = rpl > e->s.cpl || e->width == 8; /* 64-bit mode always has SS:RSP on the stack */
    if (outer) {
        rsp = pop(e, e->opsize);
        ss = pop(e, e->opsize);
    }
    enter_code_segment(e, &d, rpl, offset);
    if (outer)
        return_outward(e, rpl, rsp, ss);
    set_popped_flags(e, mask, flags);
}

void op_iret(struct emu *e)
{
    if (real_mode(e))
        iret_real(e);
    else if (v86_mode(e))
        iret_v86(e);
    else if (!(e->s.rflags & FLAG_NT))
        iret_protected(e);
    else if (long_mode(e))
        raise_error(e, GP, 0);
    else
        return_to_task(e);
    e->effects |= WEIR_EMU_E_IRET;
}
