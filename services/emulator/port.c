/* SPDX-License-Identifier: BSD-2-Clause */
/* IN, OUT, and who may: AMD APM vol. 1, 3.8.3; vol. 2, 12.2.4. */
#include "emu.h"

bool port_allowed(struct emu *e, uint16_t port, unsigned size)
{
    const struct weir_emu_segment *tr = &e->s.segment[TR];
    unsigned type = tr->attributes & 15;
    uint32_t at;

    if (real_mode(e) || (!v86_mode(e) && e->s.cpl <= iopl(e)))
        return true;
    if ((tr->attributes & ATTR_P) && (type == 9 || type == 11) && tr->limit >= 103) {
        at = read_system(e, tr->base + 102, 2) + port / 8;
        if (at + 1 <= tr->limit) {
            uint64_t bits = read_system(e, tr->base + at, 2) >> (port & 7);

            if ((bits & ((1u << size) - 1)) == 0)
                return !e->stopped;
        }
    }
    raise_error(e, GP, 0);
    return false;
}

/* The immediate, or DX. */
static uint16_t port_number(struct emu *e)
{
    return e->opcode & 8 ? e->s.gpr[RDX] : get(e, &e->src);
}

static unsigned port_size(const struct emu *e)
{
    return e->dst.size == 8 ? 4 : e->dst.size;
}

void op_in(struct emu *e)
{
    uint16_t port = port_number(e);

    e->dst.size = port_size(e);
    if (port_allowed(e, port, e->dst.size))
        put(e, &e->dst, read_port(e, port, e->dst.size));
}

void op_out(struct emu *e)
{
    uint16_t port = port_number(e);

    e->dst.size = port_size(e);
    if (port_allowed(e, port, e->dst.size))
        write_port(e, port, e->dst.size, get(e, &e->dst));
}
