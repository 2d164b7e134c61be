/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory objects: contiguous pages of the region, mapped into domains by map(). */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include "mm/page.h"
#include "object.h"

struct memory {
    struct object object;
    void *pages;
    u32 count;
    bool secret; /* WEIR_MEMORY_SECRET */
    struct budget *budget; /* pays for the pages: the owner's, or the kernel's for boot modules */
};

/* A memory object of n pages charged to d; pages: existing ones of the kernel's budget, or NULL for new zeroed ones. */
struct memory *memory_create(struct domain *d, u64 n, void *pages) must_check;
void memory_destroy(struct memory *m);

/* Zeroes all that is secret, because the machine is about to go. memory_wiped: something was. */
void memory_wipe(void);
extern bool memory_wiped;
/* Does that, then resets the machine or halts it for good. */
noreturn void machine_end(bool reset);

/* Records and makes the mapping of [pa, + pages) at va in d with prot; WEIR_E_*. */
u64 map_into(struct domain *d, struct object *o, u64 pa, u64 va, u64 pages, u32 prot) must_check;
/* Undoes the mapping that one map_into made of exactly that range. */
u64 unmap_from(struct domain *d, u64 va, u64 pages) must_check;

#endif
