/* SPDX-License-Identifier: BSD-2-Clause */
#include "pairs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES_MAX 256
#define SAMPLES_MAX 4096
#define FIELDS 6

struct place {
    uint64_t from, to, times;
    uint64_t samples[FIELDS][SAMPLES_MAX];
};

static struct place *places[PLACES_MAX];
static size_t places_known;
static uint64_t last_rip, last[FIELDS];

static void take(uint64_t fields[FIELDS], const struct counters *now)
{
    fields[0] = now->host;
    fields[1] = now->vmruns;
    fields[2] = now->wrmsrs;
    fields[3] = now->cr3_loads;
    fields[4] = now->invlpgs;
    fields[5] = now->uncached;
}

static struct place *find(uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < places_known; i++)
        if (places[i]->from == from && places[i]->to == to)
            return places[i];
    if (places_known == PLACES_MAX)
        return NULL;
    struct place *fresh = calloc(1, sizeof(*fresh));

    if (fresh) {
        fresh->from = from;
        fresh->to = to;
        places[places_known++] = fresh;
    }
    return fresh;
}

void pairs_note(uint64_t rip, const struct counters *now)
{
    uint64_t current[FIELDS];
    struct place *place = find(last_rip, rip);

    take(current, now);
    if (place && last_rip) {
        if (place->times < SAMPLES_MAX)
            for (int i = 0; i < FIELDS; i++)
                place->samples[i][place->times] = current[i] - last[i];
        place->times++;
    }
    last_rip = rip;
    for (int i = 0; i < FIELDS; i++)
        last[i] = current[i];
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

bool pairs_write(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return false;
    for (size_t i = 0; i < places_known; i++) {
        struct place *place = places[i];
        size_t kept = place->times < SAMPLES_MAX ? place->times : SAMPLES_MAX;

        if (!kept)
            continue;
        fprintf(file, "%" PRIx64 " %" PRIx64 " %" PRIu64, place->from, place->to, place->times);
        for (int f = 0; f < FIELDS; f++) {
            qsort(place->samples[f], kept, sizeof(uint64_t), compare);
            fprintf(file, " %" PRIu64, place->samples[f][kept / 2]);
        }
        fputc('\n', file);
    }
    return fclose(file) == 0;
}
