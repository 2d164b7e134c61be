/* SPDX-License-Identifier: BSD-2-Clause */
/* vmm_elf_plan(): a good program, and that program made bad in one way each. */
#include <elf.h>
#include <vmm/elf.h>
#include "check.h"

#define IMAGE_BYTES 0x4000u

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr program[40];
    uint8_t rest[IMAGE_BYTES - sizeof(Elf64_Ehdr) - 40 * sizeof(Elf64_Phdr)];
};

static const Elf64_Ehdr good_header = {
    .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
    .e_type = ET_EXEC,
    .e_machine = EM_X86_64,
    .e_version = EV_CURRENT,
    .e_entry = 0x400010,
    .e_phoff = sizeof(Elf64_Ehdr),
    .e_ehsize = sizeof(Elf64_Ehdr),
    .e_phentsize = sizeof(Elf64_Phdr),
    .e_phnum = 4,
};

static Elf64_Phdr load(uint32_t flags, uint64_t va, uint64_t offset, uint64_t bytes, uint64_t size)
{
    return (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = flags,
        .p_offset = offset,
        .p_vaddr = va,
        .p_filesz = bytes,
        .p_memsz = size,
    };
}

static struct image good(void)
{
    struct image image = { .header = good_header };

    image.program[0] = load(PF_R | PF_X, 0x400000, 0x1000, 0x1001, 0x1001);
    image.program[1] = load(PF_R | PF_W, 0x402000, 0x3000, 0x1000, 0x5000);
    image.program[2] = load(PF_R | PF_W, 0x410000, 0, 0, 0x10000);
    image.program[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
    return image;
}

static struct image image;
static struct vmm_elf_plan plan;

static enum vmm_elf_fault run(void)
{
    return vmm_elf_plan(&image, sizeof(image), &plan);
}

/* Changes one thing of the good image and expects one fault. */
#define BAD(fault, change)      \
    do {                        \
        image = good();         \
        change;                 \
        CHECK_EQ(fault, run()); \
    } while (0)

static void good_program_is_planned(void)
{
    image = good();
    CHECK_EQ(VMM_ELF_OK, run());
    CHECK_EQ(3, plan.segments);
    CHECK_EQ(0x400010, plan.entry);
    CHECK_EQ(2 + 5 + 16, plan.pages);
    CHECK_EQ(0x400000, plan.segment[0].va);
    CHECK_EQ(2, plan.segment[0].pages);
    CHECK_EQ(0x1000, plan.segment[0].offset);
    CHECK_EQ(0x1001, plan.segment[0].bytes);
    CHECK_EQ(WEIR_P_READ | WEIR_P_EXEC, plan.segment[0].prot);
    CHECK_EQ(WEIR_P_READ | WEIR_P_WRITE, plan.segment[1].prot);
    CHECK_EQ(0, plan.segment[2].bytes);
}

static void bad_headers_are_refused(void)
{
    for (size_t bytes = 0; bytes < sizeof(Elf64_Ehdr) + 4 * sizeof(Elf64_Phdr); bytes++) {
        /* In a buffer of just that size, so that the sanitizer sees a byte too far. */
        void *cut = malloc(bytes ? bytes : 1);
        enum vmm_elf_fault fault;
        image = good();
        memcpy(cut, &image, bytes);
        fault = vmm_elf_plan(cut, bytes, &plan);
        CHECK_EQ(bytes < 4 ? VMM_ELF_NOT_ELF : VMM_ELF_TRUNCATED, fault);
        free(cut);
    }
    BAD(VMM_ELF_NOT_ELF, image.header.e_ident[1] = 'e');
    BAD(VMM_ELF_WRONG_KIND, image.header.e_ident[EI_CLASS] = ELFCLASS32);
    BAD(VMM_ELF_WRONG_KIND, image.header.e_ident[EI_DATA] = ELFDATA2MSB);
    BAD(VMM_ELF_WRONG_KIND, image.header.e_machine = EM_386);
    BAD(VMM_ELF_WRONG_KIND, image.header.e_type = ET_DYN);
    BAD(VMM_ELF_WRONG_KIND, image.header.e_type = ET_REL);
    BAD(VMM_ELF_HEADERS, image.header.e_version = 2);
    BAD(VMM_ELF_HEADERS, image.header.e_phentsize = 55);
    BAD(VMM_ELF_HEADERS, image.header.e_phnum = 0);
    BAD(VMM_ELF_HEADERS, image.header.e_phnum = 33);
    BAD(VMM_ELF_TRUNCATED, image.header.e_phoff = UINT64_MAX);
    BAD(VMM_ELF_TRUNCATED, image.header.e_phoff = sizeof(image) - sizeof(Elf64_Phdr));
}

static void bad_segments_are_refused(void)
{
    BAD(VMM_ELF_WRONG_KIND, image.program[3].p_type = PT_INTERP);
    BAD(VMM_ELF_WRONG_KIND, image.program[3].p_type = PT_DYNAMIC);
    BAD(VMM_ELF_WRONG_KIND, image.program[3].p_type = PT_TLS);
    BAD(VMM_ELF_BOUNDS, image.program[1].p_offset = 0x3001);
    BAD(VMM_ELF_BOUNDS, image.program[1].p_offset = UINT64_MAX);
    BAD(VMM_ELF_BOUNDS, image.program[1].p_offset = UINT64_MAX - 0xfff);
    BAD(VMM_ELF_HEADERS, image.program[1].p_filesz = UINT64_MAX);
    BAD(VMM_ELF_HEADERS, image.program[0].p_memsz = 0x1000);
    BAD(VMM_ELF_ADDRESS, image.program[0].p_vaddr = 0x3ff000);
    BAD(VMM_ELF_ADDRESS, image.program[0].p_vaddr = 0);
    BAD(VMM_ELF_ADDRESS, image.program[1].p_vaddr = 0x402001);
    BAD(VMM_ELF_ADDRESS, image.program[2].p_vaddr = VMM_ELF_LIMIT);
    BAD(VMM_ELF_ADDRESS, image.program[2].p_vaddr = VMM_ELF_LIMIT - 0xf000);
    BAD(VMM_ELF_ADDRESS, image.program[2].p_vaddr = UINT64_MAX - 0xfff);
    BAD(VMM_ELF_ADDRESS, image.program[2].p_memsz = UINT64_MAX);
    BAD(VMM_ELF_ADDRESS, image.program[2].p_vaddr = 0xffff800000000000);
    BAD(VMM_ELF_OVERLAP, image.program[1].p_vaddr = 0x401000);
    BAD(VMM_ELF_OVERLAP, image.program[2].p_vaddr = 0x400000);
    BAD(VMM_ELF_OVERLAP, image.program[2].p_vaddr = 0x406000);
    BAD(VMM_ELF_PROTECTION, image.program[0].p_flags = PF_R | PF_W | PF_X);
    BAD(VMM_ELF_PROTECTION, image.program[0].p_flags = PF_X);
    BAD(VMM_ELF_PROTECTION, image.program[1].p_flags = 0);
    BAD(VMM_ELF_PROTECTION, image.program[3].p_flags |= PF_X);
    BAD(VMM_ELF_TOO_LARGE, image.program[2].p_memsz = (VMM_ELF_MAX_PAGES - 6) * WEIR_PAGE);
    BAD(VMM_ELF_OK, image.program[2].p_memsz = (VMM_ELF_MAX_PAGES - 7) * WEIR_PAGE);
    BAD(VMM_ELF_ENTRY, image.header.e_entry = 0x402000);
    BAD(VMM_ELF_ENTRY, image.header.e_entry = 0x401001);
    BAD(VMM_ELF_OK, image.header.e_entry = 0x401000);
    BAD(VMM_ELF_ENTRY, image.header.e_entry = 0);
}

static void number_of_segments_is_limited(void)
{
    image = good();
    image.header.e_phnum = 12;
    for (unsigned i = 3; i < 12; i++) {
        image.program[i] = load(PF_R, 0x500000 + i * WEIR_PAGE, 0, 0, 1);
    }
    CHECK_EQ(VMM_ELF_NO_SEGMENT, run());
    image.header.e_phnum = VMM_ELF_SEGMENTS;
    CHECK_EQ(VMM_ELF_OK, run());
    CHECK_EQ(VMM_ELF_SEGMENTS, plan.segments);
    image = good();
    for (unsigned i = 0; i < 3; i++) {
        image.program[i].p_filesz = image.program[i].p_memsz = 0;
    }
    CHECK_EQ(VMM_ELF_NO_SEGMENT, run());
}

int main(void)
{
    good_program_is_planned();
    bad_headers_are_refused();
    bad_segments_are_refused();
    number_of_segments_is_limited();
    for (unsigned fault = 0; fault < VMM_ELF_FAULTS; fault++) {
        CHECK_EQ(1, strlen(vmm_elf_reason((enum vmm_elf_fault)fault)) > 10);
    }
    return 0;
}
