/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service-host PROGRAM [OPTION...] [EVENT...]
 *
 * Options: --trace-log (no log ring), --no-float (fail if a request is handled with FPU or SSE
 * registers), --pages N (memory budget, default 4096), --region NAME:FILE (memory that the service
 * may read), --room NAME:FILE (and write: the file changes), --cmdline WORDS (Weir's command line).
 * Events, in order: io:PORT:SIZE[:DATA], mmio:ADDRESS:SIZE[:DATA], msr:NUMBER[:DATA] (with DATA a
 * write), note:BITS, call:ADDR:TEXT, hex:ADDR:BYTES (a call with these bytes), kind:N:SIZE (a
 * message of any kind), timeout. Numbers are hexadecimal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"

#define EVENTS_MAX 64

/* Fields of "a:b:c", in place; returns their number. */
static size_t split(char *text, char *field[4])
{
    size_t n = 0;

    for (field[n++] = text; n < 4 && (text = strchr(text, ':')); field[n++] = text) {
        *text++ = '\0';
    }
    return n;
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 16);

    if (end == text || *end) {
        host_fail("'%s' is no number", text);
    }
    return value;
}

static void access(struct weir_msg *msg, enum weir_msg_kind kind, const char *addr, uint64_t size,
                   const char *data)
{
    msg->kind = (uint16_t)kind;
    msg->addr = number(addr);
    msg->size = (uint16_t)size;
    if (data) {
        msg->flags = WEIR_F_WRITE;
        msg->data = number(data);
    }
}

/* Bytes written as pairs of digits, in place; returns their number. */
static size_t unhex(char *text)
{
    size_t n = strlen(text) / 2;

    for (size_t i = 0; i < n; i++) {
        char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };
        text[i] = (char)number(pair);
    }
    return n;
}

static void region(struct host *host, char *text, bool writable)
{
    char *f[4];

    if (host->nregions == HOST_REGIONS || split(text, f) != 2) {
        host_fail("too many regions, or not NAME:FILE");
    }
    host->regions[host->nregions++] = (struct host_region){ f[0], f[1], writable };
}

static struct host_event parse(char *text)
{
    struct host_event event = { .what = HOST_MESSAGE };
    char *f[4];
    size_t n = split(text, f);

    if (!strcmp(f[0], "timeout")) {
        event.what = HOST_TIMEOUT;
    } else if (n >= 3 && (!strcmp(f[0], "io") || !strcmp(f[0], "mmio"))) {
        access(&event.msg, f[0][0] == 'i' ? WEIR_MSG_IO : WEIR_MSG_MMIO, f[1], number(f[2]),
               n > 3 ? f[3] : NULL);
    } else if (n >= 2 && !strcmp(f[0], "msr")) {
        access(&event.msg, WEIR_MSG_MSR, f[1], 8, n > 2 ? f[2] : NULL);
    } else if (n == 2 && !strcmp(f[0], "note")) {
        event.msg.kind = WEIR_MSG_NOTE;
        event.msg.data = number(f[1]);
    } else if (n >= 3 && !strcmp(f[0], "call")) {
        event.msg.kind = WEIR_MSG_CALL;
        event.msg.addr = number(f[1]);
        event.msg.size = (uint16_t)strlen(f[2]);
        event.payload = f[2];
    } else if (n >= 3 && !strcmp(f[0], "hex")) {
        event.msg.kind = WEIR_MSG_CALL;
        event.msg.addr = number(f[1]);
        event.msg.size = (uint16_t)unhex(f[2]);
        event.payload = f[2];
    } else if (n == 3 && !strcmp(f[0], "kind")) {
        event.msg.kind = (uint16_t)number(f[1]);
        event.msg.size = (uint16_t)number(f[2]);
    } else {
        host_fail("unknown event %s", f[0]);
    }
    return event;
}

int main(int argc, char **argv)
{
    static struct host_event events[EVENTS_MAX];
    struct host host = { .log_ring = true, .budget_pages = 4096, .events = events };

    if (argc < 2) {
        fprintf(stderr, "usage: service-host PROGRAM [--trace-log] [--pages N] [EVENT...]\n");
        return 2;
    }
    host.program = argv[1];
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--trace-log")) {
            host.log_ring = false;
        } else if (!strcmp(argv[i], "--no-float")) {
            host.no_float = true;
        } else if (!strcmp(argv[i], "--pages") && i + 1 < argc) {
            host.budget_pages = strtoull(argv[++i], NULL, 10);
        } else if (!strcmp(argv[i], "--cmdline") && i + 1 < argc) {
            host.cmdline = argv[++i];
        } else if (!strcmp(argv[i], "--region") && i + 1 < argc) {
            region(&host, argv[++i], false);
        } else if (!strcmp(argv[i], "--room") && i + 1 < argc) {
            region(&host, argv[++i], true);
        } else if (host.nevents == EVENTS_MAX) {
            host_fail("more than %d events", EVENTS_MAX);
        } else {
            events[host.nevents++] = parse(argv[i]);
        }
    }
    host_run(&host);
}
