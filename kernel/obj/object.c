/* SPDX-License-Identifier: BSD-2-Clause */
#include "object.h"

#include "core/log.h"
#include "core/string.h"
#include "device.h"
#include "domain.h"
#include "memory.h"
#include "note.h"
#include "port.h"
#include "thread.h"
#include "vm/vcpu.h"

#define SLAB_BYTES 128u
#define SLAB_SLOTS (PAGE_SIZE / SLAB_BYTES - 1)

struct slab { /* the first slot of its page */
    struct slab *next, **link;
    u32 free; /* bit i: slot i + 1 is free */
};

static bool is_small(size_t bytes)
{
    return bytes <= SLAB_BYTES;
}

static u32 pages_for(size_t bytes)
{
    return (u32)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
}

static struct slab *slab_with_room(struct domain *d)
{
    for (struct slab *s = d->slabs; s; s = s->next)
        if (s->free)
            return s;
    struct slab *s = page_alloc(&d->budget, 1);
    if (!s)
        return NULL;
    s->free = (u32)(BIT(SLAB_SLOTS) - 1);
    s->next = d->slabs;
    s->link = &d->slabs;
    if (s->next)
        s->next->link = &s->next;
    d->slabs = s;
    return s;
}

void *block_alloc(struct domain *d, size_t bytes)
{
    if (!is_small(bytes))
        return page_alloc(&d->budget, pages_for(bytes));
    struct slab *s = slab_with_room(d);
    if (!s)
        return NULL;
    unsigned i = (unsigned)__builtin_ctz(s->free);
    s->free &= ~(1u << i);
    char *block = (char *)s + (i + 1) * SLAB_BYTES;
    memset(block, 0, SLAB_BYTES);
    return block;
}

void block_free(struct domain *d, void *block, size_t bytes)
{
    if (!is_small(bytes)) {
        page_free(&d->budget, block, pages_for(bytes));
        return;
    }
    struct slab *s = (struct slab *)((u64)block & ~PAGE_MASK);
    unsigned i = (unsigned)(((u64)block & PAGE_MASK) / SLAB_BYTES - 1);
    ASSERT(!(s->free & 1u << i));
    s->free |= 1u << i;
    if (s->free == BIT(SLAB_SLOTS) - 1) {
        *s->link = s->next;
        if (s->next)
            s->next->link = s->link;
        page_free(&d->budget, s, 1);
    }
}

void object_init(struct object *o, u8 kind, struct domain *d)
{
    o->kind = kind;
    o->owner = d;
    o->next = d->objects;
    o->link = &d->objects;
    if (o->next)
        o->next->link = &o->next;
    d->objects = o;
}

static void unlink_object(struct object *o)
{
    *o->link = o->next;
    if (o->next)
        o->next->link = o->link;
}

static void take_capabilities(struct object *o)
{
    for (struct domain *d = domains; d; d = d->next)
        for (u32 i = 0; i < d->ncaps; i++)
            if (d->caps[i].object == o)
                d->caps[i].object = NULL;
}

void object_destroy(struct object *o)
{
    unlink_object(o);
    take_capabilities(o);
    while (o->uses)
        use_remove(o->uses);
    switch (o->kind) {
    case WEIR_DOMAIN:
        domain_destroy(container_of(o, struct domain, object));
        break;
    case WEIR_THREAD:
        thread_destroy(container_of(o, struct thread, object));
        break;
    case WEIR_PORT:
        port_destroy(container_of(o, struct port, object));
        break;
    case WEIR_NOTE:
        note_destroy(container_of(o, struct note, object));
        break;
    case WEIR_VCPU:
        vcpu_destroy(container_of(o, struct vcpu, object));
        break;
    case WEIR_MEMORY:
        memory_destroy(container_of(o, struct memory, object));
        break;
    case WEIR_DEVICE:
        device_destroy(container_of(o, struct device, object));
        break;
    default:
        panic("object of kind %u", o->kind);
    }
}

struct cap *cap_find(struct domain *d, u64 slot, u8 kind, u32 rights, u64 *status)
{
    struct cap *c = slot < d->ncaps ? &d->caps[slot] : NULL;

    if (unlikely(!c || !c->object || c->object->kind != kind)) {
        *status = WEIR_E_CAP;
        return NULL;
    }
    if (unlikely((c->rights & rights) != rights)) {
        *status = WEIR_E_RIGHTS;
        return NULL;
    }
    return c;
}

bool cap_is_free(const struct domain *d, u64 slot)
{
    return slot > 0 && slot < d->ncaps && !d->caps[slot].object;
}

void cap_set(struct domain *d, u64 slot, struct object *o, u32 rights, u16 badge)
{
    d->caps[slot] = (struct cap){o, (u16)rights, badge, 0};
}

void cap_clear(struct domain *d, u64 slot)
{
    struct object *o = d->caps[slot].object;

    d->caps[slot].object = NULL;
    for (u32 i = 0; i < d->ncaps; i++)
        if (d->caps[i].object == o)
            return; /* held a second time: its uses may rest on that one */
    for (struct use *u = o->uses, *next; u; u = next) {
        next = u->next;
        if (u->domain == d)
            use_remove(u);
    }
}

void use_remove(struct use *u)
{
    struct domain *d = u->domain;

    *u->link = u->next;
    if (u->next)
        u->next->link = u->link;
    *u->domain_link = u->next_in_domain;
    if (u->next_in_domain)
        u->next_in_domain->domain_link = u->domain_link;
    if (u->pages) {
        space_unmap(&d->space, u->va, u->pages);
        domain_flush(d);
    }
    block_free(d, u, sizeof(*u));
}
