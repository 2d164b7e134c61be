/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors and segment register loads: AMD APM vol. 2, 4.7 to 4.11. */
#include "emu.h"

/* Linear address of a descriptor, or false if the selector is outside its table. */
bool find_descriptor(const struct emu *e, uint16_t selector, uint64_t *linear)
{
    const struct weir_emu_segment *table = &e->s.segment[selector & 4 ? LDTR : GDTR];
    uint32_t offset = selector & ~7u;

    if ((selector & 4) && !(table->attributes & ATTR_P))
        return false;
    if (offset + 7 > table->limit)
        return false;
    *linear = table->base + offset;
    return true;
}

/* Raises "vector" with the selector if it is outside its table. */
bool read_descriptor(struct emu *e, uint16_t selector, unsigned vector, struct descriptor *d)
{
    *d = (struct descriptor){ .selector = selector };
    if (!find_descriptor(e, selector, &d->linear)) {
        raise_error(e, vector, selector & ~3u);
        return false;
    }
    d->read = e->used;
    d->low = read_system(e, d->linear, 8);
    return !e->stopped;
}

unsigned descriptor_type(const struct descriptor *d)
{
    return d->low >> 40 & 15;
}

bool descriptor_is_segment(const struct descriptor *d)
{
    return d->low >> 44 & 1;
}

unsigned descriptor_dpl(const struct descriptor *d)
{
    return d->low >> 45 & 3;
}

bool descriptor_present(const struct descriptor *d)
{
    return d->low >> 47 & 1;
}

uint32_t descriptor_limit(const struct descriptor *d)
{
    uint32_t limit = (d->low & 0xffff) | (d->low >> 32 & 0xf0000);

    return d->low >> 55 & 1 ? limit << 12 | 0xfff : limit;
}

/* Writes a changed type back, as a locked access: another CPU may load the same descriptor. */
void update_descriptor(struct emu *e, struct descriptor *d, uint64_t low)
{
    struct weir_emu_access want = { .addr = d->linear, .kind = WEIR_EMU_WRITE, .size = 8,
                                    .flags = WEIR_EMU_F_SYSTEM | WEIR_EMU_F_LOCKED,
                                    .count = 1, .pair = d->read, .data = { low } };

    if (!long_mode(e))
        want.addr = (uint32_t)want.addr;
    log_access(e, &want);
    d->low = low;
}

/* Loads a checked descriptor into a segment register; marks a code or data segment accessed. */
void cache_descriptor(struct emu *e, unsigned index, struct descriptor *d, unsigned rpl)
{
    struct weir_emu_segment *s = &e->s.segment[index];

    if (descriptor_is_segment(d) && !(descriptor_type(d) & ATTR_ACCESSED))
        update_descriptor(e, d, d->low | 1ull << 40);
    s->selector = (d->selector & ~3u) | rpl;
    s->base = (d->low >> 16 & 0xffffff) | (d->low >> 32 & 0xff000000) | d->high << 32;
    s->limit = descriptor_limit(d);
    s->attributes = (d->low >> 40 & 0xff) | (d->low >> 44 & 0xf00);
    e->effects |= index >= LDTR ? WEIR_EMU_E_TABLES : WEIR_EMU_E_SEGMENTS;
}

void load_null_segment(struct emu *e, unsigned index, uint16_t selector)
{
    e->s.segment[index] = (struct weir_emu_segment){ .selector = selector };
    e->effects |= index >= LDTR ? WEIR_EMU_E_TABLES : WEIR_EMU_E_SEGMENTS;
}

/* Real mode keeps limit and attributes (big real mode); virtual-8086 mode has its own. */
void load_real_segment(struct emu *e, unsigned index, uint16_t selector)
{
    struct weir_emu_segment *s = &e->s.segment[index];

    s->selector = selector;
    s->base = (uint32_t)selector << 4;
    if (v86_mode(e)) {
        s->limit = 0xffff;
        s->attributes = ATTR_V86;
    }
    e->effects |= WEIR_EMU_E_SEGMENTS;
}

/* SS for use at "cpl", which a far return or IRET sets only afterwards. */
void load_stack_segment(struct emu *e, uint16_t selector, unsigned cpl)
{
    uint32_t error = selector & ~3u;
    struct descriptor d;
    unsigned type;

    if (error == 0) {
        if (e->width == 8 && cpl < 3 && (selector & 3u) == cpl) {
            load_null_segment(e, SS, selector);
            e->s.segment[SS].attributes = cpl << 5;
        } else {
            raise_error(e, GP, 0);
        }
        return;
    }
    if (!read_descriptor(e, selector, GP, &d))
        return;
    type = descriptor_type(&d);
    if (!descriptor_is_segment(&d) || (type & ATTR_CODE) || !(type & ATTR_WRITABLE) ||
        (selector & 3u) != cpl || descriptor_dpl(&d) != cpl)
        raise_error(e, GP, error);
    else if (!descriptor_present(&d))
        raise_error(e, SS_FAULT, error);
    else
        cache_descriptor(e, SS, &d, cpl);
}

static void load_data_segment(struct emu *e, unsigned index, uint16_t selector)
{
    uint32_t error = selector & ~3u;
    unsigned type, rpl = selector & 3;
    struct descriptor d;

    if (error == 0) {
        load_null_segment(e, index, selector);
        return;
    }
    if (!read_descriptor(e, selector, GP, &d))
        return;
    type = descriptor_type(&d);
    if (!descriptor_is_segment(&d) || (type & (ATTR_CODE | ATTR_READABLE)) == ATTR_CODE) {
        raise_error(e, GP, error);
        return;
    }
    if ((type & (ATTR_CODE | ATTR_CONFORMING)) != (ATTR_CODE | ATTR_CONFORMING) &&
        (descriptor_dpl(&d) < rpl || descriptor_dpl(&d) < e->s.cpl))
        raise_error(e, GP, error);
    else if (!descriptor_present(&d))
        raise_error(e, NP, error);
    else
        cache_descriptor(e, index, &d, rpl);
}

/* MOV and POP to ES, SS, DS, FS and GS, LDS and its family. */
void load_segment(struct emu *e, unsigned index, uint16_t selector)
{
    if (e->stopped)
        return;
    if (!protected_mode(e))
        load_real_segment(e, index, selector);
    else if (index == SS)
        load_stack_segment(e, selector, e->s.cpl);
    else
        load_data_segment(e, index, selector);
}

/* MOV and POP to SS: no interrupt and no single step before the next instruction (which sets rSP):
 * AMD APM vol. 2, 8.5. */
void hold_off_interrupts(struct emu *e)
{
    e->s.shadow = 1;
    e->no_trap = true;
}
