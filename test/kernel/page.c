/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages: budgets, runs and zeroes, against an array that says whose each page is. */
#include <string.h>

#include "check.h"
#include "mm/page.h"

#define PAGES (REGION_BYTES / 4096)
#define BUDGETS 3
#define RUNS 400

static struct budget budgets[BUDGETS];
static u8 owner[PAGES]; /* 0: free; budget + 1 */
static struct run {
    void *at;
    u32 n, budget;
} runs[RUNS];
static u32 nruns, free_now;

static u32 index_of(const void *p)
{
    return (u32)(((u64)p - KERNEL_VBASE) / PAGE_SIZE);
}

/* Where the first run of n free pages is, by the array; PAGES: none. */
static u32 first_fit(u32 n)
{
    for (u32 at = 0, run = 0; at < PAGES; at++) {
        run = owner[at] ? 0 : run + 1;
        if (run == n)
            return at + 1 - n;
    }
    return PAGES;
}

static void take(u32 b, u32 n)
{
    struct budget before = budgets[b];
    u32 expected = n && n <= before.limit - before.used ? first_fit(n) : PAGES;
    char *p = page_alloc(&budgets[b], n);

    CHECK(p ? index_of(p) : PAGES, expected);
    CHECK(budgets[b].used, before.used + (p ? n : 0));
    CHECK(budgets[b].limit, before.limit);
    if (!p)
        return;
    for (u32 i = 0; i < n; i++) {
        owner[expected + i] = (u8)(b + 1);
        CHECK(p[i * PAGE_SIZE] | p[i * PAGE_SIZE + PAGE_SIZE - 1], 0);
        p[i * PAGE_SIZE] = p[i * PAGE_SIZE + PAGE_SIZE - 1] = 1; /* dirty for the next one */
    }
    free_now -= n;
    runs[nruns++] = (struct run){p, n, b};
}

static void give_back(u32 i)
{
    struct run r = runs[i];

    page_free(&budgets[r.budget], r.at, r.n);
    memset(owner + index_of(r.at), 0, r.n);
    free_now += r.n;
    runs[i] = runs[--nruns];
}

int main(void)
{
    host_start();
    CHECK(pa_of((void *)(KERNEL_VBASE + 0x5000)), HOST_REGION + 0x5000);
    CHECK((u64)va_of(HOST_REGION + 0x5000), KERNEL_VBASE + 0x5000);
    CHECK(in_region(HOST_REGION - 1) || in_region(HOST_REGION + REGION_BYTES), false);
    CHECK(in_region(HOST_REGION) && in_region(HOST_REGION + REGION_BYTES - 1), true);

    struct budget all = kernel_budget;
    free_now = page_count_free();
    CHECK(all.limit, PAGES);
    CHECK(all.limit - all.used, free_now);
    /* What host_start took; the rest is asked for as one run, then in single pages. */
    for (u32 i = 0; i < PAGES - free_now; i++)
        owner[i] = 0xff;
    budgets[0] = (struct budget){PAGES * 2, 0};
    take(0, free_now + 1);
    take(0, free_now);
    take(0, 1);
    CHECK(page_count_free(), 0);
    give_back(0);
    budgets[0] = (struct budget){5000, 0};
    budgets[1] = (struct budget){2000, 0};
    budgets[2] = (struct budget){60, 0};
    for (unsigned step = 0; step < 20000; step++) {
        u32 n = next_random() % 8 ? (u32)(next_random() % 5) : (u32)(next_random() % 300);
        if (nruns == RUNS || (nruns && next_random() % 5 < 2))
            give_back((u32)(next_random() % nruns));
        else
            take((u32)(next_random() % BUDGETS), n);
        CHECK(page_count_free(), free_now);
    }
    while (nruns)
        give_back(0);
    for (u32 b = 0; b < BUDGETS; b++)
        CHECK(budgets[b].used, 0);
    return check_end();
}
