/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects and capabilities. Every object is owned by the domain that created it and is charged to its budget;
 * capabilities are slots in a domain's table. Destroying an object takes every capability to it away at once, by a walk
 * over all tables: domains are few and destruction is rare, so lookups stay two loads and a compare.
 *
 * The object layer runs with interrupts off on one CPU at a time; the exit and IPC paths touch only what is their CPU's.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <weir/abi.h>

#include "x86/types.h"

struct domain;

struct object {
    u8 kind; /* enum weir_kind */
    struct domain *owner;
    struct object *next, **link; /* in the owner's list */
    struct use *uses;            /* mappings and open ports; memory and devices only */
};

struct cap {
    struct object *object; /* NULL: free */
    u16 rights, badge;
    u32 reserved;
};
_Static_assert(sizeof(struct cap) == 16, "256 capabilities a page");

/* A domain's use of memory or of a device: a mapping, or ports opened in its I/O bitmap. */
struct use {
    struct use *next, **link;               /* in the object's list */
    struct use *next_in_domain, **domain_link;
    struct domain *domain;
    u64 va, pages; /* pages 0: ports */
};

/* RAX and RDX of a system call. */
struct result {
    u64 status, value;
};

#define OK ((struct result){WEIR_OK, 0})
#define FAIL(e) ((struct result){(e), 0})
#define VALUE(v) ((struct result){WEIR_OK, (v)})

/*
 * Lists whose members can leave without a search: a member's link points to the pointer to it. next and link are the
 * names of a list's two fields.
 */
#define LIST_ADD(first, m, next, link)       \
    do {                                     \
        (m)->next = (first);                 \
        (m)->link = &(first);                \
        if ((m)->next)                       \
            (m)->next->link = &(m)->next;    \
        (first) = (m);                       \
    } while (0)
#define LIST_REMOVE(m, next, link)           \
    do {                                     \
        *(m)->link = (m)->next;              \
        if ((m)->next)                       \
            (m)->next->link = (m)->link;     \
    } while (0)

#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

/* A zeroed block of up to SLAB_BYTES, or of whole pages, charged to d; NULL: budget. Freeing no pages does nothing. */
void *block_alloc(struct domain *d, size_t bytes) must_check;
void block_free(struct domain *d, void *block, size_t bytes);

/* Takes an object into d's list; the memory holding it has bytes. */
void object_init(struct object *o, u8 kind, struct domain *d);
/* Ends the object: what depends on it is told (WEIR_E_GONE), capabilities vanish, its memory returns to the owner. */
void object_destroy(struct object *o);

/* The capability in d's slot if it is of that kind and has all those rights; else NULL and *status says why. */
struct cap *cap_find(struct domain *d, u64 slot, u8 kind, u32 rights, u64 *status);
/* The object behind it: a struct of that type, whose kind is WEIR_KIND. */
#define object_find(d, slot, type, KIND, rights, status)                             \
    ({                                                                               \
        struct cap *found_ = cap_find(d, slot, WEIR_##KIND, rights, status);         \
        found_ ? container_of(found_->object, struct type, object) : NULL;           \
    })
/* Whether slot is a free one of d's. */
bool cap_is_free(const struct domain *d, u64 slot);
void cap_set(struct domain *d, u64 slot, struct object *o, u32 rights, u16 badge);
/* Removes one capability, and with it d's uses of the object. */
void cap_clear(struct domain *d, u64 slot);

void use_remove(struct use *u);

#endif
