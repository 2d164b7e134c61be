/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes the place of the interpreter's memory.c in sanitized builds: every block is a malloc() of
 * its own, so that AddressSanitizer sees each use after its end or outside of it.
 */
#include "internal.h"

#include <stdlib.h>

#define HEADER ((sizeof(struct block) + 15) / 16 * 16)

void memory_init(struct aml *aml)
{
    aml->large.next = aml->large.prev = &aml->large;
}

void *memory_get(struct aml *aml, size_t size)
{
    struct block *block;

    if (size > aml->limits.memory || aml->memory_now > aml->limits.memory - size) {
        report(aml, true, "AE_NO_MEMORY");
        return NULL;
    }
    block = calloc(1, HEADER + size);
    if (!block) {
        return NULL;
    }
    block->size = size;
    block->next = aml->large.next;
    block->prev = &aml->large;
    block->next->prev = block;
    aml->large.next = block;
    aml->memory_now += size;
    if (aml->memory_now > aml->memory_peak) {
        aml->memory_peak = aml->memory_now;
    }
    return (char *)block + HEADER;
}

void memory_put(struct aml *aml, void *p, size_t size)
{
    struct block *block;

    if (!p) {
        return;
    }
    block = (struct block *)((char *)p - HEADER);
    if (block->size != size) {
        abort();
    }
    block->next->prev = block->prev;
    block->prev->next = block->next;
    aml->memory_now -= size;
    free(block);
}

void memory_drop_all(struct aml *aml)
{
    while (aml->large.next && aml->large.next != &aml->large) {
        struct block *block = aml->large.next;

        aml->large.next = block->next;
        free(block);
    }
}
