/* SPDX-License-Identifier: BSD-2-Clause */
#include "stuck.h"

#include "domain.h"
#include "port.h"
#include "thread.h"
#include "vm/vcpu.h"
#include "x86/cpu.h"

#define CALLS_MAX 16u /* no longer chain is anything but a circle */

/* A thread of the service behind the port that is not waiting there for requests. NULL: it is being restarted. */
static struct thread *away_from(const struct port *p)
{
    for (struct domain *d = domains; d; d = d->next)
        for (struct thread *t = d->threads; t; t = t->next_in_domain)
            if (t->port == p && t->state != THREAD_RECEIVING && t->state != THREAD_STOPPED)
                return t;
    return NULL;
}

/* The thread on which everybody between it and the guest waits; *p: the port whose request it should answer. */
static struct thread *culprit(struct client *c, struct port **p)
{
    struct thread *t = NULL;

    for (unsigned i = 0; i < CALLS_MAX; i++, c = &t->as_client) {
        if (!c->port)
            return NULL;
        *p = c->port;
        t = c->worker ? c->worker : away_from(c->port);
        if (!t || t->state != THREAD_CALLING)
            return t;
    }
    return t;
}

void stuck_check(struct cpu *cpu, u64 now)
{
    struct vcpu *v = cpu->vcpu;
    struct port *p;

    if (!v || v->state != VCPU_PARKED) {
        cpu->stuck_at = ~0ull;
        return;
    }
    if (cpu->stuck_at == ~0ull) {
        cpu->stuck_since = now;
        cpu->stuck_at = now + v->client.port->deadline;
    }
    if (now < cpu->stuck_at)
        return;
    struct thread *t = culprit(&v->client, &p);
    bool runs = t && t->state == THREAD_READY && t->client; /* its own deadline sees to that */
    if (!t || runs || now - cpu->stuck_since < p->deadline) {
        cpu->stuck_at = now + v->client.port->deadline;
        return;
    }
    cpu->stuck_at = ~0ull;
    domain_fail(t, &(struct weir_failure){.kind = WEIR_FAIL_DEADLINE});
}
