/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities, grants, mappings and budgets; what a refused system call leaves behind: nothing. */
#include <string.h>

#include "check.h"
#include "obj/account.h"
#include "obj/device.h"
#include "obj/memory.h"
#include "obj/note.h"
#include "system.h"

enum { SELF = 1, PORT, NOTE, MEMORY, CHILD, DEVICE, THREAD, FREE };

static struct domain *d, *child;
static struct thread *t;

static u64 sys(enum weir_call call, u64 a, u64 b, u64 c, u64 e, u64 f, u64 g)
{
    struct ran r = system_call(t, call, a, b, c, e, f, g);

    CHECK(r.what, RETURNED);
    return r.result.status;
}

static u64 create(u64 kind, u64 slot, u64 a, u64 b, u64 c, u64 e)
{
    return sys(WEIR_CREATE, kind, slot, a, b, c, e);
}

static void make_all(void)
{
    cap_set(d, SELF, &d->object, WEIR_R_MANAGE, 0);
    CHECK(create(WEIR_PORT, PORT, 0, 0, 0, 0), WEIR_OK);
    CHECK(create(WEIR_NOTE, NOTE, 0, 0, 0, 0), WEIR_OK);
    CHECK(create(WEIR_MEMORY, MEMORY, 3, 0, 0, 0), WEIR_OK);
    CHECK(create(WEIR_DOMAIN, CHILD, 200, 16, NOTE, 4), WEIR_OK);
    child = container_of(system_object(d, CHILD), struct domain, object);
    struct device *ports = device_create_root(d, DEVICE_PORTS);
    cap_set(d, DEVICE, &ports->object, WEIR_R_ALL, 0);
    CHECK(create(WEIR_THREAD, THREAD, CHILD, 0x1000, 0x2000, 0x10000), WEIR_OK);
}

static void destroy_all(void)
{
    for (u64 slot = PORT; slot < d->ncaps; slot++)
        if (system_object(d, slot))
            CHECK(sys(WEIR_DESTROY, slot, 0, 0, 0, 0, 0), WEIR_OK);
}

static void lookups(void)
{
    static const u64 wrong[] = {0, FREE, 32, 33, 1ull << 32 | PORT, ~0ull};
    u64 status = 77;

    check_case = "cap_find";
    d->caps[32] = d->caps[PORT]; /* behind the table's end */
    CHECK((u64)cap_find(d, PORT, WEIR_PORT, WEIR_R_CALL | WEIR_R_MANAGE, &status), (u64)&d->caps[PORT]);
    CHECK(status, 77);
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        CHECK((u64)cap_find(d, wrong[i], WEIR_PORT, 0, &status), 0);
        CHECK(status, WEIR_E_CAP);
    }
    CHECK((u64)cap_find(d, NOTE, WEIR_PORT, 0, &status), 0);
    CHECK(status, WEIR_E_CAP);
    CHECK((u64)cap_find(d, PORT, WEIR_PORT, WEIR_R_CALL | WEIR_R_SIGNAL, &status), 0);
    CHECK(status, WEIR_E_RIGHTS);
    CHECK(cap_is_free(d, 0) || cap_is_free(d, PORT) || cap_is_free(d, 32), false);
    CHECK(cap_is_free(d, 31), true);
    memset(&d->caps[32], 0, sizeof(d->caps[32]));
}

static u64 pte_of(struct domain *of, u64 va)
{
    const u64 *table = of->space.pml4;

    for (unsigned shift = 39; shift > 12; shift -= 9) {
        u64 e = table[(va >> shift) & 511];
        if (!(e & PTE_P) || (e & PTE_PS))
            return e;
        table = va_of(e & PTE_ADDR);
    }
    return table[(va >> 12) & 511];
}

static void maps(void)
{
    struct memory *m = container_of(system_object(d, MEMORY), struct memory, object);
    u64 pa = pa_of(m->pages);

    check_case = "map";
    CHECK(sys(WEIR_MAP, CHILD, MEMORY, 0x400000, 1, 2, WEIR_P_READ), WEIR_OK);
    CHECK(pte_of(child, 0x400000), (pa + PAGE_SIZE) | PTE_P | PTE_U | PTE_NX);
    CHECK(pte_of(child, 0x401000), (pa + 2 * PAGE_SIZE) | PTE_P | PTE_U | PTE_NX);
    CHECK(pte_of(child, 0x402000), 0);
    CHECK(sys(WEIR_MAP, CHILD, MEMORY, 0x401000, 0, 1, WEIR_P_READ), WEIR_E_BUSY);
    CHECK(pte_of(child, 0x401000), (pa + 2 * PAGE_SIZE) | PTE_P | PTE_U | PTE_NX);
    CHECK(sys(WEIR_MAP, CHILD, MEMORY, 0x500000, 0, 1, WEIR_P_READ | WEIR_P_WRITE), WEIR_OK);
    CHECK(pte_of(child, 0x500000), pa | PTE_P | PTE_U | PTE_W | PTE_NX);
    CHECK(sys(WEIR_MAP, CHILD, MEMORY, 0x501000, 0, 1, WEIR_P_EXEC), WEIR_OK);
    CHECK(pte_of(child, 0x501000), pa | PTE_P | PTE_U);
    CHECK(sys(WEIR_MAP, CHILD, 0, 0x400000, 0, 1, 0), WEIR_E_RANGE); /* only the whole mapping */
    CHECK(sys(WEIR_MAP, CHILD, 0, 0x400000, 0, 2, 0), WEIR_OK);
    CHECK(pte_of(child, 0x400000) | pte_of(child, 0x401000), 0);
    CHECK(sys(WEIR_MAP, 0, MEMORY, 0x600000, 0, 3, WEIR_P_READ), WEIR_OK);

    check_case = "grant, and the mapping that it allows";
    CHECK(sys(WEIR_GRANT, CHILD, 9, MEMORY, WEIR_R_READ, 0xffff, 0), WEIR_OK);
    CHECK(child->caps[9].rights, WEIR_R_READ);
    CHECK(child->caps[9].badge, 0xffff);
    check_case = "revoke takes the capability and the domain's mappings";
    CHECK(sys(WEIR_REVOKE, CHILD, 9, 0, 0, 0, 0), WEIR_OK);
    CHECK((u64)child->caps[9].object, 0);
    CHECK(pte_of(child, 0x500000) | pte_of(child, 0x501000), 0);
    CHECK(pte_of(d, 0x600000), pa | PTE_P | PTE_U | PTE_NX);
    CHECK(sys(WEIR_GRANT, CHILD, 9, MEMORY, WEIR_R_READ, 0, 0), WEIR_OK);
    check_case = "destroy takes every capability and mapping";
    CHECK(sys(WEIR_DESTROY, MEMORY, 0, 0, 0, 0, 0), WEIR_OK);
    CHECK((u64)child->caps[9].object, 0);
    CHECK(pte_of(d, 0x600000), 0);
}

/* What a domain is seen by: its own words, capabilities, objects, and the pages that are left. */
struct picture {
    struct domain d, child;
    struct cap caps[32], child_caps[16];
    struct budget kernel;
    u64 free, nobjects, port_queue, note_bits, thread_state;
};

static u64 count_objects(void)
{
    u64 n = 0;

    for (struct object *o = d->objects; o; o = o->next)
        n++;
    for (struct object *o = child->objects; o; o = o->next)
        n += 1000;
    return n;
}

static void take_picture(struct picture *p)
{
    memset(p, 0, sizeof(*p));
    p->d = *d;
    p->child = *child;
    p->d.ticks = p->child.ticks = 0; /* time is taken whatever the answer */
    memcpy(p->caps, d->caps, sizeof(p->caps));
    memcpy(p->child_caps, child->caps, sizeof(p->child_caps));
    p->kernel = kernel_budget;
    p->free = page_count_free();
    p->nobjects = count_objects();
    p->port_queue = (u64)container_of(system_object(d, PORT), struct port, object)->cpu[0].first;
    p->note_bits = container_of(system_object(d, NOTE), struct note, object)->bits;
    p->thread_state = t->state;
}

static const struct {
    enum weir_call call;
    u64 arg[6];
    u64 status;
} wrong[] = {
    {WEIR_CALL, {0}, WEIR_E_CAP},
    {WEIR_CALL, {32}, WEIR_E_CAP},
    {WEIR_CALL, {NOTE}, WEIR_E_CAP},
    {WEIR_REPLY_WAIT, {FREE}, WEIR_E_CAP},
    {WEIR_REPLY_WAIT, {PORT, 2}, WEIR_E_ARG},
    {WEIR_REPLY_WAIT, {PORT, 0, PORT}, WEIR_E_CAP},
    {WEIR_REPLY_WAIT, {PORT, 0, 0, 1}, WEIR_E_TIMEOUT},
    {WEIR_SIGNAL, {PORT, 1}, WEIR_E_CAP},
    {WEIR_WAIT, {PORT}, WEIR_E_CAP},
    {WEIR_WAIT, {NOTE, 1}, WEIR_E_TIMEOUT},
    {WEIR_CREATE, {0, FREE}, WEIR_E_ARG},
    {WEIR_CREATE, {99, FREE}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_NOTE, PORT}, WEIR_E_BUSY},
    {WEIR_CREATE, {WEIR_NOTE, 0}, WEIR_E_BUSY},
    {WEIR_CREATE, {WEIR_NOTE, 32}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_NOTE, ~0ull}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_PORT, FREE, 60000001}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_MEMORY, FREE, 0}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_MEMORY, FREE, 8193}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_MEMORY, FREE, 1ull << 32 | 1}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_MEMORY, FREE, 1000}, WEIR_E_MEMORY},
    {WEIR_CREATE, {WEIR_MEMORY, FREE, 1, WEIR_MEMORY_SECRET + 1}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 15, 16}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 100, 7}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 100, 4097}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 1000, 16}, WEIR_E_MEMORY},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 1ull << 32 | 20, 16}, WEIR_E_MEMORY},
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 16, 4096}, WEIR_E_MEMORY}, /* the table alone uses it up */
    {WEIR_CREATE, {WEIR_DOMAIN, FREE, 100, 16, PORT}, WEIR_E_CAP},
    {WEIR_CREATE, {WEIR_THREAD, FREE, PORT, 0x1000, 0, 0x20000}, WEIR_E_CAP},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, 0x1000, 0, 0x20001}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, 0x1000, 0, 0}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, WEIR_USER_TOP, 0, 0x20000}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, 0x1000, 0, WEIR_USER_TOP - 0x2000}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, 0x1000, 0, 0xfffffffffffff000}, WEIR_E_ARG},
    {WEIR_CREATE, {WEIR_THREAD, FREE, CHILD, 0x1000, 0, 0x10000}, WEIR_E_BUSY}, /* pages in use */
    {WEIR_CREATE, {WEIR_VCPU, FREE, NOTE}, WEIR_E_CAP},
    {WEIR_CREATE, {WEIR_DEVICE, FREE, PORT, 0, 1}, WEIR_E_CAP},
    {WEIR_CREATE, {WEIR_DEVICE, FREE, DEVICE, 2, 1}, WEIR_E_RANGE},
    {WEIR_CREATE, {WEIR_DEVICE, FREE, DEVICE, 0, 0x10000}, WEIR_E_RANGE},
    {WEIR_DESTROY, {FREE}, WEIR_E_CAP},
    {WEIR_DESTROY, {32}, WEIR_E_CAP},
    {WEIR_GRANT, {PORT, 9, PORT, 0, 0}, WEIR_E_CAP},
    {WEIR_GRANT, {CHILD, 9, FREE, 0, 0}, WEIR_E_CAP},
    {WEIR_GRANT, {CHILD, 0, PORT, 0, 0}, WEIR_E_BUSY},
    {WEIR_GRANT, {CHILD, 16, PORT, 0, 0}, WEIR_E_RANGE},
    {WEIR_GRANT, {CHILD, 9, PORT, WEIR_R_SIGNAL, 0}, WEIR_E_ARG},
    {WEIR_GRANT, {CHILD, 9, PORT, 1ull << 40, 0}, WEIR_E_ARG},
    {WEIR_GRANT, {CHILD, 9, PORT, WEIR_R_CALL, 0x10000}, WEIR_E_ARG},
    {WEIR_MAP, {PORT, MEMORY, 0x400000, 0, 1, 1}, WEIR_E_CAP},
    {WEIR_MAP, {CHILD, PORT, 0x400000, 0, 1, 1}, WEIR_E_CAP},
    {WEIR_MAP, {CHILD, DEVICE, 0x400000, 0, 1, 1}, WEIR_E_CAP},
    {WEIR_MAP, {CHILD, MEMORY, 0x400001, 0, 1, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0, 0, 1, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 0, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 1ull << 52, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, WEIR_USER_TOP, 0, 1, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0xffff800000000000, 0, 1, 1}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 1, WEIR_P_WRITE}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 1, WEIR_P_READ | WEIR_P_WRITE | WEIR_P_EXEC}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 1, WEIR_P_READ | WEIR_P_UNCACHED}, WEIR_E_ARG},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 0, 4, 1}, WEIR_E_RANGE},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, 4, 1, 1}, WEIR_E_RANGE},
    {WEIR_MAP, {CHILD, MEMORY, 0x400000, ~0ull, 2, 1}, WEIR_E_RANGE},
    {WEIR_MAP, {CHILD, 0, 0x400000, 0, 1, 0}, WEIR_E_RANGE},
    {WEIR_MAP, {CHILD, MEMORY, 0x10000, 0, 1, 1}, WEIR_E_BUSY}, /* the thread's message page */
    {WEIR_REVOKE, {PORT, 1}, WEIR_E_CAP},
    {WEIR_REVOKE, {CHILD, 9}, WEIR_E_CAP},
    {WEIR_REVOKE, {CHILD, 16}, WEIR_E_CAP},
    {WEIR_DEVICE_CTL, {PORT, WEIR_DEV_OPEN}, WEIR_E_CAP},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_BIND, 0}, WEIR_E_ARG},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_BIND, WEIR_BIND_MODES}, WEIR_E_ARG},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_BIND, WEIR_BIND_FORWARD, NOTE}, WEIR_E_CAP},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_UNBIND}, WEIR_E_STATE},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_QUIESCE}, WEIR_E_CALL},
    {WEIR_DEVICE_CTL, {DEVICE, WEIR_DEV_SLEEP, 9}, WEIR_E_ARG},
    {WEIR_DEVICE_CTL, {PORT, WEIR_DEV_WIPE}, WEIR_E_CAP},
    {WEIR_TRACE, {99}, WEIR_E_CALL},
    {WEIR_TRACE, {WEIR_TRACE_LOG, 241}, WEIR_E_RANGE},
    {WEIR_TRACE, {WEIR_TRACE_CLAIM, PORT}, WEIR_E_CAP},
    {WEIR_TRACE, {WEIR_TRACE_FAILURE, PORT}, WEIR_E_CAP},
};

static void refused_calls(void)
{
    static struct picture before, after;
    char what[64];

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        const u64 *a = wrong[i].arg;
        snprintf(what, sizeof(what), "call %u, row %u of the refused ones", wrong[i].call, i);
        check_case = what;
        take_picture(&before);
        CHECK(sys(wrong[i].call, a[0], a[1], a[2], a[3], a[4], a[5]), wrong[i].status);
        take_picture(&after);
        CHECK(memcmp(&before, &after, sizeof(before)), 0);
    }
    check_case = "";
}

/* A child's budget leaves its parent's, and comes back whole, whatever the child did with it. */
static void budgets(void)
{
    u32 used = d->budget.used, pages = page_count_free();

    check_case = "budgets";
    CHECK(create(WEIR_DOMAIN, FREE, 100, 16, 0, 0), WEIR_OK);
    CHECK(d->budget.used, used + 101);
    struct domain *other = container_of(system_object(d, FREE), struct domain, object);
    for (unsigned i = 0; i < 120; i++) { /* through more than one slab, and until nothing is left */
        struct memory *m = memory_create(other, 1, NULL);
        CHECK(m || other->budget.used == other->budget.limit, true);
    }
    CHECK(other->budget.used <= other->budget.limit, true);
    CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x400000, 0, 3, WEIR_P_READ), WEIR_E_MEMORY); /* no page for a table */
    CHECK(sys(WEIR_DESTROY, FREE, 0, 0, 0, 0, 0), WEIR_OK);
    CHECK(d->budget.used, used);
    CHECK(page_count_free(), pages);
}

/* A map() that is refused says why, and keeps no page table; unmapping gives back the last one. */
static void tables(void)
{
    check_case = "page tables";
    CHECK(create(WEIR_DOMAIN, FREE, 40, 16, 0, 0), WEIR_OK);
    struct domain *other = container_of(system_object(d, FREE), struct domain, object);
    CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x400000, 0, 1, WEIR_P_READ), WEIR_OK); /* its slab of uses is there now */
    u32 used = other->budget.used;
    CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x7fc0001ff000, 0, 1, WEIR_P_READ), WEIR_OK);
    CHECK(other->budget.used, used + 3);
    CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x7fc0001fd000, 0, 3, WEIR_P_READ), WEIR_E_BUSY); /* the last of the three */
    CHECK(sys(WEIR_MAP, FREE, 0, 0x7fc0001ff000, 0, 1, 0), WEIR_OK);
    CHECK(other->budget.used, used);
    for (u32 left = 1; left <= 4; left++) { /* three tables are wanted, or four where they end */
        other->budget.limit = used + left;
        u64 wanted = left < 4 ? WEIR_E_MEMORY : WEIR_OK;
        CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x7fc0001fe000, 0, 3, WEIR_P_READ), wanted);
        CHECK(other->budget.used, left < 4 ? used : used + 4);
        CHECK(pte_of(other, 0x7fc0001ff000) != 0, left == 4);
    }
    CHECK(sys(WEIR_MAP, FREE, MEMORY, 0x7fc0001ff000, 0, 1, WEIR_P_READ), WEIR_E_BUSY); /* and no budget is left */
    other->budget.limit = 40;
    CHECK(sys(WEIR_DESTROY, FREE, 0, 0, 0, 0, 0), WEIR_OK);
}

static void large_pages(void)
{
    struct device *addresses = device_create_root(d, DEVICE_ADDRESSES);
    const u64 va = 0x40000000, page = WEIR_P_READ | WEIR_P_WRITE;

    check_case = "large pages of a device";
    cap_set(d, FREE, &addresses->object, WEIR_R_ALL, 0);
    u32 used = child->budget.used;
    CHECK(sys(WEIR_MAP, CHILD, FREE, va - 0x1000, 0x7ffff, 1026, page), WEIR_OK); /* 1 + 2 * 512 + 1 pages */
    CHECK(pte_of(child, va - 0x1000), 0x7ffff000 | PTE_P | PTE_U | PTE_W | PTE_NX);
    CHECK(pte_of(child, va), 0x80000000 | PTE_P | PTE_U | PTE_W | PTE_NX | PTE_PS);
    CHECK(pte_of(child, va + 0x200000), 0x80200000 | PTE_P | PTE_U | PTE_W | PTE_NX | PTE_PS);
    CHECK(pte_of(child, va + 0x400000), 0x80400000 | PTE_P | PTE_U | PTE_W | PTE_NX);
    CHECK(sys(WEIR_MAP, CHILD, FREE, va + 0x3ff000, 0, 1, page), WEIR_E_BUSY);
    CHECK(sys(WEIR_MAP, CHILD, 0, va, 0, 512, 0), WEIR_E_RANGE);
    CHECK(sys(WEIR_MAP, CHILD, 0, va - 0x1000, 0, 1026, 0), WEIR_OK);
    CHECK(pte_of(child, va) | pte_of(child, va - 0x1000), 0);
    CHECK(child->budget.used, used);
    CHECK(sys(WEIR_MAP, CHILD, FREE, va + 0x1000, 0x80000, 1024, page), WEIR_OK); /* not aligned alike */
    CHECK(pte_of(child, va + 0x201000), 0x80200000 | PTE_P | PTE_U | PTE_W | PTE_NX);
    CHECK(sys(WEIR_DESTROY, FREE, 0, 0, 0, 0, 0), WEIR_OK);
    CHECK(pte_of(child, va + 0x201000), 0);
    CHECK(child->budget.used, used);
}

/* What is bound to a port when it ends: the guest has it again, or it stays shut, as the port was made. */
static void ends_of_ports(void)
{
    enum { P = FREE, OPEN, SHUT };

    check_case = "the end of a port";
    CHECK(create(WEIR_PORT, P, 0, 2, 0, 0), WEIR_E_ARG);
    for (u64 end = 0; end <= WEIR_PORT_CLOSED; end++) {
        CHECK(create(WEIR_PORT, P, 0, end, 0, 0), WEIR_OK);
        CHECK(create(WEIR_DEVICE, OPEN, DEVICE, 0x60, 0x64, 0), WEIR_OK);
        CHECK(create(WEIR_DEVICE, SHUT, DEVICE, 0x70, 0x71, 0), WEIR_OK);
        CHECK(sys(WEIR_DEVICE_CTL, OPEN, WEIR_DEV_BIND, WEIR_BIND_FORWARD, P, 7, 0), WEIR_OK);
        CHECK(sys(WEIR_DEVICE_CTL, SHUT, WEIR_DEV_BIND, WEIR_BIND_FILTER, P, 8, 0), WEIR_OK);
        CHECK(sys(WEIR_DESTROY, P, 0, 0, 0, 0, 0), WEIR_OK);
        for (u64 port = 0x5f; port <= 0x72; port++) {
            bool bound = end && ((port >= 0x60 && port <= 0x64) || port == 0x70 || port == 0x71);
            struct binding *b = binding_search(DEVICE_PORTS, port, 1);
            CHECK(b != NULL, bound);
            CHECK(!b || (b->mode == WEIR_BIND_FLOAT && !b->port), true);
        }
        CHECK(sys(WEIR_DEVICE_CTL, OPEN, WEIR_DEV_UNBIND, 0, 0, 0, 0), end ? WEIR_OK : WEIR_E_STATE);
        CHECK(sys(WEIR_DESTROY, OPEN, 0, 0, 0, 0, 0), WEIR_OK);
        CHECK(sys(WEIR_DESTROY, SHUT, 0, 0, 0, 0, 0), WEIR_OK);
        CHECK((u64)binding_search(DEVICE_PORTS, 0x71, 1), 0);
    }
}

/* The binding found last is looked at first; not when it has ended. */
static void found_again(void)
{
    struct device *low = device_create(d, DEVICE_ADDRESSES, WEIR_R_ALL, 0x1000, 0x1fff);
    struct device *high = device_create(d, DEVICE_ADDRESSES, WEIR_R_ALL, 0x3000, 0x3003);

    check_case = "bindings found again";
    CHECK(low && high, true);
    if (!low || !high)
        return;
    CHECK(device_bind(low, WEIR_BIND_FLOAT, NULL, 0, 0), WEIR_OK);
    CHECK(device_bind(high, WEIR_BIND_FLOAT, NULL, 0, 0), WEIR_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x3000, 4), (u64)high->bind);
        CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x2ffc, 8), (u64)high->bind);
        CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x3004, 4), 0);
        CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x1ffc, 0x2000), (u64)low->bind);
    }
    device_unbind(low);
    CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x1ffc, 4), 0);
    object_destroy(&low->object);
    object_destroy(&high->object);
    CHECK((u64)binding_find(DEVICE_ADDRESSES, 0x3000, 4), 0);
}

int main(void)
{
    host_start();
    d = system_init();
    t = d->threads;
    make_all();
    lookups();
    refused_calls();
    ends_of_ports();
    found_again();
    budgets();
    tables();
    large_pages();
    maps();
    destroy_all();
    check_case = "all comes back";
    u32 used = d->budget.used, pages = page_count_free();
    struct weir_account before, during, after;
    account(NULL, &before);
    make_all();
    account(NULL, &during);
    CHECK(during.domains > before.domains && during.threads > before.threads && during.ports == before.ports + 1, true);
    CHECK(during.capabilities > before.capabilities && during.free_pages < before.free_pages, true);
    CHECK(during.free_pages, page_count_free());
    maps();
    destroy_all();
    account(NULL, &after);
    CHECK(memcmp(&before, &after, sizeof(before)), 0);
    CHECK(d->budget.used, used);
    CHECK(page_count_free(), pages);
    struct memory *leak = memory_create(d, 1, NULL);
    account(NULL, &after);
    CHECK(leak && after.memories == before.memories + 1 && after.free_pages < before.free_pages, true);
    return check_end();
}
