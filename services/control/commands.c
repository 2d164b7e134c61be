/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"
#include "../init/report.h"
#include "../policy/policy.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* doc/limits.md and the README say the same. */
#define NO_IOMMU                                                                                                     \
    "Without IOMMU domains Weir contains crashes and bugs, not a hostile driver service and not a guest that programs " \
    "DMA against it. storage maps all guest RAM by necessity."
#define SILENT "init does not answer: it has failed, and services are not started anew any more"

static const char *const states[] = { "off", "starting", "runs", "waits", "down" };

int command_service(const struct control_status *s, const char *name)
{
    for (uint32_t i = 0; i < s->nservices && i < CONTROL_SERVICES; i++) {
        if (!strncmp(s->service[i].name, name, sizeof(s->service[i].name))) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- status ---- */

struct words {
    char version[32], vendor[16], paging[24];
};

static struct words words_of(const char *text)
{
    struct words w = { "?", "?", "?" };

    (void)sscanf(text, "%31s %15s %23s", w.version, w.vendor, w.paging);
    return w;
}

static void hash_text(const uint8_t hash[32], char text[65])
{
    for (unsigned i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
}

static void answer_status(const struct view *v, struct out *o)
{
    struct words w = words_of(v->version);
    const char *mode = strncmp(w.paging, "shadow", 6) ? "nested" : "shadow";
    const char *vendor = strcmp(w.vendor, "svm") ? "Intel" : "AMD";
    uint64_t ms = (v->now - v->status->started) / (v->tsc_hz / 1000 ? v->tsc_hz / 1000 : 1);
    char hash[65];

    hash_text(v->status->policy_hash, hash);
    if (!o->json) {
        out_text(o, "version  %s\nvendor   %s (%s)\nmode     %s (%s)\niommu    none. %s\n", w.version, vendor, w.vendor,
                 mode, w.paging, NO_IOMMU);
        out_text(o, "policy   %.64s, generation %" PRIu32 ", sha256 %s\nuptime   %" PRIu64 ".%03u s\n", v->tables->name,
                 v->tables->generation, hash, ms / 1000, (unsigned)(ms % 1000));
        if (v->init_is_silent) {
            out_text(o, "warning  %s\n", SILENT);
        }
        return;
    }
    out_open(o, NULL, '{');
    out_string(o, "version", w.version, sizeof(w.version));
    out_string(o, "vendor", vendor, 8);
    out_string(o, "extension", w.vendor, sizeof(w.vendor));
    out_string(o, "mode", mode, 8);
    out_string(o, "paging", w.paging, sizeof(w.paging));
    out_string(o, "iommu", "none", 8);
    out_string(o, "iommu_note", NO_IOMMU, sizeof(NO_IOMMU));
    out_string(o, "policy", v->tables->name, sizeof(v->tables->name));
    out_number(o, "policy_generation", v->tables->generation);
    out_string(o, "policy_sha256", hash, sizeof(hash));
    out_number(o, "uptime_ms", ms);
    out_number(o, "init_answers", !v->init_is_silent);
    out_close(o, '}');
}

/* ---- ps ---- */

/* "page fault at 0x10 (read)": what init's line says before the addresses. */
static void reason_of(const struct weir_failure *f, char *text, size_t bytes)
{
    char *end;

    report_failure(f, text, bytes);
    end = strstr(text, ", rip ");
    if (end) {
        *end = '\0';
    }
}

static void backtrace(const struct view *v, const struct control_service *s, struct out *o)
{
    for (unsigned i = 0; i <= 8; i++) {
        uint64_t address = i ? s->failure.stack[i - 1] : s->failure.rip;
        char name[80];

        if (!address) {
            break;
        }
        symbol_find(v->symbols, v->symbols_bytes, s->name, address - (i != 0), name, sizeof(name));
        if (o->json) {
            out_open(o, NULL, '{');
            out_hex(o, "address", address);
            out_string(o, "symbol", name, sizeof(name));
            out_close(o, '}');
        } else if (i < 5) {
            out_text(o, "%s%s", i ? " < " : "  in ", name[0] ? name : "?");
        }
    }
}

static uint64_t microseconds(const struct view *v, uint64_t ticks)
{
    uint64_t mhz = v->tsc_hz / 1000000;

    return mhz ? ticks / mhz : 0;
}

static void ps_json(const struct view *v, const struct control_service *s, struct out *o)
{
    char text[160];

    out_open(o, NULL, '{');
    out_string(o, "name", s->name, sizeof(s->name));
    out_string(o, "state", states[s->state], 16);
    out_number(o, "restarts", s->starts ? s->starts - 1 : 0);
    out_number(o, "failures", s->failures);
    out_number(o, "asked", s->asked);
    out_number(o, "memory_kib", s->pages * 4);
    out_number(o, "memory_limit_kib", s->pages_limit * 4);
    out_number(o, "capabilities", s->capabilities);
    out_number(o, "cpu_us", microseconds(v, s->ticks));
    if (s->failure.kind != WEIR_FAIL_NONE) {
        reason_of(&s->failure, text, sizeof(text));
        out_open(o, "last_failure", '{');
        out_string(o, "reason", text, sizeof(text));
        out_hex(o, "address", s->failure.address);
        out_hex(o, "rip", s->failure.rip);
        out_number(o, "tsc", s->failure.tsc);
        out_number(o, "ago_ms", microseconds(v, v->now - s->failure.tsc) / 1000);
        out_open(o, "backtrace", '[');
        backtrace(v, s, o);
        out_close(o, ']');
        out_close(o, '}');
    }
    out_close(o, '}');
}

static void ps_line(const struct view *v, const struct control_service *s, struct out *o)
{
    char text[160];

    out_text(o, "%-10.16s %-9s %8" PRIu32 " %8" PRIu64 " %8" PRIu64, s->name, states[s->state],
             s->starts ? s->starts - 1 : 0, s->pages * 4, microseconds(v, s->ticks) / 1000);
    if (s->failure.kind != WEIR_FAIL_NONE) {
        reason_of(&s->failure, text, sizeof(text));
        out_text(o, "  %s, rip 0x%" PRIx64, text, s->failure.rip);
        backtrace(v, s, o);
    }
    out_text(o, "\n");
}

static void answer_ps(const struct view *v, struct out *o)
{
    if (o->json) {
        out_open(o, NULL, '[');
    } else {
        out_text(o, "%-10s %-9s %8s %8s %8s  %s\n", "NAME", "STATE", "RESTARTS", "MEM/KiB", "CPU/ms", "LAST FAILURE");
    }
    for (uint32_t i = 0; i < v->status->nservices && i < CONTROL_SERVICES; i++) {
        const struct control_service *s = &v->status->service[i];

        if (s->state >= sizeof(states) / sizeof(states[0])) {
            continue;
        }
        if (o->json) {
            ps_json(v, s, o);
        } else {
            ps_line(v, s, o);
        }
    }
    if (o->json) {
        out_close(o, ']');
    }
}

/* ---- log ---- */

static void log_line(struct out *o, const char *line, size_t bytes)
{
    if (o->json) {
        out_string(o, NULL, line, bytes);
    } else {
        out_text(o, "%.*s\n", (int)bytes, line);
    }
}

/* Lines of the merged ring; those of one service begin with its name and a colon, init's with "weir". */
static void answer_log(const struct view *v, const char *name, struct out *o)
{
    uint64_t capacity = weir_ring_capacity(v->ring_bytes), head = __atomic_load_n(&v->ring->head, __ATOMIC_ACQUIRE);
    uint64_t most = capacity < o->room / 4 ? capacity : o->room / 4; /* the newest; JSON takes more room */
    uint64_t at = head > most ? head - most : 0;
    char line[512];
    size_t n = 0;
    bool whole = at == 0;

    if (!strcmp(name, "init")) {
        name = "weir";
    }
    if (o->json) {
        out_open(o, NULL, '[');
    }
    for (; at < head; at++) {
        char c = v->ring->text[at & (capacity - 1)];

        if (c != '\n' && n < sizeof(line)) {
            line[n++] = c;
            continue;
        }
        if (whole && (!name[0] || (n > strlen(name) && !memcmp(line, name, strlen(name)) && line[strlen(name)] == ':'))) {
            log_line(o, line, n);
        }
        whole = true; /* the oldest line may have lost its beginning */
        n = 0;
    }
    if (o->json) {
        out_close(o, ']');
    }
}

/* ---- stat ---- */

/* A group of numbers with their names. */
static void stat_group(struct out *o, const char *group, const char *const *names, const uint64_t *values, unsigned n)
{
    if (o->json) {
        out_open(o, group, '{');
    } else {
        out_text(o, "%s:\n", group);
    }
    for (unsigned i = 0; i < n; i++) {
        if (o->json) {
            out_number(o, names[i], values[i]);
        } else {
            out_text(o, "  %-28s %12" PRIu64 "\n", names[i], values[i]);
        }
    }
    if (o->json) {
        out_close(o, '}');
    }
}

static void stat_storage(const struct weir_storage_counts *c, struct out *o)
{
    static const char *const names[] = { "adopted-commands", "repeated-commands", "aborted-commands", "replayed-accesses",
                                         "port-resets", "lost-ports" };
    const uint64_t values[] = { c->adopted, c->repeated, c->aborted, c->replayed, c->resets, c->lost };

    stat_group(o, "storage", names, values, sizeof(names) / sizeof(names[0]));
}

static void answer_stat(const struct view *v, struct out *o)
{
    static const char *const reasons[] = {
#define X(name, text) text,
        WEIR_EXITS(X)
#undef X
    };
    static const char *const counted[] = { "free-pages", "domains", "threads", "ports", "notes", "vcpus", "memories",
                                           "devices", "capabilities", "uses", "mapped-pages", "bindings", "requests" };
    const uint64_t *account = &v->status->account.free_pages;

    if (o->json) {
        out_open(o, NULL, '{');
        out_open(o, "cpus", '[');
        out_open(o, NULL, '{');
        out_number(o, "entries", v->counters[WEIR_COUNT_ENTRIES]);
        out_open(o, "exits", '{');
    } else {
        out_text(o, "cpu 0: %" PRIu64 " entries\n", v->counters[WEIR_COUNT_ENTRIES]);
    }
    for (unsigned i = 0; i < WEIR_EXIT_REASONS; i++) {
        uint64_t n = v->counters[WEIR_COUNT_EXITS + i];

        if (o->json) {
            out_number(o, reasons[i], n);
        } else if (n) {
            out_text(o, "  %-28s %12" PRIu64 "\n", reasons[i], n);
        }
    }
    if (o->json) {
        out_close(o, '}');
        out_close(o, '}');
        out_close(o, ']');
    }
    stat_group(o, "objects", counted, account, sizeof(counted) / sizeof(counted[0]));
    if (v->tables->nstorage) {
        stat_storage(&v->status->storage, o);
    }
    if (o->json) {
        out_close(o, '}');
    }
}

/* ---- policy ---- */

static void policy_line(void *context, const char *line)
{
    log_line(context, line, strlen(line));
}

static void answer_show(const struct view *v, struct out *o)
{
    char hash[65];

    hash_text(v->status->policy_hash, hash);
    if (o->json) {
        out_open(o, NULL, '{');
        out_string(o, "name", v->tables->name, sizeof(v->tables->name));
        out_number(o, "generation", v->tables->generation);
        out_string(o, "sha256", hash, sizeof(hash));
        out_open(o, "effect", '[');
    } else {
        out_text(o, "%.64s, generation %" PRIu32 ", sha256 %s\n", v->tables->name, v->tables->generation, hash);
    }
    policy_print(v->tables, policy_line, o);
    if (o->json) {
        out_close(o, ']');
        out_close(o, '}');
    }
}

void command_refuse(const struct parsed *p, const char *reason, struct out *o)
{
    o->json = p->json;
    if (p->json) {
        out_open(o, NULL, '{');
        out_string(o, "result", "failed", 6);
        out_string(o, "reason", reason, sizeof(((struct control_status *)0)->reason));
        out_close(o, '}');
    } else {
        out_text(o, "%s", reason);
    }
    out_text(o, "\n");
}

/* What only init can do, and has done. */
static void answer_done(const struct parsed *p, struct out *o)
{
    const char *what = p->command == COMMAND_RELOAD ? "in force" : "started anew";

    if (o->json) {
        out_open(o, NULL, '{');
        out_string(o, "result", what, strlen(what));
        out_close(o, '}');
    } else {
        out_text(o, "%s: %s\n", p->argument, what);
    }
}

/* ---- */

static const struct {
    const char *word;
    enum command command;
    bool argument;
} commands[] = {
    { "status", COMMAND_STATUS, false }, { "ps", COMMAND_PS, false },      { "restart", COMMAND_RESTART, true },
    { "log", COMMAND_LOG, false },       { "stat", COMMAND_STAT, false },  { "show", COMMAND_SHOW, false },
    { "reload", COMMAND_RELOAD, true },
};

bool command_parse(const char *line, struct parsed *p, const char **reason)
{
    char format[8] = "", word[16] = "", rest[2] = "";
    int n = sscanf(line, "%7s %15s %63s %1s", format, word, p->argument, rest);

    p->command = COMMAND_NONE;
    p->json = !strcmp(format, "json");
    if (n < 3) {
        p->argument[0] = '\0';
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && n >= 2 && n < 4; i++) {
        if (!strcmp(word, commands[i].word) && (p->json || !strcmp(format, "text")) &&
            (!commands[i].argument || p->argument[0])) {
            p->command = commands[i].command;
            return true;
        }
    }
    *reason = "no such command";
    return false;
}

bool command_answer(const struct parsed *p, const struct view *v, struct out *o)
{
    bool is_inits = p->command == COMMAND_RESTART || p->command == COMMAND_RELOAD;

    if (is_inits && (v->init_is_silent || v->status->result != WEIR_OK)) {
        command_refuse(p, v->init_is_silent ? SILENT : v->status->reason, o);
        return false;
    }
    o->json = p->json;
    o->later = false;
    switch (p->command) {
    case COMMAND_STATUS:
        answer_status(v, o);
        break;
    case COMMAND_PS:
        answer_ps(v, o);
        break;
    case COMMAND_LOG:
        answer_log(v, p->argument, o);
        break;
    case COMMAND_STAT:
        answer_stat(v, o);
        break;
    case COMMAND_SHOW:
        answer_show(v, o);
        break;
    default:
        answer_done(p, o);
    }
    if (o->json) {
        out_text(o, "\n");
    }
    return true;
}
