/* SPDX-License-Identifier: BSD-2-Clause */
/* msr.allow, msr.deny, msr.log, msr.read_only, msr.value: model-specific registers. */
#include "internal.h"

struct making {
    lua_State *L;
    struct rule rule;
};

static void add_range(void *context, uint64_t first, uint64_t last)
{
    struct making *m = context;
    uint32_t which;
    const char *reason = policy_msr_reserved((uint32_t)first, (uint32_t)last, &which);

    if (reason)
        raise_rule(m->L, "msr: %Xh cannot be named: %s", which, reason);
    m->rule.first = first;
    m->rule.last = last;
    add_rule(m->L, RULE_MSR, &m->rule);
}

void msr_rules(const struct args *a, const struct rule *like)
{
    struct making m = {a->L, *like};

    args_ranges(a, "msrs", UINT32_MAX, add_range, &m);
}

/* allow, deny, log */
static int msr_verb(lua_State *L)
{
    static const char *const deny_keys[] = {"msrs", LOG_KEYS, NULL};
    static const char *const log_keys[] = {"msrs", "limit", NULL};
    static const char *const allow_keys[] = {"msrs", NULL};
    int action = verb_action(L), flags = verb_flags(L);
    struct rule rule = {.action = (uint8_t)action, .flags = (uint8_t)flags, .bar = POLICY_NO_BAR};
    struct args a;

    if (action == POLICY_DENY)
        args_begin(&a, L, 1, "msr.deny", deny_keys);
    else if (flags)
        args_begin(&a, L, 1, "msr.log", log_keys);
    else
        args_begin(&a, L, 1, "msr.allow", allow_keys);
    args_log(&a, &rule);
    msr_rules(&a, &rule);
    return 0;
}

/* read_only, value */
static int msr_keep(lua_State *L)
{
    static const char *const value_keys[] = {"msrs", "value", "on_write", LOG_KEYS, NULL};
    static const char *const read_only_keys[] = {"msrs", "on_write", LOG_KEYS, NULL};
    static const char *const on_write[] = {"ignore", "fault", NULL};
    bool value = verb_action(L) == POLICY_VALUE;
    struct rule rule = {.action = (uint8_t)verb_action(L), .bar = POLICY_NO_BAR};
    struct args a;

    args_begin(&a, L, 1, value ? "msr.value" : "msr.read_only",
               value ? value_keys : read_only_keys);
    if (value)
        rule.value = args_required(&a, "value", 0, UINT64_MAX);
    if (args_word(&a, "on_write", on_write, 0) == 1)
        rule.flags |= POLICY_F_WRITE_FAULT;
    args_log(&a, &rule);
    msr_rules(&a, &rule);
    return 0;
}

void section_msr(lua_State *L)
{
    static const struct verb verbs[] = {
        {"allow", msr_verb, POLICY_PASS, 0},          {"deny", msr_verb, POLICY_DENY, 0},
        {"log", msr_verb, POLICY_PASS, POLICY_F_LOG}, {"read_only", msr_keep, POLICY_READ_ONLY, 0},
        {"value", msr_keep, POLICY_VALUE, 0},
    };

    push_verbs(L, "msr", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
