/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service is ended at any store to memory that outlives it, and at any access to the controller; the next instance
 * adopts what is there and gets the access again that was not answered. The guest must not notice. The library is
 * compiled with -fsanitize=thread; what that calls before each store is in stores.c.
 */
#include "crash.h"
#include "driver.h"
#include "kill.h"
#include "stores.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDS 4u
#define ROUNDS 8u

static struct {
    const char *name;
    uint32_t seed, random;
    bool runs;             /* code of the service does */
    uint32_t ticks;        /* places where it could have been ended */
    uint32_t end[ENDS];    /* ticks, ascending; 0: no more */
    unsigned ended;
    unsigned instance;
    bool forgets;          /* nobody knows where an instance stood */
    bool damages;          /* something of the journal is lost with it */
    jmp_buf next;
} run;
static uint32_t hits[KILL_POINTS];

uint32_t crash_random(uint32_t below)
{
    run.random = run.random * 1664525u + 1013904223u;
    return (run.random >> 8) % below;
}

_Noreturn void crash_fail(const char *what, uint64_t expected, uint64_t got)
{
    fprintf(stderr, "%s, seed %u, ended at %u and %u of %u, instance %u: %s: expected 0x%llx, got 0x%llx\n", run.name,
            run.seed, run.end[0], run.end[1], run.ticks, run.instance, what, (unsigned long long)expected,
            (unsigned long long)got);
    exit(1);
}

/* ---- ends ---- */

static void damage(void)
{
    struct saved_port *p = &storage.saved->port[crash_random(MODEL_PORTS)];
    struct saved_slot *s = &p->slot[crash_random(6)];

    ((uint8_t *)s)[crash_random(sizeof(*s))] ^= (uint8_t)(1u << crash_random(8));
}

static void tick(void)
{
    if (!run.runs || ++run.ticks != run.end[run.ended])
        return;
    run.runs = false;
    run.ended++;
    for (unsigned n = crash_random(6); n; n--) /* the disks work on */
        (void)model_step(crash_random(MODEL_PORTS), crash_random(8));
    if (run.damages)
        damage();
    longjmp(run.next, 1);
}

static void hardware_tick(void)
{
    tick();
    if (run.runs && crash_random(8) == 0)
        (void)model_step(crash_random(MODEL_PORTS), crash_random(8));
}

void kill_point(enum kill_point point)
{
    hits[point]++;
    tick();
}

static void next_instance(void)
{
    model_instance();
    if (run.forgets)
        model.stood[1] = STOOD_UNKNOWN;
    run.runs = true;
    if (!model_start(++run.instance))
        crash_fail(storage.reason, 1, 0);
}

static uint32_t access(bool write, uint32_t offset, uint32_t value)
{
    run.runs = true;
    value = model_access(write, offset, value);
    kill_point(KILL_ANSWERED);
    run.runs = false;
    return value;
}

uint32_t crash_access(bool write, uint32_t offset, uint32_t value)
{
    if (setjmp(run.next))
        next_instance();
    return access(write, offset, value);
}

/* ---- stores ---- */

static bool outlives(const void *at)
{
    const uint8_t *p = at, *saved = (const uint8_t *)storage.saved, *dma = (const uint8_t *)storage.dma;

    return (p >= saved && p < saved + sizeof(struct saved)) || (p >= dma && p < dma + sizeof(struct dma)) ||
           (p >= model.memory && p < model.memory + MODEL_MEMORY);
}

/* Of a structure: it may be ended with a part of it written. */
void crash_store(void *at, uint32_t bytes)
{
    if (!run.runs || !outlives(at))
        return;
    if (bytes && run.ticks + 1 == run.end[run.ended])
        memset(at, 0xa5, crash_random(bytes));
    tick();
}

/* ---- runs ---- */

static struct guest_counts once(uint32_t seed, uint32_t first, uint32_t second)
{
    struct guest_counts counts;
    const struct weir_storage_counts *saved = &storage.saved->counts;

    run.seed = seed;
    run.random = seed * 7919 + 1;
    run.ticks = run.ended = run.instance = 0;
    memset(run.end, 0, sizeof(run.end));
    run.end[0] = first;
    run.end[1] = first && second ? first + second : 0;
    run.runs = false;
    model_again();
    model.automatic = false;
    model.accepts = seed & 1;
    model.tables.storage[model.tables.nstorage++] = (struct policy_storage){
        .line = 1, .action = POLICY_ENCRYPT, .fields = POLICY_BY_PORT, .port = 0, .nranges = 1, .trim = POLICY_TRIM_DROP };
    model.tables.ranges[model.tables.nranges++] = (struct policy_storage_range){ .first = 0, .last = UINT64_MAX };
    model.tables.nkeys = 1;
    model.tick = hardware_tick;
    if (!model_start(0))
        crash_fail(storage.reason, 1, 0);
    counts = guest_run(ROUNDS);
    if (!run.damages && saved->lost)
        crash_fail("ports that were lost", 0, saved->lost);
    if (!run.forgets && !run.damages && saved->resets + saved->aborted)
        crash_fail("ports that were reset, commands that were aborted", 0, saved->resets + saved->aborted);
    return counts;
}

static uint32_t total[5];

static void add_counts(void)
{
    const struct weir_storage_counts *c = &storage.saved->counts;

    total[0] += c->adopted;
    total[1] += c->repeated;
    total[2] += c->aborted;
    total[3] += c->resets;
    total[4] += c->lost;
}

/* Every place of a few runs. */
static void every_store(uint32_t step)
{
    for (uint32_t seed = 1; seed <= 6; seed++) {
        uint32_t last;

        (void)once(seed, 0, 0);
        last = run.ticks;
        for (uint32_t at = 1 + crash_random(step); at <= last; at += step) {
            (void)once(seed, at, 0);
            add_counts();
        }
    }
}

/* And another end in what follows, adoption above all. */
static void two_ends(unsigned n)
{
    for (uint32_t seed = 1; n; n--, seed++) {
        uint32_t first, second;

        (void)once(seed % 50, 0, 0);
        run.random = seed;
        first = 1 + crash_random(run.ticks);
        second = 1 + crash_random(crash_random(2) ? 60 : 2000);
        (void)once(seed % 50, first, second);
        add_counts();
    }
}

int main(int argc, char **argv)
{
    run.name = argc > 1 ? argv[1] : "";
    model_begin();
    if (argc == 5) { /* seed, first end, and how much later the second, if any: one run alone */
        (void)once((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
    } else if (!strcmp(run.name, "every-store")) {
        every_store(1);
    } else if (!strcmp(run.name, "two-ends")) {
        two_ends(4000);
    } else if (!strcmp(run.name, "unknown-doorbells")) {
        run.forgets = true;
        every_store(3);
        two_ends(1000);
    } else if (!strcmp(run.name, "damaged-journals")) {
        run.damages = true;
        every_store(2);
        two_ends(1000);
    } else {
        return 2;
    }
    printf("%s: commands in flight %u, done again %u, aborted %u; ports reset %u, lost %u\n", run.name, total[0], total[1],
           total[2], total[3], total[4]);
    for (unsigned i = 0; i < KILL_POINTS; i++)
        if (hits[i])
            printf("  %-20s %u\n", kill_names[i], hits[i]);
    return 0;
}
