/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory that Lua lives in: one fixed arena, first-fit in segregated free lists, neighbours
 * joined when freed. Its size is the policy's memory limit, and dropping the arena drops everything
 * in it.
 */
#ifndef POLICY_HEAP_H
#define POLICY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_BINS 64

struct heap_block;

struct heap {
    struct heap_block *bins[HEAP_BINS];
    uint64_t filled; /* bit n: bins[n] is not empty */
    uint8_t *start, *end;
    size_t used; /* bytes in blocks that are in use, headers included */
};

/* memory is 16-byte aligned; bytes is rounded down to a multiple of 16 and is at least 64. */
void heap_init(struct heap *h, void *memory, size_t bytes);

/*
 * realloc's contract with bytes > 0; results are 16-byte aligned. NULL if there is no room: then
 * `old` is untouched. A block never fails to shrink.
 */
void *heap_resize(struct heap *h, void *old, size_t bytes);
void heap_free(struct heap *h, void *old);

/* For tests: true if the blocks tile the arena and the lists hold exactly the free ones. */
bool heap_consistent(const struct heap *h);

#endif
