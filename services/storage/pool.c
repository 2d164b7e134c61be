/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounce pool's pages: a bitmap, next fit. It is made again from the slots after a restart. */
#include "storage.h"
#include <string.h>

static uint64_t used[POOL_PAGES / 64];
static uint32_t hint, free_pages = POOL_PAGES;

void pool_begin(void)
{
    memset(used, 0, sizeof(used));
    hint = 0;
    free_pages = POOL_PAGES;
}

static bool is_used(uint32_t page)
{
    return used[page / 64] >> page % 64 & 1;
}

static void mark(uint32_t first, uint32_t pages, bool on)
{
    for (uint32_t i = first; i < first + pages; i++) {
        if (on)
            used[i / 64] |= 1ull << i % 64;
        else
            used[i / 64] &= ~(1ull << i % 64);
    }
    free_pages += on ? -pages : pages;
}

/* Pages free from `first` on, at most `want`. */
static uint32_t run_at(uint32_t first, uint32_t want)
{
    uint32_t n = 0;

    while (n < want && first + n < POOL_PAGES && !is_used(first + n))
        n++;
    return n;
}

uint32_t pool_take(uint32_t want, uint32_t *got)
{
    uint32_t best = NO_POOL, most = 0, at = hint;

    for (uint32_t seen = 0; seen < POOL_PAGES && most < want;) {
        uint32_t n = run_at(at, want), step = n ? n : 1;

        if (n > most) {
            most = n;
            best = at;
        }
        if (!n && used[at / 64] == UINT64_MAX)
            step = 64 - at % 64;
        seen += step;
        at += step;
        if (at >= POOL_PAGES)
            at = 0;
    }
    if (best == NO_POOL)
        return NO_POOL;
    mark(best, most, true);
    hint = best + most < POOL_PAGES ? best + most : 0;
    *got = most;
    return best;
}

void pool_give(uint32_t first, uint32_t pages)
{
    mark(first, pages, false);
}

bool pool_claim(uint32_t first, uint32_t pages)
{
    if (first >= POOL_PAGES || pages == 0 || pages > PART_PAGES || pages > POOL_PAGES - first ||
        run_at(first, pages) != pages)
        return false;
    mark(first, pages, true);
    return true;
}

uint32_t pool_free_pages(void)
{
    return free_pages;
}
