/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>
#include <unistd.h>
#include <vmm/exit.h>
#include "check.h"
#include "kernel.h"

struct kernel_object objects[SLOTS];
struct kernel_page mapped[HEAP_PAGES];
struct kernel_map other[OTHER_MAPS];
uint64_t budget;
unsigned fail_after;
jmp_buf kernel_fatal;

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
    objects[slot] = (struct kernel_object){ memfd_create("pages", 0), a };
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
    for (unsigned i = 0; i < OTHER_MAPS; i++) {
        if (other[i].slot == slot) {
            other[i].slot = 0;
        }
    }
    budget += objects[slot].pages;
    close(objects[slot].fd);
    objects[slot].pages = 0;
    return (struct vmm_result){ WEIR_OK, 0 };
}

/* What was mapped by one call is unmapped by one call, as a whole. */
static void unmap_own(uint64_t index, uint64_t pages)
{
    CHECK_EQ(pages, mapped[index].pages);
    for (uint64_t i = 0; i < pages; i++) {
        CHECK_EQ(mapped[index].slot, mapped[index + i].slot);
        CHECK_EQ(mapped[index].page + i, mapped[index + i].page);
    }
    memset(&mapped[index], 0, pages * sizeof(mapped[0]));
    CHECK_EQ(0, munmap((void *)(HEAP_VA + index * WEIR_PAGE), pages * WEIR_PAGE));
}

static void map_own(uint64_t slot, uint64_t index, uint64_t first, uint64_t pages, uint64_t prot)
{
    int linux_prot = (prot & WEIR_P_READ ? PROT_READ : 0) | (prot & WEIR_P_WRITE ? PROT_WRITE : 0);
    uint64_t va = HEAP_VA + index * WEIR_PAGE;

    for (uint64_t i = 0; i < pages; i++) {
        CHECK_EQ(0, mapped[index + i].slot);
        mapped[index + i] = (struct kernel_page){ slot, first + i, prot, i ? 0 : pages };
    }
    CHECK_EQ(va, mmap((void *)va, pages * WEIR_PAGE, linux_prot, MAP_SHARED | MAP_FIXED_NOREPLACE,
                      objects[slot].fd, (off_t)(first * WEIR_PAGE)));
}

static void map_other(uint64_t slot, uint64_t va, uint64_t first, uint64_t pages, uint64_t prot)
{
    unsigned i = 0;

    while (i < OTHER_MAPS && other[i].slot) {
        CHECK_EQ(1, va + pages * WEIR_PAGE <= other[i].va ||
                        va >= other[i].va + other[i].pages * WEIR_PAGE);
        i++;
    }
    CHECK_EQ(1, i < OTHER_MAPS && prot != 0);
    other[i] = (struct kernel_map){ slot, va, first, pages, prot };
}

struct vmm_result vmm_syscall_map(uint64_t domain, uint64_t slot, uint64_t va, uint64_t first,
                                  uint64_t pages, uint64_t prot)
{
    uint64_t index = (va - HEAP_VA) / WEIR_PAGE;

    CHECK_EQ(1, domain == WEIR_SLOT_SELF || domain == KERNEL_OTHER);
    CHECK_EQ(1, va % WEIR_PAGE == 0 && pages > 0);
    CHECK_EQ(1, domain == KERNEL_OTHER || (index < HEAP_PAGES && pages <= HEAP_PAGES - index));
    if (!prot) {
        unmap_own(index, pages);
        return (struct vmm_result){ WEIR_OK, 0 };
    }
    CHECK_EQ(1, slot < SLOTS && objects[slot].pages > 0);
    CHECK_EQ(1, first < objects[slot].pages && pages <= objects[slot].pages - first);
    CHECK_EQ(0, (prot & WEIR_P_WRITE) && (prot & WEIR_P_EXEC));
    if (fails_now()) {
        return (struct vmm_result){ WEIR_E_MEMORY, 0 };
    }
    if (domain == WEIR_SLOT_SELF) {
        map_own(slot, index, first, pages, prot);
    } else {
        map_other(slot, va, first, pages, prot);
    }
    return (struct vmm_result){ WEIR_OK, 0 };
}

/* pages.c's end when not even what was mapped can be mapped again. */
_Noreturn void vmm_fatal(const char *format, ...)
{
    longjmp(kernel_fatal, strcmp(format, "out of memory for mappings") ? 2 : 1);
}

unsigned kernel_objects(void)
{
    unsigned n = 0;

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        n += objects[slot].pages != 0;
    }
    return n;
}

unsigned kernel_mapped_pages(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < HEAP_PAGES; i++) {
        n += mapped[i].slot != 0;
    }
    return n;
}

void kernel_begin(uint64_t pages)
{
    struct weir_start start = {
        .heap_va = HEAP_VA,
        .heap_bytes = HEAP_PAGES * WEIR_PAGE,
        .ncaps = 1,
        .caps = { { .name = "other", .slot = KERNEL_OTHER, .kind = WEIR_DOMAIN } },
    };

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (objects[slot].pages) {
            (void)vmm_syscall_destroy(slot, 0);
        }
    }
    budget = pages;
    fail_after = 0;
    vmm_memory_begin(&start);
}
