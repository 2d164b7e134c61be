/* SPDX-License-Identifier: BSD-2-Clause */
/* Host page tables (AMD APM vol. 2, 5.3): one address space per domain, and one per CPU for the kernel's own use. */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <weir/abi.h>

#include "page.h"

struct cpu;

struct space {
    u64 *pml4;
    struct budget *budget; /* pays for the tables */
};

#define PTE_P BIT(0)
#define PTE_W BIT(1)
#define PTE_U BIT(2)
#define PTE_PWT BIT(3)
#define PTE_PCD BIT(4)
#define PTE_A BIT(5)
#define PTE_D BIT(6)
#define PTE_PS BIT(7)
#define PTE_G BIT(8)
#define PTE_NX BIT(63)
#define PTE_ADDR 0x000ffffffffff000ull

/* Makes an empty space that shares the kernel's own half; its TSS pages are those of every CPU, no port is open. */
must_check bool space_init(struct space *s, struct budget *budget);
/* Frees every table; the mapped pages belong to others. The space must not be loaded anywhere. */
void space_destroy(struct space *s);
/*
 * Maps n (not 0) pages from va on, all below WEIR_USER_TOP, to pa on with the PTE's bits (PTE_P included), by 2 MiB where
 * both are aligned (a service may see all of the guest's RAM, which must not cost much). Tables are allocated from the
 * space's budget. WEIR_E_BUSY: one of the pages is mapped already; WEIR_E_MEMORY: the budget does not reach. Then
 * everything is as before, but the CPU may have seen entries meanwhile: the caller flushes.
 */
must_check u64 space_map(struct space *s, u64 va, u64 pa, u64 n, u64 bits);
/* Undoes one space_map of exactly this range and frees the tables left empty. The caller flushes. */
void space_unmap(struct space *s, u64 va, u64 n);
/* Pages mapped for ring 3, counted in the tables. */
u64 space_count(const struct space *s);
/* The I/O permission bitmap that follows the TSS, own to this space from the first call on. NULL: budget. */
must_check u8 *space_io_bitmap(struct space *s);

/* The kernel's own tables: W^X image, guard pages, region, LAPIC page; built once. */
void space_boot(u64 image_rodata, u64 image_data, u64 image_end);
/* Gives a CPU its own page table with its window, and its TSS; loads it. */
void space_init_cpu(struct cpu *cpu, u32 id);
/* Uncached mapping of a physical page at one of the kernel's few device addresses; replaces what the slot showed. */
void *space_map_device(unsigned slot, u64 pa);

#endif
