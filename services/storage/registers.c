/* SPDX-License-Identifier: BSD-2-Clause */
/* An access of the guest to a controller's registers: which register, which port. */
#include "kill.h"
#include "storage.h"

static struct port *port_of(const struct hba *h, uint32_t reg, unsigned *of)
{
    unsigned n = (reg - HBA_PORTS) / HBA_PORT_BYTES;

    *of = (reg - HBA_PORTS) % HBA_PORT_BYTES;
    return h->port[n & 31];
}

static bool is_port(uint32_t reg)
{
    return reg >= HBA_PORTS && reg < HBA_PORTS + 32 * HBA_PORT_BYTES;
}

/* Without the ports that the guest shall find empty, or that are more than storage has room for. */
static uint32_t seen_is(const struct hba *h)
{
    uint32_t is = hw_read(h, HBA_IS);

    for (uint32_t left = is; left; left &= left - 1) {
        const struct port *p = h->port[__builtin_ctz(left)];

        if (!p || is_denied(p))
            is &= ~(left & -left);
    }
    return is;
}

static uint32_t read32(struct hba *h, uint32_t reg)
{
    struct port *p;
    unsigned of;

    if (is_port(reg)) {
        p = port_of(h, reg, &of);
        if (!p)
            return 0;
        if (!is_denied(p)) {
            uint32_t value = port_read(p, of);

            if (!is_denied(p)) /* it may just have been shut */
                return value;
        }
        return denied_read(p, of);
    }
    switch (reg) {
    case HBA_CAP: /* no port multipliers, no coalescing of completions */
        return hw_read(h, reg) & ~(CAP_SPM | CAP_FBSS | CAP_CCCS);
    case HBA_IS:
        return seen_is(h);
    case HBA_PI:
        return h->implemented;
    case HBA_CCC_CTL:
    case HBA_CCC_PORTS:
        return 0;
    default:
        return hw_read(h, reg);
    }
}

/* Everything is cancelled, and no port runs (AHCI 1.3.1, 10.4.3). Can be done again. */
void registers_reset(struct hba *h)
{
    uint64_t *resetting = &storage.saved->hba[h->index].resetting;

    *resetting = 1;
    hw_write(h, HBA_GHC, hw_read(h, HBA_GHC) | GHC_HR);
    KILL_POINT(KILL_RESETTING);
    for (unsigned i = 0; i < 32; i++) {
        struct port *p = h->port[i];

        if (!p)
            continue;
        if (!is_denied(p)) {
            complete_cancel(p);
            p->s->id.known = DISK_UNKNOWN;
        }
        p->s->running = p->s->is = p->s->hidden = p->s->owed = p->s->ie = p->s->sctl = p->s->ci = 0;
    }
    *resetting = 0;
}

static void write32(struct hba *h, uint32_t reg, uint32_t value)
{
    struct port *p;
    unsigned of;

    if (is_port(reg)) {
        p = port_of(h, reg, &of);
        if (p && is_denied(p))
            denied_write(p, of, value);
        else if (p)
            port_write(p, of, value);
        return;
    }
    switch (reg) {
    case HBA_GHC:
        if (value & GHC_HR)
            registers_reset(h);
        else
            hw_write(h, reg, value);
        break;
    case HBA_CAP:
    case HBA_PI:
    case HBA_CCC_CTL:
    case HBA_CCC_PORTS:
        break;
    default:
        hw_write(h, reg, value);
    }
}

static __attribute__((noinline)) uint64_t read_parts(struct hba *h, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned done = 0; done < size;) {
        unsigned within = (offset + done) & 3, n = 4 - within < size - done ? 4 - within : size - done;
        uint64_t part = read32(h, (uint32_t)(offset + done) & ~3u) >> 8 * within;

        if (n < 4)
            part &= (1u << 8 * n) - 1;
        value |= part << 8 * done;
        done += n;
    }
    return value;
}

uint64_t registers_read(struct hba *h, uint64_t offset, unsigned size)
{
    return size == 4 && !(offset & 3) ? read32(h, (uint32_t)offset) : read_parts(h, offset, size);
}

/* Registers where a 1 does something and a 0 nothing: of these a part of a dword can be written alone. */
static bool takes_ones(uint32_t reg)
{
    unsigned of = (reg - HBA_PORTS) % HBA_PORT_BYTES;

    return is_port(reg) ? of == PX_IS || of == PX_SERR || of == PX_SACT || of == PX_CI || of == PX_SNTF : reg == HBA_IS;
}

static __attribute__((noinline)) void write_parts(struct hba *h, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned done = 0; done < size;) {
        unsigned within = (offset + done) & 3, n = 4 - within < size - done ? 4 - within : size - done;
        uint32_t reg = (uint32_t)(offset + done) & ~3u, mask = n < 4 ? ((1u << 8 * n) - 1) << 8 * within : UINT32_MAX;
        uint32_t part = (uint32_t)(value >> 8 * done) << 8 * within & mask;

        if (n < 4 && !takes_ones(reg))
            part |= read32(h, reg) & ~mask;
        write32(h, reg, part);
        done += n;
    }
}

void registers_write(struct hba *h, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 4 && !(offset & 3))
        write32(h, (uint32_t)offset, (uint32_t)value);
    else
        write_parts(h, offset, size, value);
}
