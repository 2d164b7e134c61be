/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts through the real-mode vector table, and the instructions that cause them. */
#include "emu.h"

/* AMD APM vol. 2, 8.6: a vector table of 4-byte far pointers; FLAGS, CS and IP on the stack. */
void interrupt_through_ivt(struct emu *e, uint64_t table, uint32_t limit, unsigned vector,
                           uint64_t return_rip)
{
    uint64_t entry, flags = e->s.rflags;

    if (4 * vector + 3 > limit) {
        raise_error(e, GP, 8 * vector + 2);
        return;
    }
    entry = read_system(e, table + 4 * vector, 4);
    if (v86_mode(e) && iopl(e) < 3) { /* VME: the guest sees VIF as its IF */
        flags |= FLAG_IOPL;
        flags = flags & FLAG_VIF ? flags | FLAG_IF : flags & ~(uint64_t)FLAG_IF;
        set_flags(e, FLAG_VIF | FLAG_TF, 0);
    } else {
        set_flags(e, FLAG_IF | FLAG_TF | (real_mode(e) ? FLAG_AC : 0), 0);
    }
    push(e, 2, flags);
    push(e, 2, e->s.segment[CS].selector);
    push(e, 2, return_rip);
    load_real_segment(e, CS, entry >> 16);
    e->no_trap = true; /* TF was cleared on the way */
    e->next_rip = entry & 0xffff;
    if (e->next_rip > e->s.segment[CS].limit)
        raise_error(e, GP, 0);
}

/* Where it is no task gate, the CPU checks the gate and switches stacks better than anyone. */
static void through_idt(struct emu *e, unsigned vector, bool by_insn)
{
    if (interrupt_to_task(e, vector, by_insn, NULL) || e->stopped)
        return;
    e->io->vector = vector;
    stop(e, WEIR_EMU_SOFT_INT);
}

static void through_real_idt(struct emu *e, unsigned vector)
{
    interrupt_through_ivt(e, e->s.segment[IDTR].base, e->s.segment[IDTR].limit, vector,
                          e->next_rip);
}

/* The 32-byte map in front of the I/O permission map: a clear bit sends INT n to the virtual-8086
 * task's own table at 0 (APM vol. 2, 8.12.1 (VME)). */
static bool redirected(struct emu *e, unsigned vector)
{
    const struct weir_emu_segment *tr = &e->s.segment[TR];
    uint32_t at;

    if (tr->limit < 103)
        return false;
    at = read_system(e, tr->base + 102, 2) - 32 + vector / 8;
    if (at > tr->limit)
        return false;
    return !(read_system(e, tr->base + at, 1) >> (vector & 7) & 1);
}

void op_int(struct emu *e)
{
    unsigned vector = get(e, &e->dst);

    if (real_mode(e))
        through_real_idt(e, vector);
    else if (v86_mode(e) && (e->s.cr4 & CR4_VME) && redirected(e, vector))
        interrupt_through_ivt(e, 0, 0x3ff, vector, e->next_rip);
    else if (v86_mode(e) && iopl(e) < 3)
        raise_error(e, GP, 0);
    else
        through_idt(e, vector, true);
}

static void trap(struct emu *e, unsigned vector, bool by_insn)
{
    if (real_mode(e))
        through_real_idt(e, vector);
    else
        through_idt(e, vector, by_insn);
}

void op_int3(struct emu *e)
{
    trap(e, BP, true);
}

void op_int1(struct emu *e)
{
    trap(e, DB, false); /* like an exception: whatever the gate's DPL */
}

void op_into(struct emu *e)
{
    if (e->s.rflags & FLAG_OF)
        trap(e, OF, true);
}
