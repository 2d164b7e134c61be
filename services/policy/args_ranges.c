/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of ports and MSRs: 0x60, "60h-64h, 70h", or a list of these. */
#include "internal.h"

struct ranges {
    const struct args *a;
    const char *key;
    uint64_t max;
    range_function *each;
    void *context;
};

static void one_range(const struct ranges *r, uint64_t first, uint64_t last, const char *text)
{
    if (last < first)
        args_bad(r->a, r->key, "has a range that ends before it begins: %.60s", text);
    if (last > r->max)
        args_bad(r->a, r->key, "has %.60s, which is above %llXh", text, (unsigned long long)r->max);
    r->each(r->context, first, last);
}

static const char *skip_spaces(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
}

/* "60h-64h, 70h" */
static void text_ranges(const struct ranges *r, const char *text, size_t length)
{
    const char *s = text;

    for (;;) {
        uint64_t first, last;
        const char *item = s = skip_spaces(s);
        bool good = parse_number(&s, &first);

        last = first;
        s = skip_spaces(s);
        if (good && *s == '-') {
            s = skip_spaces(s + 1);
            good = parse_number(&s, &last);
            s = skip_spaces(s);
        }
        if (!good || (*s != ',' && s != text + length))
            args_bad(r->a, r->key, "cannot be read at '%.40s' (as 60h, 0x60, 96 or 60h-64h)", item);
        one_range(r, first, last, item);
        if (*s != ',')
            return;
        s++;
    }
}

static void item_ranges(const struct ranges *r)
{
    lua_State *L = r->a->L;
    uint64_t value;
    size_t length;

    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, -1, &length);

        text_ranges(r, text, length);
    } else if (to_number(L, -1, &value)) {
        one_range(r, value, value, luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
    } else {
        args_bad(r->a, r->key, "wants numbers and texts like \"60h-64h\", got %s",
                 luaL_typename(L, -1));
    }
}

void args_ranges(const struct args *a, const char *key, uint64_t max, range_function *each,
                 void *context)
{
    struct ranges r = {a, key, max, each, context};
    lua_State *L = a->L;
    lua_Unsigned seen = 0;

    if (!args_get(a, key))
        args_bad(a, key, "is missing");
    if (lua_type(L, -1) != LUA_TTABLE) {
        item_ranges(&r);
        lua_pop(L, 1);
        return;
    }
    lua_Unsigned n = lua_rawlen(L, -1);

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        seen++;
    if (n == 0 || seen != n)
        args_bad(a, key,
                 "wants a list without names or gaps, such as {0x60, \"70h-71h\"}, and not an "
                 "empty one");
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        item_ranges(&r);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}
