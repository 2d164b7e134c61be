/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct out *o, const char *text, size_t bytes)
{
    size_t n = bytes < o->room - o->used ? bytes : o->room - o->used;

    memcpy(o->text + o->used, text, n);
    o->used += n;
}

void out_text(struct out *o, const char *format, ...)
{
    char text[640];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0) {
        put(o, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
    }
}

static void begin_member(struct out *o, const char *name)
{
    if (o->later) {
        put(o, ",", 1);
    }
    if (name) {
        out_text(o, "\"%s\":", name);
    }
    o->later = true;
}

void out_open(struct out *o, const char *name, char bracket)
{
    begin_member(o, name);
    put(o, &bracket, 1);
    o->later = false;
}

void out_close(struct out *o, char bracket)
{
    put(o, &bracket, 1);
    o->later = true;
}

/* RFC 8259, 7: what a string cannot hold as it is. */
void out_string(struct out *o, const char *name, const char *value, size_t bytes)
{
    begin_member(o, name);
    put(o, "\"", 1);
    for (size_t i = 0; i < bytes && value[i]; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c == '"' || c == '\\') {
            out_text(o, "\\%c", c);
        } else if (c < 0x20 || c > 0x7e) {
            out_text(o, "\\u%04x", c);
        } else {
            put(o, &value[i], 1);
        }
    }
    put(o, "\"", 1);
}

void out_number(struct out *o, const char *name, uint64_t value)
{
    begin_member(o, name);
    out_text(o, "%" PRIu64, value);
}

void out_hex(struct out *o, const char *name, uint64_t value)
{
    begin_member(o, name);
    out_text(o, "\"0x%" PRIx64 "\"", value);
}
