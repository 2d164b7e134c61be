/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the control service share. Everything but main.c is pure. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <weir/control.h>
#include <weir/exits.h>
#include <weir/policy.h>
#include <weir/ring.h>

/* ---- out.c: text that grows up to its room; what does not fit is left out ---- */

struct out {
    char *text;
    size_t used, room;
    bool json;
    bool later; /* JSON: a comma comes before the next member */
};

void out_text(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* JSON. A name of NULL: a member of a list. */
void out_open(struct out *o, const char *name, char bracket);
void out_close(struct out *o, char bracket);
void out_string(struct out *o, const char *name, const char *value, size_t bytes);
void out_number(struct out *o, const char *name, uint64_t value);
void out_hex(struct out *o, const char *name, uint64_t value);

/* ---- symbols.c ---- */

/*
 * The symbol list is text: "@service" lines, each followed by "address name" lines in ascending order. Any bytes are taken.
 * "name+0x12" into text, or nothing where there is none.
 */
void symbol_find(const char *list, size_t list_bytes, const char *service, uint64_t address, char *text, size_t bytes);

/* ---- commands.c ---- */

/* All that the commands show. */
struct view {
    const struct control_status *status; /* a copy */
    const struct policy_tables *tables;  /* a valid copy */
    const struct weir_ring *ring;
    uint64_t ring_bytes; /* of its mapping */
    const char *symbols;
    size_t symbols_bytes;
    const char *version; /* "VERSION svm npt" */
    uint64_t now, tsc_hz;
    uint64_t counters[WEIR_COUNT_EXITS + WEIR_EXIT_REASONS];
    bool init_is_silent;
};

/* A command, as it was parsed. */
enum command { COMMAND_NONE, COMMAND_STATUS, COMMAND_PS, COMMAND_RESTART, COMMAND_LOG, COMMAND_STAT, COMMAND_SHOW, COMMAND_RELOAD };

struct parsed {
    enum command command;
    bool json;
    char argument[64]; /* of the service or the policy; empty: none */
};

/* "text|json COMMAND [ARGUMENT]", NUL-terminated. false: that is no command, and *reason says so. */
bool command_parse(const char *line, struct parsed *p, const char **reason);

/* The index of the service in the status, or -1. */
int command_service(const struct control_status *s, const char *name);

/* The answer to what is not done: why (at most a control_status's reason), as text or as JSON. */
void command_refuse(const struct parsed *p, const char *reason, struct out *o);

/* Writes the command's answer, once init has answered. false: it could not be done. */
bool command_answer(const struct parsed *p, const struct view *v, struct out *o);

#endif
