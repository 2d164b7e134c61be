/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"

#include "core/log.h"
#include "domain.h"
#include "init.h"
#include "memory.h"
#include "port.h"
#include "vm/a20.h"
#include "vm/npt.h"
#include "vm/vcpu_ops.h"
#include "x86/cpu.h"

struct binding **io_table[65536 / IO_PER_PAGE];
static struct binding *ranges[DEVICE_TYPES]; /* sorted; DEVICE_PORTS: unused */
struct binding *binding_found[DEVICE_TYPES];
u64 binding_changes = 1;
static struct wipe { u16 port; u32 mask, value; } wipes[16];
static unsigned nwipes;
u64 wipe_ports;

struct binding *binding_search(u8 type, u64 addr, u64 size)
{
    for (u64 p = addr; type == DEVICE_PORTS && p < addr + size && p < 65536; p++) {
        struct binding **t = io_table[p / IO_PER_PAGE];
        if (t && t[p % IO_PER_PAGE])
            return t[p % IO_PER_PAGE];
    }
    for (struct binding *b = ranges[type]; b && b->first < addr + size; b = b->next)
        if (b->last >= addr)
            return binding_found[type] = b;
    return NULL;
}

bool binding_in_page(u64 page)
{
    return binding_find(DEVICE_ADDRESSES, page, PAGE_SIZE);
}

struct device *device_create(struct domain *d, u8 type, u32 rights, u64 first, u64 last)
{
    struct device *v = block_alloc(d, sizeof(*v));

    if (!v)
        return NULL;
    v->type = type;
    v->rights = rights;
    v->first = first;
    v->last = last;
    object_init(&v->object, WEIR_DEVICE, d);
    return v;
}

struct device *device_create_root(struct domain *d, enum device_type type)
{
    u64 last = type == DEVICE_PORTS ? 0xffff : type == DEVICE_MSRS ? 0xffffffff : BIT(cpu_features.address_bits) - 1;

    return device_create(d, type, WEIR_R_ALL, 0, last);
}

u64 device_wipe(struct device *v, u32 mask, u32 value)
{
    if (nwipes == ARRAY_SIZE(wipes))
        return WEIR_E_MEMORY;
    wipes[nwipes++] = (struct wipe){(u16)v->first, mask, value};
    wipe_ports |= BIT(v->first % 64);
    vcpu_ops->intercept_io((u16)v->first, (u16)v->first, true);
    return WEIR_OK;
}

void device_may_wipe(u16 port, u32 value)
{
    for (const struct wipe *w = wipes; w < wipes + nwipes; w++)
        if (w->port == port && (value & w->mask) == w->value)
            memory_wipe();
}

/* Tells the hardware side which accesses exit from now on. */
static void intercept(const struct binding *b, bool on)
{
    if (b->type == DEVICE_PORTS) {
        vcpu_ops->intercept_io((u16)b->first, (u16)b->last, on);
        a20_intercept();
        for (unsigned i = 0; i < nwipes; i++)
            vcpu_ops->intercept_io(wipes[i].port, wipes[i].port, true);
    } else if (b->type == DEVICE_MSRS) {
        vcpu_ops->intercept_msr((u32)b->first, (u32)b->last, on);
    } else {
        npt_hook(b->first, b->last);
    }
}

static bool make_io_pages(u64 first, u64 last)
{
    for (u64 i = first / IO_PER_PAGE; i <= last / IO_PER_PAGE; i++)
        if (!io_table[i] && !(io_table[i] = page_alloc(&kernel_budget, 1)))
            return false;
    return true;
}

/* Puts the binding into its table or list, or takes it out. */
static void enter(struct binding *b, bool on)
{
    struct binding **link = &ranges[b->type];

    for (u64 p = b->first; b->type == DEVICE_PORTS && p <= b->last; p++)
        io_table[p / IO_PER_PAGE][p % IO_PER_PAGE] = on ? b : NULL;
    while (*link && *link != b && (*link)->first < b->first)
        link = &(*link)->next;
    if (b->type != DEVICE_PORTS) {
        binding_found[b->type] = NULL;
        if (on)
            b->next = *link;
        *link = on ? b : b->next;
    }
    binding_changes++;
    intercept(b, on);
}

/* The orphan whose binding is exactly the one asked for. */
static struct device *orphan_to_take(const struct device *v, u64 mode, const struct port *p)
{
    for (struct object *o = init_domain->objects; o; o = o->next) {
        struct device *w = container_of(o, struct device, object);
        if (o->kind == WEIR_DEVICE && w->rights == 0 && w->bind && w->type == v->type && w->first == v->first &&
            w->last == v->last && w->bind->mode == mode && w->bind->port == p)
            return w;
    }
    return NULL;
}

u64 device_bind(struct device *v, u64 mode, struct port *p, u64 value, u64 cookie)
{
    struct device *orphan = orphan_to_take(v, mode, p);

    if (v->bind)
        return WEIR_E_STATE;
    if (v->type == DEVICE_ADDRESSES && v->last - v->first >= 4 * GIB)
        return WEIR_E_RANGE;
    if (orphan) {
        v->bind = orphan->bind;
        v->bind->value = value;
        v->bind->cookie = cookie;
        orphan->bind = NULL;
        object_destroy(&orphan->object);
        return WEIR_OK;
    }
    if (binding_search(v->type, v->first, v->last - v->first + 1))
        return WEIR_E_BUSY;
    struct binding *b = block_alloc(init_domain, sizeof(*b));
    if (!b)
        return WEIR_E_MEMORY;
    if ((v->type == DEVICE_PORTS && !make_io_pages(v->first, v->last)) ||
        (v->type == DEVICE_ADDRESSES && !npt_prepare(v->first, v->last))) {
        block_free(init_domain, b, sizeof(*b));
        return WEIR_E_MEMORY;
    }
    *b = (struct binding){(u8)mode, v->type, v->first, v->last, p, value, cookie, NULL};
    v->bind = b;
    enter(b, true);
    return WEIR_OK;
}

void device_unbind(struct device *v)
{
    struct binding *b = v->bind;

    v->bind = NULL;
    enter(b, false);
    block_free(init_domain, b, sizeof(*b));
}

void device_end_port(struct port *p)
{
    for (struct domain *d = domains; d; d = d->next)
        for (struct object *o = d->objects; o; o = o->next) {
            struct device *v = container_of(o, struct device, object);
            if (o->kind != WEIR_DEVICE || !v->bind || v->bind->port != p)
                continue;
            if (!p->closed) {
                device_unbind(v);
                continue;
            }
            v->bind->mode = WEIR_BIND_FLOAT;
            v->bind->port = NULL;
        }
}

void device_orphan(struct device *v)
{
    struct device *w = device_create(init_domain, v->type, 0, v->first, v->last);

    if (w) { /* else: with v the binding ends, and the guest has the hardware */
        w->bind = v->bind;
        v->bind = NULL;
    }
}

void device_destroy(struct device *v)
{
    if (v->bind)
        device_unbind(v);
    block_free(v->object.owner, v, sizeof(*v));
}

u64 device_open(struct device *v, struct domain *d)
{
    u8 *bitmap = space_io_bitmap(&d->space);

    if (!bitmap)
        return WEIR_E_MEMORY;
    for (u64 p = v->first; p <= v->last; p++)
        bitmap[p / 8] &= (u8) ~(1u << (p % 8));
    return WEIR_OK;
}
