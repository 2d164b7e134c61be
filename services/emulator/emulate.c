/* SPDX-License-Identifier: BSD-2-Clause */
/* One call: see weir/emulate.h. */
#include "emu.h"

/* CPL and code width follow from the rest of the state; the caller's idea of them may be stale. */
static void settle_mode(struct emu *e)
{
    uint16_t cs = e->s.segment[CS].attributes;

    e->s.cpl = real_mode(e) ? 0 : v86_mode(e) ? 3 : e->s.cpl & 3;
    if (long_mode(e) && (cs & ATTR_L))
        e->width = 8;
    else
        e->width = (cs & ATTR_DB) && !v86_mode(e) ? 4 : 2;
    if (e->width != 8)
        e->s.rip = (uint32_t)e->s.rip;
}

static void deliver(struct emu *e)
{
    const struct weir_emu_segment *idtr = &e->s.segment[IDTR];

    if (real_mode(e))
        interrupt_through_ivt(e, idtr->base, idtr->limit, e->io->vector, e->s.rip);
    else
        stop(e, WEIR_EMU_UNSUPPORTED);
}

static void execute(struct emu *e)
{
    bool stepping = e->s.rflags & FLAG_TF;

    decode(e);
    if (e->stopped)
        return;
    e->op->run(e);
    if (stepping && !e->no_trap)
        e->effects |= WEIR_EMU_E_STEP;
}

/* The only place where the state changes. */
static void commit(struct emu *e)
{
    if (e->stopped)
        return;
    if (e->used != e->io->log_count) {
        stop(e, WEIR_EMU_RESTART);
        return;
    }
    if (!(e->effects & WEIR_EMU_E_REPEAT))
        e->s.rip = e->next_rip;
    e->io->state = e->s;
    e->io->effects = e->effects;
    stop(e, WEIR_EMU_DONE);
}

void weir_emulate(struct weir_emulation *io)
{
    struct emu e = { .io = io, .s = io->state, .override = -1 };
    uint64_t resume = io->state.rflags & FLAG_RF;

    io->length = 0;
    io->has_error = 0;
    io->error = 0;
    io->effects = 0;
    io->linear = 0;
    e.s.shadow = 0;
    e.s.rflags = (e.s.rflags & ~(uint64_t)FLAG_RF) | FLAG_1;
    settle_mode(&e);
    if (io->log_count > WEIR_EMU_LOG || io->code_length > WEIR_EMU_CODE)
        stop(&e, WEIR_EMU_RESTART);
    else if (io->request == WEIR_EMU_DELIVER)
        deliver(&e);
    else if (io->request == WEIR_EMU_EXECUTE)
        execute(&e);
    else
        stop(&e, WEIR_EMU_UNSUPPORTED);
    if (e.effects & WEIR_EMU_E_REPEAT)
        e.s.rflags |= resume; /* RF stays until the instruction is complete */
    commit(&e);
}
