/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: whatever the image is, a plan that is called good keeps every promise of vmm/elf.h. */
#include <stdlib.h>
#include <string.h>
#include <vmm/elf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void promise(int kept)
{
    if (!kept) {
        abort();
    }
}

static void check_segment(const struct vmm_elf_plan *plan, uint32_t i, size_t bytes)
{
    const struct vmm_elf_segment *s = &plan->segment[i];

    promise(s->va % WEIR_PAGE == 0 && s->va >= VMM_ELF_LOWEST && s->va < VMM_ELF_LIMIT);
    promise(s->pages > 0 && s->pages <= VMM_ELF_MAX_PAGES &&
            s->va + s->pages * WEIR_PAGE <= VMM_ELF_LIMIT);
    promise(s->offset <= bytes && s->bytes <= bytes - s->offset &&
            s->bytes <= s->pages * WEIR_PAGE);
    promise((s->prot & WEIR_P_READ) && s->prot <= 7 && (s->prot & 6) != 6);
    promise(i == 0 || plan->segment[i - 1].va + plan->segment[i - 1].pages * WEIR_PAGE <= s->va);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct vmm_elf_plan plan;
    uint64_t pages = 0;

    if (vmm_elf_plan(data, bytes, &plan) != VMM_ELF_OK) {
        return 0;
    }
    promise(plan.segments > 0 && plan.segments <= VMM_ELF_SEGMENTS);
    for (uint32_t i = 0; i < plan.segments; i++) {
        check_segment(&plan, i, bytes);
        pages += plan.segment[i].pages;
    }
    promise(pages == plan.pages && pages <= VMM_ELF_MAX_PAGES);
    return 0;
}
