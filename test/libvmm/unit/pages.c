/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages, windows and slots of libvmm over a kernel that keeps the books: every map must be of a
 * living object, within it and over nothing, and any create or map may fail.
 */
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include "../../../libvmm/internal.h"
#include "check.h"

#define HEAP_VA 0x10000000ull
#define HEAP_PAGES 2048u /* half of them for windows */
#define SLOTS 200u

static struct object {
    int fd;
    uint64_t pages; /* 0: no object */
} objects[SLOTS];

static struct {
    uint64_t slot, page, prot; /* slot 0: not mapped */
} mapped[HEAP_PAGES];

static uint64_t budget;
static unsigned fail_after; /* the n-th create or map from now fails; 0: none */

static bool fails_now(void)
{
    return fail_after && --fail_after == 0;
}

struct vmm_result vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b,
                                     uint64_t c, uint64_t d)
{
    struct vmm_result result = { WEIR_E_MEMORY, 0 };

    (void)b, (void)c, (void)d;
    CHECK_EQ(WEIR_MEMORY, kind);
    CHECK_EQ(1, slot >= WEIR_SLOT_FREE && a > 0);
    if (slot >= SLOTS) {
        result.status = WEIR_E_CAP; /* this domain's table is smaller than libvmm's */
        return result;
    }
    CHECK_EQ(0, objects[slot].pages);
    if (a > budget || fails_now()) {
        return result;
    }
    budget -= a;
    objects[slot] = (struct object){ memfd_create("pages", 0), a };
    CHECK_EQ(0, ftruncate(objects[slot].fd, (off_t)(a * WEIR_PAGE)));
    result.status = WEIR_OK;
    return result;
}

struct vmm_result vmm_syscall_destroy(uint64_t slot, uint64_t exit_code)
{
    CHECK_EQ(0, exit_code);
    CHECK_EQ(1, slot < SLOTS && objects[slot].pages > 0);
    for (unsigned i = 0; i < HEAP_PAGES; i++) {
        if (mapped[i].slot == slot) {
            mapped[i].slot = 0;
            CHECK_EQ(0, munmap((void *)(HEAP_VA + i * WEIR_PAGE), WEIR_PAGE));
        }
    }
    budget += objects[slot].pages;
    close(objects[slot].fd);
    objects[slot].pages = 0;
    return (struct vmm_result){ WEIR_OK, 0 };
}

struct vmm_result vmm_syscall_map(uint64_t domain, uint64_t slot, uint64_t va, uint64_t first,
                                  uint64_t pages, uint64_t prot)
{
    uint64_t index = (va - HEAP_VA) / WEIR_PAGE;
    int linux_prot = (prot & WEIR_P_READ ? PROT_READ : 0) | (prot & WEIR_P_WRITE ? PROT_WRITE : 0);

    CHECK_EQ(WEIR_SLOT_SELF, domain);
    CHECK_EQ(1, slot < SLOTS && objects[slot].pages > 0);
    CHECK_EQ(0, va % WEIR_PAGE);
    CHECK_EQ(1, pages > 0 && index < HEAP_PAGES && pages <= HEAP_PAGES - index);
    CHECK_EQ(1, first < objects[slot].pages && pages <= objects[slot].pages - first);
    if (prot && fails_now()) {
        return (struct vmm_result){ WEIR_E_MEMORY, 0 };
    }
    for (uint64_t i = 0; i < pages; i++) {
        CHECK_EQ(prot ? 0 : slot, prot                     ? mapped[index + i].slot
                                  : mapped[index + i].slot ? mapped[index + i].slot
                                                           : slot);
        mapped[index + i].slot = prot ? slot : 0;
        mapped[index + i].page = first + i;
        mapped[index + i].prot = prot;
    }
    if (!prot) {
        CHECK_EQ(0, munmap((void *)va, pages * WEIR_PAGE));
    } else {
        void *at = mmap((void *)va, pages * WEIR_PAGE, linux_prot, MAP_SHARED | MAP_FIXED_NOREPLACE,
                        objects[slot].fd, (off_t)(first * WEIR_PAGE));
        CHECK_EQ(va, at);
    }
    return (struct vmm_result){ WEIR_OK, 0 };
}

static void begin(uint64_t pages)
{
    struct weir_start start = { .heap_va = HEAP_VA,
                                .heap_bytes = HEAP_PAGES * WEIR_PAGE,
                                .ncaps = 1,
                                .caps = { { .name = "given", .slot = 40, .kind = WEIR_PORT } } };

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (objects[slot].pages) {
            (void)vmm_syscall_destroy(slot, 0);
        }
    }
    budget = pages;
    fail_after = 0;
    vmm_memory_begin(&start);
}

static void slots_that_were_given_are_kept(void)
{
    begin(0);
    for (uint64_t slot = WEIR_SLOT_FREE; slot < 4096; slot++) {
        if (slot != 40) {
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
    begin(70);
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
    begin(200);
    fail_after = 1;
    CHECK_EQ(HEAP_VA, vmm_pages_alloc(112));
    memset((void *)HEAP_VA, 1, 112 * WEIR_PAGE);
    CHECK_EQ(1, mapped[0].slot != mapped[111].slot);
}

static void protection_keeps_contents(void)
{
    uint64_t *pages;

    begin(64);
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

static void windows_open_and_close(void)
{
    enum weir_status status;
    void *window, *second;
    uint64_t slot;

    begin(64);
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

    begin(500);
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t r = next_random(&state);
        struct block *block = &live[r % LIVE];
        if (r >> 8 & 7) {
            fail_after = 0;
        } else {
            fail_after = 1 + (r >> 16 & 3);
        }
        if (!block->pages) {
            *(fill(block, 1 + (r >> 24) % (r >> 32 & 7 ? 12 : 90), r) ? &given : &refused) += 1;
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
    windows_open_and_close();
    anything_goes();
    return 0;
}
