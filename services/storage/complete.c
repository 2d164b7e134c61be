/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has finished on the controller is made visible to the guest, which can learn of it only from registers that are
 * hooked: so it is enough to do it when the guest looks. First the data, then FIS and byte count, then PxCI and PxSACT,
 * which are the slots' states. All before that one store can be done again by another instance.
 */
#include "kill.h"
#include "storage.h"

/* Issued slots that the controller is done with. An NCQ command is when its bit in PxSACT goes (AHCI 1.3.1, 5.5.1). */
static uint32_t finished(const struct port *p)
{
    uint32_t busy = 0;

    if (p->issued & p->queued)
        busy |= px_read(p, PX_SACT) & p->queued;
    if (p->issued & ~p->queued)
        busy |= px_read(p, PX_CI) & ~p->queued;
    return p->issued & ~busy;
}

/* Data to the guest's memory. */
static void deliver(struct port *p, unsigned n)
{
    const struct slot_command *c = &p->slot[n].command;
    struct slot_step *s = &p->slot[n].step;

    if (s->way == WAY_BOUNCE && c->class == COMMAND_READ) {
        transfer_decrypt(&p->disk, c->lba + s->done, s->bytes / SECTOR, storage.dma->pool[s->pool], p->pieces[n],
                         s->pieces, 0);
    } else if (s->way == WAY_BOUNCE && c->class == COMMAND_IDENTIFY) {
        disk_patch(&p->disk, storage.dma->pool[s->pool]);
        transfer_bytes(storage.dma->pool[s->pool], s->bytes, p->pieces[n], s->pieces);
    }
    KILL_POINT(KILL_DELIVERED);
}

static uint32_t byte_count(const struct port *p, unsigned n)
{
    return p->slot[n].step.prdbc + ((const volatile struct ahci_header *)p->dma->list)[n].prdbc;
}

/* A part's end: the command waits for its next part. */
static void go_on(struct port *p, unsigned n)
{
    struct slot_step *s = &p->slot[n].step;
    uint32_t bit = 1u << n;

    s->prdbc = byte_count(p, n);
    s->done += s->part;
    s->prd = s->next_prd;
    s->prd_offset = s->next_offset;
    s->part = 0;
    journal_step(p, n, SLOT_PENDING);
    KILL_POINT(KILL_PART_ENDED);
    p->issued &= ~bit;
    p->parted &= ~bit;
    p->pending |= bit;
}

static void end(struct port *p, unsigned n)
{
    uint32_t bit = 1u << n;

    KILL_POINT(KILL_BEFORE_END);
    journal_free(p, n);
    KILL_POINT(KILL_ENDED);
    p->issued &= ~bit;
    p->queued &= ~bit;
    issue_give_room(p, n);
}

/* The FISes that commands bring; the unknown FIS where there was one. */
static void show_fis(const struct port *p, uint32_t is)
{
    if (p->fis)
        memory_copy(p->fis, p->dma->fis, is & IS_UFS ? FIS_AREA_BYTES : FIS_UNKNOWN);
}

/*
 * The controller's interrupt after a part of a command is our own affair. PxIS is cleared first and PxCI looked at
 * again after, so that nothing that ended meanwhile is forgotten; the next parts are issued last, so that each of them
 * brings an interrupt of its own, at which the guest will find what `is` keeps for it.
 */
static uint32_t hide_parts(struct port *p, uint32_t done)
{
    uint32_t bits = px_read(p, PX_IS) & IS_FIS;

    p->s->hidden = bits;
    px_write(p, PX_IS, bits);
    KILL_POINT(KILL_PART_HIDDEN);
    done |= finished(p);
    if (done & ~p->parted || p->s->owed)
        p->s->is |= bits;
    p->s->hidden = 0;
    return done;
}

static void each(struct port *p, uint32_t slots, void (*what)(struct port *p, unsigned n))
{
    for (; slots; slots &= slots - 1)
        what(p, (unsigned)__builtin_ctz(slots));
}

static void show_count(struct port *p, unsigned n)
{
    if (p->list)
        ((volatile struct ahci_header *)p->list)[n].prdbc = byte_count(p, n);
}

uint32_t complete_sync(struct port *p, uint32_t is)
{
    uint32_t done, ends, parts;

    if (is & IS_STOPS)
        p->s->stopped = 1;
    done = p->issued ? finished(p) : 0;
    if (done && foreign_before_end(p))
        return is;
    if (done & p->parted) {
        done = hide_parts(p, done);
        is &= ~IS_FIS;
    }
    ends = done & ~p->parted;
    parts = done & p->parted;
    each(p, done, deliver);
    if (ends || is & (IS_FIS | IS_STOPS))
        show_fis(p, is);
    each(p, ends, show_count);
    if (ends)
        p->s->owed = 1;
    each(p, ends, end);
    each(p, parts, go_on);
    if (ends && storage.starved)
        issue_everywhere();
    else if (p->pending && (ends || parts))
        issue_pending(p);
    return is;
}

static void cancel(struct port *p, unsigned n)
{
    uint32_t bit = 1u << n;

    if (p->pending & bit) {
        journal_free(p, n);
        issue_give_room(p, n);
    } else {
        journal_step(p, n, SLOT_CANCELLED);
        p->cancelled |= bit;
    }
    p->pending &= ~bit;
    p->issued &= ~bit;
    KILL_POINT(KILL_CANCELLED);
}

void complete_cancel(struct port *p)
{
    struct saved_port *s = p->s;

    each(p, p->pending | p->issued, cancel);
    p->queued = p->parted = 0;
    s->armed = s->stopped = s->bus_error = s->lost = s->running = 0;
    s->cancelling = 0;
    complete_drain(p);
}

static void let_go(struct port *p, unsigned n)
{
    journal_free(p, n);
    issue_give_room(p, n);
}

void complete_drain(struct port *p)
{
    if (!p->cancelled || px_read(p, PX_CMD) & CMD_CR)
        return;
    each(p, p->cancelled, let_go);
    p->cancelled = 0;
    if (storage.starved)
        issue_everywhere();
}
