/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap.h"

#include <string.h>

/*
 * A block is a 16-byte header and its payload; blocks tile the arena. Sizes are multiples of 16 and
 * count the header. The list pointers stand in the payload of free blocks, so no block is smaller
 * than 32 bytes.
 */
struct heap_block {
    size_t size_used; /* bit 0: in use */
    size_t previous;  /* size of the block before, 0 for the first */
    struct heap_block *next, *back;
};

#define HEADER 16u
#define SMALLEST 32u
#define USED 1u

/* Below this, a bin holds blocks of one size; above, of sizes from one power of two to the next. */
#define EXACT_BINS 48u
#define EXACT_TOP (SMALLEST + 16u * EXACT_BINS)

static size_t size_of(const struct heap_block *b)
{
    return b->size_used & ~(size_t)USED;
}

static bool in_use(const struct heap_block *b)
{
    return b->size_used & USED;
}

static struct heap_block *after(const struct heap *h, struct heap_block *b)
{
    uint8_t *next = (uint8_t *)b + size_of(b);

    return next < h->end ? (struct heap_block *)next : NULL;
}

static struct heap_block *before(struct heap_block *b)
{
    return b->previous ? (struct heap_block *)((uint8_t *)b - b->previous) : NULL;
}

static unsigned bin_of(size_t size)
{
    if (size < EXACT_TOP)
        return (unsigned)((size - SMALLEST) / 16);
    unsigned bin = EXACT_BINS + 63u - (unsigned)__builtin_clzll(size / EXACT_TOP);

    return bin < HEAP_BINS ? bin : HEAP_BINS - 1;
}

static void insert(struct heap *h, struct heap_block *b)
{
    unsigned bin = bin_of(size_of(b));
    struct heap_block **list = &h->bins[bin];

    b->back = NULL;
    b->next = *list;
    if (*list)
        (*list)->back = b;
    *list = b;
    h->filled |= 1ull << bin;
}

static void take_out(struct heap *h, struct heap_block *b)
{
    unsigned bin = bin_of(size_of(b));

    if (b->next)
        b->next->back = b->back;
    if (b->back)
        b->back->next = b->next;
    else if (!(h->bins[bin] = b->next))
        h->filled &= ~(1ull << bin);
}

static void set_size(struct heap *h, struct heap_block *b, size_t size, size_t used)
{
    b->size_used = size | used;
    struct heap_block *next = after(h, b);

    if (next)
        next->previous = size;
}

void heap_init(struct heap *h, void *memory, size_t bytes)
{
    struct heap_block *all = memory;

    memset(h, 0, sizeof(*h));
    h->start = memory;
    h->end = h->start + (bytes & ~(size_t)15);
    all->previous = 0;
    set_size(h, all, (size_t)(h->end - h->start), 0);
    insert(h, all);
}

/* Makes a free block, joined with free neighbours, of [b, b + size). */
static void give_back(struct heap *h, struct heap_block *b, size_t size)
{
    struct heap_block *previous = before(b);

    set_size(h, b, size, 0);
    struct heap_block *next = after(h, b);

    if (next && !in_use(next)) {
        take_out(h, next);
        set_size(h, b, size_of(b) + size_of(next), 0);
    }
    if (previous && !in_use(previous)) {
        take_out(h, previous);
        set_size(h, previous, size_of(previous) + size_of(b), 0);
        b = previous;
    }
    insert(h, b);
}

/* Cuts a block in use down to `size`, if the rest can be a block. */
static void trim(struct heap *h, struct heap_block *b, size_t size)
{
    size_t rest = size_of(b) - size;

    if (rest < SMALLEST)
        return;
    set_size(h, b, size, USED);
    struct heap_block *tail = (struct heap_block *)((uint8_t *)b + size);

    tail->previous = size;
    give_back(h, tail, rest);
    h->used -= rest;
}

static void *allocate(struct heap *h, size_t size)
{
    uint64_t bins = h->filled & ~0ull << bin_of(size);

    for (; bins; bins &= bins - 1) {
        for (struct heap_block *b = h->bins[__builtin_ctzll(bins)]; b; b = b->next) {
            if (size_of(b) < size)
                continue;
            take_out(h, b);
            b->size_used |= USED;
            h->used += size_of(b);
            trim(h, b, size);
            return (uint8_t *)b + HEADER;
        }
    }
    return NULL;
}

/* Joins a following free block to b if that makes it large enough. */
static bool grow_in_place(struct heap *h, struct heap_block *b, size_t size)
{
    struct heap_block *next = after(h, b);

    if (!next || in_use(next) || size_of(b) + size_of(next) < size)
        return false;
    take_out(h, next);
    h->used += size_of(next);
    set_size(h, b, size_of(b) + size_of(next), USED);
    return true;
}

void *heap_resize(struct heap *h, void *old, size_t bytes)
{
    struct heap_block *b = old ? (struct heap_block *)((uint8_t *)old - HEADER) : NULL;

    if (bytes > (size_t)(h->end - h->start))
        return NULL;
    size_t size = ((bytes + 15) & ~(size_t)15) + HEADER;

    if (size < SMALLEST)
        size = SMALLEST;
    if (!b)
        return allocate(h, size);
    if (size <= size_of(b) || grow_in_place(h, b, size)) {
        trim(h, b, size);
        return old;
    }
    void *moved = allocate(h, size);

    if (moved) {
        memcpy(moved, old, size_of(b) - HEADER);
        heap_free(h, old);
    }
    return moved;
}

void heap_free(struct heap *h, void *old)
{
    if (!old)
        return;
    struct heap_block *b = (struct heap_block *)((uint8_t *)old - HEADER);

    h->used -= size_of(b);
    give_back(h, b, size_of(b));
}

static bool listed(const struct heap *h, const struct heap_block *wanted)
{
    for (const struct heap_block *b = h->bins[bin_of(size_of(wanted))]; b; b = b->next)
        if (b == wanted)
            return true;
    return false;
}

bool heap_consistent(const struct heap *h)
{
    size_t previous = 0, used = 0, nfree = 0, nlisted = 0;
    bool previous_free = false;

    for (struct heap_block *b = (struct heap_block *)h->start; b; b = after(h, b)) {
        if (size_of(b) < SMALLEST || size_of(b) > (size_t)(h->end - (uint8_t *)b) ||
            b->previous != previous)
            return false;
        if (in_use(b))
            used += size_of(b);
        else if (previous_free || !listed(h, b))
            return false;
        nfree += !in_use(b);
        previous_free = !in_use(b);
        previous = size_of(b);
    }
    for (unsigned bin = 0; bin < HEAP_BINS; bin++) {
        if (!h->bins[bin] != !(h->filled >> bin & 1))
            return false;
        for (struct heap_block *b = h->bins[bin]; b; b = b->next)
            nlisted++;
    }
    return used == h->used && nfree == nlisted;
}
