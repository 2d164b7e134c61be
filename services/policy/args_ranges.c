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

static void one_range(void *context, uint64_t first, uint64_t last, const char *text)
{
    const struct ranges *r = context;

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

void args_text_ranges(const struct args *a, const char *key, const char *text, size_t length,
                      const struct text_form *form, text_range_function *each, void *context)
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
            if (form->open_end && (*s == ',' || s == text + length))
                last = UINT64_MAX;
            else
                good = parse_number(&s, &last);
            s = skip_spaces(s);
        }
        if (!good || (*s != ',' && s != text + length))
            args_bad(a, key, "cannot be read at '%.40s' (as %s)", item, form->as);
        each(context, first, last, item);
        if (*s != ',')
            return;
        s++;
    }
}

void args_list(const struct args *a, const char *key, const char *example, item_function *each,
               void *context)
{
    lua_State *L = a->L;
    lua_Unsigned seen = 0;

    args_get(a, key);
    if (lua_type(L, -1) != LUA_TTABLE) {
        each(context);
        lua_pop(L, 1);
        return;
    }
    lua_Unsigned n = lua_rawlen(L, -1);

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        seen++;
    if (n == 0 || seen != n)
        args_bad(a, key, "wants a list without names or gaps, such as {%s}, and not an empty one",
                 example);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        each(context);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void one_item(void *context)
{
    static const struct text_form form = {"60h, 0x60, 96 or 60h-64h", false};
    const struct ranges *r = context;
    lua_State *L = r->a->L;
    uint64_t value;
    size_t length;

    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, -1, &length);

        args_text_ranges(r->a, r->key, text, length, &form, one_range, context);
    } else if (to_number(L, -1, &value)) {
        one_range(context, value, value, luaL_tolstring(L, -1, NULL));
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

    if (!args_has(a, key))
        args_bad(a, key, "is missing");
    args_list(a, key, "0x60, \"70h-71h\"", one_item, &r);
}
