/* SPDX-License-Identifier: BSD-2-Clause */
#include "note.h"

#include "core/log.h"
#include "domain.h"
#include "sched.h"
#include "thread.h"
#include "trace.h"

struct note *note_to_wait_for(struct domain *d, u64 slot, u64 *status)
{
    struct note *n = object_find(d, slot, note, NOTE, WEIR_R_WAIT, status);

    if (n && n->waiter)
        *status = WEIR_E_BUSY;
    return n && !n->waiter ? n : NULL;
}

/* Hands the bits to the waiting thread, in the form its call expects, and makes it runnable. */
static void wake(struct note *n)
{
    struct thread *t = n->waiter;

    if (t->state == THREAD_RECEIVING) {
        t->msg->kind = WEIR_MSG_NOTE;
        t->msg->data = n->bits;
        thread_wake(t, WEIR_OK, 0);
    } else {
        thread_wake(t, WEIR_OK, n->bits);
    }
    n->bits = 0;
}

void note_signal(struct note *n, u64 bits)
{
    n->bits |= bits;
    if (n->waiter && n->bits)
        wake(n);
}

void note_destroy(struct note *n)
{
    if (n->waiter)
        thread_wake(n->waiter, WEIR_E_GONE, 0);
    for (struct domain *d = domains; d; d = d->next)
        if (d->fail_note == n)
            d->fail_note = NULL;
    trace_forget_note(n);
    block_free(n->object.owner, n, sizeof(*n));
}
