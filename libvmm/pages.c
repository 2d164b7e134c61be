/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the service's own: the lower half of the heap range of the start block.
 *
 * Memory objects are contiguous and take a slot each, so pages are backed in granules of 16: a
 * granule gets an object (or a part of one) when a page of it is first needed and keeps it; freed
 * pages are given out again, zeroed then. What is mapped is readable and writable unless
 * vmm_pages_protect() changed it.
 */
#include <string.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include "bitmap.h"
#include "internal.h"

#define PAGES_MAX 65536u /* 256 MiB */
#define GRANULE 16u
#define READ_WRITE (WEIR_P_READ | WEIR_P_WRITE)

static struct {
    uint64_t base;                               /* address of page 0 */
    size_t pages;                                /* a multiple of GRANULE */
    uint64_t used[BITMAP_WORDS(PAGES_MAX)];      /* given out */
    uint64_t bare[BITMAP_WORDS(PAGES_MAX)];      /* used, or not backed */
    uint64_t dirty[BITMAP_WORDS(PAGES_MAX)];     /* was given out before */
    uint64_t protected[BITMAP_WORDS(PAGES_MAX)]; /* not READ_WRITE now */
    struct {
        uint16_t slot;  /* of its memory object, 0: none */
        uint16_t first; /* its first page within that, in granules */
    } granule[PAGES_MAX / GRANULE];
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

/* Backs `count` granules from `first` on with one object. */
static enum weir_status back(size_t first, size_t count)
{
    enum weir_status status = WEIR_E_MEMORY;
    uint64_t slot = vmm_slot_alloc();

    if (!slot) {
        return status;
    }
    status = vmm_create_memory(slot, count * GRANULE);
    if (status != WEIR_OK) {
        vmm_slot_free(slot);
        return status;
    }
    status = vmm_map(WEIR_SLOT_SELF, slot, (uint64_t)address(first * GRANULE), 0, count * GRANULE,
                     READ_WRITE);
    if (status != WEIR_OK) {
        if (vmm_destroy(slot) == WEIR_OK) {
            vmm_slot_free(slot);
        }
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        heap.granule[first + i].slot = (uint16_t)slot;
        heap.granule[first + i].first = (uint16_t)i;
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

static enum weir_status map_run(size_t page, size_t count, uint64_t prot)
{
    size_t granule = page / GRANULE;
    uint64_t first = (uint64_t)heap.granule[granule].first * GRANULE + page % GRANULE;
    uint64_t slot = heap.granule[granule].slot, va = (uint64_t)address(page);
    enum weir_status status = vmm_map(WEIR_SLOT_SELF, slot, va, first, count, 0);

    if (status == WEIR_OK && prot) {
        status = vmm_map(WEIR_SLOT_SELF, slot, va, first, count, prot);
    }
    return status;
}

/* Maps pages anew, granule by granule because each may belong to another object. */
static enum weir_status protect(size_t page, size_t count, uint64_t prot)
{
    while (count > 0) {
        size_t part = GRANULE - page % GRANULE < count ? GRANULE - page % GRANULE : count;
        enum weir_status status = map_run(page, part, prot);
        bitmap_put(heap.protected, page, part, status != WEIR_OK || prot != READ_WRITE);
        if (status != WEIR_OK) {
            return status;
        }
        page += part;
        count -= part;
    }
    return WEIR_OK;
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
        if (bitmap_test(heap.protected, i) && protect(i, 1, READ_WRITE) != WEIR_OK) {
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

    return page == heap.pages ? WEIR_E_RANGE : protect(page, pages, prot);
}
