/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service's address space above its program: pages of its own, and windows onto memory and device
 * objects. malloc() and mmap() take from the same range (start block: heap_va, heap_bytes).
 *
 * Context: one thread of the service.
 */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include <stddef.h>
#include <vmm/status.h>

/* A free capability slot, 0 if there is none left. */
uint64_t vmm_slot_alloc(void);

/* Gives a slot back that is empty again. */
void vmm_slot_free(uint64_t slot);

/* Zeroed pages, readable and writable, from the domain's budget; NULL if that, the range or the
 * slots are used up. */
void *vmm_pages_alloc(size_t pages);

/* Gives pages back that vmm_pages_alloc() gave, or a part of them. Keeps the memory for the next
 * who asks. */
void vmm_pages_free(void *va, size_t pages);

/*
 * Maps pages `first` to `first + pages - 1` of a memory or device object at an address of libvmm's
 * choice. prot: WEIR_P_*. Returns NULL if the object, the range or the rights do not allow it;
 * *status says why.
 */
void *vmm_window_open(uint64_t object, uint64_t first, size_t pages, uint64_t prot,
                      enum weir_status *status);
void vmm_window_close(uint64_t object, void *va, size_t pages);

#endif
