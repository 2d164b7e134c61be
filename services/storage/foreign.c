/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port that somebody else drives. Firmware may have a driver of its own in SMM, whose accesses nobody sees. What it
 * leaves can be seen: another command list or FIS area, or a port that was stopped under our commands. Nothing that such a
 * port says can be believed, above all not that a command has ended. So the guest's commands fail, and it has the port no
 * more. PxCI is no such sign: bits of our own stay in it where the guest resets a running port (QEMU).
 */
#include "storage.h"

void foreign_release(struct port *p)
{
    uint32_t slots = p->pending | p->issued | p->cancelled;

    if (!port_stop(p))
        return; /* the controller may still use what they hold */
    for (; slots; slots &= slots - 1) {
        journal_free(p, (unsigned)__builtin_ctz(slots));
        issue_give_room(p, (unsigned)__builtin_ctz(slots));
    }
    p->pending = p->issued = p->cancelled = p->queued = p->parted = 0;
}

/* An instance that finds the port shut calls foreign_release() as well. */
static void shut(struct port *p, const char *name, uint32_t is, uint32_t ours)
{
    hw_log("port %u: %s is %08x where storage left %08x: somebody else drives it, probably firmware in SMM. "
           "The guest has it no more",
           p->number, name, is, ours);
    px_write(p, PX_IE, 0);
    p->s->running = CMD_ST | CMD_FRE;
    denied_abort(p, p->pending | p->issued);
    __atomic_store_n(&p->s->shut, 1, __ATOMIC_RELEASE);
    foreign_release(p);
}

bool foreign_before_issue(struct port *p)
{
    uint32_t list = (uint32_t)dma_address(p->dma->list), clb = px_read(p, PX_CLB);

    if (clb != list)
        shut(p, "PxCLB", clb, list);
    return p->s->shut;
}

bool foreign_before_end(struct port *p)
{
    uint32_t fis = (uint32_t)dma_address(p->dma->fis), fb = px_read(p, PX_FB), cmd = px_read(p, PX_CMD);

    if (fb != fis)
        shut(p, "PxFB", fb, fis);
    else if (!(cmd & CMD_ST))
        shut(p, "PxCMD", cmd, cmd | CMD_ST);
    return p->s->shut;
}
