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

static void deliver_to_task(struct emu *e, unsigned vector)
{
    uint64_t event = e->io->event;
    uint32_t error = event >> 32;
    bool exception = (event >> 8 & 7) == WEIR_EMU_V_EXCEPTION;
    bool fault = exception && vector != DB && vector != BP && vector != OF && vector != DF && vector != MC;

    e->s.rflags |= fault ? FLAG_RF : e->io->state.rflags & FLAG_RF; /* as the old task's TSS shows it */
    e->external = 1;
    if (!interrupt_to_task(e, vector, false, event & WEIR_EMU_V_ERROR ? &error : NULL))
        stop(e, WEIR_EMU_UNSUPPORTED);
}

static void deliver(struct emu *e)
{
    const struct weir_emu_segment *idtr = &e->s.segment[IDTR];
    unsigned vector = e->io->event & 0xff;

    e->next_rip = e->s.rip;
    if (real_mode(e))
        interrupt_through_ivt(e, idtr->base, idtr->limit, vector, e->s.rip);
    else
        deliver_to_task(e, vector);
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
    if (e->effects & WEIR_EMU_E_RAISE) {
        e->io->vector = e->late_vector;
        e->io->has_error = e->late_has_error;
        e->io->error = e->late_error;
    }
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
