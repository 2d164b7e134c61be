/* SPDX-License-Identifier: BSD-2-Clause */
#include "shadow_pool.h"

#include "core/log.h"
#include "core/string.h"
#include "vcpu.h"
#include "x86/cpu.h"

#define SETS 16384u /* of 4 writable mappings each */
#define WAYS 4u

struct shadow_page *pool_meta;
u64 (*pool_tables)[512];
u32 pool_all_pages, pool_path;
u16 pool_root, pool_chain[1024];

static u16 bump = 1, free_first, clock_hand;
static u32 (*writable)[WAYS]; /* entries (number + 1) that map a frame of the set writable, or did */

static u64 *entry_of(u32 id)
{
    return &pool_tables[(id - 1) / 512][(id - 1) % 512];
}

static void *take(u64 bytes)
{
    u32 pages = (u32)((bytes + PAGE_MASK) / PAGE_SIZE);
    void *p = page_alloc(&kernel_budget, pages);

    ASSERT(p);
    pool_all_pages += pages;
    return p;
}

void pool_init(void)
{
    pool_tables = take(POOL_PAGES * PAGE_SIZE);
    pool_meta = take(POOL_PAGES * sizeof(*pool_meta));
    writable = take(SETS * sizeof(*writable));
}

void pool_flush(void)
{
    struct vcpu *v = this_cpu()->vcpu;

    if (v)
        v->flush_tlb = true;
}

void pool_clear(void)
{
    for (u16 i = 1; i < bump; i++)
        pool_meta[i].key = 0;
    memset(pool_chain, 0, sizeof(pool_chain));
    bump = 1;
    free_first = 0;
    memset(pool_tables[0], 0, PAGE_SIZE);
    pool_flush();
}

static bool points(u32 id, u16 child)
{
    return id && pool_page_of(*entry_of(id)) == child;
}

static void take_away(u32 id)
{
    *entry_of(id) = 0;
    pool_flush();
}

void pool_free(u16 page)
{
    struct shadow_page *p = &pool_meta[page];
    u16 *link = &pool_chain[pool_hash(p->key)];

    for (unsigned i = 0; i < PARENTS; i++)
        if (points(p->parent[i], page))
            take_away(p->parent[i]);
    while (*link != page)
        link = &pool_meta[*link].next;
    *link = p->next;
    p->key = 0;
    p->next = free_first;
    free_first = page;
}

u16 pool_get(u64 key)
{
    u16 *first = &pool_chain[pool_hash(key)], page = *first;

    while (page && pool_meta[page].key != key)
        page = pool_meta[page].next;
    if (page) {
        pool_meta[page].path = pool_path;
        return page;
    }
    if (bump < POOL_PAGES) {
        page = bump++;
    } else {
        while (!free_first) { /* neither the root nor on the way of the fault being handled */
            clock_hand = (u16)(clock_hand % (POOL_PAGES - 1) + 1);
            if (clock_hand != pool_root && pool_meta[clock_hand].path != pool_path)
                pool_free(clock_hand);
        }
        page = free_first;
        free_first = pool_meta[page].next;
    }
    pool_meta[page] = (struct shadow_page){.key = key, .next = *first, .path = pool_path};
    *first = page;
    memset(pool_tables[page], 0, PAGE_SIZE);
    return page;
}

void pool_link(u16 parent, unsigned i, u16 child, u64 bits)
{
    struct shadow_page *c = &pool_meta[child];
    unsigned n = 0;

    while (n < PARENTS && points(c->parent[n], child))
        n++;
    if (n == PARENTS) { /* one of the others must look for the child again */
        n = c->next_parent++ % PARENTS;
        take_away(c->parent[n]);
    }
    c->parent[n] = (u32)parent * 512 + i + 1;
    pool_tables[parent][i] = pa_of(pool_tables[child]) | bits;
}

static u32 *set_of(u64 frame)
{
    return writable[(frame >> 12) % SETS];
}

void pool_track(u16 page, unsigned i, u64 frame)
{
    static u8 victim;
    u32 *set = set_of(frame), id = (u32)page * 512 + i + 1;
    unsigned slot = WAYS, n = 0;

    for (; n < WAYS && set[n]; n++) {
        u64 e = *entry_of(set[n]);
        if (set[n] == id)
            return;
        if (!(e & PTE_W) || set_of(e & PTE_ADDR) != set)
            slot = n;
    }
    if (slot == WAYS && n < WAYS) {
        slot = n;
    } else if (slot == WAYS) { /* one loses its mapping; it comes back by a fault */
        slot = victim++ % WAYS;
        take_away(set[slot]);
    }
    set[slot] = id;
}

void pool_protect(u64 frame)
{
    const u32 *set = set_of(frame);

    for (unsigned n = 0; n < WAYS && set[n]; n++) {
        u64 e = *entry_of(set[n]);
        if ((e & PTE_W) && (e & PTE_ADDR) == frame)
            take_away(set[n]);
    }
}
