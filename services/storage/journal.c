/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal of a slot. Each step is written whole, with its checksum, into the version that is not in force, and comes
 * into force by the one store to `now` that also says the slot's state. So an instance that is ended between any two
 * instructions leaves the step before or the step after, never a mixture. What is read back is checked as if a stranger
 * had written it: bounds by adopt.c, the rest by the checksums here.
 */
#include "storage.h"
#include <string.h>

#define NOW_STATE 3u
#define NOW_VERSION 4u
#define WORD_BITS 0xffffu /* of `now`, serials and so `rung`: their complement stands above them */

/* Not a cryptographic one: what it has to find is a wild store or a torn one. Any change of one word changes it. */
static inline uint64_t mix(uint64_t sum, const void *from, size_t bytes)
{
    const uint64_t *w = from;

#pragma GCC unroll 8
    for (size_t i = 0; i < bytes / 8; i += 2) {
        sum = (sum ^ w[i]) * 0x9e3779b97f4a7c15ull;
        if (i + 1 < bytes / 8)
            sum ^= w[i + 1];
        sum = sum << 29 | sum >> 35;
    }
    return sum;
}

static uint64_t command_sum(const struct slot_command *c)
{
    return mix(1, c, sizeof(*c));
}

/* The command's sum is in it, so that a step belongs to its command. */
static uint64_t step_sum(const struct slot_step *step, uint64_t command, const struct piece *pieces, enum slot_state state)
{
    uint64_t sum = mix(command, step, sizeof(*step));

    for (uint32_t i = 0; state == SLOT_ISSUED && i < step->pieces; i++)
        sum = mix(sum, &pieces[i], sizeof(pieces[i]));
    return sum;
}

static uint32_t word_of(uint32_t bits)
{
    return (bits & WORD_BITS) | (~bits & WORD_BITS) << 16;
}

/* Until it, the version in force is the old one. x86 keeps stores in order; only the compiler has to be told. */
static void put_in_force(uint32_t *now, uint32_t word)
{
    __atomic_store_n(now, word, __ATOMIC_RELEASE);
}

void journal_step(struct port *p, unsigned n, enum slot_state state)
{
    struct saved_slot *j = p->slot[n].saved;
    struct slot_step *step = &p->slot[n].step;
    uint32_t version = ~j->now & NOW_VERSION;
    struct saved_step *to = &j->step[version / NOW_VERSION];

    step->serial = word_of(step->serial + 1);
    to->step = *step;
    to->sum = step_sum(step, j->command_sum, p->pieces[n], state);
    put_in_force(&j->now, word_of(state | version));
}

void journal_accept(struct port *p, unsigned n)
{
    struct saved_slot *j = p->slot[n].saved;

    j->command = p->slot[n].command;
    j->command_sum = command_sum(&j->command);
    journal_step(p, n, SLOT_PENDING);
}

void journal_free(struct port *p, unsigned n)
{
    uint32_t *now = &p->slot[n].saved->now;

    put_in_force(now, word_of(SLOT_FREE | (*now & NOW_VERSION)));
}

static bool is_sound(const struct slot_command *c, const struct slot_step *s, enum slot_state state,
                     const struct piece *pieces)
{
    if (s->way >= WAYS || c->class > COMMAND_PACKET || c->addressing > ADDRESS_NCQ || c->sectors > 65536 ||
        s->done > c->sectors || s->part > 65536 || c->prds > 65535 || s->pieces > BOUNCED_PRDS)
        return false;
    if (s->pool == NO_POOL)
        return state != SLOT_ISSUED || s->way != WAY_BOUNCE;
    if (s->pool >= POOL_PAGES || s->pool_pages > PART_PAGES || s->pool_pages > POOL_PAGES - s->pool ||
        s->bytes > s->pool_pages * 4096)
        return false;
    for (uint32_t i = 0; state == SLOT_ISSUED && i < s->pieces; i++)
        if (pieces[i].bytes == 0 || pieces[i].bytes > PRD_MAX_BYTES || !memory_at(pieces[i].address, pieces[i].bytes))
            return false;
    return true;
}

bool journal_load(struct port *p, unsigned n, enum slot_state *state, bool *rung)
{
    struct saved_slot *j = p->slot[n].saved;
    struct slot *s = &p->slot[n];
    uint32_t now = __atomic_load_n(&j->now, __ATOMIC_ACQUIRE), version = now & NOW_VERSION;
    const struct saved_step *from = &j->step[version / NOW_VERSION];
    uint64_t sum;

    *state = SLOT_FREE;
    *rung = false;
    if (now == 0) /* never used */
        return true;
    s->command = j->command;
    s->step = from->step;
    *state = now & NOW_STATE;
    *rung = *state == SLOT_ISSUED && j->rung == s->step.serial;
    if (now != word_of(*state | version) || (j->rung && j->rung != word_of(j->rung)) || s->step.pieces > BOUNCED_PRDS)
        return false;
    if (*state == SLOT_FREE)
        return true;
    sum = command_sum(&s->command);
    if (j->command_sum != sum || from->sum != step_sum(&s->step, sum, p->pieces[n], *state))
        return false;
    return is_sound(&s->command, &s->step, *state, p->pieces[n]);
}

/* Not of `known`, which changes alone. */
static uint64_t identity_sum(const struct disk_identity *id)
{
    return mix(3, &id->sectors, sizeof(*id) - offsetof(struct disk_identity, sectors));
}

/* Not one store: s->asking is set meanwhile. */
void journal_identity(struct port *p)
{
    p->s->id_sum = identity_sum(&p->s->id);
}

bool journal_identity_is_sound(const struct port *p)
{
    return p->s->asking == ASKING_IDENTITY || /* it is asked for again */
           (disk_is_sound(&p->s->id) && p->s->id_sum == identity_sum(&p->s->id));
}
