/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls made by threads that don't run: who would have the CPU next is recorded. */
#ifndef TEST_KERNEL_SYSTEM_H
#define TEST_KERNEL_SYSTEM_H

#include "obj/domain.h"
#include "obj/port.h"
#include "obj/thread.h"

enum outcome { RETURNED, RESUMED, IDLE };

struct ran {
    enum outcome what;
    struct result result; /* RETURNED */
    struct thread *thread; /* RESUMED */
};

/* Thread t makes a system call. */
struct ran system_call(struct thread *t, enum weir_call call, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
/* What schedule() chooses when nothing else happens. */
struct ran system_schedule(void);
/* A domain like init: 1000 pages, 32 slots, one thread. */
struct domain *system_init(void);
/* The object in d's slot. */
struct object *system_object(struct domain *d, u64 slot);

#endif
