/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's three entry points. Every use of Lua's API is inside a protected call made here. */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#include "internal.h"

/*
 * The collector's step multiplier and step size (Lua's manual, 2.5.1): a step for each 2^GC_STEP_LOG bytes allocated,
 * which is about what an event's table takes, and as small as Lua has them. The guest waits for what is collected while a
 * callback runs; with Lua's own settings one call in about 70 does all of it.
 */
#define GC_WORK 4
#define GC_STEP_LOG 8

_Static_assert(LUA_EXTRASPACE >= sizeof(struct policy *), "policy_of() keeps a pointer there");

static const uint32_t list_sizes[RULE_KINDS] = {[RULE_IO] = POLICY_MAX_IO,
                                                [RULE_MMIO] = POLICY_MAX_MMIO,
                                                [RULE_MSR] = POLICY_MAX_MSR,
                                                [RULE_PCI] = POLICY_MAX_PCI};

struct policy *policy_create(void *memory, size_t bytes, policy_sink *sink, void *context)
{
    struct policy *p = memory;
    size_t own = (sizeof(*p) + 15) & ~(size_t)15;

    if (!memory || ((uintptr_t)memory & 15) || bytes < POLICY_MEMORY_MIN)
        return NULL;
    memset(p, 0, sizeof(*p));
    p->sink = sink;
    p->context = context;
    heap_init(&p->heap, (uint8_t *)memory + own, bytes - own);
    return p;
}

/* For messages the whole name, or its end where that is too long. */
static void keep_name(struct policy *p, const char *name)
{
    size_t length = strlen(name);

    if (length < sizeof(p->name))
        snprintf(p->name, sizeof(p->name), "%s", name);
    else
        snprintf(p->name, sizeof(p->name), "...%s", name + length - (sizeof(p->name) - 4));
}

/* For the tables the last part of the name, in the characters that a reader accepts. */
static void keep_file_name(char *to, size_t bytes, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t i;

    if (slash)
        name = slash + 1;
    if (!*name)
        name = "policy";
    for (i = 0; name[i] && i < bytes - 1; i++)
        to[i] = name[i] > 0x20 && name[i] < 0x7f ? name[i] : '_';
}

/* The room for rules and for tables that nobody sees before they are right; freed with the arena.
 */
static bool make_room(struct policy *p)
{
    for (unsigned kind = 0; kind < RULE_KINDS; kind++) {
        p->lists[kind].max = list_sizes[kind];
        p->lists[kind].rules = heap_resize(&p->heap, NULL, list_sizes[kind] * sizeof(struct rule));
        if (!p->lists[kind].rules)
            return false;
    }
    p->tables = heap_resize(&p->heap, NULL, sizeof(*p->tables));
    return p->tables;
}

static void start_tables(struct policy *p, const char *name)
{
    struct policy_tables *t = p->tables;

    memset(t, 0, sizeof(*t));
    t->magic = POLICY_MAGIC;
    t->abi = POLICY_ABI;
    t->bytes = sizeof(*t);
    keep_file_name(t->name, sizeof(t->name), name);
    guest_defaults(t);
    console_defaults(t);
    service_defaults(t);
    control_defaults(t);
}

/* ---- loading ---- */

struct text {
    const char *at, *end;
};

/* Gives Lua a line at a time, so that p->line is known also where memory runs out while it
 * compiles. */
static const char *read_line(lua_State *L, void *data, size_t *bytes)
{
    struct text *text = data;
    const char *line = text->at;
    const char *end = memchr(line, '\n', (size_t)(text->end - line));

    text->at = end ? end + 1 : text->end;
    *bytes = (size_t)(text->at - line);
    if (*bytes)
        policy_of(L)->line++;
    return *bytes ? line : NULL;
}

/* Argument: the text. Compiles it and runs it with the policy's globals. */
static int load_body(lua_State *L)
{
    struct text *text = lua_touserdata(L, 1);

    callbacks_open(L);
    if (lua_load(L, read_line, text, "=policy", "t") != LUA_OK)
        return lua_error(L);
    policy_of(L)->line = 0;
    push_environment(L);
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 0);
    return 0;
}

static enum weir_status run_text(struct policy *p, const char *text, size_t bytes,
                                 struct policy_error *error)
{
    struct text input = {text, text + bytes};

    lua_pushcfunction(p->L, message_handler);
    lua_pushcfunction(p->L, load_body);
    lua_pushlightuserdata(p->L, &input);
    limits_begin(p, WORK_EVALUATE, true);
    int status = lua_pcall(p->L, 1, 0, 1);

    if (status != LUA_OK || p->stop != STOP_NO) {
        describe_error(p, status, p->line, error);
        return WEIR_E_ARG;
    }
    lua_settop(p->L, 0);
    return WEIR_OK;
}

static enum weir_status load(struct policy *p, const char *name, const char *text, size_t bytes,
                             struct policy_error *error)
{
    if (bytes > POLICY_TEXT_MAX) {
        set_error(p, error, 1, "the policy is larger than %u KiB", POLICY_TEXT_MAX >> 10);
        return WEIR_E_ARG;
    }
    p->budget = WORK_EVALUATE;
    if (!make_room(p) || !(p->L = lua_newstate(limits_alloc, p))) {
        set_error(p, error, 1, "out of memory");
        return WEIR_E_ARG;
    }
    *(struct policy **)lua_getextraspace(p->L) = p;
    lua_gc(p->L, LUA_GCINC, 0, GC_WORK, GC_STEP_LOG);
    start_tables(p, name);
    if (run_text(p, text, bytes, error) != WEIR_OK || !resolve(p, error))
        return WEIR_E_ARG;

    const char *wrong;

    if (policy_tables_validate(p->tables, &wrong) != WEIR_OK) {
        set_error(p, error, 1, "its tables do not hold together: %s", wrong);
        return WEIR_E_ARG;
    }
    return WEIR_OK;
}

enum weir_status policy_load(struct policy *p, const char *name, const char *text, size_t bytes,
                             struct policy_tables *out, struct policy_error *error)
{
    keep_name(p, name);
    if (p->phase != PHASE_NEW) {
        set_error(p, error, 1, "there is a policy loaded already");
        return WEIR_E_STATE;
    }
    p->phase = PHASE_RULES;
    enum weir_status status = load(p, name, text, bytes, error);

    if (status != WEIR_OK) {
        p->phase = PHASE_DEAD;
        return status;
    }
    *out = *p->tables;
    p->phase = PHASE_SERVING;
    return WEIR_OK;
}
