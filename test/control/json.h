/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a text JSON (RFC 8259), all of it and nothing but? What control writes has objects, lists, strings and numbers. */
#ifndef CONTROL_TEST_JSON_H
#define CONTROL_TEST_JSON_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The place behind what was read; NULL: it was not there. NULL as the place stays NULL. */
static inline const char *json_literal(const char *at, const char *end, char c)
{
    return at && at < end && *at == c ? at + 1 : NULL;
}

static inline const char *json_escape(const char *at, const char *end)
{
    if (at == end || !strchr("\"\\u", *at))
        return NULL;
    if (*at++ == 'u')
        for (unsigned i = 0; i < 4; i++, at++)
            if (at == end || !isxdigit((unsigned char)*at))
                return NULL;
    return at;
}

static inline const char *json_string(const char *at, const char *end)
{
    at = json_literal(at, end, '"');
    while (at && at < end && *at != '"') {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
            return NULL;
        at = *at == '\\' ? json_escape(at + 1, end) : at + 1;
    }
    return json_literal(at, end, '"');
}

static inline const char *json_value(const char *at, const char *end);

static inline const char *json_members(const char *at, const char *end, bool named, char close)
{
    if (at < end && *at == close)
        return at + 1;
    for (;;) {
        if (named)
            at = json_literal(json_string(at, end), end, ':');
        at = json_value(at, end);
        if (!at || at == end || *at != ',')
            return json_literal(at, end, close);
        at++;
    }
}

static inline const char *json_value(const char *at, const char *end)
{
    const char *digits = at;

    if (!at || at == end)
        return NULL;
    if (*at == '"')
        return json_string(at, end);
    if (*at == '{' || *at == '[')
        return json_members(at + 1, end, *at == '{', *at == '{' ? '}' : ']');
    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at > digits ? at : NULL;
}

#endif
