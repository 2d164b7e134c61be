/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where an earlier instance stopped. What it saved is read as if a stranger had written it; then the slots say
 * what is in flight. A command that was ISSUED and which the controller no longer has was finished or never rung: both
 * look the same, so it is done again, which is harmless for what a disk understands as "these sectors" or "no data";
 * others are aborted, and their guest tries again.
 */
#include "storage.h"

static bool slot_is_sound(const struct saved_slot *s, const struct piece *pieces)
{
    if (s->state > SLOT_ISSUED || s->way >= WAYS || s->class > COMMAND_PACKET || s->addressing > ADDRESS_NCQ ||
        s->sectors > 65536 || s->done > s->sectors || s->part > 65536 || s->prds > 65535 || s->pieces > BOUNCED_PRDS)
        return false;
    if (s->state == SLOT_FREE || s->pool == NO_POOL)
        return s->state != SLOT_ISSUED || s->way != WAY_BOUNCE;
    if (s->pool >= POOL_PAGES || s->pool_pages > PART_PAGES || s->pool_pages > POOL_PAGES - s->pool ||
        s->bytes > s->pool_pages * 4096)
        return false;
    for (uint32_t i = 0; s->state == SLOT_ISSUED && i < s->pieces; i++)
        if (pieces[i].bytes == 0 || pieces[i].bytes > PRD_MAX_BYTES || !memory_at(pieces[i].address, pieces[i].bytes))
            return false;
    return true;
}

bool adopt_is_sound(const struct saved *s)
{
    for (unsigned i = 0; i < PORTS; i++) {
        const struct saved_port *p = &s->port[i];

        if (!disk_is_sound(&p->id))
            return false;
        for (unsigned n = 0; n < SLOTS; n++)
            if (!slot_is_sound(&p->slot[n], s->pieces[i][n]))
                return false;
    }
    return true;
}

static bool can_repeat(const struct saved_slot *s)
{
    return s->way != WAY_DIRECT || (s->class != COMMAND_PACKET && s->class != COMMAND_UNKNOWN);
}

void adopt_port(struct port *p)
{
    struct saved_port *s = p->s;
    uint32_t held = px_read(p, PX_CI) | px_read(p, PX_SACT), again = 0;

    s->issued = s->pending = s->queued = s->parted = 0;
    for (unsigned n = 0; n < SLOTS; n++) {
        struct saved_slot *slot = &s->slot[n];
        uint32_t bit = 1u << n;

        if (slot->state != SLOT_FREE && slot->pool != NO_POOL && !pool_claim(slot->pool, slot->pool_pages))
            slot->pool = NO_POOL, slot->state = slot->state == SLOT_ISSUED ? SLOT_PENDING : slot->state;
        if (slot->state == SLOT_FREE) {
            s->ci &= ~bit;
            s->sact &= ~bit;
            continue;
        }
        if (slot->state == SLOT_PENDING) {
            s->pending |= bit;
        } else if (held & bit) {
            s->issued |= bit;
            s->queued |= (uint32_t)slot->ncq << n;
            s->parted |= (uint32_t)!slot->last << n;
        } else {
            if (!can_repeat(slot))
                slot->way = WAY_ABORT;
            again |= bit;
        }
    }
    disk_rules(&p->disk);
    port_find_memory(p);
    issue_again(p, again);
    issue_pending(p);
}
