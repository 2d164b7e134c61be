/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many logs into one: whole lines, each with its writer's name before it. What writers wrote is hostile: only printable
 * characters come out, and a writer can't make a line look like another's. Pure.
 */
#ifndef CONSOLE_MERGE_H
#define CONSOLE_MERGE_H

#include <stddef.h>
#include <stdint.h>
#include <weir/policy.h>

#define MERGE_LINE 1024u /* a longer line comes out in pieces of this */
#define MERGE_NAME 24u

/* Gets each finished line, newline included, and how grave it is. */
typedef void merge_sink(void *context, const char *line, size_t bytes, enum policy_level level);

struct merge_source {
    char name[MERGE_NAME]; /* "" : the kernel, whose lines have no name before them */
    size_t used;
    char line[MERGE_LINE];
};

void merge_begin(struct merge_source *s, const char *name);

/* Takes any piece of a writer's text and hands every line that it completes to the sink. */
void merge_feed(struct merge_source *s, const char *text, size_t bytes, merge_sink *sink, void *context);

/* The writer was faster than the reader: ends the unfinished line, then says so. */
void merge_lost(struct merge_source *s, uint64_t bytes, merge_sink *sink, void *context);

#endif
