/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs callbacks. */
#include <string.h>

#include "internal.h"

struct call {
    uint32_t id;
    const struct policy_event *event;
    struct policy_result *result;
};

/* Pushes the table that the callback gets. A value that is not there is not in it. */
static void push_event(lua_State *L, enum policy_kind kind, const struct policy_event *e)
{
    static const char *const address_names[POLICY_KINDS] = {"port", "address", "msr"};

    lua_createtable(L, 0, 5);
    lua_pushinteger(L, (lua_Integer)e->address);
    lua_setfield(L, -2, address_names[kind]);
    lua_pushinteger(L, e->size);
    lua_setfield(L, -2, "size");
    lua_pushboolean(L, (e->flags & POLICY_E_WRITE) != 0);
    lua_setfield(L, -2, "write");
    lua_pushinteger(L, (lua_Integer)e->rip);
    lua_setfield(L, -2, "rip");
    if (e->flags & (POLICY_E_WRITE | POLICY_E_VALUE)) {
        lua_pushinteger(L, (lua_Integer)e->value);
        lua_setfield(L, -2, "value");
    }
}

/* pass, deny, a number that fits the access, or nothing. */
static void take_answer(lua_State *L, const struct policy_event *e, struct policy_result *result)
{
    enum policy_action action = POLICY_PASS;
    uint64_t value = 0;

    if (lua_type(L, -1) == LUA_TNUMBER && to_number(L, -1, &value)) {
        if (e->size < 8 && value >> (8 * e->size))
            luaL_error(L, "the callback's answer, %I, does not fit into %d bytes",
                       (LUAI_UACINT)value, (int)e->size);
        action = POLICY_VALUE;
    } else if (!lua_isnil(L, -1) && !is_verdict(L, -1, &action)) {
        luaL_error(L,
                   "the callback's answer is %s; wanted are pass, deny, a whole number or nothing",
                   luaL_tolstring(L, -1, NULL));
    }
    *result = (struct policy_result){.value = value, .action = action};
}

static int call_body(lua_State *L)
{
    const struct call *c = lua_touserdata(L, 1);

    push_callback(L, c->id);
    push_event(L, (enum policy_kind)policy_of(L)->callbacks[c->id].kind, c->event);
    lua_call(L, 1, 1);
    take_answer(L, c->event, c->result);
    return 0;
}

/* The defined result of a callback that has none, and a line about it unless there were many. */
static void fail(struct policy *p, struct callback *callback, const char *reason,
                 struct policy_result *result)
{
    bool pass = callback && (callback->flags & POLICY_F_ERROR_PASS);

    *result = (struct policy_result){.action = pass ? POLICY_PASS : POLICY_DENY, .failed = 1};
    if (callback && callback->failures < UINT32_MAX)
        callback->failures++;
    if (!callback || !(callback->failures & (callback->failures - 1)))
        say(p, reason, strlen(reason));
}

/* Runs `body` with its argument under a callback's limits. */
static bool run(struct policy *p, struct callback *callback, lua_CFunction body, void *argument,
                struct policy_error *error)
{
    limits_begin(p, WORK_CALLBACK, false);
    lua_pushcfunction(p->L, message_handler);
    lua_pushcfunction(p->L, body);
    lua_pushlightuserdata(p->L, argument);
    int status = lua_pcall(p->L, 1, 0, 1);
    bool good = status == LUA_OK && p->stop == STOP_NO;

    if (!good)
        describe_error(p, status, callback->line, error);
    lua_settop(p->L, 0);
    if (status == LUA_ERRMEM) {
        limits_begin(p, UINT64_MAX,
                     false); /* collecting what the callback left is not its own work */
        lua_gc(p->L, LUA_GCCOLLECT);
    }
    return good;
}

void policy_call(struct policy *p, enum policy_kind kind, uint32_t id,
                 const struct policy_event *event, struct policy_result *result)
{
    struct call c = {id, event, result};
    struct policy_error error;

    if (p->phase != PHASE_SERVING || id >= p->ncallbacks ||
        p->callbacks[id].kind != (unsigned)kind ||
        (event->size != 1 && event->size != 2 && event->size != 4 && event->size != 8)) {
        fail(p, NULL, "policy: a call of no known callback", result);
        return;
    }
    if (!run(p, &p->callbacks[id], call_body, &c, &error))
        fail(p, &p->callbacks[id], error.text, result);
}

/* ---- on.service_failed ---- */

static void set_text(lua_State *L, const char *key, const char *text, size_t bytes)
{
    lua_pushlstring(L, text, strnlen(text, bytes));
    lua_setfield(L, -2, key);
}

struct told {
    uint32_t id;
    const struct policy_failure *failure;
};

static int failed_body(lua_State *L)
{
    const struct told *t = lua_touserdata(L, 1);
    const struct policy_failure *f = t->failure;

    push_callback(L, t->id);
    lua_createtable(L, 0, 5);
    set_text(L, "service", f->service, sizeof(f->service));
    set_text(L, "reason", f->reason, sizeof(f->reason));
    lua_pushinteger(L, (lua_Integer)f->rip);
    lua_setfield(L, -2, "rip");
    lua_pushinteger(L, f->restarts);
    lua_setfield(L, -2, "restarts");
    lua_pushboolean(L, f->down != 0);
    lua_setfield(L, -2, "down");
    lua_call(L, 1, 0);
    return 0;
}

void policy_service_failed(struct policy *p, const struct policy_failure *failure)
{
    struct told t = {p->service_failed - 1, failure};
    struct policy_result unused;
    struct policy_error error;

    if (p->phase == PHASE_SERVING && p->service_failed &&
        !run(p, &p->callbacks[t.id], failed_body, &t, &error))
        fail(p, &p->callbacks[t.id], error.text, &unused);
}
