/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of an ELF file is to be mapped where (System V ABI, chapters 4 and 5). The image is hostile:
 * headers are copied out before use, sums are never formed before their parts are known to be
 * small, and every range is checked.
 */
#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <vmm/elf.h>

#define PROGRAM_HEADERS_MAX 32

static enum vmm_elf_fault check_header(const Elf64_Ehdr *header)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return VMM_ELF_NOT_ELF;
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64 || header->e_type != ET_EXEC) {
        return VMM_ELF_WRONG_KIND;
    }
    if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT ||
        header->e_ehsize != sizeof(Elf64_Ehdr) || header->e_phentsize != sizeof(Elf64_Phdr) ||
        header->e_phnum == 0 || header->e_phnum > PROGRAM_HEADERS_MAX) {
        return VMM_ELF_HEADERS;
    }
    return VMM_ELF_OK;
}

static enum vmm_elf_fault check_protection(const Elf64_Phdr *header, uint64_t *prot)
{
    *prot = (header->p_flags & PF_R ? WEIR_P_READ : 0) |
            (header->p_flags & PF_W ? WEIR_P_WRITE : 0) |
            (header->p_flags & PF_X ? WEIR_P_EXEC : 0);
    if (!(*prot & WEIR_P_READ) || ((*prot & WEIR_P_WRITE) && (*prot & WEIR_P_EXEC))) {
        return VMM_ELF_PROTECTION;
    }
    return VMM_ELF_OK;
}

/* Checks a loadable segment by itself, against the image and against the one before, and adds it to
 * the plan. */
static enum vmm_elf_fault add_segment(const Elf64_Phdr *header, size_t bytes,
                                      struct vmm_elf_plan *plan)
{
    const struct vmm_elf_segment *before =
        plan->segments ? &plan->segment[plan->segments - 1] : NULL;
    struct vmm_elf_segment *segment = &plan->segment[plan->segments];
    enum vmm_elf_fault fault;

    if (header->p_memsz == 0) {
        return VMM_ELF_OK;
    }
    if (plan->segments == VMM_ELF_SEGMENTS) {
        return VMM_ELF_NO_SEGMENT;
    }
    if (header->p_filesz > header->p_memsz) {
        return VMM_ELF_HEADERS;
    }
    if (header->p_offset > bytes || header->p_filesz > bytes - header->p_offset) {
        return VMM_ELF_BOUNDS;
    }
    if (header->p_vaddr % WEIR_PAGE || header->p_vaddr < VMM_ELF_LOWEST ||
        header->p_vaddr >= VMM_ELF_LIMIT || header->p_memsz > VMM_ELF_LIMIT - header->p_vaddr) {
        return VMM_ELF_ADDRESS;
    }
    if (before && header->p_vaddr < before->va + before->pages * WEIR_PAGE) {
        return VMM_ELF_OVERLAP;
    }
    *segment = (struct vmm_elf_segment){
        .va = header->p_vaddr,
        .pages = (header->p_memsz + WEIR_PAGE - 1) / WEIR_PAGE,
        .offset = header->p_offset,
        .bytes = header->p_filesz,
    };
    fault = check_protection(header, &segment->prot);
    if (fault != VMM_ELF_OK) {
        return fault;
    }
    plan->segments++;
    plan->pages += segment->pages;
    return plan->pages > VMM_ELF_MAX_PAGES ? VMM_ELF_TOO_LARGE : VMM_ELF_OK;
}

static enum vmm_elf_fault check_program_header(const Elf64_Phdr *header, size_t bytes,
                                               struct vmm_elf_plan *plan)
{
    switch (header->p_type) {
    case PT_LOAD:
        return add_segment(header, bytes, plan);
    case PT_DYNAMIC:
    case PT_INTERP:
    case PT_TLS:
        return VMM_ELF_WRONG_KIND;
    case PT_GNU_STACK:
        return header->p_flags & PF_X ? VMM_ELF_PROTECTION : VMM_ELF_OK;
    default:
        return VMM_ELF_OK;
    }
}

static bool entry_is_code(const struct vmm_elf_plan *plan)
{
    for (uint32_t i = 0; i < plan->segments; i++) {
        const struct vmm_elf_segment *segment = &plan->segment[i];
        if ((segment->prot & WEIR_P_EXEC) && plan->entry >= segment->va &&
            plan->entry - segment->va < segment->bytes) {
            return true;
        }
    }
    return false;
}

enum vmm_elf_fault vmm_elf_plan(const void *image, size_t bytes, struct vmm_elf_plan *plan)
{
    enum vmm_elf_fault fault;
    Elf64_Ehdr header;

    memset(plan, 0, sizeof(*plan));
    if (bytes < SELFMAG || memcmp(image, ELFMAG, SELFMAG) != 0) {
        return VMM_ELF_NOT_ELF;
    }
    if (bytes < sizeof(header)) {
        return VMM_ELF_TRUNCATED;
    }
    memcpy(&header, image, sizeof(header));
    fault = check_header(&header);
    if (fault != VMM_ELF_OK) {
        return fault;
    }
    if (header.e_phoff > bytes || (bytes - header.e_phoff) / sizeof(Elf64_Phdr) < header.e_phnum) {
        return VMM_ELF_TRUNCATED;
    }
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program_header;
        memcpy(&program_header, (const uint8_t *)image + header.e_phoff + i * sizeof(Elf64_Phdr),
               sizeof(Elf64_Phdr));
        fault = check_program_header(&program_header, bytes, plan);
        if (fault != VMM_ELF_OK) {
            return fault;
        }
    }
    plan->entry = header.e_entry;
    if (plan->segments == 0) {
        return VMM_ELF_NO_SEGMENT;
    }
    return entry_is_code(plan) ? VMM_ELF_OK : VMM_ELF_ENTRY;
}

const char *vmm_elf_reason(enum vmm_elf_fault fault)
{
    static const char *const reasons[VMM_ELF_FAULTS] = {
        [VMM_ELF_OK] = "nothing is wrong",
        [VMM_ELF_TRUNCATED] = "the file ends within its headers",
        [VMM_ELF_NOT_ELF] = "not an ELF file",
        [VMM_ELF_WRONG_KIND] = "not a static x86-64 executable",
        [VMM_ELF_HEADERS] = "a header is malformed",
        [VMM_ELF_NO_SEGMENT] = "no segment to load, or too many",
        [VMM_ELF_BOUNDS] = "the file ends within a segment",
        [VMM_ELF_ADDRESS] = "a segment lies at an address that programs may not use",
        [VMM_ELF_OVERLAP] = "segments overlap or are out of order",
        [VMM_ELF_PROTECTION] = "a segment is writable and executable, or not readable",
        [VMM_ELF_TOO_LARGE] = "the program is too large",
        [VMM_ELF_ENTRY] = "the entry point is not in the program's code",
    };

    return (unsigned)fault < VMM_ELF_FAULTS ? reasons[fault] : "unknown fault";
}
