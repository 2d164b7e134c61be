/* SPDX-License-Identifier: BSD-2-Clause */
#include "merge.h"
#include <string.h>

#define LOST_DIGITS 20u

void merge_begin(struct merge_source *s, const char *name)
{
    size_t n = strlen(name);

    memset(s, 0, sizeof(*s));
    memcpy(s->name, name, n < MERGE_NAME ? n : MERGE_NAME - 1);
}

static bool begins(const struct merge_source *s, const char *word)
{
    size_t n = strlen(word);

    return s->used >= n && !memcmp(s->line, word, n);
}

/* A line says how grave it is by its first word; most say nothing and are plain information. */
static enum policy_level level_of(const struct merge_source *s)
{
    if (!s->name[0] || begins(s, "error: ")) {
        return POLICY_ERROR; /* the kernel says little, and all of it matters */
    }
    if (begins(s, "warning: ")) {
        return POLICY_WARN;
    }
    return begins(s, "debug: ") ? POLICY_DEBUG : POLICY_INFO;
}

static void finish(struct merge_source *s, merge_sink *sink, void *context)
{
    char out[MERGE_NAME + 2 + MERGE_LINE + 1];
    size_t n = strlen(s->name);

    memcpy(out, s->name, n);
    if (n) {
        out[n++] = ':';
        out[n++] = ' ';
    }
    memcpy(out + n, s->line, s->used);
    n += s->used;
    out[n++] = '\n';
    sink(context, out, n, level_of(s));
    s->used = 0;
}

void merge_feed(struct merge_source *s, const char *text, size_t bytes, merge_sink *sink, void *context)
{
    for (size_t i = 0; i < bytes; i++) {
        size_t room = MERGE_LINE - s->used < bytes - i ? MERGE_LINE - s->used : bytes - i, plain = 0;

        for (; plain < room && text[i + plain] >= ' ' && text[i + plain] <= '~'; plain++) {
            s->line[s->used + plain] = text[i + plain];
        }
        s->used += plain;
        i += plain;
        if (i == bytes) {
            return;
        }
        char c = text[i];

        if (c == '\n') {
            finish(s, sink, context);
            continue;
        }
        if (s->used == MERGE_LINE) {
            finish(s, sink, context);
        }
        if (c != '\r') {
            s->line[s->used++] = c == '\t' ? ' ' : c >= ' ' && c <= '~' ? c : '?';
        }
    }
}

void merge_lost(struct merge_source *s, uint64_t bytes, merge_sink *sink, void *context)
{
    char digits[LOST_DIGITS];
    unsigned n = 0;

    if (s->used) {
        finish(s, sink, context);
    }
    do {
        digits[n++] = (char)('0' + bytes % 10);
        bytes /= 10;
    } while (bytes);
    merge_feed(s, "warning: ", strlen("warning: "), sink, context);
    while (n) {
        merge_feed(s, &digits[--n], 1, sink, context);
    }
    merge_feed(s, " bytes of the log were lost here\n", strlen(" bytes of the log were lost here\n"), sink, context);
}
