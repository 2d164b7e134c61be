/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is, found by walking lists and tables. No counter is asked: a leak would be missing from the one place and
 * from the other.
 */
#include "account.h"

#include "core/log.h"
#include "device.h"
#include "domain.h"
#include "port.h"
#include "thread.h"
#include "vm/vcpu.h"

static void count_objects(const struct domain *d, struct weir_account *a)
{
    u64 *const count[] = {[WEIR_DOMAIN] = &a->domains,   [WEIR_THREAD] = &a->threads, [WEIR_PORT] = &a->ports,
                          [WEIR_NOTE] = &a->notes,       [WEIR_VCPU] = &a->vcpus,     [WEIR_MEMORY] = &a->memories,
                          [WEIR_DEVICE] = &a->devices};

    for (const struct object *o = d->objects; o; o = o->next) {
        ASSERT(o->owner == d && o->kind < ARRAY_SIZE(count) && count[o->kind]);
        ++*count[o->kind];
        if (o->kind == WEIR_DEVICE)
            a->bindings += container_of(o, const struct device, object)->bind != NULL;
        if (o->kind == WEIR_PORT)
            for (const struct client *c = container_of(o, const struct port, object)->cpu[0].first; c; c = c->next)
                a->requests++;
    }
}

static void count_tables(const struct domain *d, struct weir_account *a)
{
    for (u32 i = 0; i < d->caps_end; i++)
        a->capabilities += d->caps[i].object != NULL;
    for (const struct use *u = d->uses; u; u = u->next_in_domain)
        a->uses++;
    for (const struct thread *t = d->threads; t; t = t->next_in_domain)
        a->requests += t->client != NULL;
    a->mapped += space_count(&d->space);
}

void account(const struct domain *only, struct weir_account *a)
{
    *a = (struct weir_account){.free_pages = page_count_free()};
    for (const struct domain *d = domains; d; d = d->next)
        if (!only || d == only) {
            count_objects(d, a);
            count_tables(d, a);
        }
    if (only) {
        a->pages = only->budget.used;
        a->pages_limit = only->budget.limit;
        a->ticks = only->ticks;
    }
}
