/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as the policy states them, and which of two decides where both apply (doc/policy.md,
 * "Precedence"): the more specific one, in whatever order they stand. Where neither is, the policy
 * is refused.
 */
#include "internal.h"

void require_rules_phase(lua_State *L, const char *what)
{
    if (policy_of(L)->phase != PHASE_RULES)
        raise_rule(L, "%s: rules are made once, when the policy is loaded, and not in a callback",
                   what);
}

void add_rule(lua_State *L, enum rule_kind kind, const struct rule *rule)
{
    struct rule_list *list = &policy_of(L)->lists[kind];

    if (list->n == list->max)
        raise_rule(L, "there are more than %u rules of this kind", list->max);
    list->rules[list->n] = *rule;
    list->rules[list->n].line = current_line(L);
    list->n++;
}

static bool same_effect(const struct rule *a, const struct rule *b)
{
    return a->action == b->action && a->flags == b->flags && a->value == b->value &&
           a->callback == b->callback && a->limit == b->limit;
}

static bool contains(const struct rule *outer, const struct rule *inner)
{
    return outer->first <= inner->first && outer->last >= inner->last;
}

/* Are both in force somewhere, with no way to tell which decides? */
static bool disagree(const struct rule *a, const struct rule *b)
{
    if (a->last < b->first || b->last < a->first || same_effect(a, b))
        return false;
    return contains(a, b) == contains(b, a); /* the same range, or neither contains the other */
}

/*
 * The rule that decides at `at`, or -1; *end is the last number for which that is known to hold. Of
 * overlapping rules that do not disagree one contains the other or both do the same, so the
 * narrowest decides.
 */
static int decider(const struct rule *rules, uint32_t n, uint64_t at, uint64_t *end)
{
    int best = -1;

    *end = UINT64_MAX;
    for (uint32_t i = 0; i < n; i++) {
        const struct rule *r = &rules[i];

        if (r->first > at && r->first - 1 < *end)
            *end = r->first - 1;
        if (r->first > at || r->last < at)
            continue;
        if (r->last < *end)
            *end = r->last;
        if (best < 0 || r->last - r->first < rules[best].last - rules[best].first)
            best = (int)i;
    }
    return best;
}

enum weir_status flatten(const struct rule *rules, uint32_t nrules, struct rule *out, uint32_t max,
                         uint32_t *n, uint32_t *a, uint32_t *b)
{
    for (*b = 0; *b < nrules; ++*b)
        for (*a = 0; *a < *b; ++*a)
            if (disagree(&rules[*a], &rules[*b]))
                return WEIR_E_STATE;

    uint64_t at = 0, end;

    *n = 0;
    do {
        int best = decider(rules, nrules, at, &end);

        if (best >= 0) {
            struct rule *before = *n ? &out[*n - 1] : NULL;

            if (before && before->last + 1 == at && before->line == rules[best].line &&
                same_effect(before, &rules[best])) {
                before->last = end;
            } else {
                if (*n == max)
                    return WEIR_E_RANGE;
                out[*n] = rules[best];
                out[*n].first = at;
                out[*n].last = end;
                ++*n;
            }
        }
        at = end + 1;
    } while (end != UINT64_MAX);
    return WEIR_OK;
}

/* One function beats one device model beats one vendor; among classes more bits beat fewer. */
unsigned pci_rank(const struct policy_pci_match *m)
{
    unsigned rank = (unsigned)__builtin_popcount(m->class_mask);

    if (m->fields & POLICY_BY_ADDRESS)
        rank += 1u << 10;
    if (m->fields & POLICY_BY_DEVICE)
        rank += 1u << 9;
    if (m->fields & POLICY_BY_VENDOR)
        rank += 1u << 8;
    return rank;
}

bool pci_compatible(const struct policy_pci_match *a, const struct policy_pci_match *b)
{
    unsigned both = a->fields & b->fields;

    if ((both & POLICY_BY_ADDRESS) && a->address != b->address)
        return false;
    if ((both & POLICY_BY_VENDOR) && a->vendor != b->vendor)
        return false;
    if ((both & POLICY_BY_DEVICE) && a->device != b->device)
        return false;
    return !((a->class_value ^ b->class_value) & a->class_mask & b->class_mask);
}
