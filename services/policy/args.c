/* SPDX-License-Identifier: BSD-2-Clause */
/* Named arguments: unknown keys, types, ranges, and how numbers can be written. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void args_bad(const struct args *a, const char *key, const char *format, ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (key)
        raise_rule(a->L, "%s: %s %s", a->what, key, text);
    raise_rule(a->L, "%s: %s", a->what, text);
}

static bool listed(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

static void unknown_key(const struct args *a, const char *key, const char *const *keys)
{
    char known[200] = "";
    size_t used = 0;

    for (; *keys && used < sizeof(known); keys++)
        used +=
            (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", *keys);
    args_bad(a, NULL, "there is no key '%.40s' (known: %s)", key, known);
}

void args_begin(struct args *a, lua_State *L, int index, const char *what, const char *const *keys)
{
    a->L = L;
    a->index = index;
    snprintf(a->what, sizeof(a->what), "%s", what);
    require_rules_phase(L, what);
    if (lua_type(L, index) != LUA_TTABLE)
        args_bad(a, NULL, "wants one table of named values, got %s", luaL_typename(L, index));
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            args_bad(a, NULL, "every value has a name, as in %s{name = value}", a->what);
        if (!listed(lua_tostring(L, -2), keys))
            unknown_key(a, lua_tostring(L, -2), keys);
    }
}

bool args_get(const struct args *a, const char *key)
{
    luaL_checkstack(a->L, 4, NULL);
    lua_pushstring(a->L, key);
    if (lua_rawget(a->L, a->index) != LUA_TNIL)
        return true;
    lua_pop(a->L, 1);
    return false;
}

bool args_has(const struct args *a, const char *key)
{
    if (!args_get(a, key))
        return false;
    lua_pop(a->L, 1);
    return true;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool parse_number(const char **s, uint64_t *value)
{
    const char *p = *s;
    bool prefixed = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    const char *first = prefixed ? p + 2 : p, *end = first;

    while (hex_digit(*end) < 16)
        end++;
    bool suffixed = !prefixed && (*end == 'h' || *end == 'H');
    uint64_t base = prefixed || suffixed ? 16 : 10, n = 0;

    if (end == first)
        return false;
    for (p = first; p < end; p++)
        if ((uint64_t)hex_digit(*p) >= base || __builtin_mul_overflow(n, base, &n) ||
            __builtin_add_overflow(n, (uint64_t)hex_digit(*p), &n))
            return false;
    *s = end + suffixed;
    *value = n;
    return true;
}

bool to_number(lua_State *L, int index, uint64_t *value)
{
    int exact = 0;

    if (lua_type(L, index) == LUA_TNUMBER) {
        *value = (uint64_t)lua_tointegerx(L, index, &exact);
        return exact;
    }
    size_t length;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : NULL;
    const char *end = text;

    return text && parse_number(&end, value) && end == text + length;
}

uint64_t args_required(const struct args *a, const char *key, uint64_t min, uint64_t max)
{
    if (!args_has(a, key))
        args_bad(a, key, "is missing");
    return args_number(a, key, min, max, 0);
}

uint64_t args_number(const struct args *a, const char *key, uint64_t min, uint64_t max,
                     uint64_t fallback)
{
    uint64_t value;

    if (!args_get(a, key))
        return fallback;
    if (!to_number(a->L, -1, &value))
        args_bad(a, key, "wants a whole number (100, 0x64 or \"64h\"), got %s",
                 luaL_tolstring(a->L, -1, NULL));
    lua_pop(a->L, 1);
    if ((value < min || value > max) && min < 0x80 && max <= 1000000)
        args_bad(a, key, "is %lld, allowed are %llu to %llu", (long long)value,
                 (unsigned long long)min, (unsigned long long)max);
    if (value < min || value > max)
        args_bad(a, key, "is %llXh, allowed are %llXh to %llXh", (unsigned long long)value,
                 (unsigned long long)min, (unsigned long long)max);
    return value;
}

bool args_flag(const struct args *a, const char *key, bool fallback)
{
    if (!args_get(a, key))
        return fallback;
    if (lua_type(a->L, -1) != LUA_TBOOLEAN)
        args_bad(a, key, "wants true or false, got %s", luaL_typename(a->L, -1));
    fallback = lua_toboolean(a->L, -1);
    lua_pop(a->L, 1);
    return fallback;
}

void args_log(const struct args *a, struct rule *rule)
{
    if (args_flag(a, "log", false))
        rule->flags |= POLICY_F_LOG;
    if (rule->flags & POLICY_F_LOG)
        rule->limit = (uint32_t)args_number(a, "limit", 0, POLICY_MAX_LOG_LIMIT, POLICY_LOG_LIMIT);
    else if (args_has(a, "limit"))
        args_bad(a, "limit", "means nothing without log = true");
}

bool args_is_word(const struct args *a, const char *key, const char *word)
{
    if (!args_get(a, key))
        return false;
    bool same = lua_type(a->L, -1) == LUA_TSTRING && strcmp(lua_tostring(a->L, -1), word) == 0;

    lua_pop(a->L, 1);
    return same;
}

unsigned args_word(const struct args *a, const char *key, const char *const *words,
                   unsigned fallback)
{
    char known[120] = "";
    size_t used = 0;

    if (!args_get(a, key))
        return fallback;
    for (unsigned i = 0; words[i]; i++) {
        if (lua_type(a->L, -1) == LUA_TSTRING && strcmp(lua_tostring(a->L, -1), words[i]) == 0) {
            lua_pop(a->L, 1);
            return i;
        }
        if (used < sizeof(known))
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"",
                                     used ? ", " : "", words[i]);
    }
    args_bad(a, key, "is %.40s, allowed are %s", luaL_tolstring(a->L, -1, NULL), known);
}
