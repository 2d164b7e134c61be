/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where an earlier instance stopped. What it saved is read as if a stranger had written it; then the slots say
 * what is in flight.
 *
 * A command whose doorbell has rung is simply waited for: the controller has worked on, and what it no longer has it has
 * finished. Of at most one command, the one that an instance was about to ring, this is not known. PxCI says it while the
 * controller has not begun; otherwise where the instance stood says it. Only where that is not known either (too many in
 * a row were ended before they had found out) it is done again, which is harmless for what a disk understands as "these
 * sectors" or "no data"; others are aborted, and their guest tries again.
 */
#include "kill.h"
#include "storage.h"
#include <string.h>

#define READY_US 2000000u /* for a disk to be ready after a reset; init wants us to be by then, too */

static bool can_repeat(const struct slot *s)
{
    return s->step.way != WAY_DIRECT || (s->command.class != COMMAND_PACKET && s->command.class != COMMAND_UNKNOWN);
}

/* Not at the controller, or taken from it: it is to be rung (again). */
static void back_to_pending(struct port *p, unsigned n, bool may_have_run)
{
    uint32_t bit = 1u << n;

    if (may_have_run && !can_repeat(&p->slot[n])) {
        p->slot[n].step.way = WAY_ABORT;
        storage.saved->counts.aborted++;
    } else {
        storage.saved->counts.repeated++;
    }
    journal_step(p, n, SLOT_PENDING);
    p->issued &= ~bit;
    p->parted &= ~bit;
    p->pending |= bit;
}

/* ISSUED, and the doorbell is not known to have rung. */
static void find_out(struct port *p, unsigned n)
{
    uint32_t bit = 1u << n;

    if (px_read(p, PX_CI) & bit || storage.stood == STOOD_BEHIND) {
        p->s->slot[n].rung = p->slot[n].step.serial;
    } else if (storage.stood == STOOD_UNKNOWN && p->slot[n].command.ncq && px_read(p, PX_SACT) & bit) {
        p->doubt |= bit; /* PxSACT alone was written, or the disk has the command */
    } else {
        back_to_pending(p, n, storage.stood == STOOD_UNKNOWN);
    }
    KILL_POINT(KILL_FOUND_OUT);
}

static bool load_slot(struct port *p, unsigned n)
{
    struct slot *s = &p->slot[n];
    uint32_t bit = 1u << n;
    enum slot_state state;
    bool rung;

    if (!journal_load(p, n, &state, &rung))
        return false;
    if (state == SLOT_FREE)
        return true;
    if (s->step.pool != NO_POOL && !pool_claim(s->step.pool, s->step.pool_pages)) {
        s->step.pool = NO_POOL;
        return false;
    }
    p->queued |= (uint32_t)s->command.ncq << n;
    if ((int32_t)(s->command.order - p->order) >= 0)
        p->order = s->command.order + 1;
    if (state == SLOT_CANCELLED) {
        p->queued &= ~bit;
        p->cancelled |= bit;
        return true;
    }
    storage.saved->counts.adopted++;
    if (state == SLOT_PENDING) {
        p->pending |= bit;
        return true;
    }
    p->issued |= bit;
    p->parted |= (uint32_t)!s->step.last << n;
    if (!rung)
        p->unknown |= bit;
    return true;
}

static uint32_t first_order(const struct port *p)
{
    for (unsigned n = 0; n < SLOTS; n++)
        if (p->s->slot[n].now)
            return p->s->slot[n].command.order;
    return 0;
}

void adopt_load(struct port *p)
{
    bool sound = journal_identity_is_sound(p) && !p->s->lost;

    p->order = first_order(p); /* it wraps */
    for (unsigned n = 0; n < SLOTS; n++)
        sound &= load_slot(p, n);
    p->damaged = !sound;
    for (uint32_t left = sound ? p->unknown : 0; left; left &= left - 1)
        find_out(p, (unsigned)__builtin_ctz(left));
    p->s->armed &= ~(p->pending | p->issued);
    KILL_POINT(KILL_LOADED);
}

/* ---- what needs the controller ---- */

/* A COMRESET (AHCI 1.3.1, 10.4.2). */
static void reset_link(const struct port *p)
{
    uint32_t sctl = px_read(p, PX_SCTL) & ~SCTL_DET;

    px_write(p, PX_SCTL, sctl | 1);
    hw_pause(1000);
    px_write(p, PX_SCTL, sctl);
}

static void wait_ready(const struct port *p)
{
    for (uint32_t us = 0; us < READY_US; us += 100) {
        if ((px_read(p, PX_SSTS) & SSTS_DET) == SSTS_PRESENT && !(px_read(p, PX_TFD) & (TFD_BSY | TFD_DRQ)))
            return;
        hw_pause(100);
    }
}

/* As it was before a command of our own, or a reset of ours. */
static void end_asking(struct port *p)
{
    struct saved_port *s = p->s;

    if (!port_stop(p)) {
        reset_link(p);
        wait_ready(p);
    }
    px_write(p, PX_SERR, UINT32_MAX);
    px_write(p, PX_IS, px_read(p, PX_IS) & ~s->asking_is);
    port_program(p);
    px_write(p, PX_CMD, s->asking_cmd & ~CMD_ST);
    px_write(p, PX_CMD, s->asking_cmd);
    px_write(p, PX_IE, s->asking_ie);
    if (s->asking == ASKING_IDENTITY)
        s->id.known = DISK_UNKNOWN;
    journal_identity(p);
    __atomic_store_n(&s->asking, 0, __ATOMIC_RELEASE);
}

/* The last resort: the disk forgets what it has, and the guest does not see it. */
static void reset_port(struct port *p)
{
    uint32_t at_disk = p->doubt | (p->issued & (px_read(p, PX_CI) | px_read(p, PX_SACT)));

    storage.saved->counts.resets++;
    hw_log("port %u is reset: of %u commands it is not known whether the disk has them", p->number,
           (unsigned)__builtin_popcount(p->doubt));
    for (; at_disk; at_disk &= at_disk - 1)
        back_to_pending(p, (unsigned)__builtin_ctz(at_disk), true);
    identify_begin(p, ASKING_RESET);
    px_write(p, PX_IE, 0);
    (void)!port_stop(p); /* a reset helps a port that hangs */
    reset_link(p);
    wait_ready(p);
    end_asking(p);
}

/*
 * What was saved is damaged, so nobody knows which commands the guest waits for. It sees all of them fail, and the link
 * go down and up, which is what makes its driver try again. While its port does not run it waits for none.
 */
static void lose(struct port *p)
{
    struct saved_port *s = p->s;
    bool waits = s->running || s->lost || p->pending || p->issued;

    storage.saved->counts.lost++;
    hw_log("port %u: what the last instance left is damaged; its commands fail", p->number);
    s->lost = waits;
    (void)!port_stop(p);
    if (s->asking) /* the interrupts of a command of our own were masked */
        px_write(p, PX_IE, s->asking_ie);
    for (unsigned n = 0; n < SLOTS; n++)
        if ((p->pending | p->issued | p->cancelled) >> n & 1)
            issue_give_room(p, n);
    memset(s->slot, 0, sizeof(s->slot));
    for (unsigned n = 0; n < SLOTS; n++)
        p->slot[n] = (struct slot){ .saved = &s->slot[n] };
    p->pending = p->issued = p->cancelled = p->queued = p->parted = p->doubt = 0;
    s->cancelling = s->asking = s->armed = s->bus_error = 0;
    s->is |= waits ? IS_IFS : 0;
    s->running = s->stopped = waits;
    disk_forget(&p->disk, px_read(p, PX_SIG) == SIG_ATAPI);
    s->id.known = DISK_UNKNOWN;
    journal_identity(p);
    reset_link(p);
}

void adopt_go_on(struct port *p)
{
    struct saved_port *s = p->s;

    s->is |= s->hidden;
    s->hidden = 0;
    port_find_memory(p);
    if (p->damaged) {
        lose(p);
        return;
    }
    if (s->asking == ASKING_IDENTITY) /* what is there may be half of it */
        disk_forget(&p->disk, px_read(p, PX_SIG) == SIG_ATAPI);
    else
        disk_rules(&p->disk);
    if (s->shut)
        foreign_release(p);
    if (is_denied(p))
        return;
    if (s->asking)
        end_asking(p);
    if (s->cancelling) {
        px_write(p, PX_CMD, px_read(p, PX_CMD) & ~CMD_ST);
        complete_cancel(p);
    }
    if (px_read(p, PX_IS) & IS_STOPS)
        s->stopped = 1;
    if (p->doubt && !s->stopped)
        reset_port(p);
    KILL_POINT(KILL_GOING_ON);
    issue_pending(p);
}
