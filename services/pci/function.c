/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions whose BARs are hooked, or which are read-only: taken in, followed, given up.
 *
 * Order of every write that may move a BAR: what it would bring is bound, then it is done, then
 * hardware is read again and what is no longer true is unbound. So there is no moment at which the
 * guest reaches the BAR unhooked. A function that can't be read (behind a bridge without bus
 * numbers, in reset, in D3cold) keeps its hooks: its memory may still be routed to it.
 */
#include "internal.h"

#include <stddef.h>
#include <string.h>

struct pci_function *pci_find_function(struct pci *p, struct pci_where w)
{
    for (unsigned i = 0; i < PCI_MAX_FUNCTIONS; i++)
        if (p->function[i].used && pci_same_where(p->function[i].where, w))
            return &p->function[i];
    return NULL;
}

bool pci_is_blocked(const struct pci_function *f, unsigned reg, unsigned size)
{
    for (unsigned i = 0; i < f->blocks; i++)
        if (reg <= f->blocked[i].last && reg + size > f->blocked[i].first)
            return true;
    return false;
}

static void tell(struct pci *p, struct pci_address a, enum pci_event_kind kind, unsigned bar,
                 uint64_t before, uint64_t after)
{
    struct pci_event e = {(uint8_t)kind, a.bus, a.devfn, (uint8_t)bar, before, after};

    if (p->ops.event && before != after)
        p->ops.event(p->ops.context, &e);
}

/* ---- what hardware says ---- */

static void read_sizes(struct pci *p, struct pci_function *f, struct pci_address a)
{
    for (unsigned i = 0; i < f->resizables; i++) {
        unsigned bar = f->resizable_bar[i];
        uint64_t size = pci_resizable_bytes(pci_read(p, a, f->resizable + 8u + 8u * i, 4));

        f->bar[bar].size = size;
        f->bar[bar].mask = (uint32_t) ~(size - 1) & ~0xfu;
        if (f->bar[bar].wide)
            f->bar[bar + 1].mask = (uint32_t)(~(size - 1) >> 32);
    }
}

static void read_decode(struct pci *p, struct pci_function *f, struct pci_address a,
                        struct pci_decode *d)
{
    memset(d, 0, sizeof(*d));
    read_sizes(p, f, a);
    d->command = (uint16_t)pci_read(p, a, PCI_COMMAND, 2);
    for (unsigned i = 0; i < f->bars; i++) {
        d->bar[i] = pci_read(p, a, PCI_BAR0 + 4 * i, 4);
        d->size[i] = f->bar[i].size;
    }
}

static void find_resizable(struct pci *p, struct pci_function *f, struct pci_address a)
{
    unsigned at = pci_extended_capability(p, a, PCI_EXT_RESIZABLE_BAR);
    unsigned n = at ? pci_read(p, a, at + 8, 4) >> 5 & 7 : 0;

    f->resizable = (uint16_t)at;
    f->resizables = 0;
    for (unsigned i = 0; i < n && at + 8 + 8 * i < 0x1000; i++) {
        unsigned bar = pci_read(p, a, at + 8 + 8 * i, 4) & 7;

        if (i >= PCI_BARS || bar >= f->bars || !f->bar[bar].size || f->bar[bar].io)
            break;
        f->resizable_bar[f->resizables++] = (uint8_t)bar;
    }
}

static void read_power(struct pci *p, struct pci_function *f, struct pci_address a)
{
    uint8_t state = f->power ? pci_read(p, a, f->power, 1) & 3 : 0;

    tell(p, a, PCI_EVENT_POWER, 0, f->power_state, state);
    f->power_state = state;
}

/* ---- taking in and giving up ---- */

static void release_function(struct pci *p, struct pci_function *f)
{
    pci_unbind_others(p, f, NULL, 0);
    f->used = false;
}

/*
 * Fills f in from hardware and hooks what the rules say. Hooks that it has already stay in force
 * until the new ones are bound; if those can't be had, they stay.
 */
static bool take_in(struct pci *p, struct pci_function *f, struct pci_address a, struct pci_where w,
                    bool bar_rule)
{
    struct pci_hook want[PCI_MAX_HOOKS];
    unsigned power;
    int n;

    memset(f, 0, offsetof(struct pci_function, hook));
    f->used = f->broken = true;
    f->where = w;
    f->read_only = pci_decide_where(p, a, w) == POLICY_READ_ONLY;
    f->id = pci_read(p, a, PCI_ID, 4);
    f->class_code = pci_read(p, a, PCI_CLASS, 4) >> 8;
    pci_size_bars(p, f, a);
    if (bar_rule && pci_capability(p, a, PCI_CAP_ENHANCED_ALLOCATION, 0)) {
        pci_log(p,
                "%02x:%02x.%u: a BAR rule names it, but its BARs are fixed by Enhanced Allocation",
                a.bus, a.devfn >> 3, a.devfn & 7u);
        return false;
    }
    if (bar_rule) {
        power = pci_capability(p, a, PCI_CAP_POWER, 0);
        f->power = power && power <= 0xf8 ? (uint16_t)(power + 4) : 0;
        f->power_state = f->power ? pci_read(p, a, f->power, 1) & 3 : 0;
        find_resizable(p, f, a);
        if (!pci_make_segments(p, f, a))
            return false;
    }
    read_decode(p, f, a, &f->now);
    n = pci_wanted_hooks(p, f, &f->now, want);
    if (n < 0 || !pci_bind_missing(p, f, a, want, (unsigned)n))
        return false;
    pci_unbind_others(p, f, want, (unsigned)n);
    for (unsigned i = 0; i < f->bars; i++)
        f->told[i] = pci_bar_decoded(f, &f->now, i) ? pci_bar_base(f, &f->now, i) : 0;
    f->broken = false;
    return true;
}

bool pci_adopt(struct pci *p, struct pci_address a, struct pci_where w)
{
    struct pci_where routes[PCI_MAX_ROUTES];
    struct pci_function *f = NULL;
    bool bar_rule;

    if (pci_find_function(p, w))
        return true;
    bar_rule = pci_has_bar_rule(p, a, w);
    if ((!bar_rule && pci_decide_where(p, a, w) != POLICY_READ_ONLY) ||
        pci_read(p, a, PCI_ID, 2) == 0xffff)
        return true;
    if (pci_route(p, a, routes) != 1)
        return false; /* whose registers these are can't be told */
    for (unsigned i = 0; i < PCI_MAX_FUNCTIONS && !f; i++)
        if (!p->function[i].used)
            f = &p->function[i];
    if (!f) {
        pci_log(p, "rules name more than %u functions; %02x:%02x.%u is one too many",
                PCI_MAX_FUNCTIONS, a.bus, a.devfn >> 3, a.devfn & 7u);
        return false;
    }
    f->hooks = 0;
    if (take_in(p, f, a, w, bar_rule))
        return true;
    release_function(p, f);
    return false;
}

bool pci_adopt_bus(struct pci *p, unsigned bus)
{
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        struct pci_address a = {(uint8_t)bus, (uint8_t)devfn};
        struct pci_where where[PCI_MAX_ROUTES];
        unsigned n;

        if (pci_read(p, a, PCI_ID, 2) == 0xffff)
            continue;
        n = pci_routes(p, a, where);
        for (unsigned i = 0; i < n; i++)
            if (!pci_adopt(p, a, where[i]))
                return false;
    }
    return true;
}

/*
 * Another identity in the same place: the device switched its mode, or was exchanged. Not believed
 * where the guest made two routes overlap, because then another function may be answering.
 */
static bool check_identity(struct pci *p, struct pci_function *f, struct pci_address a)
{
    struct pci_where routes[PCI_MAX_ROUTES], where = f->where;
    uint32_t id = pci_read(p, a, PCI_ID, 4), class_code;
    bool bar_rule;

    class_code = pci_read(p, a, PCI_CLASS, 4) >> 8;
    if (id == f->id && class_code == f->class_code)
        return true;
    if (class_code == 0xffffff || pci_route(p, a, routes) != 1)
        return false;
    tell(p, a, PCI_EVENT_IDENTITY, 0, f->class_code,
         class_code == f->class_code ? ~0ull : class_code);
    bar_rule = pci_has_bar_rule(p, a, where);
    if (!bar_rule && pci_decide_where(p, a, where) != POLICY_READ_ONLY)
        release_function(p, f);
    else if (!take_in(p, f, a, where, bar_rule))
        pci_log(
            p, "%02x:%02x.%u changed its identity; its old hooks stay and writes to it are dropped",
            a.bus, a.devfn >> 3, a.devfn & 7u);
    return false;
}

/* A BAR that is switched off and on again in the same place has not moved. */
static void tell_moves(struct pci *p, struct pci_function *f, struct pci_address a,
                       const struct pci_decode *d)
{
    for (unsigned i = 0; i < f->bars; i++) {
        uint64_t base = pci_bar_base(f, d, i);

        if (!pci_bar_decoded(f, d, i))
            continue;
        if (f->told[i])
            tell(p, a, PCI_EVENT_MOVED, i, f->told[i], base);
        f->told[i] = base;
    }
}

void pci_resync(struct pci *p, struct pci_function *f)
{
    struct pci_hook want[PCI_MAX_HOOKS];
    struct pci_decode d;
    struct pci_address a;
    int n;

    if (f->broken || !pci_locate(p, f->where, &a) || !check_identity(p, f, a))
        return;
    read_decode(p, f, a, &d);
    n = pci_wanted_hooks(p, f, &d, want);
    /* What hardware made of a write should be bound by now; what can't be is logged, and the old
     * hooks stay too. */
    if (n >= 0 && pci_bind_missing(p, f, a, want, (unsigned)n))
        pci_unbind_others(p, f, want, (unsigned)n);
    tell_moves(p, f, a, &d);
    tell(p, a, PCI_EVENT_COMMAND, 0, f->now.command, d.command);
    for (unsigned i = 0; i < f->bars; i++)
        if (d.bar[i] != f->now.bar[i])
            f->bar[i].sizing = false; /* reset: what the guest had written is gone */
    f->now = d;
    read_power(p, f, a);
}

bool pci_prepare_write(struct pci *p, struct pci_function *f, struct pci_address a, unsigned reg,
                       unsigned size, uint32_t value)
{
    struct pci_hook want[PCI_MAX_HOOKS];
    struct pci_decode d;
    int n;

    if (f->broken)
        return false;
    if (!check_identity(p, f, a))
        return true; /* nothing there, or a new function that pci_access looks at again after the
                        write */
    read_decode(p, f, a, &d);
    pci_decode_apply(f, &d, reg, size, value);
    n = pci_wanted_hooks(p, f, &d, want);
    return n >= 0 && pci_bind_missing(p, f, a, want, (unsigned)n);
}
