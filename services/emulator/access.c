/* SPDX-License-Identifier: BSD-2-Clause */
/* How a call ends, segmentation, and the log of accesses. */
#include "emu.h"

void stop(struct emu *e, enum weir_emu_status status)
{
    if (e->stopped)
        return;
    e->stopped = true;
    e->io->status = status;
}

void raise(struct emu *e, unsigned vector)
{
    if (e->stopped)
        return;
    stop(e, WEIR_EMU_EXCEPTION);
    e->io->vector = vector;
}

void raise_error(struct emu *e, unsigned vector, uint32_t error)
{
    if (e->stopped)
        return;
    raise(e, vector);
    e->io->has_error = 1;
    e->io->error = error;
}

/* AMD APM vol. 2, 5.3.1; with CR4.LA57 57 bits instead of 48. */
bool canonical(const struct emu *e, uint64_t linear)
{
    unsigned shift = e->s.cr4 & CR4_LA57 ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(linear << shift) >> shift) == linear;
}

static bool within_limit(const struct weir_emu_segment *s, uint64_t ea, unsigned size)
{
    uint64_t last = ea + size - 1;

    if ((s->attributes & (ATTR_CODE | ATTR_EXPAND_DOWN)) == ATTR_EXPAND_DOWN)
        return ea > s->limit && last <= (s->attributes & ATTR_DB ? 0xffffffff : 0xffff);
    return last <= s->limit;
}

static bool type_allows(const struct weir_emu_segment *s, bool write)
{
    if (!(s->attributes & ATTR_P))
        return false;
    if (s->attributes & ATTR_CODE)
        return !write && (s->attributes & ATTR_READABLE);
    return !write || (s->attributes & ATTR_WRITABLE);
}

/*
 * Segment checks of a data access (AMD APM vol. 2, 4.12): false after raising #GP(0) or #SS(0). In
 * real and virtual-8086 mode only the limit counts, and it may be anything (big real mode).
 */
bool linear_address(struct emu *e, unsigned seg, uint64_t ea, unsigned size, bool write,
                    uint64_t *linear)
{
    const struct weir_emu_segment *s = &e->s.segment[seg];

    if (e->stopped)
        return false;
    if (e->width == 8) {
        *linear = ea + (seg == FS || seg == GS ? s->base : 0);
        if (canonical(e, *linear) && canonical(e, *linear + size - 1))
            return true;
    } else {
        *linear = (uint32_t)(ea + s->base);
        if ((!protected_mode(e) || type_allows(s, write)) && within_limit(s, ea, size))
            return true;
    }
    raise_error(e, seg == SS ? SS_FAULT : GP, 0);
    return false;
}

/* The limit alone, of a longer range: for chunks. */
bool segment_holds(const struct emu *e, unsigned seg, uint64_t ea, uint64_t bytes)
{
    if (ea + bytes - 1 > mask_of(e->addrsize))
        return false;
    return e->width == 8 || within_limit(&e->s.segment[seg], ea, bytes);
}

static bool same_access(const struct weir_emu_access *a, const struct weir_emu_access *b)
{
    if (a->addr != b->addr || a->kind != b->kind || a->size != b->size || a->flags != b->flags ||
        a->cpl != b->cpl || a->count != b->count || a->pair != b->pair)
        return false;
    if (a->kind != WEIR_EMU_WRITE && a->kind != WEIR_EMU_OUT)
        return true;
    return a->data[0] == b->data[0] && a->data[1] == b->data[1];
}

/*
 * The instruction's next access. Where the log has it already, returns the entry, with the data of
 * a read; otherwise puts it at the end of the log, ends the call and returns NULL.
 */
struct weir_emu_access *log_access(struct emu *e, const struct weir_emu_access *want)
{
    struct weir_emu_access *entry;

    if (e->stopped)
        return NULL;
    if (e->used >= WEIR_EMU_LOG) {
        stop(e, WEIR_EMU_UNSUPPORTED);
        return NULL;
    }
    entry = &e->io->log[e->used];
    if (e->used == e->io->log_count) {
        *entry = *want;
        stop(e, WEIR_EMU_ACCESS);
        return NULL;
    }
    if (!same_access(entry, want)) {
        stop(e, WEIR_EMU_RESTART);
        return NULL;
    }
    e->used++;
    return entry;
}

/*
 * #AC(0) has a lower priority than #PF (AMD APM vol. 2, table 8-8), so the place is translated
 * first. True if the access may go on.
 */
static bool aligned(struct emu *e, uint64_t linear, unsigned size, uint8_t flags)
{
    struct weir_emu_access probe = { .addr = linear, .kind = WEIR_EMU_PROBE, .size = size,
                                     .flags = flags & WEIR_EMU_F_WRITE, .cpl = e->s.cpl,
                                     .count = 1 };

    if (!(e->s.cr0 & CR0_AM) || !(e->s.rflags & FLAG_AC) || e->s.cpl != 3 ||
        (linear & (size - 1)) == 0)
        return true;
    if (log_access(e, &probe) != NULL)
        raise_error(e, AC, 0);
    return false;
}

static uint64_t read_with(struct emu *e, unsigned seg, uint64_t ea, unsigned size, uint8_t flags)
{
    struct weir_emu_access want = { .kind = WEIR_EMU_READ, .size = size, .flags = flags,
                                    .cpl = e->s.cpl, .count = 1 };
    const struct weir_emu_access *done;

    if (!linear_address(e, seg, ea, size, flags & WEIR_EMU_F_WRITE, &want.addr) ||
        !aligned(e, want.addr, size, flags))
        return 0;
    done = log_access(e, &want);
    return done != NULL ? done->data[0] & mask_of(size) : 0;
}

uint64_t read_memory(struct emu *e, unsigned seg, uint64_t ea, unsigned size)
{
    return read_with(e, seg, ea, size, 0);
}

/* Raises what a write would raise, now. */
void probe_for_write(struct emu *e, unsigned seg, uint64_t ea, unsigned size)
{
    struct weir_emu_access probe = { .kind = WEIR_EMU_PROBE, .size = size,
                                     .flags = WEIR_EMU_F_WRITE, .cpl = e->s.cpl, .count = 1 };

    if (linear_address(e, seg, ea, size, true, &probe.addr) &&
        aligned(e, probe.addr, size, WEIR_EMU_F_WRITE))
        log_access(e, &probe);
}

static uint8_t lock_flag(const struct emu *e, const struct operand *operand)
{
    return (e->prefixes & PREFIX_LOCK) && operand == &e->dst ? WEIR_EMU_F_LOCKED : 0;
}

uint64_t read_for_update(struct emu *e, struct operand *operand)
{
    operand->read = e->used;
    return read_with(e, operand->seg, operand->ea, operand->size,
                     WEIR_EMU_F_WRITE | lock_flag(e, operand));
}

static void write_with(struct emu *e, unsigned seg, uint64_t ea, unsigned size, uint64_t value,
                       uint8_t flags, uint16_t pair)
{
    struct weir_emu_access want = { .kind = WEIR_EMU_WRITE, .size = size, .flags = flags,
                                    .cpl = e->s.cpl, .count = 1, .pair = pair };

    if (!linear_address(e, seg, ea, size, true, &want.addr) ||
        !aligned(e, want.addr, size, WEIR_EMU_F_WRITE))
        return;
    want.data[0] = value & mask_of(size);
    log_access(e, &want);
}

void write_memory(struct emu *e, unsigned seg, uint64_t ea, unsigned size, uint64_t value)
{
    write_with(e, seg, ea, size, value, 0, 0);
}

void write_operand(struct emu *e, struct operand *operand, uint64_t value)
{
    uint8_t flags = lock_flag(e, operand);

    write_with(e, operand->seg, operand->ea, operand->size, value, flags,
               flags ? operand->read : 0);
}

/* Descriptors, TSS: supervisor accesses whatever the CPL (AMD APM vol. 2, 5.6.2). */
uint64_t read_system(struct emu *e, uint64_t linear, unsigned size)
{
    struct weir_emu_access want = { .addr = linear, .kind = WEIR_EMU_READ, .size = size,
                                    .flags = WEIR_EMU_F_SYSTEM, .cpl = 0, .count = 1 };
    const struct weir_emu_access *done;

    if (!long_mode(e))
        want.addr = (uint32_t)linear;
    done = log_access(e, &want);
    return done != NULL ? done->data[0] & mask_of(size) : 0;
}

uint64_t read_port(struct emu *e, uint16_t port, unsigned size)
{
    struct weir_emu_access want = { .addr = port, .kind = WEIR_EMU_IN, .size = size,
                                    .cpl = e->s.cpl, .count = 1 };
    const struct weir_emu_access *done = log_access(e, &want);

    return done != NULL ? done->data[0] & mask_of(size) : 0;
}

void write_port(struct emu *e, uint16_t port, unsigned size, uint64_t value)
{
    struct weir_emu_access want = { .addr = port, .kind = WEIR_EMU_OUT, .size = size,
                                    .cpl = e->s.cpl, .count = 1,
                                    .data = { value & mask_of(size) } };

    log_access(e, &want);
}
