/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that keeps the books, for what libvmm does with memory: every map must be of a living
 * object, within it and over nothing, every unmap of all that one map mapped, and any create or
 * map may fail. The domain itself
 * (WEIR_SLOT_SELF) has real pages; what is mapped into KERNEL_OTHER is only written down.
 */
#ifndef UNIT_KERNEL_H
#define UNIT_KERNEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include "../../../libvmm/internal.h"

#define HEAP_VA 0x10000000ull
#define HEAP_PAGES 2048u /* half of them for windows */
#define SLOTS 200u
#define KERNEL_OTHER 40u /* slot of another domain */
#define OTHER_MAPS 16u

struct kernel_object {
    int fd;
    uint64_t pages; /* 0: no object */
};

struct kernel_page {
    uint64_t slot, page, prot; /* slot 0: not mapped */
    uint64_t pages;            /* first page of a mapping: its length */
};

struct kernel_map {
    uint64_t slot, va, first, pages, prot; /* slot 0: not mapped */
};

extern struct kernel_object objects[SLOTS];
extern struct kernel_page mapped[HEAP_PAGES];
extern struct kernel_map other[OTHER_MAPS];
extern uint64_t budget;      /* pages left */
extern unsigned fail_after;  /* the n-th create or map from now fails; 0: none */
extern jmp_buf kernel_fatal; /* where vmm_fatal() goes, with 1 */

/* Starts anew: no objects, a budget of `pages`, libvmm's memory with nothing allocated. */
void kernel_begin(uint64_t pages);

unsigned kernel_objects(void);
unsigned kernel_mapped_pages(void);

#endif
