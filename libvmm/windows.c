/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows onto memory and device objects: the upper half of the heap range of the start block. */
#include <string.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include "bitmap.h"
#include "internal.h"

#define WINDOW_PAGES_MAX 65536u /* 256 MiB */

static struct {
    uint64_t base;
    size_t pages;
    uint64_t used[BITMAP_WORDS(WINDOW_PAGES_MAX)];
} windows;

void vmm_memory_begin(const struct weir_start *start)
{
    uint64_t half = start->heap_bytes / 2 / WEIR_PAGE * WEIR_PAGE, pages = half / WEIR_PAGE;

    vmm_slots_begin(start);
    vmm_pages_begin(start->heap_va, half);
    memset(&windows, 0, sizeof(windows));
    windows.base = start->heap_va + half;
    windows.pages = pages < WINDOW_PAGES_MAX ? (size_t)pages : WINDOW_PAGES_MAX;
}

void *vmm_window_open(uint64_t object, uint64_t first, size_t pages, uint64_t prot,
                      enum weir_status *status)
{
    size_t page;

    if (pages == 0 || prot == 0) {
        *status = WEIR_E_ARG;
        return NULL;
    }
    page = pages <= windows.pages ? bitmap_find_clear(windows.used, windows.pages, pages)
                                  : windows.pages;
    if (page == windows.pages) {
        *status = WEIR_E_MEMORY;
        return NULL;
    }
    *status = vmm_map(WEIR_SLOT_SELF, object, windows.base + page * WEIR_PAGE, first, pages, prot);
    if (*status != WEIR_OK) {
        return NULL;
    }
    bitmap_put(windows.used, page, pages, true);
    return (void *)(windows.base + page * WEIR_PAGE);
}

void vmm_window_close(uint64_t object, void *va, size_t pages)
{
    uint64_t page = ((uint64_t)va - windows.base) / WEIR_PAGE;

    /* The object may be gone already, and its mappings with it. */
    (void)vmm_syscall_map(WEIR_SLOT_SELF, object, (uint64_t)va, 0, pages, 0);
    if (page < windows.pages && pages <= windows.pages - page) {
        bitmap_put(windows.used, (size_t)page, pages, false);
    }
}
