/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors and lines for people. Inside Lua a message is "policy:line: reason" ("policy" is the
 * chunk's name there); on its way out the name that the user gave takes the place of "policy".
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define PREFIX "policy:"
#define LINE_MAX_BYTES 1024

uint32_t current_line(lua_State *L)
{
    lua_Debug ar;

    for (int level = 0; lua_getstack(L, level, &ar); level++)
        if (lua_getinfo(L, "l", &ar) && ar.currentline > 0)
            return (uint32_t)ar.currentline;
    return 0;
}

/* luaL_error would give the line of level 1, which may be a C function and have none. */
void raise_located(lua_State *L, const char *text)
{
    lua_pushfstring(L, PREFIX "%d: %s", (int)current_line(L), text);
    lua_error(L);
    __builtin_unreachable();
}

void raise_rule(lua_State *L, const char *format, ...)
{
    char text[512];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    policy_of(L)->stop = STOP_RULE;
    raise_located(L, text);
}

/* The line number in "policy:12: ...", and *rest behind the colon; 0 if the text does not begin so.
 */
static uint32_t parse_prefix(const char *text, const char **rest)
{
    uint32_t line = 0;

    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    const char *s = text + strlen(PREFIX);

    while (*s >= '0' && *s <= '9' && line < 100000000)
        line = line * 10 + (uint32_t)(*s++ - '0');
    if (line == 0 || *s++ != ':')
        return 0;
    *rest = *s == ' ' ? s + 1 : s;
    return line;
}

int message_handler(lua_State *L)
{
    uint32_t line = current_line(L);
    const char *text;

    if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER)
        lua_pushfstring(L, "the error is a %s, not a text", luaL_typename(L, 1));
    if (line && parse_prefix(lua_tostring(L, -1), &text) == 0)
        lua_pushfstring(L, PREFIX "%d: %s", (int)line, lua_tostring(L, -1));
    return 1;
}

/* Bytes that a terminal or a log could take as something else than text. */
static void make_printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

void set_error(const struct policy *p, struct policy_error *error, uint32_t line,
               const char *format, ...)
{
    va_list list;

    error->line = line ? line : 1;
    int n = snprintf(error->text, sizeof(error->text), "%s:%u: ", p->name, error->line);

    va_start(list, format);
    vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, list);
    va_end(list);
    make_printable(error->text);
}

void describe_error(struct policy *p, int status, uint32_t fallback_line,
                    struct policy_error *error)
{
    const char *text =
        lua_type(p->L, -1) == LUA_TSTRING ? lua_tostring(p->L, -1) : "an error without a text";
    uint32_t line = parse_prefix(text, &text);

    if (status == LUA_ERRMEM) {
        set_error(p, error, fallback_line, "%s", limits_reason(p));
        return;
    }
    set_error(p, error, line ? line : fallback_line, "%s", text);
}

void say(const struct policy *p, const char *text, size_t bytes)
{
    char line[LINE_MAX_BYTES];

    if (!p->sink)
        return;
    if (bytes >= sizeof(line))
        bytes = sizeof(line) - 1;
    for (size_t i = 0; i < bytes; i++)
        line[i] = text[i] ? text[i] : '?';
    line[bytes] = 0;
    make_printable(line);
    p->sink(p->context, line);
}
