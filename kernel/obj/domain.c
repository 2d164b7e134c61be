/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain.h"

#include "core/log.h"
#include "core/string.h"
#include "device.h"
#include "init.h"
#include "note.h"
#include "port.h"
#include "thread.h"
#include "x86/cpu.h"
#include "x86/insn.h"

struct domain *domains;

struct domain *domain_create(struct domain *parent, u64 pages, u64 ncaps)
{
    struct budget *from = parent ? &parent->budget : &kernel_budget;
    struct domain *d = page_alloc(from, 1);

    if (!d)
        return NULL;
    if (pages > from->limit - from->used)
        goto no_budget;
    from->used += (u32)pages;
    d->budget = (struct budget){(u32)pages, 0};
    d->caps = page_alloc(&d->budget, pages_for(ncaps * sizeof(struct cap)));
    if (!d->caps || !space_init(&d->space, &d->budget))
        goto no_memory;
    d->ncaps = (u32)ncaps;
    d->cr3 = pa_of(d->space.pml4);
    LIST_ADD(domains, d, next, link);
    object_init(&d->object, WEIR_DOMAIN, parent ? parent : d);
    return d;

no_memory:
    if (d->caps)
        page_free(&d->budget, d->caps, pages_for(ncaps * sizeof(struct cap)));
    from->used -= (u32)pages;
no_budget:
    page_free(from, d, 1);
    return NULL;
}

/* The bindings of a dead service stay in force until its next instance takes them over. */
static void keep_bound_devices(struct domain *d)
{
    for (struct object *o = d->objects, *next; o; o = next) {
        next = o->next;
        if (o->kind == WEIR_DEVICE && container_of(o, struct device, object)->bind)
            device_orphan(container_of(o, struct device, object));
    }
}

void domain_destroy(struct domain *d)
{
    struct domain *parent = d->object.owner;

    if (!d->stopped)
        domain_stop(d, &(struct weir_failure){.kind = WEIR_FAIL_KILLED});
    keep_bound_devices(d);
    while (d->threads)
        object_destroy(&d->threads->object);
    while (d->uses)
        use_remove(d->uses);
    while (d->objects)
        object_destroy(d->objects);
    LIST_REMOVE(d, next, link);
    struct cpu *cpu = this_cpu();
    if (cpu->loaded_cr3 == d->cr3) {
        write_cr3(cpu->cr3);
        cpu->loaded_cr3 = cpu->cr3;
    }
    space_destroy(&d->space);
    page_free(&d->budget, d->caps, pages_for(d->ncaps * sizeof(struct cap)));
    ASSERT(d->budget.used == 0);
    parent->budget.used -= d->budget.limit;
    page_free(&parent->budget, d, 1);
}

void domain_flush(struct domain *d)
{
    if (this_cpu()->loaded_cr3 == d->cr3)
        write_cr3(d->cr3);
}

bool domain_peek(struct domain *d, u64 va, void *to, size_t bytes)
{
    if (va >= WEIR_USER_TOP || (va & PAGE_MASK) + bytes > PAGE_SIZE)
        return false;
    const u64 *t = d->space.pml4;
    for (unsigned shift = 39;; shift -= 9) {
        u64 e = t[(va >> shift) & 511];
        if (!(e & PTE_P))
            return false;
        if (shift == 12 || (e & PTE_PS)) {
            u64 pa = (e & PTE_ADDR) + (va & (BIT(shift) - 1));
            if (in_region(pa))
                memcpy(to, va_of(pa), bytes);
            return in_region(pa);
        }
        t = va_of(e & PTE_ADDR);
    }
}

/* Follows the frame pointers as far as they lead upwards. */
static void backtrace(struct thread *t, struct weir_failure *f)
{
    u64 frame[2], at = t->rbp;

    for (unsigned i = 0; i < ARRAY_SIZE(f->stack) && domain_peek(t->domain, at, frame, sizeof(frame)); i++) {
        f->stack[i] = frame[1];
        if (frame[0] <= at)
            return;
        at = frame[0];
    }
}

static bool has_right(const struct domain *d, const struct object *o, u32 right)
{
    for (u32 i = 0; i < d->caps_end; i++)
        if (d->caps[i].object == o && (d->caps[i].rights & right))
            return true;
    return false;
}

static bool is_served(const struct object *o)
{
    for (const struct domain *d = domains; d; d = d->next)
        if (!d->stopped && d->threads && has_right(d, o, o->kind == WEIR_PORT ? WEIR_R_RECEIVE : WEIR_R_WAIT))
            return true;
    return false;
}

/* Without init nobody comes any more for what a dead service should have served: it ends, as past a restart limit. */
static void end_unserved(void)
{
    for (struct object *o = init_domain->objects, *next; o; o = next) {
        next = o->next;
        if ((o->kind == WEIR_PORT || o->kind == WEIR_NOTE) && !is_served(o))
            object_destroy(o);
    }
}

void domain_stop(struct domain *d, const struct weir_failure *why)
{
    if (d->stopped)
        return;
    d->stopped = true;
    d->failure = *why;
    d->failure.tsc = rdtsc();
    for (struct thread *t = d->threads; t; t = t->next_in_domain)
        thread_stop(t);
    if (init_domain->stopped) {
        log_line("weir: %s stopped: failure %u vector %u error %lx address %lx rip %lx; services are not restarted any more",
                 d == init_domain ? "init" : "a service", why->kind, why->vector, why->error_code, why->address, why->rip);
        end_unserved();
    } else if (d->fail_note) {
        note_signal(d->fail_note, d->fail_bits);
    }
}

void domain_fail(struct thread *t, const struct weir_failure *why)
{
    struct weir_failure f = *why;

    f.rip = t->rip;
    f.rsp = t->rsp;
    f.rbp = t->rbp;
    backtrace(t, &f);
    domain_stop(t->domain, &f);
}
