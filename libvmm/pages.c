/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the service's own: the lower half of the heap range of the start block.
 *
 * Memory objects are contiguous and take a slot each, so pages are backed in granules of 16: a
 * granule gets an object (or a part of one) when a page of it is first needed and keeps it; freed
 * pages are given out again, zeroed then. The kernel unmaps what was mapped with one call only as a
 * whole. So a granule is one mapping, until vmm_pages_protect() changes a page of it: from then on
 * each of its pages is one.
 */
#include <string.h>
#include <vmm/exit.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include "bitmap.h"
#include "internal.h"

#define PAGES_MAX 16384u /* 64 MiB, more than Weir has altogether */
#define GRANULE 16u
#define READ_WRITE (WEIR_P_READ | WEIR_P_WRITE)

struct granule {
    uint16_t slot;    /* of its memory object, 0: none */
    uint16_t first;   /* its first page within that, in granules */
    uint16_t hidden;  /* pages that are not mapped, a bit each */
    uint16_t altered; /* pages that are not READ_WRITE; contains the hidden ones */
    bool split;       /* each page is a mapping of its own */
};

static struct {
    uint64_t base;                           /* address of page 0 */
    size_t pages;                            /* a multiple of GRANULE */
    uint64_t used[BITMAP_WORDS(PAGES_MAX)];  /* given out */
    uint64_t bare[BITMAP_WORDS(PAGES_MAX)];  /* used, or not backed */
    uint64_t dirty[BITMAP_WORDS(PAGES_MAX)]; /* was given out before */
    struct granule granule[PAGES_MAX / GRANULE];
} heap;

void vmm_pages_begin(uint64_t va, uint64_t bytes)
{
    uint64_t pages = bytes / WEIR_PAGE / GRANULE * GRANULE;

    memset(&heap, 0, sizeof(heap));
    heap.base = va;
    heap.pages = pages < PAGES_MAX ? (size_t)pages : PAGES_MAX;
    memset(heap.bare, 0xff, sizeof(heap.bare));
}

static void *address(size_t page)
{
    return (void *)(heap.base + page * WEIR_PAGE);
}

/* Maps or (prot 0) unmaps pages of one granule: all of it, or one page of a split one. */
static enum weir_status map(size_t page, size_t count, uint64_t prot)
{
    const struct granule *granule = &heap.granule[page / GRANULE];

    return vmm_map(WEIR_SLOT_SELF, granule->slot, (uint64_t)address(page),
                   (uint64_t)granule->first * GRANULE + page % GRANULE, count, prot);
}

/* Gives `count` granules from `first` on the object in `slot`, which destroying takes away again.
 */
static enum weir_status map_granules(size_t first, size_t count, uint64_t slot)
{
    enum weir_status status = WEIR_OK;

    for (size_t i = 0; i < count && status == WEIR_OK; i++) {
        heap.granule[first + i] = (struct granule){ .slot = (uint16_t)slot, .first = (uint16_t)i };
        status = map((first + i) * GRANULE, GRANULE, READ_WRITE);
    }
    return status;
}

/* Backs `count` granules from `first` on with one object. */
static enum weir_status back(size_t first, size_t count)
{
    uint64_t slot = vmm_slot_alloc();
    enum weir_status status = WEIR_E_MEMORY;

    if (!slot) {
        return status;
    }
    status = vmm_create_memory(slot, count * GRANULE);
    if (status != WEIR_OK) {
        vmm_slot_free(slot);
        return status;
    }
    status = map_granules(first, count, slot);
    if (status != WEIR_OK) {
        memset(&heap.granule[first], 0, count * sizeof(heap.granule[0]));
        if (vmm_destroy(slot) == WEIR_OK) {
            vmm_slot_free(slot);
        }
        return status;
    }
    bitmap_put(heap.bare, first * GRANULE, count * GRANULE, false);
    return WEIR_OK;
}

/*
 * Backs what is not backed of pages [page, page + count), in objects as large as the kernel can
 * give. What could be backed stays so on failure, for smaller requests.
 */
static bool back_all(size_t page, size_t count)
{
    size_t at = page / GRANULE, end = (page + count + GRANULE - 1) / GRANULE;

    while (at < end) {
        size_t run = 0;
        while (at + run < end && heap.granule[at + run].slot == 0) {
            run++;
        }
        if (run == 0) {
            at++;
            continue;
        }
        while (back(at, run) != WEIR_OK) {
            if (run == 1) {
                return false;
            }
            run /= 2;
        }
        at += run;
    }
    return true;
}

/*
 * Makes every page of a granule a mapping of its own. The pages of others are unmapped for a
 * moment; if the kernel has no memory left to map them again there is no way on.
 */
static enum weir_status split(size_t first)
{
    struct granule *granule = &heap.granule[first / GRANULE];
    enum weir_status status = granule->split ? WEIR_OK : map(first, GRANULE, 0);

    for (size_t i = 0; i < GRANULE && !granule->split && status == WEIR_OK; i++) {
        if (map(first + i, 1, READ_WRITE) != WEIR_OK) {
            vmm_fatal("out of memory for mappings");
        }
    }
    granule->split = granule->split || status == WEIR_OK;
    return status;
}

/* A page that cannot be mapped as wished is left unmapped. */
static enum weir_status protect_page(size_t page, uint64_t prot)
{
    struct granule *granule = &heap.granule[page / GRANULE];
    uint16_t bit = (uint16_t)(1u << page % GRANULE);
    enum weir_status status = split(page / GRANULE * GRANULE);

    if (status == WEIR_OK && !(granule->hidden & bit)) {
        status = map(page, 1, 0);
    }
    if (status != WEIR_OK) {
        return status;
    }
    granule->altered |= bit;
    granule->hidden |= bit;
    if (prot) {
        status = map(page, 1, prot);
        if (status == WEIR_OK) {
            granule->hidden &= (uint16_t)~bit;
        }
    }
    if (prot == READ_WRITE && status == WEIR_OK) {
        granule->altered &= (uint16_t)~bit;
    }
    return status;
}

static bool altered(size_t page)
{
    return heap.granule[page / GRANULE].altered >> (page % GRANULE) & 1;
}

void *vmm_pages_alloc(size_t pages)
{
    size_t page;

    if (pages == 0 || pages > heap.pages) {
        return NULL;
    }
    page = bitmap_find_clear(heap.bare, heap.pages, pages);
    if (page == heap.pages) {
        page = bitmap_find_clear(heap.used, heap.pages, pages);
        if (page == heap.pages || !back_all(page, pages)) {
            return NULL;
        }
    }
    for (size_t i = page; i < page + pages; i++) {
        if (altered(i) && protect_page(i, READ_WRITE) != WEIR_OK) {
            return NULL;
        }
        if (bitmap_test(heap.dirty, i)) {
            memset(address(i), 0, WEIR_PAGE);
        }
    }
    bitmap_put(heap.used, page, pages, true);
    bitmap_put(heap.bare, page, pages, true);
    bitmap_put(heap.dirty, page, pages, true);
    return address(page);
}

/* The page number of an address in the heap, heap.pages if these are not `pages` pages of it in
 * use. */
static size_t owned(const void *va, size_t pages)
{
    uint64_t offset = (uint64_t)va - heap.base, page = offset / WEIR_PAGE;

    if (offset % WEIR_PAGE || page >= heap.pages || pages > heap.pages - page ||
        !bitmap_all(heap.used, (size_t)page, pages, true)) {
        return heap.pages;
    }
    return (size_t)page;
}

bool vmm_pages_owned(const void *va, size_t pages)
{
    return owned(va, pages) != heap.pages;
}

void vmm_pages_free(void *va, size_t pages)
{
    size_t page = owned(va, pages);

    if (page != heap.pages) {
        bitmap_put(heap.used, page, pages, false);
        bitmap_put(heap.bare, page, pages, false);
    }
}

enum weir_status vmm_pages_protect(void *va, size_t pages, uint64_t prot)
{
    size_t page = owned(va, pages);
    enum weir_status status = page == heap.pages ? WEIR_E_RANGE : WEIR_OK;

    for (size_t i = 0; i < pages && status == WEIR_OK; i++) {
        status = protect_page(page + i, prot);
    }
    return status;
}
