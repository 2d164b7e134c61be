/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Task switches: far JMP and CALL to a TSS or a task gate, interrupts through a task gate, IRET with NT. AMD APM vol. 2,
 * 12; Intel SDM vol. 3A, 8.2 and 8.3.
 *
 * A CPU writes the old task's TSS, then reads the new one's, and faults in the new task if a segment is no good. Here all
 * is read first and written then, because an access that faults must leave nothing behind; what is no good in the new
 * task is raised with the switch done (WEIR_EMU_E_RAISE). The tables are read, and an error code is written, in the old
 * task's address space.
 */
#include "emu.h"

enum { TYPE_TSS16 = 1, TYPE_LDT = 2, TYPE_TASK_GATE = 5, TYPE_TSS32 = 9, TYPE_BUSY = 2 };
#define BUSY ((uint64_t)TYPE_BUSY << 40)

/* Where a TSS has what, in bytes: APM vol. 2, 12.2.3 and figure 12-7. */
struct layout {
    unsigned word, cr3, rip, rflags, gpr, segment, segments, ldt, trap, limit;
};
static const struct layout tss32 = { 4, 0x1c, 0x20, 0x24, 0x28, 0x48, 6, 0x60, 0x64, 0x67 };
static const struct layout tss16 = { 2, 0, 0x0e, 0x10, 0x12, 0x22, 4, 0x2a, 0, 0x2b };

static const struct layout *layout_of(unsigned type)
{
    return type >= TYPE_TSS32 ? &tss32 : &tss16;
}

struct new_task {
    struct descriptor tss;
    const struct layout *in;
    uint64_t base;
    uint32_t cr3, rip, rflags;
    uint16_t segment[6], ldt; /* selectors */
    bool trap;
};

static bool is_tss(const struct descriptor *d)
{
    return !descriptor_is_segment(d) && (descriptor_type(d) & ~(TYPE_BUSY | 8u)) == TYPE_TSS16;
}

static uint64_t base_of(const struct descriptor *d)
{
    return (d->low >> 16 & 0xffffff) | (d->low >> 32 & 0xff000000);
}

static void write_system(struct emu *e, uint64_t linear, unsigned size, uint64_t value)
{
    struct weir_emu_access want = { .addr = (uint32_t)linear, .kind = WEIR_EMU_WRITE, .size = size,
                                    .flags = WEIR_EMU_F_SYSTEM, .count = 1, .data = { value & mask_of(size) } };

    log_access(e, &want);
}

/* Both ends of what will be written must be there. */
static void probe_system(struct emu *e, uint64_t first, uint64_t last)
{
    struct weir_emu_access want = { .kind = WEIR_EMU_PROBE, .size = 1, .count = 1,
                                    .flags = WEIR_EMU_F_SYSTEM | WEIR_EMU_F_WRITE };

    want.addr = (uint32_t)first;
    log_access(e, &want);
    want.addr = (uint32_t)last;
    log_access(e, &want);
}

/* What is wrong with a segment of the new task; the first one counts. */
static void fault_in_new_task(struct emu *e, unsigned vector, uint32_t error)
{
    if (e->stopped || e->effects & WEIR_EMU_E_RAISE)
        return;
    e->effects |= WEIR_EMU_E_RAISE;
    e->late_vector = vector;
    e->late_has_error = true;
    e->late_error = error | e->external;
}

/* ---- the new task's registers ---- */

static void read_tss(struct emu *e, struct new_task *t)
{
    const struct layout *in = t->in;

    t->cr3 = in->cr3 ? read_system(e, t->base + in->cr3, 4) : e->s.cr3;
    t->rip = read_system(e, t->base + in->rip, in->word);
    t->rflags = read_system(e, t->base + in->rflags, in->word);
    for (unsigned i = 0; i < 8; i++)
        e->s.gpr[i] = read_system(e, t->base + in->gpr + i * in->word, in->word);
    for (unsigned i = 0; i < in->segments; i++)
        t->segment[i] = read_system(e, t->base + in->segment + i * in->word, 2);
    t->ldt = read_system(e, t->base + in->ldt, 2);
    t->trap = in->trap && (read_system(e, t->base + in->trap, 1) & 1);
}

static bool is_null(uint16_t selector)
{
    return (selector & ~3u) == 0;
}

/* The descriptor of a selector in the new TSS; false after a fault. */
static bool describe(struct emu *e, uint16_t selector, struct descriptor *d)
{
    *d = (struct descriptor){ .selector = selector };
    if (!find_descriptor(e, selector, &d->linear)) {
        fault_in_new_task(e, TS, selector & ~3u);
        return false;
    }
    d->read = e->used;
    d->low = read_system(e, d->linear, 8);
    return !e->stopped;
}

static void take_ldt(struct emu *e, uint16_t selector)
{
    struct descriptor d;

    load_null_segment(e, LDTR, selector);
    if (is_null(selector))
        return;
    if (selector & 4 || !describe(e, selector, &d) || descriptor_is_segment(&d) || descriptor_type(&d) != TYPE_LDT ||
        !descriptor_present(&d))
        fault_in_new_task(e, TS, selector & ~3u);
    else
        cache_descriptor(e, LDTR, &d, selector & 3);
}

/* Type and privilege: Intel SDM vol. 3A, table 8-1. */
static bool is_good(const struct emu *e, unsigned index, const struct descriptor *d)
{
    unsigned type = descriptor_type(d), dpl = descriptor_dpl(d), rpl = d->selector & 3, cpl = e->s.cpl;
    bool code = type & ATTR_CODE, conforming = code && (type & ATTR_CONFORMING);

    if (!descriptor_is_segment(d))
        return false;
    if (index == CS)
        return code && (conforming ? dpl <= rpl : dpl == rpl);
    if (index == SS)
        return !code && (type & ATTR_WRITABLE) && dpl == cpl && rpl == cpl;
    return (!code || (type & ATTR_READABLE)) && (conforming || (dpl >= cpl && dpl >= rpl));
}

static void take_segment(struct emu *e, unsigned index, uint16_t selector)
{
    struct descriptor d;

    if (e->effects & WEIR_EMU_E_RAISE)
        return;
    if (is_null(selector) && index != CS && index != SS)
        return;
    if (is_null(selector) || !describe(e, selector, &d) || !is_good(e, index, &d))
        fault_in_new_task(e, TS, selector & ~3u);
    else if (!descriptor_present(&d))
        fault_in_new_task(e, index == SS ? SS_FAULT : NP, selector & ~3u);
    else
        cache_descriptor(e, index, &d, selector & 3);
}

static void take_segments(struct emu *e, const struct new_task *t)
{
    static const uint8_t order[] = { CS, SS, DS, ES, FS, GS };

    if (e->s.rflags & FLAG_VM) {
        for (unsigned i = ES; i <= GS; i++)
            load_real_segment(e, i, t->segment[i]);
        e->s.cpl = 3;
    } else {
        for (unsigned i = ES; i <= GS; i++)
            load_null_segment(e, i, t->segment[i]);
        e->s.cpl = t->segment[CS] & 3;
        e->s.segment[SS].attributes = e->s.cpl << 5; /* VMX has the CPL there */
        for (unsigned i = 0; i < sizeof(order); i++)
            take_segment(e, order[i], t->segment[order[i]]);
    }
    if (t->rip > e->s.segment[CS].limit)
        fault_in_new_task(e, GP, 0);
}

static void take_over(struct emu *e, struct new_task *t, enum task_switch how)
{
    uint64_t dr7 = e->s.dr[5] & ~0x155ull; /* local breakpoints end with their task */

    e->s.rflags = (t->rflags & FLAGS_ANY) | FLAG_1;
    if (how == TASK_CALL || how == TASK_INTERRUPT)
        e->s.rflags |= FLAG_NT;
    e->s.cr0 |= CR0_TS;
    e->effects |= WEIR_EMU_E_CR0 | WEIR_EMU_E_TABLES | WEIR_EMU_E_SEGMENTS;
    if (e->s.cr0 & CR0_PG && t->in->cr3) {
        e->s.cr3 = t->cr3;
        e->effects |= WEIR_EMU_E_CR3;
    }
    if (dr7 != e->s.dr[5]) {
        e->s.dr[5] = dr7;
        e->effects |= WEIR_EMU_E_DR;
    }
    cache_descriptor(e, TR, &t->tss, t->tss.selector & 3);
    e->s.segment[TR].attributes |= TYPE_BUSY;
    e->next_rip = t->rip;
    e->no_trap = true;
    take_ldt(e, t->ldt);
    take_segments(e, t);
    if (t->trap && !(e->effects & WEIR_EMU_E_RAISE)) {
        e->s.dr[4] |= DR6_BT;
        e->effects |= WEIR_EMU_E_DR | WEIR_EMU_E_RAISE;
        e->late_vector = DB;
    }
}

/* ---- what is written ---- */

static void save(struct emu *e, const struct weir_emu_state *s, uint64_t rip, uint64_t rflags)
{
    uint64_t base = s->segment[TR].base;
    const struct layout *in = layout_of(s->segment[TR].attributes & 15);

    write_system(e, base + in->rip, in->word, rip);
    write_system(e, base + in->rflags, in->word, rflags);
    for (unsigned i = 0; i < 8; i++)
        write_system(e, base + in->gpr + i * in->word, in->word, s->gpr[i]);
    for (unsigned i = 0; i < in->segments; i++)
        write_system(e, base + in->segment + i * in->word, 2, s->segment[i].selector);
}

/* The new TSS is checked as the kind of switch demands. false after an exception, which is the old task's. */
static bool read_new_tss(struct emu *e, struct new_task *t, uint16_t selector, enum task_switch how)
{
    bool busy = how == TASK_IRET;
    unsigned vector = busy ? TS : GP, type;
    uint32_t error = (selector & ~3u) | e->external;

    if (is_null(selector) || selector & 4 || !find_descriptor(e, selector, &t->tss.linear)) {
        raise_error(e, vector, error);
        return false;
    }
    if (!read_descriptor(e, selector, vector, &t->tss))
        return false;
    type = descriptor_type(&t->tss);
    t->in = layout_of(type);
    t->base = base_of(&t->tss);
    if (!is_tss(&t->tss) || !(type & TYPE_BUSY) == busy)
        raise_error(e, vector, error);
    else if (!descriptor_present(&t->tss))
        raise_error(e, NP, error);
    else if (descriptor_limit(&t->tss) < t->in->limit)
        raise_error(e, TS, error);
    return !e->stopped;
}

static void switch_task(struct emu *e, uint16_t selector, enum task_switch how, const uint32_t *error_code)
{
    struct new_task t = { .ldt = 0 };
    struct weir_emu_state old = e->s;
    uint16_t old_selector = old.segment[TR].selector;
    const struct layout *old_in = layout_of(old.segment[TR].attributes & 15);
    uint64_t old_base = old.segment[TR].base, back = e->next_rip;
    bool leaves = how == TASK_JMP || how == TASK_IRET, links = !leaves;
    struct descriptor old_tss;

    if (e->stopped || !read_new_tss(e, &t, selector, how))
        return;
    if (old.segment[TR].limit < old_in->limit) {
        raise_error(e, TS, (old_selector & ~3u) | e->external);
        return;
    }
    if (!read_descriptor(e, old_selector, TS, &old_tss))
        return;
    read_tss(e, &t);
    take_over(e, &t, how);
    probe_system(e, old_base + old_in->rip, old_base + old_in->segment + old_in->segments * old_in->word - 1);
    if (links)
        probe_system(e, t.base, t.base + 1);
    if (error_code && !(e->effects & WEIR_EMU_E_RAISE))
        push(e, t.in->word, *error_code);
    save(e, &old, back, how == TASK_IRET ? old.rflags & ~(uint64_t)FLAG_NT : old.rflags);
    if (links)
        write_system(e, t.base, 2, old_selector);
    if (leaves)
        update_descriptor(e, &old_tss, old_tss.low & ~BUSY);
    if (how != TASK_IRET)
        update_descriptor(e, &t.tss, t.tss.low | BUSY);
}

/* ---- the ways in ---- */

bool is_task(const struct descriptor *d)
{
    return is_tss(d) || (!descriptor_is_segment(d) && descriptor_type(d) == TYPE_TASK_GATE);
}

void transfer_to_task(struct emu *e, const struct descriptor *d, enum task_switch how)
{
    uint32_t error = d->selector & ~3u;
    unsigned dpl = descriptor_dpl(d);
    bool gate = !is_tss(d);

    if (long_mode(e) || dpl < e->s.cpl || dpl < (d->selector & 3u))
        raise_error(e, GP, error);
    else if (gate && !descriptor_present(d))
        raise_error(e, NP, error);
    else
        switch_task(e, gate ? (uint16_t)(d->low >> 16) : d->selector, how, NULL);
}

bool interrupt_to_task(struct emu *e, unsigned vector, bool by_insn, const uint32_t *error_code)
{
    const struct weir_emu_segment *idtr = &e->s.segment[IDTR];
    uint32_t error = 8 * vector + 2 + e->external;
    struct descriptor gate = { .selector = 0 };

    if (e->stopped || long_mode(e) || 8 * vector + 7 > idtr->limit)
        return false;
    gate.low = read_system(e, idtr->base + 8 * vector, 8);
    if (e->stopped || descriptor_is_segment(&gate) || descriptor_type(&gate) != TYPE_TASK_GATE)
        return false;
    if (by_insn && descriptor_dpl(&gate) < e->s.cpl)
        raise_error(e, GP, error);
    else if (!descriptor_present(&gate))
        raise_error(e, NP, error);
    else
        switch_task(e, (uint16_t)(gate.low >> 16), TASK_INTERRUPT, error_code);
    return true;
}

void return_to_task(struct emu *e)
{
    uint16_t link = read_system(e, e->s.segment[TR].base, 2);

    switch_task(e, link, TASK_IRET, NULL);
}
