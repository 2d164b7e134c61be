/* SPDX-License-Identifier: BSD-2-Clause */
/* Validates tables that came through shared memory. Nothing in them is believed. */
#include <string.h>
#include <weir/policy.h>

#include "table_internal.h"

#define ACTION(a) (1u << (a))

bool policy_text_ok(const char *s, size_t bytes)
{
    size_t n = 0;

    while (n < bytes && s[n] > 0x20 && s[n] < 0x7f)
        n++;
    if (n == 0 || n == bytes)
        return false;
    for (; n < bytes; n++)
        if (s[n] != 0)
            return false;
    return true;
}

static bool limit_ok(unsigned flags, uint32_t limit)
{
    return limit <= ((flags & POLICY_F_LOG) ? POLICY_MAX_LOG_LIMIT : 0);
}

/* What io, mmio and msr entries have in common. `allowed` are ACTION() bits, `flags` those that the
 * table knows. */
static bool rule_ok(const struct policy_tables *t, unsigned action, unsigned flags,
                    unsigned callback, unsigned allowed, unsigned known_flags)
{
    if (action >= POLICY_ACTIONS || !(allowed & ACTION(action)) || (flags & ~known_flags))
        return false;
    if (action == POLICY_CALL)
        return callback < t->callbacks && !(flags & POLICY_F_WRITE_FAULT);
    if (flags & (POLICY_F_READ_FIRST | POLICY_F_ERROR_PASS))
        return false;
    if ((flags & POLICY_F_WRITE_FAULT) && action != POLICY_READ_ONLY && action != POLICY_VALUE)
        return false;
    return callback == 0;
}

static bool match_ok(const struct policy_pci_match *m)
{
    const unsigned all = POLICY_BY_ADDRESS | POLICY_BY_VENDOR | POLICY_BY_DEVICE | POLICY_BY_CLASS;

    if (m->fields == 0 || (m->fields & ~all))
        return false;
    if ((m->fields & POLICY_BY_DEVICE) && !(m->fields & POLICY_BY_VENDOR))
        return false;
    if (!(m->fields & POLICY_BY_ADDRESS) && m->address)
        return false;
    if (!(m->fields & POLICY_BY_VENDOR) && m->vendor)
        return false;
    if (!(m->fields & POLICY_BY_DEVICE) && m->device)
        return false;
    if (!(m->fields & POLICY_BY_CLASS))
        return m->class_mask == 0 && m->class_value == 0;
    return m->class_mask != 0 && m->class_mask <= 0xffffff && !(m->class_value & ~m->class_mask);
}

static bool match_empty(const struct policy_pci_match *m)
{
    static const struct policy_pci_match none;

    return memcmp(m, &none, sizeof(none)) == 0;
}

static const char *check_io(const struct policy_tables *t)
{
    const unsigned actions = ACTION(POLICY_PASS) | ACTION(POLICY_DENY) | ACTION(POLICY_CALL);

    for (uint32_t i = 0; i < t->nio; i++) {
        const struct policy_io *e = &t->io[i];

        if (e->first > e->last || (i && e->first <= t->io[i - 1].last))
            return "io: ranges are not ascending";
        if (!rule_ok(t, e->action, e->flags, e->callback, actions,
                     POLICY_F_LOG | POLICY_F_READ_FIRST | POLICY_F_ERROR_PASS))
            return "io: bad action";
        if (!limit_ok(e->flags, e->limit))
            return "io: bad limit";
        if (e->action == POLICY_PASS && !(e->flags & POLICY_F_LOG))
            return "io: an entry without effect";
        if (policy_io_reserved(e->first, e->last))
            return "io: a reserved port";
    }
    return NULL;
}

static const char *check_absolute(const struct policy_mmio *e, const struct policy_mmio *previous)
{
    if (!match_empty(&e->pci))
        return "mmio: an absolute range with a PCI match";
    if (previous && e->first <= previous->last)
        return "mmio: ranges are not ascending";
    if (e->action == POLICY_PASS && !(e->flags & POLICY_F_LOG))
        return "mmio: an entry without effect";
    if (policy_mmio_reserved(e->first, e->last))
        return "mmio: a reserved address";
    return NULL;
}

static const char *check_mmio(const struct policy_tables *t)
{
    const unsigned actions = ACTION(POLICY_PASS) | ACTION(POLICY_DENY) | ACTION(POLICY_CALL);
    static const uint8_t zero[sizeof(t->mmio[0].reserved)];

    for (uint32_t i = 0; i < t->nmmio; i++) {
        const struct policy_mmio *e = &t->mmio[i];
        const char *wrong = NULL;

        if (e->first > e->last || memcmp(e->reserved, zero, sizeof(zero)) != 0)
            return "mmio: bad range";
        if (!rule_ok(t, e->action, e->flags, e->callback, actions,
                     POLICY_F_LOG | POLICY_F_READ_FIRST | POLICY_F_ERROR_PASS))
            return "mmio: bad action";
        if (!limit_ok(e->flags, e->limit))
            return "mmio: bad limit";
        if ((e->bar == POLICY_NO_BAR) != (i < t->nmmio_absolute))
            wrong = "mmio: absolute ranges do not come first";
        else if (e->bar == POLICY_NO_BAR)
            wrong = check_absolute(e, i ? &t->mmio[i - 1] : NULL);
        else if (e->bar > 5 || !match_ok(&e->pci))
            wrong = "mmio: bad BAR";
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *check_msr(const struct policy_tables *t)
{
    const unsigned actions = ACTION(POLICY_PASS) | ACTION(POLICY_DENY) | ACTION(POLICY_READ_ONLY) |
                             ACTION(POLICY_VALUE) | ACTION(POLICY_CALL);
    uint32_t which;

    for (uint32_t i = 0; i < t->nmsr; i++) {
        const struct policy_msr *e = &t->msr[i];

        if (e->first > e->last || (i && e->first <= t->msr[i - 1].last))
            return "msr: ranges are not ascending";
        if (!rule_ok(t, e->action, e->flags, e->callback, actions,
                     POLICY_F_LOG | POLICY_F_READ_FIRST | POLICY_F_ERROR_PASS |
                         POLICY_F_WRITE_FAULT))
            return "msr: bad action";
        if (!limit_ok(e->flags, e->limit) || e->reserved)
            return "msr: bad limit";
        if ((e->action == POLICY_PASS && !(e->flags & POLICY_F_LOG)) ||
            (e->action != POLICY_VALUE && e->value))
            return "msr: an entry without effect";
        if (policy_msr_reserved(e->first, e->last, &which))
            return "msr: a reserved MSR";
    }
    return NULL;
}

static const char *check_pci(const struct policy_tables *t)
{
    const unsigned actions = ACTION(POLICY_PASS) | ACTION(POLICY_READ_ONLY) | ACTION(POLICY_HIDE);

    for (uint32_t i = 0; i < t->npci; i++) {
        const struct policy_pci *e = &t->pci[i];

        if (!match_ok(&e->match))
            return "pci: bad match";
        if (!rule_ok(t, e->action, e->flags, 0, actions, 0) || e->reserved)
            return "pci: bad action";
    }
    return NULL;
}

static const char *check_services(const struct policy_tables *t)
{
    for (uint32_t i = 0; i < t->nservices; i++) {
        const struct policy_service *s = &t->services[i];

        if (!policy_text_ok(s->name, sizeof(s->name)))
            return "service: bad name";
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(s->name, t->services[j].name) == 0)
                return "service: named twice";
        if (s->deadline_ms < 1 || s->deadline_ms > 10000 || s->restart_limit > 1000 ||
            s->window_s < 1 || s->window_s > 3600 || s->backoff_ms > 60000 ||
            s->on_limit >= POLICY_ON_LIMITS)
            return "service: a value out of range";
    }
    return NULL;
}

/* No rule may be for one of its ports: both would have to be bound. */
static bool control_ok(const struct policy_tables *t)
{
    const struct policy_control *c = &t->control;

    if (!c->port)
        return !c->reserved && !c->line;
    for (uint32_t i = 0; i < t->nio; i++)
        if (t->io[i].first <= c->port + 1u && t->io[i].last >= c->port)
            return false;
    return c->port >= 0x100 && c->port != 0xffff && !c->reserved &&
           !policy_io_reserved(c->port, (uint16_t)(c->port + 1));
}

static const char *check_settings(const struct policy_tables *t)
{
    const struct policy_console *c = &t->console;
    const struct policy_boot *b = &t->boot;

    if ((b->disk != 0 && b->disk < 0x80) || b->partition > 4 || b->drive < 0x80 || b->reserved)
        return "guest.boot: a value out of range";
    if (c->level >= POLICY_LEVELS || c->reserved || c->ring_kib < 16 || c->ring_kib > 1024 ||
        (c->ring_kib & (c->ring_kib - 1)))
        return "console: a value out of range";
    if (c->uart != POLICY_UART_NONE && c->uart != POLICY_UART_AUTO &&
        (c->uart < 0x100 || c->uart > 0xfff8))
        return "console: bad UART";
    if (!control_ok(t))
        return "control: bad ports";
    return NULL;
}

static const char *check_header(const struct policy_tables *t)
{
    if (t->magic != POLICY_MAGIC || t->abi != POLICY_ABI || t->bytes != sizeof(*t))
        return "not policy tables of this version";
    if (t->nio > POLICY_MAX_IO || t->nmmio > POLICY_MAX_MMIO || t->nmmio_absolute > t->nmmio ||
        t->nmsr > POLICY_MAX_MSR || t->npci > POLICY_MAX_PCI ||
        t->nservices > POLICY_MAX_SERVICES || t->callbacks > POLICY_MAX_CALLBACKS ||
        t->nstorage > POLICY_MAX_STORAGE || t->nranges > POLICY_MAX_STORAGE_RANGES ||
        t->nkeys > POLICY_MAX_KEYS)
        return "a count out of range";
    if (!policy_text_ok(t->name, sizeof(t->name)))
        return "bad policy name";
    return NULL;
}

enum weir_status policy_tables_validate(const struct policy_tables *t, const char **reason)
{
    static const char *(*const checks[])(const struct policy_tables *) = {
        check_header, check_settings, check_services, check_io,
        check_mmio,   check_msr,      check_pci,      policy_check_storage,
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        const char *wrong = checks[i](t);

        if (wrong) {
            if (reason)
                *reason = wrong;
            return WEIR_E_ARG;
        }
    }
    return WEIR_OK;
}

enum weir_status policy_tables_copy(struct policy_tables *dst, const struct policy_tables *src,
                                    const char **reason)
{
    memcpy(dst, src, sizeof(*dst));
    /* src must not be looked at again: keep the compiler from reading it a second time instead of
     * dst. */
    __asm__ volatile("" ::: "memory");
    return policy_tables_validate(dst, reason);
}
