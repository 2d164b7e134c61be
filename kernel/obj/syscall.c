/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of system calls, and those that make, hand out and take away objects. First check, then do. */
#include "core/log.h"
#include "device.h"
#include "domain.h"
#include "memory.h"
#include "note.h"
#include "port.h"
#include "sched.h"
#include "trace.h"
#include "vm/vcpu.h"
#include "x86/cpu.h"
#include "x86/insn.h"

extern void *const syscall_table[WEIR_CALLS];

static struct domain *caller(void)
{
    return this_cpu()->thread->domain;
}

static struct result put(struct domain *d, u64 slot, struct object *o, u32 rights)
{
    cap_set(d, slot, o, rights, 0);
    return OK;
}

static struct result create_domain(struct domain *d, u64 slot, u64 pages, u64 ncaps, u64 note_slot, u64 bits)
{
    struct note *note = NULL;
    struct result r = OK;

    if (note_slot && !(note = object_find(d, note_slot, note, NOTE, WEIR_R_SIGNAL, &r.status)))
        return r;
    if (ncaps < 8 || ncaps > 4096 || pages < 16)
        return FAIL(WEIR_E_RANGE);
    struct domain *n = domain_create(d, pages, ncaps);
    if (!n)
        return FAIL(WEIR_E_MEMORY);
    n->fail_note = note;
    n->fail_bits = bits;
    return put(d, slot, &n->object, WEIR_R_MANAGE);
}

static struct result create_thread(struct domain *d, u64 slot, u64 domain, u64 rip, u64 rsp, u64 va)
{
    struct result r = OK;
    struct domain *target = object_find(d, domain, domain, DOMAIN, WEIR_R_MANAGE, &r.status);

    if (!target)
        return r;
    if ((va & PAGE_MASK) || va < PAGE_SIZE || va >= WEIR_USER_TOP - WEIR_MSG_PAGES * PAGE_SIZE || rip >= WEIR_USER_TOP)
        return FAIL(WEIR_E_ARG);
    if (target->stopped)
        return FAIL(WEIR_E_STATE);
    struct thread *t = thread_create(d, target, this_cpu(), rip, rsp, va, &r.status);
    return t ? put(d, slot, &t->object, WEIR_R_MANAGE) : r;
}

static struct result create_device(struct domain *d, u64 slot, u64 from, u64 first, u64 last)
{
    struct result r = OK;
    struct cap *c = cap_find(d, from, WEIR_DEVICE, 0, &r.status);

    if (!c)
        return r;
    const struct device *parent = container_of(c->object, struct device, object);
    if (first > last || first < parent->first || last > parent->last)
        return FAIL(WEIR_E_RANGE);
    struct device *v = device_create(d, parent->type, c->rights, first, last);
    if (!v)
        return FAIL(WEIR_E_MEMORY);
    return put(d, slot, &v->object, c->rights);
}

static struct result create_vcpu(struct domain *d, u64 slot, u64 port)
{
    struct result r = OK;
    struct port *p = object_find(d, port, port, PORT, WEIR_R_CALL, &r.status);
    struct cpu *cpu = this_cpu();

    if (!p)
        return r;
    if (cpu->vcpu)
        return FAIL(WEIR_E_BUSY);
    struct vcpu *v = vcpu_create(d, cpu, p);
    return v ? put(d, slot, &v->object, WEIR_R_MANAGE) : FAIL(WEIR_E_MEMORY);
}

static struct result sys_create(u64 kind, u64 slot, u64 a, u64 b, u64 c, u64 e)
{
    struct domain *d = caller();

    if (!cap_is_free(d, slot))
        return FAIL(slot < d->ncaps ? WEIR_E_BUSY : WEIR_E_RANGE);
    switch (kind) {
    case WEIR_DOMAIN:
        return create_domain(d, slot, a, b, c, e);
    case WEIR_THREAD:
        return create_thread(d, slot, a, b, c, e);
    case WEIR_PORT: {
        if (a > 60000000)
            return FAIL(WEIR_E_RANGE);
        if (b > WEIR_PORT_CLOSED)
            return FAIL(WEIR_E_ARG);
        struct port *p = port_create(d, a, b == WEIR_PORT_CLOSED);
        return p ? put(d, slot, &p->object, WEIR_R_CALL | WEIR_R_RECEIVE | WEIR_R_MANAGE) : FAIL(WEIR_E_MEMORY);
    }
    case WEIR_NOTE: {
        struct note *n = block_alloc(d, sizeof(*n));
        if (!n)
            return FAIL(WEIR_E_MEMORY);
        object_init(&n->object, WEIR_NOTE, d);
        return put(d, slot, &n->object, WEIR_R_SIGNAL | WEIR_R_WAIT);
    }
    case WEIR_VCPU:
        return create_vcpu(d, slot, a);
    case WEIR_MEMORY: {
        if (a == 0 || a > REGION_BYTES / PAGE_SIZE || b > WEIR_MEMORY_SECRET)
            return FAIL(WEIR_E_RANGE);
        struct memory *m = memory_create(d, a, NULL);
        if (!m)
            return FAIL(WEIR_E_MEMORY);
        m->secret = b;
        cap_set(d, slot, &m->object, WEIR_R_READ | WEIR_R_WRITE | WEIR_R_EXEC, 0);
        return (struct result){WEIR_OK, pa_of(m->pages)};
    }
    case WEIR_DEVICE:
        return create_device(d, slot, a, b, c);
    default:
        return FAIL(WEIR_E_ARG);
    }
}

static struct result sys_destroy(u64 slot, u64 code)
{
    struct cpu *cpu = this_cpu();
    struct thread *t = cpu->thread;
    struct domain *d = t->domain;

    if (slot >= d->ncaps || !d->caps[slot].object)
        return FAIL(WEIR_E_CAP);
    struct object *o = d->caps[slot].object;
    if (o == &d->object) {
        domain_fail(t, &(struct weir_failure){.kind = WEIR_FAIL_EXIT, .address = code});
        schedule(cpu);
    }
    if (o->owner != d)
        return FAIL(WEIR_E_RIGHTS);
    object_destroy(o);
    if (cpu->thread != t || t->state == THREAD_STOPPED)
        schedule(cpu); /* it destroyed itself */
    return OK;
}

/* The domain that a slot names; slot 0 is the caller's own. */
static struct domain *target_domain(u64 slot, u64 *status)
{
    return slot ? object_find(caller(), slot, domain, DOMAIN, WEIR_R_MANAGE, status) : caller();
}

static struct result sys_grant(u64 domain, u64 to, u64 from, u64 rights, u64 badge)
{
    struct domain *d = caller();
    struct result r = OK;
    struct domain *target = target_domain(domain, &r.status);

    if (!target)
        return r;
    if (from >= d->ncaps || !d->caps[from].object)
        return FAIL(WEIR_E_CAP);
    struct cap *c = &d->caps[from];
    if (c->object->owner != d && c->object != &target->object)
        return FAIL(WEIR_E_RIGHTS); /* delegation is one level deep */
    if (!cap_is_free(target, to))
        return FAIL(to < target->ncaps ? WEIR_E_BUSY : WEIR_E_RANGE);
    if ((rights & ~(u64)c->rights) || badge > 0xffff)
        return FAIL(WEIR_E_ARG);
    cap_set(target, to, c->object, (u32)rights, (u16)badge);
    return OK;
}

/* Physical address, pages and rights of what a memory or device capability can map. */
static u64 mappable(const struct cap *c, u64 *pa, u64 *pages)
{
    if (c->object->kind == WEIR_MEMORY) {
        struct memory *m = container_of(c->object, struct memory, object);
        *pa = pa_of(m->pages);
        *pages = m->count;
        return WEIR_OK;
    }
    struct device *v = container_of(c->object, struct device, object);
    if (c->object->kind != WEIR_DEVICE || v->type != DEVICE_ADDRESSES)
        return WEIR_E_CAP;
    if ((v->first & PAGE_MASK) || ((v->last + 1) & PAGE_MASK))
        return WEIR_E_ARG;
    *pa = v->first;
    *pages = (v->last - v->first + 1) / PAGE_SIZE;
    return WEIR_OK;
}

static struct result sys_map(u64 domain, u64 from, u64 va, u64 first, u64 pages, u64 prot)
{
    struct domain *d = caller();
    struct result r = OK;
    struct domain *target = target_domain(domain, &r.status);
    u64 pa, have;

    if (!target)
        return r;
    if ((va & PAGE_MASK) || va < PAGE_SIZE || pages == 0 || pages > WEIR_USER_TOP / PAGE_SIZE ||
        va > WEIR_USER_TOP - pages * PAGE_SIZE)
        return FAIL(WEIR_E_ARG);
    if (prot == 0)
        return FAIL(unmap_from(target, va, pages));
    if (from >= d->ncaps || !d->caps[from].object)
        return FAIL(WEIR_E_CAP);
    struct cap *c = &d->caps[from];
    r.status = mappable(c, &pa, &have);
    if (r.status != WEIR_OK)
        return r;
    bool is_device = c->object->kind == WEIR_DEVICE;
    u64 allowed = WEIR_P_READ | WEIR_P_WRITE | (is_device ? WEIR_P_UNCACHED : WEIR_P_EXEC);
    if ((prot & ~allowed) || !(prot & (WEIR_P_READ | WEIR_P_EXEC)) ||
        (prot & (WEIR_P_WRITE | WEIR_P_EXEC)) == (WEIR_P_WRITE | WEIR_P_EXEC))
        return FAIL(WEIR_E_ARG);
    if (prot & ~(u64)WEIR_P_UNCACHED & ~(u64)c->rights)
        return FAIL(WEIR_E_RIGHTS);
    pa += first * PAGE_SIZE;
    bool in_weirs = pa < region_base + REGION_BYTES && region_base < pa + pages * PAGE_SIZE;
    if (first > have || pages > have - first || (is_device && in_weirs))
        return FAIL(WEIR_E_RANGE);
    return FAIL(map_into(target, c->object, pa, va, pages, (u32)prot));
}

static struct result sys_revoke(u64 domain, u64 slot)
{
    struct result r = OK;
    struct domain *target = target_domain(domain, &r.status);

    if (!target)
        return r;
    if (slot >= target->ncaps || !target->caps[slot].object)
        return FAIL(WEIR_E_CAP);
    cap_clear(target, slot);
    return OK;
}

static struct result sys_device_ctl(u64 slot, u64 op, u64 arg, u64 arg2, u64 arg3)
{
    struct domain *d = caller();
    struct result r = OK;
    u32 right = op == WEIR_DEV_OPEN ? WEIR_R_ACCESS : WEIR_R_BIND;
    struct device *v = object_find(d, slot, device, DEVICE, right, &r.status);

    if (!v)
        return r;
    switch (op) {
    case WEIR_DEV_OPEN:
        return FAIL(v->type == DEVICE_PORTS ? device_open(v, d) : WEIR_E_CAP);
    case WEIR_DEV_BIND: {
        struct port *p = NULL;
        if (arg == 0 || arg >= WEIR_BIND_MODES)
            return FAIL(WEIR_E_ARG);
        if ((arg == WEIR_BIND_FORWARD || arg == WEIR_BIND_FILTER) &&
            !(p = object_find(d, arg2, port, PORT, WEIR_R_CALL | WEIR_R_MANAGE, &r.status)))
            return r;
        return FAIL(device_bind(v, arg, p, p ? 0 : arg2, arg3));
    }
    case WEIR_DEV_UNBIND:
        if (!v->bind)
            return FAIL(WEIR_E_STATE);
        device_unbind(v);
        return OK;
    case WEIR_DEV_SLEEP:
        if (v->type != DEVICE_PORTS || v->first != 0 || v->last != 0xffff)
            return FAIL(WEIR_E_RIGHTS);
        if (arg != WEIR_SLEEP_HALT && arg != WEIR_SLEEP_RESET)
            return FAIL(WEIR_E_ARG);
        machine_end(arg == WEIR_SLEEP_RESET);
    case WEIR_DEV_WIPE:
        return FAIL(v->type == DEVICE_PORTS ? device_wipe(v, (u32)arg, (u32)arg2) : WEIR_E_CAP);
    default:
        return FAIL(WEIR_E_CALL);
    }
}

void *const syscall_table[WEIR_CALLS] = {
    [WEIR_CALL] = sys_call,
    [WEIR_REPLY_WAIT] = sys_reply_wait,
    [WEIR_SIGNAL] = sys_signal,
    [WEIR_WAIT] = sys_wait,
    [WEIR_VCPU_CTL] = sys_vcpu_ctl,
    [WEIR_CREATE] = sys_create,
    [WEIR_DESTROY] = sys_destroy,
    [WEIR_GRANT] = sys_grant,
    [WEIR_MAP] = sys_map,
    [WEIR_REVOKE] = sys_revoke,
    [WEIR_DEVICE_CTL] = sys_device_ctl,
    [WEIR_TRACE] = sys_trace,
};
_Static_assert(WEIR_CALLS == 12, "entry.S compares with 12");
