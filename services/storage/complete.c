/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has finished on the controller is made visible to the guest, which can learn of it only from registers that are
 * hooked: so it is enough to do it when the guest looks. First the data, then FIS and byte count, then PxCI and PxSACT.
 */
#include "storage.h"

/* Issued slots that the controller is done with. An NCQ command is when its bit in PxSACT goes (AHCI 1.3.1, 5.5.1). */
static uint32_t finished(const struct port *p)
{
    uint32_t busy = 0;

    if (p->s->issued & p->s->queued)
        busy |= px_read(p, PX_SACT) & p->s->queued;
    if (p->s->issued & ~p->s->queued)
        busy |= px_read(p, PX_CI) & ~p->s->queued;
    return p->s->issued & ~busy;
}

static void give_room(struct saved_slot *s)
{
    if (s->pool != NO_POOL)
        pool_give(s->pool, s->pool_pages);
    s->pool = NO_POOL;
}

static void deliver(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];

    if (s->class == COMMAND_READ) {
        transfer_decrypt(&p->disk, s->lba + s->done, s->bytes / SECTOR, storage.dma->pool[s->pool], p->pieces[n],
                         s->pieces, 0);
    } else if (s->class == COMMAND_IDENTIFY) {
        disk_patch(&p->disk, storage.dma->pool[s->pool]);
        transfer_bytes(storage.dma->pool[s->pool], s->bytes, p->pieces[n], s->pieces);
    }
}

/* false: it was a part, and more are to come. */
static bool finish(struct port *p, unsigned n)
{
    struct saved_slot *s = &p->s->slot[n];
    uint32_t bit = 1u << n;

    if (s->way == WAY_BOUNCE)
        deliver(p, n);
    s->prdbc += ((volatile struct ahci_header *)p->dma->list)[n].prdbc;
    p->s->issued &= ~bit;
    p->s->parted &= ~bit;
    if (!s->last) {
        s->done += s->part;
        s->prd = s->next_prd;
        s->prd_offset = s->next_offset;
        return false;
    }
    if (p->list)
        ((volatile struct ahci_header *)p->list)[n].prdbc = s->prdbc;
    s->state = SLOT_FREE;
    p->s->queued &= ~bit;
    give_room(s);
    return true;
}

static uint32_t finish_all(struct port *p, uint32_t *again)
{
    uint32_t done = finished(p), ends = 0;

    for (uint32_t left = done; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);

        if (finish(p, n))
            ends |= 1u << n;
        else
            *again |= 1u << n;
    }
    return ends;
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
static uint32_t hide_parts(struct port *p, uint32_t *is, uint32_t *again, uint32_t ends)
{
    uint32_t bits = px_read(p, PX_IS) & IS_FIS;

    px_write(p, PX_IS, bits);
    ends |= finish_all(p, again);
    *is &= ~IS_FIS;
    if (ends || p->s->owed)
        p->s->is |= bits;
    return ends;
}

void complete_sync(struct port *p, uint32_t *is)
{
    uint32_t again = 0, ends;

    if (*is & IS_STOPS)
        p->s->stopped = 1;
    ends = p->s->issued ? finish_all(p, &again) : 0;
    if (again)
        ends = hide_parts(p, is, &again, ends);
    if (ends || *is & (IS_FIS | IS_STOPS))
        show_fis(p, *is);
    p->s->ci &= ~ends;
    p->s->sact &= ~ends;
    p->s->owed |= ends;
    if (again)
        issue_again(p, again);
    if (ends && storage.starved)
        issue_everywhere();
    else if (p->s->pending && (ends || again))
        issue_pending(p);
}

void complete_cancel(struct port *p)
{
    struct saved_port *s = p->s;

    for (uint32_t left = s->pending; left; left &= left - 1) {
        struct saved_slot *slot = &s->slot[__builtin_ctz(left)];

        slot->state = SLOT_FREE;
        give_room(slot);
    }
    s->draining |= s->issued;
    s->issued = s->pending = s->queued = s->parted = s->ci = s->sact = 0;
    s->stopped = s->bus_error = 0;
    complete_drain(p);
}

void complete_drain(struct port *p)
{
    if (!p->s->draining || px_read(p, PX_CMD) & CMD_CR)
        return;
    for (uint32_t left = p->s->draining; left; left &= left - 1) {
        struct saved_slot *slot = &p->s->slot[__builtin_ctz(left)];

        slot->state = SLOT_FREE;
        give_room(slot);
    }
    p->s->draining = 0;
    if (storage.starved)
        issue_everywhere();
}
