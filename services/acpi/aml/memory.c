/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of one instance: small blocks from chunks with a free list per size, large ones singly.
 * Everything is counted against the instance's limit and goes at once when the instance does.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define GRAIN 16
#define SMALL_MAX (GRAIN * (SIZE_CLASSES - 1))
#define CHUNK_SIZE (64 * 1024)
#define HEADER ((sizeof(struct block) + GRAIN - 1) / GRAIN * GRAIN)

static void list_init(struct block *list)
{
    list->next = list->prev = list;
    list->size = 0;
}

static void list_add(struct block *list, struct block *block)
{
    block->next = list->next;
    block->prev = list;
    list->next->prev = block;
    list->next = block;
}

void memory_init(struct aml *aml)
{
    list_init(&aml->chunks);
    list_init(&aml->large);
}

static void account(struct aml *aml, size_t size)
{
    aml->memory_now += size;
    if (aml->memory_now > aml->memory_peak) {
        aml->memory_peak = aml->memory_now;
    }
}

static struct block *block_new(struct aml *aml, struct block *list, size_t size, bool clear)
{
    struct block *block;

    if (size > aml->limits.memory || aml->memory_now > aml->limits.memory - size) {
        report(aml, true, "AE_NO_MEMORY: %zu bytes beside %zu of %zu", size, aml->memory_now,
               aml->limits.memory);
        return NULL;
    }
    block = clear ? calloc(1, HEADER + size) : malloc(HEADER + size);
    if (!block) {
        return NULL;
    }
    block->size = size;
    list_add(list, block);
    account(aml, size);
    return block;
}

void *memory_get(struct aml *aml, size_t size)
{
    size_t cls = (size + GRAIN - 1) / GRAIN;
    void *p;

    if (size > SMALL_MAX) {
        struct block *block = block_new(aml, &aml->large, size, true);

        return block ? (char *)block + HEADER : NULL;
    }
    if (cls == 0) {
        cls = 1;
    }
    p = aml->free_list[cls];
    if (p) {
        memcpy(&aml->free_list[cls], p, sizeof(void *));
    } else {
        if ((size_t)(aml->chunk_end - aml->chunk) < cls * GRAIN) {
            struct block *chunk = block_new(aml, &aml->chunks, CHUNK_SIZE, false);

            if (!chunk) {
                return NULL;
            }
            aml->chunk = (uint8_t *)chunk + HEADER;
            aml->chunk_end = aml->chunk + CHUNK_SIZE;
        }
        p = aml->chunk;
        aml->chunk += cls * GRAIN;
    }
    memset(p, 0, cls * GRAIN);
    return p;
}

void memory_put(struct aml *aml, void *p, size_t size)
{
    size_t cls = (size + GRAIN - 1) / GRAIN;

    if (!p) {
        return;
    }
    if (size > SMALL_MAX) {
        struct block *block = (struct block *)((char *)p - HEADER);

        block->next->prev = block->prev;
        block->prev->next = block->next;
        aml->memory_now -= block->size;
        free(block);
        return;
    }
    if (cls == 0) {
        cls = 1;
    }
    memcpy(p, &aml->free_list[cls], sizeof(void *));
    aml->free_list[cls] = p;
}

static void drop(struct block *list)
{
    while (list->next != list) {
        struct block *block = list->next;

        list->next = block->next;
        free(block);
    }
    list->prev = list;
}

void memory_drop_all(struct aml *aml)
{
    drop(&aml->chunks);
    drop(&aml->large);
}
