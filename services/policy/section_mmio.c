/* SPDX-License-Identifier: BSD-2-Clause */
/* mmio.allow, mmio.deny, mmio.log: memory-mapped registers, by address or by PCI BAR. */
#include "internal.h"

static void by_bar(const struct args *a, struct rule *rule)
{
    rule->bar = (uint8_t)args_required(a, "bar", 0, 5);
    rule->first = args_number(a, "offset", 0, (1ull << 52) - 1, 0);
    rule->last = UINT64_MAX;
    if (args_has(a, "size"))
        rule->last = rule->first + args_required(a, "size", 1, 1ull << 52) - 1;
    if (args_has(a, "address"))
        args_bad(a, "address", "and a PCI function exclude each other; use offset");
}

static void by_address(const struct args *a, struct rule *rule)
{
    if (args_has(a, "bar") || args_has(a, "offset"))
        args_bad(a, args_has(a, "bar") ? "bar" : "offset",
                 "means nothing without pci, vendor or class");
    rule->first = args_required(a, "address", 0, (1ull << 52) - 1);
    rule->last = rule->first + args_required(a, "size", 1, 1ull << 52) - 1;
    rule->bar = POLICY_NO_BAR;
    const char *reason = policy_mmio_reserved(rule->first, rule->last);

    if (reason)
        args_bad(a, NULL, "%s", reason);
}

void mmio_rule(const struct args *a, const struct rule *like)
{
    struct rule rule = *like;

    if (args_pci(a, "pci", &rule.pci))
        by_bar(a, &rule);
    else
        by_address(a, &rule);
    add_rule(a->L, RULE_MMIO, &rule);
}

static int mmio_verb(lua_State *L)
{
    static const char *const deny_keys[] = {MMIO_KEYS, LOG_KEYS, NULL};
    static const char *const log_keys[] = {MMIO_KEYS, "limit", NULL};
    static const char *const allow_keys[] = {MMIO_KEYS, NULL};
    int action = verb_action(L), flags = verb_flags(L);
    struct rule rule = {.action = (uint8_t)action, .flags = (uint8_t)flags};
    struct args a;

    if (action == POLICY_DENY)
        args_begin(&a, L, 1, "mmio.deny", deny_keys);
    else if (flags)
        args_begin(&a, L, 1, "mmio.log", log_keys);
    else
        args_begin(&a, L, 1, "mmio.allow", allow_keys);
    args_log(&a, &rule);
    mmio_rule(&a, &rule);
    return 0;
}

void section_mmio(lua_State *L)
{
    static const struct verb verbs[] = {
        {"allow", mmio_verb, POLICY_PASS, 0},
        {"deny", mmio_verb, POLICY_DENY, 0},
        {"log", mmio_verb, POLICY_PASS, POLICY_F_LOG},
    };

    push_verbs(L, "mmio", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
