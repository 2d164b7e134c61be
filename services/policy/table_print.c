/* SPDX-License-Identifier: BSD-2-Clause */
/* What a policy came to, for people. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "policy.h"

struct printer {
    policy_sink *sink;
    void *context;
};

__attribute__((format(printf, 2, 3))) static void line(const struct printer *p, const char *format,
                                                       ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    p->sink(p->context, text);
}

/* "deny, logged" or "callback 3, passes on error"; a limit is named where it is not the default */
static const char *effect(char *text, size_t bytes, unsigned action, unsigned flags,
                          uint32_t limit, uint64_t detail)
{
    static const char *const names[POLICY_ACTIONS] = {"pass",  "deny",     "read-only",
                                                      "value", "callback", "hide",     "encrypt"};
    int n = snprintf(text, bytes, "%s", names[action]);

    if (action == POLICY_CALL)
        n += snprintf(text + n, bytes - (size_t)n, " %" PRIu64, detail);
    if (action == POLICY_VALUE)
        n += snprintf(text + n, bytes - (size_t)n, " %" PRIX64 "h", detail);
    n += snprintf(text + n, bytes - (size_t)n, "%s%s%s%s",
                  flags & POLICY_F_READ_FIRST ? ", reads first" : "",
                  flags & POLICY_F_ERROR_PASS ? ", passes on error" : "",
                  flags & POLICY_F_WRITE_FAULT ? ", writes fault" : "",
                  flags & POLICY_F_LOG ? ", logged" : "");
    if ((flags & POLICY_F_LOG) && !limit)
        snprintf(text + n, bytes - (size_t)n, " without a limit");
    else if ((flags & POLICY_F_LOG) && limit != POLICY_LOG_LIMIT)
        snprintf(text + n, bytes - (size_t)n, " at most %" PRIu32 " times a second", limit);
    return text;
}

static const char *selector(char *text, size_t bytes, const struct policy_pci_match *m)
{
    int n = 0;

    text[0] = 0;
    if (m->fields & POLICY_BY_ADDRESS)
        n += snprintf(text + n, bytes - (size_t)n, " %02x:%02x.%x", m->address >> 8,
                      m->address >> 3 & 31, m->address & 7);
    if (m->fields & POLICY_BY_VENDOR)
        n += snprintf(text + n, bytes - (size_t)n, " vendor %04x", m->vendor);
    if (m->fields & POLICY_BY_DEVICE)
        n += snprintf(text + n, bytes - (size_t)n, " device %04x", m->device);
    if (m->fields & POLICY_BY_CLASS)
        snprintf(text + n, bytes - (size_t)n, " class %06x/%06x", m->class_value, m->class_mask);
    return text;
}

static void print_ranges(const struct printer *p, const struct policy_tables *t)
{
    char what[96], which[96];

    for (uint32_t i = 0; i < t->nio; i++)
        line(p, "io %04Xh-%04Xh: %s (line %u)", t->io[i].first, t->io[i].last,
             effect(what, sizeof(what), t->io[i].action, t->io[i].flags, t->io[i].limit,
                    t->io[i].callback),
             t->io[i].line);
    for (uint32_t i = 0; i < t->nmmio; i++) {
        const struct policy_mmio *e = &t->mmio[i];

        effect(what, sizeof(what), e->action, e->flags, e->limit, e->callback);
        if (e->bar == POLICY_NO_BAR)
            line(p, "mmio %" PRIX64 "h-%" PRIX64 "h: %s (line %u)", e->first, e->last, what,
                 e->line);
        else
            line(p, "mmio%s bar %u +%" PRIX64 "h-%" PRIX64 "h: %s (line %u)",
                 selector(which, sizeof(which), &e->pci), e->bar, e->first, e->last, what, e->line);
    }
    for (uint32_t i = 0; i < t->nmsr; i++) {
        const struct policy_msr *e = &t->msr[i];

        line(p, "msr %08Xh-%08Xh: %s (line %u)", e->first, e->last,
             effect(what, sizeof(what), e->action, e->flags, e->limit,
                    e->action == POLICY_VALUE ? e->value : e->callback),
             e->line);
    }
    for (uint32_t i = 0; i < t->npci; i++)
        line(p, "pci%s: %s (line %u)", selector(which, sizeof(which), &t->pci[i].match),
             effect(what, sizeof(what), t->pci[i].action, t->pci[i].flags, 0, 0), t->pci[i].line);
}

static const char *disk_selector(char *text, size_t bytes, const struct policy_storage *e)
{
    int n = 0;

    text[0] = 0;
    if (e->fields & POLICY_BY_MODEL)
        n += snprintf(text + n, bytes - (size_t)n, " model \"%.40s%s\"", e->model,
                      e->fields & POLICY_MODEL_PREFIX ? "*" : "");
    if (e->fields & POLICY_BY_SERIAL)
        n += snprintf(text + n, bytes - (size_t)n, " serial \"%.20s%s\"", e->serial,
                      e->fields & POLICY_SERIAL_PREFIX ? "*" : "");
    if (e->fields & POLICY_BY_PORT)
        n += snprintf(text + n, bytes - (size_t)n, " port %u", e->port);
    if (!n)
        snprintf(text, bytes, " every disk");
    return text;
}

static void print_disk_range(const struct printer *p, const struct policy_storage_range *r)
{
    char last[24] = "the end", check[48] = "no check";

    if (r->last != UINT64_MAX)
        snprintf(last, sizeof(last), "%" PRIu64, r->last);
    for (int i = 0; i < r->check_bytes; i++)
        snprintf(check + 2 * i, sizeof(check) - 2 * (size_t)i, "%02X", r->check[i]);
    if (r->check_bytes)
        snprintf(check + 2 * r->check_bytes, sizeof(check) - 2 * r->check_bytes, " at byte %u",
                 r->check_offset);
    line(p, "storage   sectors %" PRIu64 " to %s, %s", r->first, last, check);
}

static void print_storage(const struct printer *p, const struct policy_tables *t)
{
    char which[120];

    for (uint32_t i = 0; i < t->nstorage; i++) {
        const struct policy_storage *e = &t->storage[i];

        disk_selector(which, sizeof(which), e);
        if (e->action != POLICY_ENCRYPT) {
            line(p, "storage%s: %s (line %u)", which,
                 e->action == POLICY_DENY ? "deny" : "read-only", e->line);
            continue;
        }
        line(p, "storage%s: encrypt aes-xts-plain64, key %s, trim %s%s (line %u)", which,
             t->keys[e->key], e->trim == POLICY_TRIM_PASS ? "pass" : "drop",
             e->require ? ", required" : "", e->line);
        for (uint32_t j = 0; j < e->nranges; j++)
            print_disk_range(p, &t->ranges[e->first_range + j]);
    }
}

static void print_settings(const struct printer *p, const struct policy_tables *t)
{
    static const char *const levels[POLICY_LEVELS] = {"error", "warn", "info", "debug"};
    static const char *const on_limit[POLICY_ON_LIMITS] = {"fail-closed", "pass", "stop"};
    char disk[8] = "auto", uart[8] = "auto";

    if (t->boot.disk)
        snprintf(disk, sizeof(disk), "%02Xh", t->boot.disk);
    line(p, "guest.boot: disk %s, partition %u, drive %02Xh", disk, t->boot.partition,
         t->boot.drive);
    if (t->console.uart == POLICY_UART_NONE)
        snprintf(uart, sizeof(uart), "none");
    else if (t->console.uart != POLICY_UART_AUTO)
        snprintf(uart, sizeof(uart), "%Xh", t->console.uart);
    line(p, "console: level %s, uart %s, ring %u KiB", levels[t->console.level], uart,
         t->console.ring_kib);
    if (t->control.port)
        line(p, "control: ports %Xh-%Xh", t->control.port, t->control.port + 1u);
    for (uint32_t i = 0; i < t->nservices; i++) {
        const struct policy_service *s = &t->services[i];

        line(p, "service.%s: deadline %u ms, %u restarts in %u s, backoff %u ms, then %s", s->name,
             s->deadline_ms, s->restart_limit, s->window_s, s->backoff_ms, on_limit[s->on_limit]);
    }
}

void policy_print(const struct policy_tables *t, policy_sink *sink, void *context)
{
    struct printer p = {sink, context};

    print_settings(&p, t);
    print_ranges(&p, t);
    print_storage(&p, t);
}
