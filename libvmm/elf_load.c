/* SPDX-License-Identifier: BSD-2-Clause */
/* Carries out the plan of elf_plan.c with the kernel's calls. */
#include <string.h>
#include <vmm/elf.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>

/* Makes one segment's memory object with its contents and maps it; *slot is 0 if that failed. */
static enum weir_status load_segment(uint64_t domain, const uint8_t *image,
                                     const struct vmm_elf_segment *segment, uint64_t *slot)
{
    enum weir_status status;
    void *window;

    *slot = vmm_slot_alloc();
    if (!*slot) {
        return WEIR_E_MEMORY;
    }
    status = vmm_create_memory(*slot, segment->pages);
    if (status != WEIR_OK) {
        vmm_slot_free(*slot);
        *slot = 0;
        return status;
    }
    window = vmm_window_open(*slot, 0, segment->pages, WEIR_P_READ | WEIR_P_WRITE, &status);
    if (window) {
        memcpy(window, image + segment->offset, segment->bytes);
        vmm_window_close(*slot, window, segment->pages);
        status = vmm_map(domain, *slot, segment->va, 0, segment->pages, segment->prot);
    }
    return status;
}

enum weir_status vmm_elf_load(uint64_t domain, const void *image, const struct vmm_elf_plan *plan,
                              uint64_t memory[VMM_ELF_SEGMENTS])
{
    enum weir_status status = WEIR_OK;

    memset(memory, 0, VMM_ELF_SEGMENTS * sizeof(*memory));
    for (uint32_t i = 0; i < plan->segments && status == WEIR_OK; i++) {
        status = load_segment(domain, image, &plan->segment[i], &memory[i]);
    }
    for (uint32_t i = 0; i < plan->segments && status != WEIR_OK; i++) {
        /* Destroying the object takes its mappings along. */
        if (memory[i] && vmm_destroy(memory[i]) == WEIR_OK) {
            vmm_slot_free(memory[i]);
            memory[i] = 0;
        }
    }
    return status;
}
