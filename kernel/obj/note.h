/* SPDX-License-Identifier: BSD-2-Clause */
/* A note: 64 event bits and the threads that wait for them. */
#ifndef KERNEL_NOTE_H
#define KERNEL_NOTE_H

#include "object.h"

struct thread;

struct note {
    struct object object;
    u64 bits;
    struct thread *waiter; /* one thread at a time waits for a note */
};

/* The note of d's slot, if d may wait for it and nobody does; else NULL and *status says why. */
struct note *note_to_wait_for(struct domain *d, u64 slot, u64 *status);
void note_signal(struct note *n, u64 bits);
void note_destroy(struct note *n);

#endif
