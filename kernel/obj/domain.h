/* SPDX-License-Identifier: BSD-2-Clause */
/* A domain: address space, capability table, memory budget; a service is one. */
#ifndef KERNEL_DOMAIN_H
#define KERNEL_DOMAIN_H

#include "mm/space.h"
#include "object.h"

struct note;
struct thread;

struct domain {
    struct object object;
    struct domain *next, **link; /* of all domains */
    struct space space;
    u64 cr3;
    u64 ticks; /* of the TSC that its threads ran, up to their last wait or preemption */
    struct budget budget;
    struct cap *caps;
    u32 ncaps, caps_end; /* from caps_end on no slot was ever used */
    bool stopped;
    struct slab *slabs;
    struct object *objects; /* what it created */
    struct thread *threads; /* that run in it, whoever created them */
    struct use *uses;
    struct note *fail_note; /* told when it is stopped */
    u64 fail_bits;
    struct weir_failure failure;
};
extern struct domain *domains;

/* A new domain charged to (and its budget taken from) parent; parent NULL: init's, from the kernel's budget. */
struct domain *domain_create(struct domain *parent, u64 pages, u64 ncaps) must_check;
void domain_destroy(struct domain *d);

/* Stops all threads of t's domain, keeps their clients' requests for the next instance, tells the note. */
void domain_fail(struct thread *t, const struct weir_failure *why);
void domain_stop(struct domain *d, const struct weir_failure *why);

/* After a change of d's space: flushes where it is loaded. */
void domain_flush(struct domain *d);
/* Copies bytes at a user address of d to the kernel, page by page; false where nothing is mapped. For backtraces. */
must_check bool domain_peek(struct domain *d, u64 va, void *to, size_t bytes);

#endif
