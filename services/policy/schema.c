/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names a policy can use beside Lua's own. A new section is a file section_NAME.c and a row in
 * `sections`; the keys and their ranges stand in that file and in doc/policy.md.
 */
#include <string.h>

#include "internal.h"

static const struct section {
    const char *name;
    void (*push)(lua_State *L);
} sections[] = {
    {"io", section_io},           {"mmio", section_mmio},   {"msr", section_msr},
    {"pci", section_pci},         {"guest", section_guest}, {"console", section_console},
    {"service", section_service}, {"on", section_on},       {"storage", section_storage},
    {"control", section_control},
};

/* pass and deny are the addresses of these, which no policy can make itself. */
static const char verdict_tags[POLICY_ACTIONS];

void push_verdict(lua_State *L, enum policy_action action)
{
    lua_pushlightuserdata(L, (void *)&verdict_tags[action]);
}

bool is_verdict(lua_State *L, int index, enum policy_action *action)
{
    const char *tag = lua_islightuserdata(L, index) ? lua_touserdata(L, index) : NULL;

    if (tag != &verdict_tags[POLICY_PASS] && tag != &verdict_tags[POLICY_DENY])
        return false;
    *action = (enum policy_action)(tag - verdict_tags);
    return true;
}

/* Upvalues: 1 the members, 2 the namespace's name. */
static int namespace_get(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
        raise_rule(L, "there is no %s.%s", lua_tostring(L, lua_upvalueindex(2)),
                   luaL_tolstring(L, 2, NULL));
    return 1;
}

static int namespace_set(lua_State *L)
{
    const char *name = lua_tostring(L, lua_upvalueindex(2)), *key = luaL_tolstring(L, 2, NULL);

    raise_rule(L, "%s.%s cannot be assigned to; it is called: %s.%s{...}", name, key, name, key);
}

static int namespace_call(lua_State *L)
{
    raise_rule(L, "%s cannot be called; name what is meant: %s.NAME{...}",
               lua_tostring(L, lua_upvalueindex(2)), lua_tostring(L, lua_upvalueindex(2)));
}

void push_namespace(lua_State *L, const char *name)
{
    static const luaL_Reg events[] = {{"__index", namespace_get},
                                      {"__newindex", namespace_set},
                                      {"__call", namespace_call},
                                      {NULL, NULL}};
    int members = lua_gettop(L);

    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, members);
    lua_pushstring(L, name);
    luaL_setfuncs(L, events, 2);
    lua_setmetatable(L, -2);
    lua_remove(L, members);
}

void push_verbs(lua_State *L, const char *section, const struct verb *verbs, size_t n)
{
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        lua_pushinteger(L, verbs[i].action);
        lua_pushinteger(L, verbs[i].flags);
        lua_pushcclosure(L, verbs[i].function, 2);
        lua_setfield(L, -2, verbs[i].name);
    }
    push_namespace(L, section);
}

int verb_action(lua_State *L)
{
    return (int)lua_tointeger(L, lua_upvalueindex(1));
}

int verb_flags(lua_State *L)
{
    return (int)lua_tointeger(L, lua_upvalueindex(2));
}

/* Upvalue: the predefined names. */
static int global_get(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
        return luaL_error(L, "the name '%s' is not known", luaL_tolstring(L, 2, NULL));
    return 1;
}

static int global_set(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        raise_rule(L, "'%s' is a name of the policy language and cannot be assigned to",
                   luaL_tolstring(L, 2, NULL));
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

static void schema_open(lua_State *L)
{
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        sections[i].push(L);
        lua_setfield(L, -2, sections[i].name);
    }
    push_verdict(L, POLICY_PASS);
    lua_setfield(L, -2, "pass");
    push_verdict(L, POLICY_DENY);
    lua_setfield(L, -2, "deny");
    lua_pushcfunction(L, module_name);
    lua_setfield(L, -2, "module");
}

/* The policy's globals: an empty table over the predefined names, which thereby cannot be changed.
 */
void push_environment(lua_State *L)
{
    static const luaL_Reg events[] = {
        {"__index", global_get}, {"__newindex", global_set}, {NULL, NULL}};

    lua_newtable(L);
    lua_createtable(L, 0, 2);
    sandbox_open(L);
    schema_open(L);
    luaL_setfuncs(L, events, 1);
    lua_setmetatable(L, -2);
}
