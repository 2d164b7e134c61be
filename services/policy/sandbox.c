/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy has of Lua's libraries: functions whose time is bounded by the size of their
 * operands, and these are charged for. Left out: everything that reaches files, bytecode or other
 * states; metatables and coroutines (a finalizer or a second thread would run without our hook);
 * patterns (backtracking takes exponential time inside one C function, where no hook runs); random
 * numbers (the same text shall give the same tables).
 */
#include <lualib.h>
#include <string.h>

#include "internal.h"

/*
 * Tables have no metatables here, so the raw length is the length. But it may be any border: with
 * nothing but the keys 1, 2, 4, 8 ... it is near 2^62, and table.insert would move that many
 * elements.
 */
static uint64_t operands(lua_State *L)
{
    uint64_t bytes = 0;

    for (int i = lua_gettop(L); i > 0; i--) {
        int type = lua_type(L, i);

        if (type == LUA_TSTRING)
            bytes += lua_rawlen(L, i);
        else if (type == LUA_TTABLE)
            bytes += lua_rawlen(L, i) < MAX_BLOCK ? 16 * lua_rawlen(L, i) : UINT32_MAX;
    }
    return bytes;
}

/* Runs the C function in upvalue 1 and charges for its operands, upvalue 2 times. */
static int metered(lua_State *L)
{
    limits_charge(L, 1 + operands(L) / 16 * (uint64_t)lua_tointeger(L, lua_upvalueindex(2)));
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int no_patterns(lua_State *L)
{
    return luaL_error(
        L, "string.%s is not part of the policy language: patterns can run without bound",
        lua_tostring(L, lua_upvalueindex(1)));
}

/* string.find(s, what [, init [, true]]) for text without pattern characters. */
static int find_plain(lua_State *L)
{
    size_t length, wanted;
    const char *s = luaL_checklstring(L, 1, &length);
    const char *what = luaL_checklstring(L, 2, &wanted);
    lua_Integer init = luaL_optinteger(L, 3, 1);

    if (!lua_toboolean(L, 4) && strpbrk(what, "^$*+?.([%-"))
        return luaL_error(L,
                          "string.find knows no patterns here; give true as its fourth argument");
    if (init < 0)
        init = (lua_Integer)length + init + 1;
    if (init < 1)
        init = 1;
    limits_charge(L, (uint64_t)length * (wanted + 1) / 16);
    for (size_t at = (size_t)init - 1; at + wanted <= length; at++) {
        if (memcmp(s + at, what, wanted) == 0) {
            lua_pushinteger(L, (lua_Integer)at + 1);
            lua_pushinteger(L, (lua_Integer)(at + wanted));
            return 2;
        }
    }
    lua_pushnil(L);
    return 1;
}

/* string.rep, which loops for ever over an empty text if it is asked to. */
static int rep(lua_State *L)
{
    size_t length, separator = 0;
    lua_Integer times = luaL_checkinteger(L, 2);

    luaL_checklstring(L, 1, &length);
    if (!lua_isnoneornil(L, 3))
        luaL_checklstring(L, 3, &separator);
    if (times > (lua_Integer)MAX_STRING ||
        (times > 0 && (length + separator) * (uint64_t)times > MAX_STRING + separator))
        return luaL_error(L, "string.rep: a string is too long (limit: 4,096 bytes)");
    limits_charge(L, times > 0 ? (uint64_t)times : 1);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int print(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_Buffer line;
    size_t bytes;

    limits_charge(L, 100);
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, ' ');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    const char *text = lua_tolstring(L, -1, &bytes);

    say(policy_of(L), text, bytes);
    return 0;
}

/* Copies functions from the library table on top into the table below it, each behind metered()
 * with this weight. */
static void take(lua_State *L, const char *const *names, lua_Integer weight)
{
    for (; *names; names++) {
        if (lua_getfield(L, -1, *names) != LUA_TFUNCTION)
            luaL_error(L, "this Lua has no %s", *names);
        lua_pushinteger(L, weight);
        lua_pushcclosure(L, metered, 2);
        lua_setfield(L, -3, *names);
    }
}

static void open_library(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

static void open_base(lua_State *L)
{
    static const char *const names[] = {"assert", "error",    "ipairs",   "next", "pairs",
                                        "select", "tonumber", "tostring", "type", NULL};

    open_library(L, LUA_GNAME, luaopen_base);
    take(L, names, 1);
    lua_pop(L, 1);
    lua_pushcfunction(L, limits_pcall);
    lua_setfield(L, -2, "pcall");
    lua_pushcfunction(L, print);
    lua_setfield(L, -2, "print");
}

static void open_string(lua_State *L)
{
    static const char *const names[] = {"byte",    "char", "format", "len", "lower",
                                        "reverse", "sub",  "upper",  NULL};
    static const char *const refused[] = {"gmatch", "gsub", "match", NULL};

    lua_newtable(L);
    open_library(L, LUA_STRLIBNAME, luaopen_string);
    take(L, names, 1);
    lua_getfield(L, -1, "rep");
    lua_pushcclosure(L, rep, 1);
    lua_setfield(L, -3, "rep");
    lua_pop(L, 1);
    lua_pushcfunction(L, find_plain);
    lua_setfield(L, -2, "find");
    for (const char *const *name = refused; *name; name++) {
        lua_pushstring(L, *name);
        lua_pushcclosure(L, no_patterns, 1);
        lua_setfield(L, -2, *name);
    }
    /* ("x"):rep(3) finds its function through the metatable of strings. */
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1))
        luaL_error(L, "this Lua has no string methods");
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_setfield(L, -2, "string");
}

static void open_table(lua_State *L)
{
    static const char *const linear[] = {"concat", "insert", "pack", "remove", "unpack", NULL};
    static const char *const sort[] = {"sort", NULL};

    lua_newtable(L);
    open_library(L, LUA_TABLIBNAME, luaopen_table);
    take(L, linear, 4);
    take(L, sort, 64);
    lua_pop(L, 1);
    lua_setfield(L, -2, "table");
}

static void open_math(lua_State *L)
{
    static const char *const names[] = {"abs", "ceil",      "floor", "fmod", "max",
                                        "min", "tointeger", "type",  "ult",  NULL};
    static const char *const numbers[] = {"huge", "maxinteger", "mininteger", NULL};

    lua_newtable(L);
    open_library(L, LUA_MATHLIBNAME, luaopen_math);
    take(L, names, 1);
    for (const char *const *name = numbers; *name; name++) {
        lua_getfield(L, -1, *name);
        lua_setfield(L, -3, *name);
    }
    lua_pop(L, 1);
    lua_setfield(L, -2, "math");
}

void sandbox_open(lua_State *L)
{
    lua_newtable(L);
    open_base(L);
    open_string(L);
    open_table(L);
    open_math(L);
}
