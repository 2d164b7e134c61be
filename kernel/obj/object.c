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

static struct slab *slab_with_room(struct domain *d)
{
    for (struct slab *s = d->slabs; s; s = s->next)
        if (s->free)
            return s;
    struct slab *s = page_alloc(&d->budget, 1);
    if (!s)
        return NULL;
    s->free = (u32)(BIT(SLAB_SLOTS) - 1);
    LIST_ADD(d->slabs, s, next, link);
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
        if (block)
            page_free(&d->budget, block, pages_for(bytes));
        return;
    }
    struct slab *s = (struct slab *)((u64)block & ~PAGE_MASK);
    unsigned i = (unsigned)(((u64)block & PAGE_MASK) / SLAB_BYTES - 1);
    ASSERT(!(s->free & 1u << i));
    s->free |= 1u << i;
    if (s->free == BIT(SLAB_SLOTS) - 1) {
        LIST_REMOVE(s, next, link);
        page_free(&d->budget, s, 1);
    }
}

void object_init(struct object *o, u8 kind, struct domain *d)
{
    o->kind = kind;
    o->owner = d;
    LIST_ADD(d->objects, o, next, link);
}

static void take_capabilities(struct object *o)
{
    for (struct domain *d = domains; d; d = d->next)
        for (u32 i = 0; i < d->caps_end; i++)
            if (d->caps[i].object == o)
                d->caps[i].object = NULL;
}

void object_destroy(struct object *o)
{
    LIST_REMOVE(o, next, link);
    take_capabilities(o);
    while (o->uses)
        use_remove(o->uses);
    switch (o->kind) {
#define DESTROY(KIND, type)                                     \
    case WEIR_##KIND:                                           \
        type##_destroy(container_of(o, struct type, object));   \
        break
        DESTROY(DOMAIN, domain);
        DESTROY(THREAD, thread);
        DESTROY(PORT, port);
        DESTROY(NOTE, note);
        DESTROY(VCPU, vcpu);
        DESTROY(MEMORY, memory);
        DESTROY(DEVICE, device);
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
    d->caps_end = slot < d->caps_end ? d->caps_end : (u32)slot + 1;
}

void cap_clear(struct domain *d, u64 slot)
{
    struct object *o = d->caps[slot].object;

    d->caps[slot].object = NULL;
    for (u32 i = 0; i < d->caps_end; i++)
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

    LIST_REMOVE(u, next, link);
    LIST_REMOVE(u, next_in_domain, domain_link);
    if (u->pages) {
        space_unmap(&d->space, u->va, u->pages);
        domain_flush(d);
    }
    block_free(d, u, sizeof(*u));
}
