/* SPDX-License-Identifier: BSD-2-Clause */
#include "shadow_pool.h"

#include "core/log.h"
#include "core/string.h"
#include "paging.h"
#include "vcpu.h"
#include "x86/cpu.h"

#define SETS 16384u /* of 4 writable mappings each */
#define WAYS 4u
#define BLOCKS 4096u

struct shadow_page *pool_meta;
u64 (*pool_tables)[512];
u32 pool_path;
u16 pool_root, pool_chain[1024];

static u16 bump, free_first, clock_hand;
static u32 (*writable)[WAYS]; /* entries (number + 1) that map a frame of the set writable, or did */
static u16 blocks[BLOCKS];    /* shadowed tables in each 2 MiB, by address modulo 8 GiB */

static u64 *entry_of(u32 id)
{
    return &pool_tables[(id - 1) / 512][(id - 1) % 512];
}

static u16 *block_of(u64 gpa)
{
    return &blocks[(gpa >> 21) % BLOCKS];
}

static void *take(u64 bytes)
{
    void *p = page_alloc(&kernel_budget, (u32)((bytes + PAGE_MASK) / PAGE_SIZE));

    ASSERT(p);
    return p;
}

void pool_init(void)
{
    pool_tables = take(POOL_PAGES * PAGE_SIZE);
    pool_meta = take(POOL_PAGES * sizeof(*pool_meta));
    writable = take(SETS * sizeof(*writable));
    bump = 1;
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
    memset(blocks, 0, sizeof(blocks));
    bump = 1;
    free_first = 0;
    page_zero(pool_tables[0]);
    pool_flush();
}

static bool points(u32 id, u16 child)
{
    return id && pool_page_of(*entry_of(id)) == child;
}

void pool_free(u16 page)
{
    struct shadow_page *p = &pool_meta[page];

    for (unsigned i = 0; i < PARENTS; i++)
        if (points(p->parent[i], page))
            *entry_of(p->parent[i]) = 0;
    u16 *link = &pool_chain[pool_hash(p->key)];
    while (*link != page)
        link = &pool_meta[*link].next;
    *link = p->next;
    if (!(p->key & KEY_DIRECT))
        --*block_of(p->key);
    p->key = 0;
    p->next = free_first;
    free_first = page;
    pool_flush();
}

/* The next page that is neither the root nor on the way of the fault being handled. */
static void evict(void)
{
    do
        clock_hand = (u16)(clock_hand % (POOL_PAGES - 1) + 1);
    while (clock_hand == pool_root || pool_meta[clock_hand].path == pool_path);
    pool_free(clock_hand);
}

static u16 find(u64 key)
{
    u16 page = pool_chain[pool_hash(key)];

    while (page && pool_meta[page].key != key)
        page = pool_meta[page].next;
    return page;
}

u16 pool_get(u64 key, bool *found)
{
    bool cached = paging_mode == PAGING_SHADOW_CACHED;
    u16 page = cached ? find(key) : 0;

    *found = page;
    if (page) {
        pool_meta[page].path = pool_path;
        return page;
    }
    if (bump < POOL_PAGES) {
        page = bump++;
    } else if (!cached) {
        return 0;
    } else {
        if (!free_first)
            evict();
        page = free_first;
        free_first = pool_meta[page].next;
    }
    u16 *first = &pool_chain[pool_hash(key)];
    pool_meta[page] = (struct shadow_page){.key = key, .next = *first, .path = pool_path};
    *first = page;
    page_zero(pool_tables[page]);
    if (!(key & KEY_DIRECT)) {
        ++*block_of(key);
        if (cached)
            pool_protect(KEY_TABLE(key));
    }
    return page;
}

void pool_link(u16 parent, unsigned i, u16 child)
{
    struct shadow_page *c = &pool_meta[child];
    unsigned n = 0;

    while (n < PARENTS && points(c->parent[n], child))
        n++;
    if (n == PARENTS) { /* one of the others must look for the child again */
        n = c->next_parent++ % PARENTS;
        *entry_of(c->parent[n]) = 0;
        pool_flush();
    }
    c->parent[n] = (u32)parent * 512 + i + 1;
    bool is_pdpte = parent == 0;
    pool_tables[parent][i] = pa_of(pool_tables[child]) | PTE_P | (is_pdpte ? 0 : PTE_W | PTE_U | PTE_A);
}

static u32 *set_of(u64 gpa, bool large)
{
    u64 n = large ? gpa >> 21 ^ 0x2aaa : gpa >> 12;

    return writable[(n ^ n >> 14) % SETS];
}

/* Whether the entry maps memory writable; what, and in which size. */
static bool maps_writable(u32 id, u64 *gpa, bool *large)
{
    u64 e = id ? *entry_of(id) : 0;

    *large = id && KEY_LEVEL(pool_meta[(id - 1) / 512].key) == 2;
    *gpa = e & PTE_ADDR & ~(*large ? 2 * MIB - 1 : PAGE_MASK);
    return (e & PTE_W) && !pool_page_of(e);
}

static void disarm(u32 id)
{
    *entry_of(id) = 0;
    pool_flush();
}

void pool_track(u16 page, unsigned i, u64 gpa, bool large)
{
    static u8 victim;
    u32 *set = set_of(gpa, large), id = (u32)page * 512 + i + 1;
    unsigned slot = WAYS;

    for (unsigned n = 0; n < WAYS; n++) {
        bool other_large;
        if (set[n] == id)
            return;
        if (slot == WAYS && (!maps_writable(set[n], &gpa, &other_large) || set_of(gpa, other_large) != set))
            slot = n;
    }
    if (slot == WAYS) { /* one loses its mapping; it comes back by a fault */
        slot = victim++ % WAYS;
        disarm(set[slot]);
    }
    set[slot] = id;
}

void pool_protect(u64 gpa)
{
    for (unsigned large = 0; large < 2; large++) {
        u32 *set = set_of(gpa, large);
        for (unsigned n = 0; n < WAYS; n++) {
            u64 mapped;
            bool is_large;
            if (maps_writable(set[n], &mapped, &is_large) && is_large == large &&
                mapped == (gpa & ~(large ? 2 * MIB - 1 : PAGE_MASK)))
                disarm(set[n]);
        }
    }
}

bool pool_tables_near(u64 gpa)
{
    return *block_of(gpa);
}
