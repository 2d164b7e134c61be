/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a service's program, for init. The image is whatever stood in a boot module:
 * vmm_elf_plan() believes nothing in it and needs no kernel (it is fuzzed on the host);
 * vmm_elf_load() does what the plan says.
 *
 * Accepted are the programs that weir_service() links: ELF64, x86-64, ET_EXEC, at most
 * VMM_ELF_SEGMENTS loadable segments in ascending order, each on pages of its own, none writable
 * and executable, no interpreter, no dynamic section, no thread-local storage.
 */
#ifndef VMM_ELF_H
#define VMM_ELF_H

#include <stddef.h>
#include <vmm/status.h>

#define VMM_ELF_SEGMENTS 8
#define VMM_ELF_LOWEST 0x400000ull  /* programs lie from here ... */
#define VMM_ELF_LIMIT 0x40000000ull /* ... to below here */
#define VMM_ELF_MAX_PAGES 16384ull  /* 64 MiB for one program */

enum vmm_elf_fault {
    VMM_ELF_OK = 0,
    VMM_ELF_TRUNCATED,  /* the headers reach beyond the image's end */
    VMM_ELF_NOT_ELF,    /* no ELF file */
    VMM_ELF_WRONG_KIND, /* not a static x86-64 executable */
    VMM_ELF_HEADERS,    /* a malformed header or program header */
    VMM_ELF_NO_SEGMENT, /* nothing to load, or too much */
    VMM_ELF_BOUNDS,     /* a segment reaches beyond the image's end */
    VMM_ELF_ADDRESS,    /* a segment lies outside the program range, or not on a page's start */
    VMM_ELF_OVERLAP,    /* segments overlap, share a page, or do not ascend */
    VMM_ELF_PROTECTION, /* a segment is not readable, or writable and executable; an executable
                           stack */
    VMM_ELF_TOO_LARGE,  /* more than VMM_ELF_MAX_PAGES */
    VMM_ELF_ENTRY,      /* the entry point lies in no executable segment's file contents */
    VMM_ELF_FAULTS
};

struct vmm_elf_segment {
    uint64_t va, pages;
    uint64_t offset, bytes; /* of the image; the rest of the pages is zero */
    uint64_t prot;          /* WEIR_P_* */
};

struct vmm_elf_plan {
    uint64_t entry, pages; /* of all segments together */
    uint32_t segments;
    struct vmm_elf_segment segment[VMM_ELF_SEGMENTS];
};

/* Fills the plan in or says what is wrong with the image; reads no byte outside it. */
must_check enum vmm_elf_fault vmm_elf_plan(const void *image, size_t bytes,
                                           struct vmm_elf_plan *plan);

/* "segments overlap", for a message. Never NULL. */
const char *vmm_elf_reason(enum vmm_elf_fault fault);

/*
 * Makes the plan's segments in `domain` (MANAGE), which must have nothing mapped there: one memory
 * object each, its contents copied through a window. memory[i] gets the slot of segment i's object
 * in the caller's table; destroying them frees the program. All of it is done or, on an error,
 * none.
 */
must_check enum weir_status vmm_elf_load(uint64_t domain, const void *image,
                                         const struct vmm_elf_plan *plan,
                                         uint64_t memory[VMM_ELF_SEGMENTS]);

#endif
