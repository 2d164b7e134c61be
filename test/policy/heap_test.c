/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena against a model: 200,000 random operations, contents and structure checked all along.
 */
#include <stdlib.h>

#include "expect.h"
#include "heap.h"

#define ARENA (256u << 10)
#define SLOTS 300

static _Alignas(16) uint8_t arena[ARENA];
static struct slot {
    uint8_t *at;
    size_t bytes;
    uint8_t fill;
} slots[SLOTS];

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

static int holds(const struct slot *s, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (s->at[i] != s->fill)
            return 0;
    return 1;
}

static size_t random_size(void)
{
    return 1 + next_random() % (next_random() % 8 ? 200 : 20000);
}

static void step(struct heap *h, struct slot *s)
{
    if (s->at && next_random() % 3 == 0) {
        EXPECT(holds(s, s->bytes));
        heap_free(h, s->at);
        s->at = NULL;
        return;
    }
    size_t bytes = random_size(), kept = s->at && s->bytes < bytes ? s->bytes : bytes;
    uint8_t *at = heap_resize(h, s->at, bytes);

    if (!at) {
        EXPECT(!s->at || bytes > s->bytes);
        EXPECT(!s->at || holds(s, s->bytes));
        return;
    }
    EXPECT_NUMBER((uintptr_t)at % 16, 0);
    EXPECT(at >= arena && at + bytes <= arena + ARENA);
    if (s->at) {
        s->at = at;
        EXPECT(holds(s, kept));
    }
    s->at = at;
    s->bytes = bytes;
    s->fill = (uint8_t)next_random();
    memset(at, s->fill, bytes);
}

static void random_operations(void)
{
    struct heap h;

    heap_init(&h, arena, ARENA);
    for (int i = 0; i < 200000; i++) {
        step(&h, &slots[next_random() % SLOTS]);
        if (i % 64 == 0 && !heap_consistent(&h)) {
            fprintf(stderr, "the heap is inconsistent after operation %d\n", i);
            expect_failed++;
            return;
        }
    }
    for (int i = 0; i < SLOTS; i++)
        heap_free(&h, slots[i].at);
    EXPECT(heap_consistent(&h));
    EXPECT_NUMBER(h.used, 0);
    /* All of it is one piece again. */
    EXPECT(heap_resize(&h, NULL, ARENA - 16) != NULL);
}

static void edges(void)
{
    struct heap h;

    heap_init(&h, arena, 64 + 15);
    EXPECT(heap_resize(&h, NULL, 64) == NULL);
    EXPECT(heap_resize(&h, NULL, SIZE_MAX) == NULL);
    EXPECT(heap_resize(&h, NULL, SIZE_MAX - 20) == NULL);
    void *all = heap_resize(&h, NULL, 48);

    EXPECT(all != NULL);
    EXPECT(heap_resize(&h, NULL, 1) == NULL);
    EXPECT(heap_resize(&h, all, 1) == all);
    EXPECT(heap_resize(&h, NULL, 1) != NULL);
    heap_free(&h, NULL);
    EXPECT(heap_consistent(&h));
}

int main(void)
{
    random_operations();
    edges();
    return expect_failures();
}
