/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills the tables from the rules once the policy's text has run. */
#include <string.h>

#include "internal.h"

/* Where flatten() puts its segments before they go into a table. */
#define SEGMENTS POLICY_MAX_IO

/* Has an access that hits this segment any other effect than on bare hardware? */
static bool hooks(const struct rule *r)
{
    return r->action != POLICY_PASS || (r->flags & POLICY_F_LOG);
}

static bool flatten_or_say(struct policy *p, const char *what, const struct rule *rules,
                           uint32_t nrules, struct rule *out, uint32_t max, uint32_t *n,
                           struct policy_error *error)
{
    uint32_t a, b;

    switch (flatten(rules, nrules, out, max, n, &a, &b)) {
    case WEIR_OK:
        return true;
    case WEIR_E_STATE:
        set_error(p, error, rules[b].line,
                  "%s: %llXh-%llXh overlaps the rule in line %u (%llXh-%llXh); one has to lie "
                  "within the other, "
                  "or both have to do the same",
                  what, (unsigned long long)rules[b].first, (unsigned long long)rules[b].last,
                  rules[a].line, (unsigned long long)rules[a].first,
                  (unsigned long long)rules[a].last);
        return false;
    default:
        set_error(p, error, rules[nrules - 1].line,
                  "%s: the rules make more than %u separate ranges", what, max);
        return false;
    }
}

/* ---- io ---- */

/*
 * Weir's own UART reads FFh to the guest and drops its writes whether a policy denies its ports or
 * not, so such parts of a DENY are left out; any other wish for them is a mistake.
 */
static bool add_io(struct policy *p, const struct rule *r, struct policy_error *error)
{
    struct policy_tables *t = p->tables;
    uint32_t uart = t->console.uart == POLICY_UART_AUTO ? 0x2f8 : t->console.uart;
    struct policy_io entry = {.first = (uint16_t)r->first,
                              .last = (uint16_t)r->last,
                              .action = r->action,
                              .flags = r->flags,
                              .callback = r->callback,
                              .line = r->line,
                              .limit = r->limit};

    if (t->control.port && r->first <= t->control.port + 1u && r->last >= t->control.port) {
        set_error(p, error, r->line, "io: ports %Xh-%Xh are those of control in line %u",
                  t->control.port, t->control.port + 1u, t->control.line);
        return false;
    }
    if (uart == POLICY_UART_NONE || r->last < uart || r->first > uart + 7) {
        t->io[t->nio++] = entry;
        return true;
    }
    if (r->action != POLICY_DENY) {
        set_error(
            p, error, r->line,
            "io: ports %Xh-%Xh are the UART of Weir's own log; console{uart = \"none\"} frees them",
            uart, uart + 7);
        return false;
    }
    if (r->first < uart) {
        t->io[t->nio] = entry;
        t->io[t->nio++].last = (uint16_t)(uart - 1);
    }
    if (r->last > uart + 7) {
        t->io[t->nio] = entry;
        t->io[t->nio++].first = (uint16_t)(uart + 8);
    }
    return true;
}

/* control's own ports against Weir's other ones. */
static bool control_is_free(struct policy *p, struct policy_error *error)
{
    const struct policy_tables *t = p->tables;
    uint32_t uart = t->console.uart == POLICY_UART_AUTO ? 0x2f8 : t->console.uart;

    if (!t->control.port || uart == POLICY_UART_NONE || t->control.port + 1u < uart ||
        t->control.port > uart + 7)
        return true;
    set_error(p, error, t->control.line, "control: ports %Xh-%Xh are the UART of Weir's own log",
              uart, uart + 7);
    return false;
}

static bool resolve_io(struct policy *p, struct rule *segments, struct policy_error *error)
{
    const struct rule_list *list = &p->lists[RULE_IO];
    uint32_t n;

    /* One less than the table holds: leaving the UART out can split one entry. */
    if (!control_is_free(p, error))
        return false;
    if (!flatten_or_say(p, "io", list->rules, list->n, segments, POLICY_MAX_IO - 1, &n, error))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (hooks(&segments[i]) && !add_io(p, &segments[i], error))
            return false;
    return true;
}

/* ---- msr ---- */

static bool resolve_msr(struct policy *p, struct rule *segments, struct policy_error *error)
{
    const struct rule_list *list = &p->lists[RULE_MSR];
    struct policy_tables *t = p->tables;
    uint32_t n;

    if (!flatten_or_say(p, "msr", list->rules, list->n, segments, POLICY_MAX_MSR, &n, error))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct rule *r = &segments[i];

        if (hooks(r))
            t->msr[t->nmsr++] = (struct policy_msr){.first = (uint32_t)r->first,
                                                    .last = (uint32_t)r->last,
                                                    .value = r->value,
                                                    .line = r->line,
                                                    .callback = r->callback,
                                                    .action = r->action,
                                                    .flags = r->flags,
                                                    .limit = r->limit};
    }
    return true;
}

/* ---- mmio ---- */

static bool same_space(const struct rule *a, const struct rule *b)
{
    return a->bar == b->bar && memcmp(&a->pci, &b->pci, sizeof(a->pci)) == 0;
}

/* Absolute addresses first, then BARs by falling precedence; rules of one space side by side. */
static int compare_space(const struct rule *a, const struct rule *b)
{
    unsigned rank_a = a->bar == POLICY_NO_BAR ? UINT32_MAX : pci_rank(&a->pci);
    unsigned rank_b = b->bar == POLICY_NO_BAR ? UINT32_MAX : pci_rank(&b->pci);

    if (rank_a != rank_b)
        return rank_a > rank_b ? -1 : 1;
    if (a->bar != b->bar)
        return a->bar < b->bar ? -1 : 1;
    return memcmp(&a->pci, &b->pci, sizeof(a->pci));
}

/* Stable, because the order of equal ones shows in messages. The lists are short. */
static void sort_rules(struct rule *rules, uint32_t n,
                       int (*compare)(const struct rule *, const struct rule *))
{
    for (uint32_t i = 1; i < n; i++) {
        struct rule r = rules[i];
        uint32_t j = i;

        for (; j > 0 && compare(&rules[j - 1], &r) > 0; j--)
            rules[j] = rules[j - 1];
        rules[j] = r;
    }
}

/* Two selectors of equal rank that can mean the same BAR of one function, and differ in what they
 * want of it. */
static bool check_selectors(struct policy *p, const struct rule *rules, uint32_t n,
                            struct policy_error *error)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct rule *a = &rules[i], *b = &rules[j];

            if (a->bar == POLICY_NO_BAR || a->bar != b->bar || same_space(a, b) ||
                a->last < b->first || b->last < a->first ||
                pci_rank(&a->pci) != pci_rank(&b->pci) || !pci_compatible(&a->pci, &b->pci))
                continue;
            const struct rule *late = a->line > b->line ? a : b, *early = late == a ? b : a;

            set_error(p, error, late->line,
                      "mmio: can mean the same registers as the rule in line %u, and neither "
                      "names the function more closely",
                      early->line);
            return false;
        }
    }
    return true;
}

static bool resolve_mmio(struct policy *p, struct rule *segments, struct policy_error *error)
{
    const struct rule_list *list = &p->lists[RULE_MMIO];
    struct policy_tables *t = p->tables;
    uint32_t end, n;

    sort_rules(list->rules, list->n, compare_space);
    if (!check_selectors(p, list->rules, list->n, error))
        return false;
    for (uint32_t start = 0; start < list->n; start = end) {
        const struct rule *group = &list->rules[start];
        bool absolute = group->bar == POLICY_NO_BAR;

        for (end = start; end < list->n && same_space(group, &list->rules[end]);)
            end++;
        if (!flatten_or_say(p, "mmio", group, end - start, segments, POLICY_MAX_MMIO - t->nmmio, &n,
                            error))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            const struct rule *r = &segments[i];

            if (absolute && !hooks(r))
                continue;
            t->mmio[t->nmmio++] = (struct policy_mmio){.first = r->first,
                                                       .last = r->last,
                                                       .pci = r->pci,
                                                       .line = r->line,
                                                       .callback = r->callback,
                                                       .action = r->action,
                                                       .flags = r->flags,
                                                       .bar = r->bar,
                                                       .limit = r->limit};
            t->nmmio_absolute += absolute;
        }
    }
    return true;
}

/* ---- pci ---- */

static int compare_rank(const struct rule *a, const struct rule *b)
{
    return (int)pci_rank(&b->pci) - (int)pci_rank(&a->pci);
}

static bool resolve_pci(struct policy *p, struct policy_error *error)
{
    const struct rule_list *list = &p->lists[RULE_PCI];
    struct policy_tables *t = p->tables;

    sort_rules(list->rules, list->n, compare_rank);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct rule *r = &list->rules[i];

        for (uint32_t j = 0; j < i; j++) {
            const struct rule *other = &list->rules[j];

            if (pci_rank(&r->pci) != pci_rank(&other->pci) ||
                !pci_compatible(&r->pci, &other->pci) || r->action == other->action)
                continue;
            set_error(p, error, r->line,
                      "pci: can mean the same function as the rule in line %u, and neither names "
                      "it more closely",
                      other->line);
            return false;
        }
        t->pci[t->npci++] =
            (struct policy_pci){.match = r->pci, .line = r->line, .action = r->action};
    }
    return true;
}

bool resolve(struct policy *p, struct policy_error *error)
{
    struct rule *segments = heap_resize(&p->heap, NULL, SEGMENTS * sizeof(*segments));

    if (!segments) {
        set_error(p, error, 1, "out of memory: the policy's heap is full");
        return false;
    }
    bool good = resolve_io(p, segments, error) && resolve_msr(p, segments, error) &&
                resolve_mmio(p, segments, error) && resolve_pci(p, error) && resolve_storage(p, error);

    heap_free(&p->heap, segments);
    p->tables->callbacks = p->ncallbacks;
    return good;
}
