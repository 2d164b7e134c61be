/* SPDX-License-Identifier: BSD-2-Clause */
/* A port's registers as the guest sees them (AHCI 1.3.1, 3.3). What is not named here is the hardware's. */
#include "kill.h"
#include "storage.h"

/* Bits that would take the port out of our hands: no port multiplier. */
#define CMD_KEPT_CLEAR CMD_PMA

/* ---- engine ---- */

static bool wait_clear(const struct port *p, uint32_t bit)
{
    for (unsigned i = 0; i < 5000; i++) { /* 500 ms: AHCI 1.3.1, 10.1.2 */
        if (!(px_read(p, PX_CMD) & bit))
            return true;
        hw_pause(100);
    }
    return false;
}

bool port_stop(struct port *p)
{
    uint32_t cmd = px_read(p, PX_CMD);

    px_write(p, PX_CMD, cmd & ~CMD_ST);
    if (!wait_clear(p, CMD_CR))
        return false;
    px_write(p, PX_CMD, cmd & ~(CMD_ST | CMD_FRE));
    return wait_clear(p, CMD_FR);
}

void port_start(struct port *p)
{
    uint32_t cmd;

    port_program(p);
    cmd = px_read(p, PX_CMD);
    px_write(p, PX_CMD, cmd | CMD_FRE);
    px_write(p, PX_CMD, cmd | CMD_FRE | CMD_ST);
}

void port_program(struct port *p)
{
    uint32_t cmd = px_read(p, PX_CMD);
    uint64_t list = dma_address(p->dma->list), fis = dma_address(p->dma->fis);

    if (!(cmd & (CMD_ST | CMD_CR))) {
        px_write(p, PX_CLB, (uint32_t)list);
        if (p->hba->cap & CAP_S64A)
            px_write(p, PX_CLBU, (uint32_t)(list >> 32));
    }
    if (!(cmd & (CMD_FRE | CMD_FR))) {
        px_write(p, PX_FB, (uint32_t)fis);
        if (p->hba->cap & CAP_S64A)
            px_write(p, PX_FBU, (uint32_t)(fis >> 32));
    }
    for (unsigned n = 0; n < SLOTS; n++) {
        uint64_t table = dma_address(&p->dma->table[n]);

        p->dma->list[n].ctba = (uint32_t)table;
        p->dma->list[n].ctbau = (uint32_t)(table >> 32);
    }
}

void port_find_memory(struct port *p)
{
    p->list = memory_at(p->s->clb & ~1023ull, SLOTS * sizeof(struct ahci_header));
    p->fis = memory_at(p->s->fb & ~255ull, FIS_AREA_BYTES);
}

/* ---- reads ---- */

/* As the guest sees them: a command is in PxCI, and if it is queued in PxSACT, until its end has been shown. */
static uint32_t seen_ci(const struct port *p)
{
    return p->s->lost ? UINT32_MAX : p->pending | p->issued;
}

static uint32_t seen_sact(const struct port *p)
{
    return p->s->lost ? UINT32_MAX : p->s->armed | ((p->pending | p->issued) & p->queued);
}

static uint32_t read_is(struct port *p)
{
    uint32_t is = px_read(p, PX_IS);

    if (is & (IS_FIS | IS_STOPS))
        is = complete_sync(p, is);
    is |= p->s->is;
    if (p->s->bus_error && is & IS_TFES)
        is = (is & ~IS_TFES) | IS_HBFS;
    return is;
}

static void sync(struct port *p)
{
    (void)complete_sync(p, 0);
}

static uint32_t read_ci(struct port *p)
{
    uint32_t queued;

    sync(p);
    queued = p->s->lost ? 0 : p->issued & p->queued;
    /* of an NCQ command the bit goes when the disk has taken the command */
    return queued ? (seen_ci(p) & ~queued) | (px_read(p, PX_CI) & queued) : seen_ci(p);
}

static uint32_t read_tfd(struct port *p)
{
    uint32_t tfd;

    sync(p);
    tfd = px_read(p, PX_TFD);
    if (p->s->bus_error)
        tfd &= ~(0xff00u | TFD_ERR);
    return p->pending && !p->issued && !p->s->stopped ? tfd | TFD_BSY : tfd;
}

uint32_t port_read(struct port *p, unsigned reg)
{
    switch (reg) {
    case PX_CLB:
        return (uint32_t)p->s->clb;
    case PX_CLBU:
        return (uint32_t)(p->s->clb >> 32);
    case PX_FB:
        return (uint32_t)p->s->fb;
    case PX_FBU:
        return (uint32_t)(p->s->fb >> 32);
    case PX_IS:
        return read_is(p);
    case PX_CMD:
        complete_drain(p);
        return px_read(p, PX_CMD);
    case PX_TFD:
        return read_tfd(p);
    case PX_SACT:
        sync(p);
        return seen_sact(p);
    case PX_CI:
        return read_ci(p);
    case PX_FBS:
        return 0;
    default:
        return px_read(p, reg);
    }
}

/* ---- writes ---- */

static void set_half(uint64_t *to, bool upper, uint32_t value, uint32_t mask)
{
    if (upper)
        *to = (*to & 0xffffffffu) | (uint64_t)value << 32;
    else
        *to = (*to & ~0xffffffffull) | (value & mask);
}

static void write_base(struct port *p, unsigned reg, uint32_t value)
{
    bool upper = reg == PX_CLBU || reg == PX_FBU;

    if (upper && !(p->hba->cap & CAP_S64A))
        return;
    if (reg == PX_CLB || reg == PX_CLBU)
        set_half(&p->s->clb, upper, value, ~1023u);
    else
        set_half(&p->s->fb, upper, value, ~255u);
    port_find_memory(p);
}

static void write_is(struct port *p, uint32_t value)
{
    if (p->s->bus_error && value & IS_HBFS)
        value |= IS_TFES;
    if (p->s->running && value & IS_STOPS && px_read(p, PX_IS) & IS_STOPS) /* the guest need not have read it */
        p->s->stopped = 1;
    px_write(p, PX_IS, value);
    KILL_POINT(KILL_IS_CLEARED);
    p->s->is &= ~value;
    if (value & IS_FIS)
        p->s->owed = 0;
    sync(p); /* what ended before it was cleared, parts too, has no interrupt to come */
    if (!is_denied(p))
        hw_ahead(p, PX_SACT, seen_sact(p));
}

static void write_cmd(struct port *p, uint32_t value)
{
    bool starts = value & CMD_ST && !p->s->running, stops = p->s->running && !(value & CMD_ST);

    value &= ~CMD_KEPT_CLEAR;
    if (starts) {
        complete_drain(p);
        p->s->stopped = 0; /* an error may have been looked at since the port was stopped */
        if (p->cancelled)
            value &= ~CMD_ST; /* it may not be set before PxCMD.CR is clear (AHCI 1.3.1, 10.3.1) */
    }
    if (starts || value & CMD_FRE)
        port_program(p);
    if (starts && p->s->id.known == DISK_NONE)
        p->s->id.known = DISK_UNKNOWN;
    if (stops)
        p->s->cancelling = 1;
    px_write(p, PX_CMD, value);
    KILL_POINT(KILL_CMD_WRITTEN);
    if (stops)
        complete_cancel(p);
    else
        p->s->running = value & CMD_ST;
}

void port_write(struct port *p, unsigned reg, uint32_t value)
{
    switch (reg) {
    case PX_CLB:
    case PX_CLBU:
    case PX_FB:
    case PX_FBU:
        write_base(p, reg, value);
        break;
    case PX_IS:
        write_is(p, value);
        break;
    case PX_CMD:
        write_cmd(p, value);
        break;
    case PX_SCTL:
        if ((value & SCTL_DET) == 1) /* COMRESET: whoever answers after it has to say who it is */
            p->s->id.known = DISK_UNKNOWN;
        px_write(p, PX_SCTL, value);
        break;
    case PX_SACT:
        if (p->s->running)
            p->s->armed |= value & ~seen_ci(p);
        break;
    case PX_CI:
        if (p->s->running && value & ~(seen_ci(p) | p->cancelled))
            issue_new(p, value & ~(seen_ci(p) | p->cancelled));
        break;
    case PX_TFD:
    case PX_SIG:
    case PX_SSTS:
    case PX_FBS:
        break;
    default:
        px_write(p, reg, value);
    }
}
