/* SPDX-License-Identifier: BSD-2-Clause */
/* on.io, on.mmio, on.msr: callbacks. */
#include "internal.h"

/* The registry holds a list of the callbacks under this key; id i is element i + 1. */
static const char functions_key;

void callbacks_open(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key);
}

void push_callback(lua_State *L, uint32_t id)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_rawgeti(L, -1, (lua_Integer)id + 1);
    lua_remove(L, -2);
}

/* Keeps the function at stack index 2 under a new id. */
static uint16_t new_callback(lua_State *L, const char *what, uint8_t kind, uint8_t flags)
{
    struct policy *p = policy_of(L);

    if (lua_type(L, 2) != LUA_TFUNCTION || !lua_isnone(L, 3))
        raise_rule(L, "%s: wants a range and a function: %s(range, function(e) ... end)", what,
                   what);
    if (p->ncallbacks == POLICY_MAX_CALLBACKS)
        raise_rule(L, "%s: there are more than %u callbacks", what, POLICY_MAX_CALLBACKS);
    p->callbacks[p->ncallbacks] =
        (struct callback){.line = current_line(L), .kind = kind, .flags = flags};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, (lua_Integer)p->ncallbacks + 1);
    lua_pop(L, 1);
    return (uint16_t)p->ncallbacks++;
}

/* on.io("60h-64h", f) is short for on.io({ports = "60h-64h"}, f): puts the table in argument 1's
 * place. */
static void wrap_range(lua_State *L, const char *key)
{
    int top = lua_gettop(L);
    bool named = false;

    if (lua_type(L, 1) == LUA_TTABLE) {
        lua_pushnil(L);
        named = lua_next(L, 1) && lua_type(L, -2) == LUA_TSTRING;
        lua_settop(L, top);
    }
    if (named)
        return;
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, key);
    lua_replace(L, 1);
}

static void common_keys(const struct args *a, struct rule *rule)
{
    enum policy_action on_error = POLICY_DENY;

    if (args_has(a, "on_error")) {
        lua_getfield(a->L, a->index, "on_error");
        if (!is_verdict(a->L, -1, &on_error))
            args_bad(a, "on_error", "wants pass or deny");
        lua_pop(a->L, 1);
    }
    if (on_error == POLICY_PASS)
        rule->flags |= POLICY_F_ERROR_PASS;
    if (args_flag(a, "read_first", false))
        rule->flags |= POLICY_F_READ_FIRST;
    args_log(a, rule);
}

#define ON_KEYS "on_error", "read_first", LOG_KEYS

static int on(lua_State *L)
{
    static const char *const io_keys[] = {"ports", ON_KEYS, NULL};
    static const char *const mmio_keys[] = {MMIO_KEYS, ON_KEYS, NULL};
    static const char *const msr_keys[] = {"msrs", ON_KEYS, NULL};
    static const struct {
        const char *what, *range_key;
        const char *const *keys;
        void (*add)(const struct args *a, const struct rule *like);
    } kinds[POLICY_KINDS] = {
        [POLICY_KIND_IO] = {"on.io", "ports", io_keys, io_rules},
        [POLICY_KIND_MMIO] = {"on.mmio", NULL, mmio_keys, mmio_rule},
        [POLICY_KIND_MSR] = {"on.msr", "msrs", msr_keys, msr_rules},
    };
    enum policy_kind kind = (enum policy_kind)verb_action(L);
    struct rule rule = {.action = POLICY_CALL, .bar = POLICY_NO_BAR};
    struct args a;

    require_rules_phase(L, kinds[kind].what);
    if (kinds[kind].range_key)
        wrap_range(L, kinds[kind].range_key);
    args_begin(&a, L, 1, kinds[kind].what, kinds[kind].keys);
    common_keys(&a, &rule);
    rule.callback = new_callback(L, kinds[kind].what, (uint8_t)kind, rule.flags);
    kinds[kind].add(&a, &rule);
    return 0;
}

static int on_service_failed(lua_State *L)
{
    static const char what[] = "on.service_failed";
    struct policy *p = policy_of(L);

    require_rules_phase(L, what);
    if (lua_type(L, 1) != LUA_TFUNCTION || !lua_isnone(L, 2))
        raise_rule(L, "%s: wants a function: %s(function(e) ... end)", what, what);
    if (p->service_failed)
        raise_rule(L, "%s: was given in line %u already", what,
                   p->callbacks[p->service_failed - 1].line);
    lua_pushnil(L);
    lua_insert(L, 1); /* the function stands where the others have theirs */
    p->service_failed = new_callback(L, what, POLICY_KIND_SERVICE, 0) + 1u;
    return 0;
}

void section_on(lua_State *L)
{
    static const struct verb verbs[] = {
        {"io", on, POLICY_KIND_IO, 0},
        {"mmio", on, POLICY_KIND_MMIO, 0},
        {"msr", on, POLICY_KIND_MSR, 0},
        {"service_failed", on_service_failed, 0, 0},
    };

    push_verbs(L, "on", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
