/* SPDX-License-Identifier: BSD-2-Clause */
/* io.allow, io.deny, io.log: I/O ports. */
#include "internal.h"

struct making {
    lua_State *L;
    struct rule rule;
};

static void add_range(void *context, uint64_t first, uint64_t last)
{
    struct making *m = context;
    const char *reason = policy_io_reserved((uint16_t)first, (uint16_t)last);

    if (reason)
        raise_rule(m->L, "io: %s", reason);
    m->rule.first = first;
    m->rule.last = last;
    add_rule(m->L, RULE_IO, &m->rule);
}

void io_rules(const struct args *a, const struct rule *like)
{
    struct making m = {a->L, *like};

    args_ranges(a, "ports", 0xffff, add_range, &m);
}

static int io_verb(lua_State *L)
{
    static const char *const deny_keys[] = {"ports", LOG_KEYS, NULL};
    static const char *const log_keys[] = {"ports", "limit", NULL};
    static const char *const allow_keys[] = {"ports", NULL};
    int action = verb_action(L), flags = verb_flags(L);
    struct rule rule = {.action = (uint8_t)action, .flags = (uint8_t)flags, .bar = POLICY_NO_BAR};
    struct args a;

    if (action == POLICY_DENY)
        args_begin(&a, L, 1, "io.deny", deny_keys);
    else if (flags)
        args_begin(&a, L, 1, "io.log", log_keys);
    else
        args_begin(&a, L, 1, "io.allow", allow_keys);
    args_log(&a, &rule);
    io_rules(&a, &rule);
    return 0;
}

void section_io(lua_State *L)
{
    static const struct verb verbs[] = {
        {"allow", io_verb, POLICY_PASS, 0},
        {"deny", io_verb, POLICY_DENY, 0},
        {"log", io_verb, POLICY_PASS, POLICY_F_LOG},
    };

    push_verbs(L, "io", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
