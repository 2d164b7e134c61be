/* SPDX-License-Identifier: BSD-2-Clause */
/* vmm_elf_load() over the kernel that keeps the books: all of a program, or nothing of it. */
#include <sys/mman.h>
#include <vmm/elf.h>
#include "check.h"
#include "kernel.h"

static uint8_t image[10000];

static const struct vmm_elf_plan plan = {
    .entry = 0x400000,
    .pages = 7,
    .segments = 3,
    .segment = {
        { 0x400000, 2, 100, 5000, WEIR_P_READ | WEIR_P_EXEC },
        { 0x402000, 1, 6000, 4000, WEIR_P_READ | WEIR_P_WRITE },
        { 0x410000, 4, 0, 0, WEIR_P_READ | WEIR_P_WRITE },
    },
};

static void expect_contents(const struct vmm_elf_segment *segment, uint64_t slot)
{
    const uint8_t *page =
        mmap(NULL, segment->pages * WEIR_PAGE, PROT_READ, MAP_SHARED, objects[slot].fd, 0);

    CHECK_EQ(0, page == MAP_FAILED);
    for (uint64_t i = 0; i < segment->pages * WEIR_PAGE; i++) {
        CHECK_EQ(i < segment->bytes ? image[segment->offset + i] : 0, page[i]);
    }
    munmap((void *)page, segment->pages * WEIR_PAGE);
}

static void a_program_is_loaded(void)
{
    uint64_t memory[VMM_ELF_SEGMENTS];

    kernel_begin(20);
    CHECK_EQ(WEIR_OK, vmm_elf_load(KERNEL_OTHER, image, &plan, memory));
    for (unsigned i = 0; i < plan.segments; i++) {
        CHECK_EQ(memory[i], other[i].slot);
        CHECK_EQ(plan.segment[i].va, other[i].va);
        CHECK_EQ(plan.segment[i].pages, other[i].pages);
        CHECK_EQ(plan.segment[i].prot, other[i].prot);
        CHECK_EQ(0, other[i].first);
        expect_contents(&plan.segment[i], memory[i]);
    }
    CHECK_EQ(0, memory[3]);
    CHECK_EQ(13, budget);
    CHECK_EQ(0, kernel_mapped_pages()); /* no window stays open */
}

static void a_failure_leaves_nothing(void)
{
    uint64_t memory[VMM_ELF_SEGMENTS];
    unsigned step = 1;

    for (;; step++) {
        enum weir_status status;
        kernel_begin(20);
        fail_after = step;
        status = vmm_elf_load(KERNEL_OTHER, image, &plan, memory);
        if (status == WEIR_OK) {
            break;
        }
        CHECK_EQ(WEIR_E_MEMORY, status);
        CHECK_EQ(0, kernel_objects());
        CHECK_EQ(20, budget);
        CHECK_EQ(0, kernel_mapped_pages());
        CHECK_EQ(WEIR_SLOT_FREE, vmm_slot_alloc());
    }
    CHECK_EQ(3 * 3 + 1, step); /* create, window, map: three segments */
    kernel_begin(6);
    CHECK_EQ(WEIR_E_MEMORY, vmm_elf_load(KERNEL_OTHER, image, &plan, memory));
    CHECK_EQ(6, budget);
}

int main(void)
{
    for (unsigned i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(i * 7 + i / 256 + 1);
    }
    a_program_is_loaded();
    a_failure_leaves_nothing();
    return 0;
}
