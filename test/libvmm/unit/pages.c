/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, windows and slots of libvmm over the kernel that keeps the books (kernel.h). */
#include "check.h"
#include "kernel.h"

#define READ_ONLY WEIR_P_READ

static void slots_that_were_given_are_kept(void)
{
    kernel_begin(0);
    for (uint64_t slot = WEIR_SLOT_FREE; slot < 4096; slot++) {
        if (slot != KERNEL_OTHER) {
            CHECK_EQ(slot, vmm_slot_alloc());
        }
    }
    CHECK_EQ(0, vmm_slot_alloc());
    vmm_slot_free(77);
    vmm_slot_free(3); /* not from here */
    CHECK_EQ(77, vmm_slot_alloc());
    CHECK_EQ(0, vmm_slot_alloc());
}

static void the_budget_is_used_to_its_end(void)
{
    kernel_begin(70);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(HEAP_VA + i * 16 * WEIR_PAGE, vmm_pages_alloc(16));
    }
    CHECK_EQ(0, vmm_pages_alloc(1));
    vmm_pages_free((void *)(HEAP_VA + 5 * WEIR_PAGE), 1);
    CHECK_EQ(0, vmm_pages_alloc(2));
    CHECK_EQ(HEAP_VA + 5 * WEIR_PAGE, vmm_pages_alloc(1));
    CHECK_EQ(0, vmm_pages_alloc(0));
    CHECK_EQ(0, vmm_pages_alloc(SIZE_MAX));
}

/* A hundred pages, but none of the objects larger than the first failure allows. */
static void large_requests_are_backed_in_parts(void)
{
    kernel_begin(200);
    fail_after = 1;
    CHECK_EQ(HEAP_VA, vmm_pages_alloc(112));
    memset((void *)HEAP_VA, 1, 112 * WEIR_PAGE);
    CHECK_EQ(1, mapped[0].slot != mapped[111].slot);
}

static void protection_keeps_contents(void)
{
    uint64_t *pages;

    kernel_begin(64);
    pages = vmm_pages_alloc(40);
    for (unsigned i = 0; i < 40; i++) {
        pages[i * 512] = i;
    }
    CHECK_EQ(WEIR_OK, vmm_pages_protect(pages + 512, 30, 0));
    CHECK_EQ(0, mapped[1].slot + mapped[30].slot);
    CHECK_EQ(WEIR_OK, vmm_pages_protect(pages + 512, 30, WEIR_P_READ));
    CHECK_EQ(WEIR_P_READ, mapped[16].prot);
    for (unsigned i = 0; i < 40; i++) {
        CHECK_EQ(i, pages[i * 512]);
    }
    CHECK_EQ(WEIR_E_RANGE, vmm_pages_protect(pages, 41, WEIR_P_READ));
    CHECK_EQ(WEIR_E_RANGE, vmm_pages_protect((char *)pages + 1, 1, WEIR_P_READ));
    vmm_pages_free(pages, 40);
    CHECK_EQ(pages, vmm_pages_alloc(40)); /* writable again, and zero */
    for (unsigned i = 0; i < 40; i++) {
        CHECK_EQ(0, pages[i * 512]);
        pages[i * 512] = 1;
    }
}

/* Splitting a granule unmaps pages of others for a moment; not getting them back is the end. */
static void losing_pages_of_others_is_fatal(void)
{
    char *pages;

    kernel_begin(16);
    pages = vmm_pages_alloc(16);
    fail_after = 5;
    switch (setjmp(kernel_fatal)) {
    case 0:
        (void)!vmm_pages_protect(pages, 1, 0);
        CHECK_EQ("vmm_fatal() was called", NULL);
        break;
    case 1:
        break;
    default:
        CHECK_EQ("the reason was memory for mappings", NULL);
    }
    /* A page of one's own that does not come back is only unmapped, and comes back later. */
    kernel_begin(16);
    pages = vmm_pages_alloc(16);
    CHECK_EQ(WEIR_OK, vmm_pages_protect(pages, 1, 0));
    fail_after = 1;
    CHECK_EQ(WEIR_E_MEMORY, vmm_pages_protect(pages, 1, READ_ONLY));
    CHECK_EQ(15, kernel_mapped_pages());
    CHECK_EQ(WEIR_OK, vmm_pages_protect(pages, 1, READ_ONLY));
    vmm_pages_free(pages, 16);
    fail_after = 1;
    CHECK_EQ(0, vmm_pages_alloc(1));
    CHECK_EQ(pages, vmm_pages_alloc(1));
    CHECK_EQ(WEIR_P_READ | WEIR_P_WRITE, mapped[0].prot);
}

static void windows_open_and_close(void)
{
    enum weir_status status;
    void *window, *second;
    uint64_t slot;

    kernel_begin(64);
    slot = vmm_slot_alloc();
    CHECK_EQ(WEIR_OK, vmm_create_memory(slot, 32));
    window = vmm_window_open(slot, 4, 8, WEIR_P_READ | WEIR_P_WRITE, &status);
    CHECK_EQ(HEAP_VA + HEAP_PAGES / 2 * WEIR_PAGE, window);
    second = vmm_window_open(slot, 0, 32, WEIR_P_READ, &status);
    CHECK_EQ((uint64_t)window + 8 * WEIR_PAGE, second);
    *(uint64_t *)window = 42;
    CHECK_EQ(42, ((uint64_t *)second)[4 * 512]);
    fail_after = 1;
    CHECK_EQ(0, vmm_window_open(slot, 0, 1, WEIR_P_READ, &status));
    CHECK_EQ(WEIR_E_MEMORY, status);
    vmm_window_close(slot, window, 8);
    CHECK_EQ(window, vmm_window_open(slot, 0, 3, WEIR_P_READ, &status));
    CHECK_EQ(0, vmm_window_open(slot, 0, 5000, WEIR_P_READ, &status));
    CHECK_EQ(WEIR_E_MEMORY, status);
    CHECK_EQ(0, vmm_window_open(slot, 0, 0, WEIR_P_READ, &status));
    CHECK_EQ(WEIR_E_ARG, status);
    vmm_window_close(slot, window, 3);
    vmm_window_close(slot, second, 32);
}

/* ---- at random, against a model: nothing is given out twice, contents stay, new pages are zero
 * ---- */

#define LIVE 64

static struct block {
    uint64_t *va;
    size_t pages;
    uint64_t mark;
    bool hidden;
} live[LIVE];

static void check_and_free(struct block *block)
{
    if (block->hidden) {
        CHECK_EQ(0, mapped[((uint64_t)block->va - HEAP_VA) / WEIR_PAGE].slot);
    } else {
        for (size_t i = 0; i < block->pages * 512; i += 64) {
            CHECK_EQ(block->mark + i, block->va[i]);
        }
    }
    vmm_pages_free(block->va, block->pages);
    block->pages = 0;
}

static bool fill(struct block *block, size_t pages, uint64_t mark)
{
    block->va = vmm_pages_alloc(pages);
    if (!block->va) {
        return false;
    }
    *block = (struct block){ block->va, pages, mark, false };
    for (size_t i = 0; i < pages * 512; i += 64) {
        CHECK_EQ(0, block->va[i]);
        block->va[i] = mark + i;
    }
    return true;
}

static void anything_goes(void)
{
    unsigned given = 0, refused = 0;
    uint64_t state = 3;

    kernel_begin(500);
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t r = next_random(&state);
        struct block *block = &live[r % LIVE];
        if (!block->pages) {
            fail_after = r >> 8 & 7 ? 0 : 1 + (r >> 16 & 3);
            *(fill(block, 1 + (r >> 24) % (r >> 32 & 7 ? 12 : 90), r) ? &given : &refused) += 1;
            fail_after = 0;
        } else if (!block->hidden && (r >> 40 & 3) == 0) {
            block->hidden = vmm_pages_protect(block->va, block->pages, 0) == WEIR_OK;
        } else {
            check_and_free(block);
        }
    }
    printf("%u requests met, %u refused\n", given, refused);
    CHECK_EQ(1, given > 5000 && refused > 100);
}

int main(void)
{
    slots_that_were_given_are_kept();
    the_budget_is_used_to_its_end();
    large_requests_are_backed_in_parts();
    protection_keeps_contents();
    losing_pages_of_others_is_fatal();
    windows_open_and_close();
    anything_goes();
    return 0;
}
