/* SPDX-License-Identifier: BSD-2-Clause */
/* LDTR and TR, and the instructions that ask about selectors. */
#include "emu.h"

/* CR4.UMIP keeps applications from reading system registers: AMD APM vol. 2, 3.1.3. */
bool user_may_read(struct emu *e)
{
    if (!(e->s.cr4 & CR4_UMIP) || e->s.cpl == 0)
        return true;
    raise_error(e, GP, 0);
    return false;
}

/* Memory gets 16 bits, a register its whole size. */
void put_system_word(struct emu *e, uint64_t value)
{
    if (e->dst.kind == OPERAND_MEM)
        e->dst.size = 2;
    if (user_may_read(e))
        put(e, &e->dst, value);
}

void op_sldt(struct emu *e)
{
    put_system_word(e, e->s.segment[LDTR].selector);
}

void op_str(struct emu *e)
{
    put_system_word(e, e->s.segment[TR].selector);
}

/* LDT (type 2) and TSS descriptors are 16 bytes in long mode: APM vol. 2, 4.8.3. */
static void load_system_segment(struct emu *e, unsigned index, uint16_t selector, bool type_ok,
                                struct descriptor *d)
{
    uint32_t error = selector & ~3u;

    if (descriptor_is_segment(d) || !type_ok) {
        raise_error(e, GP, error);
        return;
    }
    if (!descriptor_present(d)) {
        raise_error(e, NP, error);
        return;
    }
    if (long_mode(e)) {
        if ((selector & ~7u) + 15 > e->s.segment[GDTR].limit) {
            raise_error(e, GP, error);
            return;
        }
        d->high = read_system(e, d->linear + 8, 8);
        if ((d->high >> 40 & 31) != 0 ||
            !canonical(e, d->high << 32 | (d->low >> 32 & 0xff000000))) {
            raise_error(e, GP, error);
            return;
        }
    }
    if (index == TR)
        update_descriptor(e, d, d->low | 2ull << 40); /* busy */
    cache_descriptor(e, index, d, selector & 3);
}

void op_lldt(struct emu *e)
{
    uint16_t selector = get(e, &e->dst);
    struct descriptor d;

    if (e->stopped)
        return;
    if ((selector & ~3u) == 0)
        load_null_segment(e, LDTR, selector);
    else if (selector & 4)
        raise_error(e, GP, selector & ~3u);
    else if (read_descriptor(e, selector, GP, &d))
        load_system_segment(e, LDTR, selector, descriptor_type(&d) == 2, &d);
}

/* An available TSS only: 9, or outside long mode also the 16-bit 1. */
void op_ltr(struct emu *e)
{
    uint16_t selector = get(e, &e->dst);
    struct descriptor d;

    if (e->stopped)
        return;
    if ((selector & ~3u) == 0)
        raise_error(e, GP, 0);
    else if (selector & 4)
        raise_error(e, GP, selector & ~3u);
    else if (read_descriptor(e, selector, GP, &d))
        load_system_segment(e, TR, selector,
                            descriptor_type(&d) == 9 ||
                            (descriptor_type(&d) == 1 && !long_mode(e)), &d);
}

/* Reads the descriptor for LAR, LSL, VERR, VERW: these say no where others fault. */
static bool peek(struct emu *e, uint16_t selector, struct descriptor *d)
{
    *d = (struct descriptor){ .selector = selector };
    if (e->stopped || (selector & ~3u) == 0 || !find_descriptor(e, selector, &d->linear))
        return false;
    d->low = read_system(e, d->linear, 8);
    return !e->stopped;
}

static bool is_conforming_code(const struct descriptor *d)
{
    return descriptor_is_segment(d) &&
           (descriptor_type(d) & (ATTR_CODE | ATTR_CONFORMING)) == (ATTR_CODE | ATTR_CONFORMING);
}

static bool visible(const struct emu *e, const struct descriptor *d)
{
    unsigned dpl = descriptor_dpl(d);

    return is_conforming_code(d) || (dpl >= e->s.cpl && dpl >= (d->selector & 3u));
}

static void verify(struct emu *e, bool for_write)
{
    struct descriptor d;
    bool ok = peek(e, get(e, &e->dst), &d) && descriptor_is_segment(&d) && visible(e, &d);
    unsigned type = ok ? descriptor_type(&d) : 0;

    if (for_write)
        ok = ok && !(type & ATTR_CODE) && (type & ATTR_WRITABLE);
    else
        ok = ok && (!(type & ATTR_CODE) || (type & ATTR_READABLE));
    set_flags(e, FLAG_ZF, ok ? FLAG_ZF : 0);
}

void op_verr(struct emu *e)
{
    verify(e, false);
}

void op_verw(struct emu *e)
{
    verify(e, true);
}

/* System descriptor types that LAR and LSL accept, as bit maps: APM vol. 3, LAR, LSL. */
enum { LAR_LEGACY = 0x1a3e, LAR_LONG = 0x1a04, LSL_LEGACY = 0x0a0e, LSL_LONG = 0x0a04 };

static bool inspect(struct emu *e, struct descriptor *d, unsigned legacy, unsigned in_long)
{
    bool ok = peek(e, get(e, &e->src), d) && visible(e, d);

    if (ok && !descriptor_is_segment(d))
        ok = (long_mode(e) ? in_long : legacy) >> descriptor_type(d) & 1;
    set_flags(e, FLAG_ZF, ok ? FLAG_ZF : 0);
    return ok;
}

void op_lar(struct emu *e)
{
    struct descriptor d;

    if (inspect(e, &d, LAR_LEGACY, LAR_LONG))
        put(e, &e->dst, d.low >> 32 & 0xffff00);
}

void op_lsl(struct emu *e)
{
    struct descriptor d;

    if (inspect(e, &d, LSL_LEGACY, LSL_LONG))
        put(e, &e->dst, descriptor_limit(&d));
}

void op_arpl(struct emu *e)
{
    uint64_t value = get_for_update(e, &e->dst), rpl = get(e, &e->src) & 3;
    bool raised = (value & 3) < rpl;

    set_flags(e, FLAG_ZF, raised ? FLAG_ZF : 0);
    if (raised)
        put(e, &e->dst, (value & ~3ull) | rpl);
}
