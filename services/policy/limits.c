/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and time. A limit is not an ordinary error: once p->stop is set, the hook raises again at
 * the next VM instruction and our pcall (the only one in the sandbox) passes it on, so no policy
 * code runs any further.
 */
#include "internal.h"

/* VM instructions between two looks at the budget. */
#define HOOK_STEP 100

static void hook(lua_State *L, lua_Debug *ar)
{
    struct policy *p = policy_of(L);

    if (ar->event == LUA_HOOKLINE) {
        p->line = (uint32_t)ar->currentline;
        return;
    }
    p->work += HOOK_STEP;
    if (p->stop == STOP_NO && p->work > p->budget)
        p->stop = STOP_WORK;
    if (p->stop != STOP_NO) {
        lua_sethook(L, hook, LUA_MASKCOUNT, 1);
        raise_located(L, limits_reason(p));
    }
}

/* May be called from within the allocator: lua_sethook only sets fields and is safe even in a
 * signal handler. */
static void stop(struct policy *p, enum stop why)
{
    if (p->stop == STOP_NO)
        p->stop = why;
    if (p->L)
        lua_sethook(p->L, hook, LUA_MASKCOUNT, 1);
}

void limits_begin(struct policy *p, uint64_t budget, bool lines)
{
    p->stop = STOP_NO;
    p->work = 0;
    p->budget = budget;
    lua_sethook(p->L, hook, LUA_MASKCOUNT | (lines ? LUA_MASKLINE : 0), HOOK_STEP);
}

void *limits_alloc(void *ud, void *old, size_t old_bytes, size_t bytes)
{
    struct policy *p = ud;

    if (bytes == 0) {
        heap_free(&p->heap, old);
        return NULL;
    }
    if (old && bytes <= old_bytes) /* Lua relies on this one */
        return heap_resize(&p->heap, old, bytes);
    p->work += bytes / 16;
    if (p->work > p->budget)
        stop(p, STOP_WORK);
    /* For a new object old_bytes says what it is (Lua 5.4 manual, 4.6, lua_Alloc). */
    if (!old && old_bytes == LUA_TSTRING && bytes > MAX_STRING + 64) {
        stop(p, STOP_STRING);
        return NULL;
    }
    if (bytes > MAX_BLOCK) {
        stop(p, STOP_BLOCK);
        return NULL;
    }
    return heap_resize(&p->heap, old, bytes);
}

void limits_charge(lua_State *L, uint64_t work)
{
    struct policy *p = policy_of(L);

    p->work += work;
    if (p->work > p->budget) {
        stop(p, STOP_WORK);
        raise_located(L, limits_reason(p));
    }
}

int limits_pcall(lua_State *L)
{
    struct policy *p = policy_of(L);

    luaL_checkany(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);

    if (status == LUA_ERRMEM && p->stop == STOP_NO)
        stop(p, STOP_MEMORY);
    if (p->stop != STOP_NO)
        return lua_error(L);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

const char *limits_reason(const struct policy *p)
{
    switch (p->stop) {
    case STOP_WORK:
        return p->phase == PHASE_RULES ? "the policy runs too long (limit: 1,000,000 steps)"
                                       : "the callback runs too long (limit: 50,000 steps)";
    case STOP_STRING:
        return "a string is too long (limit: 4,096 bytes)";
    case STOP_BLOCK:
        return "out of memory: one table, text or call stack is too large (limit: 192 KiB)";
    case STOP_RULE:
        return "a rule is wrong";
    default:
        return "out of memory: the policy's heap is full";
    }
}
