/* SPDX-License-Identifier: BSD-2-Clause */
/* Lua as it is linked into a service: numbers, strings, errors, memory running out. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>

static const char script[] =
    "local t = {}\n"
    "for i = 1, 2000 do t[i] = (i * 7919) % 2003 end\n"
    "table.sort(t)\n"
    "print('sorted', t[1], t[1000], t[2000])\n"
    "print('numbers', 7 // 2, 7 / 2, 2^0.5, math.maxinteger, 1e15, 0x7f | 0x80, math.type(3.0))\n"
    "print('strings', ('%5.2f|%q|%x'):format(math.pi, 'a\\nb', 255), ('weir'):rep(3, '-'))\n"
    "print('pattern', ('port 0x3f8'):match('0x(%x+)'))\n"
    "print('error', pcall(error, 'text', 0), select(2, pcall(function() local x = nil + 1 end)))\n"
    "local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); return b * 2 end)\n"
    "print('coroutine', co(1), co(21))\n"
    "local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end\n"
    "print('deep', deep(10000), select(2, pcall(function() local function f() return 1 + f() end "
    "f() end)))\n"
    "print('nested', load('return ' .. ('('):rep(150) .. '1' .. (')'):rep(150))(), "
    "load(('('):rep(300)))\n"
    "print('absent', io, os, debug, require)\n";

/* Called for each request: everything a callback of a policy does, without a floating-point number.
 */
static const char callback[] =
    "local seen = {}\n"
    "function on_call(text)\n"
    "  if text == 'real' then return tostring(#text * 0.5) end\n"
    "  for i = 1, 20 do seen[#seen + 1] = { name = text .. i, value = i * 3 // 2 ~ 5 } end\n"
    "  table.sort(seen, function(a, b) return a.value < b.value end)\n"
    "  local sum = 0\n"
    "  for _, entry in ipairs(seen) do sum = sum + entry.value end\n"
    "  collectgarbage()\n"
    "  return ('%s %d %x'):format(text:upper(), sum, #seen)\n"
    "end\n";

static const char hungry[] = "local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end";

static const luaL_Reg libraries[] = {
    { "_G", luaopen_base },   { "string", luaopen_string },       { "table", luaopen_table },
    { "math", luaopen_math }, { "coroutine", luaopen_coroutine }, { NULL, NULL },
};

static void run(lua_State *lua, const char *text, const char *name)
{
    if (luaL_loadbuffer(lua, text, strlen(text), name) || lua_pcall(lua, 0, 0, 0)) {
        printf("%s: %s\n", name, lua_tostring(lua, -1));
        lua_pop(lua, 1);
    }
}

static void on_call(void *context, struct weir_msg *msg)
{
    lua_State *lua = context;

    lua_getglobal(lua, "on_call");
    lua_pushlstring(lua, vmm_transfer(), msg->size);
    if (lua_pcall(lua, 1, 1, 0)) {
        vmm_log("failed: %s", lua_tostring(lua, -1));
    } else {
        vmm_log("%s", lua_tostring(lua, -1));
    }
    lua_pop(lua, 1);
    msg->size = 0;
}

int main(void)
{
    lua_State *lua = luaL_newstate();
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .context = lua, .call = on_call };

    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(lua, library->name, library->func, 1);
        lua_pop(lua, 1);
    }
    run(lua, script, "=script");
    run(lua, hungry, "=hungry");
    run(lua, "collectgarbage() print('after that', #('x'):rep(100000))", "=after");
    run(lua, "print(1 +", "=broken");
    run(lua, callback, "=callback");
    return (int)vmm_serve(&service);
}
