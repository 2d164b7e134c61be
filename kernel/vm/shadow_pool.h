/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of shadow page tables, who points to them, and where frames are mapped writable. Used by shadow.c. */
#ifndef KERNEL_SHADOW_POOL_H
#define KERNEL_SHADOW_POOL_H

#include "mm/space.h"
#include "x86/types.h"

#define POOL_PAGES 512u
#define PARENTS 12u

/*
 * What a shadow table stands for: the guest-physical address of a table or, of a direct one, of the part of a large page
 * that it splits; its level (1 to 4); which part of a 32-bit table; or the cache type of a split page.
 */
#define KEY_LEVEL(key) ((unsigned)(key) & 7)
#define KEY_DIRECT BIT(3)
#define KEY_PART(key) ((key) >> 4 & 7)
#define KEY_TABLE(key) ((key) & ~PAGE_MASK)
#define MAKE_KEY(table, level, part) ((table) | (level) | (u64)(part) << 4)

struct shadow_page {
    u64 key;        /* 0: free */
    u16 next;       /* in its hash chain or the free list; 0 ends */
    u8 next_parent; /* the one to lose its entry when there are too many */
    u8 writes;      /* emulated since a fault last went through it */
    bool synced;    /* the guest's table is as it was when they were compared: its frame is not mapped writable */
    u32 path;       /* the fault that last went through it */
    u32 parent[PARENTS]; /* entries (number + 1) that point or pointed here; checked before use */
};

extern struct shadow_page *pool_meta;
extern u64 (*pool_tables)[512]; /* [0] is the page-directory-pointer table of guests with less than 4 levels */
extern u32 pool_all_pages;      /* of memory, all in all; 0: there is no pool */
extern u32 pool_path;           /* number of the fault that is being handled */
extern u16 pool_root;           /* the page in CR3; 0: pool_tables[0] */
extern u16 pool_chain[1024];    /* first page of each hash chain; by pool_hash */

static inline unsigned pool_hash(u64 gpa)
{
    return (unsigned)(gpa >> 12 ^ gpa >> 22) & 1023;
}

/* The shadow page that an entry points to; 0: it maps memory, or nothing. */
static inline u16 pool_page_of(u64 entry)
{
    u64 n = ((entry & PTE_ADDR) - pa_of(pool_tables)) >> 12;

    return entry && n < POOL_PAGES ? (u16)n : 0;
}

/* Boot only. */
void pool_init(void);
void pool_clear(void);
/* The page for the key, found or made empty; where none is free, one that is not in use now is evicted. */
u16 pool_get(u64 key);
void pool_free(u16 page);
/* Entry i of parent points to the child from now on. */
void pool_link(u16 parent, unsigned i, u16 child, u64 bits);
/* Records that the entry is about to map the frame writable. */
void pool_track(u16 page, unsigned i, u64 frame);
/* Nothing maps the frame writable any more. */
void pool_protect(u64 frame);
/* Entries were taken away: the CPU's TLB is flushed before the guest runs on. */
void pool_flush(void);

#endif
