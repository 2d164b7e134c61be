/* SPDX-License-Identifier: BSD-2-Clause */
#include "page.h"

#include "core/log.h"
#include "core/string.h"

#define PAGES (REGION_BYTES / 4096)

static u64 taken[PAGES / 64];
static u32 search_from; /* no free page lies below it */
u64 region_base;
struct budget kernel_budget;

static bool is_taken(u32 i)
{
    return taken[i / 64] & BIT(i % 64);
}

void page_init(u64 base, u32 used)
{
    region_base = base;
    for (u32 i = 0; i < used; i++)
        taken[i / 64] |= BIT(i % 64);
    search_from = used;
    kernel_budget = (struct budget){PAGES, used};
}

void page_zero_free(void)
{
    for (u32 i = search_from; i < PAGES; i++)
        if (!is_taken(i))
            memset((void *)(KERNEL_VBASE + i * PAGE_SIZE), 0, PAGE_SIZE);
}

u32 page_count_free(void)
{
    u32 n = 0;

    for (u32 i = 0; i < PAGES / 64; i++)
        for (u64 free = ~taken[i]; free; free &= free - 1)
            n++;
    return n;
}

/* The first run of n free pages, or PAGES. Mostly all is taken, so 64 pages that are cost one look. */
static u32 find_run(u32 n)
{
    for (u32 i = search_from, run = 0; i < PAGES; i++) {
        run = is_taken(i) ? 0 : run + 1;
        if (run == n)
            return i + 1 - n;
        if (i % 64 == 0 && !~taken[i / 64])
            i += 63;
    }
    return PAGES;
}

void *page_alloc(struct budget *b, u32 n)
{
    if (n == 0 || n > b->limit - b->used)
        return NULL;
    u32 at = find_run(n);
    if (at == PAGES)
        return NULL;
    for (u32 i = at; i < at + n; i++)
        taken[i / 64] |= BIT(i % 64);
    if (at == search_from)
        search_from += n;
    b->used += n;
    return memset((void *)(KERNEL_VBASE + at * PAGE_SIZE), 0, n * PAGE_SIZE);
}

void page_free(struct budget *b, void *pages, u32 n)
{
    u32 at = (u32)(((u64)pages - KERNEL_VBASE) / PAGE_SIZE);

    ASSERT(at + n <= PAGES && b->used >= n);
    for (u32 i = at; i < at + n; i++) {
        ASSERT(is_taken(i));
        taken[i / 64] &= ~BIT(i % 64);
    }
    if (at < search_from)
        search_from = at;
    b->used -= n;
}
