/* SPDX-License-Identifier: BSD-2-Clause */
#include "port.h"

#include "core/log.h"
#include "core/string.h"
#include "device.h"
#include "domain.h"
#include "note.h"
#include "sched.h"
#include "vm/vcpu.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/insn.h"

struct port *port_create(struct domain *d, u64 deadline_us, bool closed)
{
    struct port *p = block_alloc(d, sizeof(*p));

    if (!p)
        return NULL;
    p->generation = 1;
    p->closed = closed;
    p->deadline = clock_ticks(deadline_us ? deadline_us : 100000);
    object_init(&p->object, WEIR_PORT, d);
    return p;
}

static struct thread *thread_of(struct client *c)
{
    return container_of(c, struct thread, as_client);
}

/* The client's wait is over because nobody will ever answer. */
static void client_gone(struct client *c)
{
    bool closed = c->port->closed;

    c->port = NULL;
    c->worker = NULL;
    if (c->is_vcpu)
        vcpu_request_gone(container_of(c, struct vcpu, client), closed);
    else
        thread_wake(thread_of(c), WEIR_E_GONE, 0);
}

void port_destroy(struct port *p)
{
    struct port_cpu *pc = &p->cpu[0];

    device_end_port(p);
    while (pc->idle)
        thread_wake(pc->idle, WEIR_E_GONE, 0);
    for (struct client *c = pc->first, *next; c; c = next) {
        next = c->next;
        client_gone(c);
    }
    for (struct domain *d = domains; d; d = d->next)
        for (struct thread *t = d->threads; t; t = t->next_in_domain) {
            if (t->port == p)
                t->port = NULL;
            if (t->client && t->client->port == p) {
                client_gone(t->client);
                t->client = NULL;
            }
        }
    vcpu_forget_port(p);
    block_free(p->object.owner, p, sizeof(*p));
}

void port_remove_idle(struct port *p, struct thread *t)
{
    struct thread **link = &p->cpu[0].idle;

    while (*link != t)
        link = &(*link)->next_idle;
    *link = t->next_idle;
}

static void queue_last(struct port_cpu *pc, struct client *c)
{
    struct client **link = &pc->first;

    while (*link)
        link = &(*link)->next;
    *link = c;
    c->next = NULL;
}

/* As many bytes as the message says; it was copied before, and the other side could write what it liked. */
static void copy_payload(struct thread *to, const struct thread *from)
{
    if (unlikely(to->msg->size > WEIR_TRANSFER_BYTES))
        to->msg->size = WEIR_TRANSFER_BYTES;
    if (unlikely(to->msg->size))
        memcpy(to->transfer, from->transfer, to->msg->size);
}

/* Puts the request into the worker's message page; the worker then runs. is_vcpu: c's, a constant where it is known. */
static always_inline void deliver(struct port *p, struct client *c, bool is_vcpu, struct thread *w, u64 now)
{
    struct weir_msg *m = w->msg;

    c->port = p;
    c->worker = w;
    w->client = c;
    w->started = now;
    w->used = 0;
    if (is_vcpu) {
        vcpu_fill_message(container_of(c, struct vcpu, client), w);
    } else {
        struct thread *t = thread_of(c);
        *m = *t->msg;
        copy_payload(w, t);
        m->kind = WEIR_MSG_CALL;
        m->vcpu = c->badge;
        m->flags &= (u16)~(WEIR_F_REPLAY | WEIR_F_POSTED);
    }
    if (unlikely(c->replay))
        m->flags |= WEIR_F_REPLAY;
    m->generation = p->generation;
    m->deadline = now + p->deadline;
}

/* Takes an idle worker off its waits; its reply_wait will return WEIR_OK. */
static inline struct thread *take_idle(struct port_cpu *pc)
{
    struct thread *w = pc->idle;

    if (likely(w)) {
        pc->idle = w->next_idle;
        if (w->note) {
            w->note->waiter = NULL;
            w->note = NULL;
        }
        if (unlikely(w->deadline))
            timer_remove(w->cpu, w);
        w->state = THREAD_READY;
        w->rax = WEIR_OK;
        w->rdx = 0;
    }
    return w;
}

/* A worker for c's request. Where none is idle, the request waits and the CPU does something else. */
static inline struct thread *worker_for(struct cpu *cpu, struct port *p, struct client *c)
{
    struct thread *w = take_idle(&p->cpu[0]);

    if (unlikely(!w)) {
        c->port = p;
        c->worker = NULL;
        queue_last(&p->cpu[0], c);
        schedule(cpu);
    }
    return w;
}

void port_send(struct cpu *cpu, struct port *p, struct client *c)
{
    struct thread *w = worker_for(cpu, p, c);
    u64 now = rdtsc();
    deliver(p, c, true, w, now);
    sched_arm_until(cpu, now, now + p->deadline); /* a vCPU's request: no slice runs, the worker has used nothing */
    thread_resume(cpu, w);
}

void port_cancel(struct client *c)
{
    if (c->worker) {
        c->worker->client = NULL;
    } else {
        struct client **link = &c->port->cpu[0].first;
        while (*link != c)
            link = &(*link)->next;
        *link = c->next;
    }
    c->port = NULL;
    c->worker = NULL;
}

void port_return_request(struct thread *worker)
{
    struct client *c = worker->client;
    struct port_cpu *pc = &c->port->cpu[0];

    worker->client = NULL;
    c->worker = NULL;
    c->replay = true;
    c->port->generation++;
    if (pc->idle) { /* another worker of the same port */
        struct thread *w = take_idle(pc);
        deliver(c->port, c, c->is_vcpu, w, rdtsc());
        ready_add(w->cpu, w);
    } else {
        c->next = pc->first;
        pc->first = c;
    }
}

struct result sys_call(u64 slot)
{
    struct cpu *cpu = this_cpu();
    struct thread *t = cpu->thread;
    struct result r = OK;
    struct cap *cap = cap_find(t->domain, slot, WEIR_PORT, WEIR_R_CALL, &r.status);

    if (unlikely(!cap))
        return r;
    t->as_client.badge = cap->badge;
    t->as_client.replay = false;
    t->state = THREAD_CALLING;
    u64 now = rdtsc();
    t->used += now - t->started;
    thread_charge(t, now);
    struct port *p = container_of(cap->object, struct port, object);
    struct thread *w = worker_for(cpu, p, &t->as_client);
    deliver(p, &t->as_client, false, w, now);
    if (unlikely(cpu->timer_at == ~0ull)) {
        cpu->thread = w;
        sched_arm(cpu, now);
    }
    thread_resume(cpu, w);
}

/* Answers the thread's client, which can run then. */
static void reply_to_thread(struct thread *w, struct thread *t, u64 now)
{
    *t->msg = *w->msg;
    copy_payload(t, w);
    t->as_client.port = NULL;
    t->as_client.worker = NULL;
    t->state = THREAD_READY;
    t->started = now;
    t->rax = WEIR_OK;
    t->rdx = 0;
}

/* Makes t idle on the port. */
static inline void receive(struct thread *t, struct port *p, struct note *n)
{
    t->state = THREAD_RECEIVING;
    t->port = p;
    t->next_idle = p->cpu[0].idle;
    p->cpu[0].idle = t;
    if (n) {
        t->note = n;
        n->waiter = t;
    }
}

/* The event that is there already: the note's bits, or the port's oldest request. false: none, and time is left. */
static noinline bool next_event(struct thread *t, struct port *p, struct note *n, u64 deadline, u64 now, u64 *status)
{
    struct client *next = p->cpu[0].first;

    if (n && n->bits) {
        t->msg->kind = WEIR_MSG_NOTE;
        t->msg->data = n->bits;
        n->bits = 0;
    } else if (next) {
        p->cpu[0].first = next->next;
        t->port = p;
        deliver(p, next, next->is_vcpu, t, now);
    } else if (deadline <= now) {
        *status = WEIR_E_TIMEOUT;
    } else {
        receive(t, p, n);
        timer_add(t->cpu, t, deadline);
        return false;
    }
    return true;
}

/* A vCPU's request is answered, and nothing else is asked or there: the guest goes on, t is idle again. */
static noinline noreturn void answer_guest(struct cpu *cpu, struct thread *t, struct port *p)
{
    struct vcpu *v = container_of(t->client, struct vcpu, client);

    thread_charge(t, rdtsc());
    t->client = NULL;
    receive(t, p, NULL);
    vcpu_reply(v, t);
    if (unlikely(cpu->ready_first || cpu->timers || !vcpu_runnable(v)))
        schedule(cpu);
    vcpu_enter(cpu, v); /* what schedule() would find, without looking */
}

/* Nothing can fail any more: first the reply, then the next event, if it is there already. */
static noinline struct result reply_and_wait(struct cpu *cpu, struct port *p, struct note *n, u64 deadline)
{
    struct thread *t = cpu->thread;
    struct client *c = t->client;
    struct result r = OK;
    bool goes_on = false;
    u64 now = rdtsc();

    thread_charge(t, now);
    t->started = now;
    t->used = 0;
    t->client = NULL;
    if (c && c->is_vcpu)
        vcpu_reply(container_of(c, struct vcpu, client), t);
    else if (c)
        reply_to_thread(t, thread_of(c), now);
    if (unlikely((n && n->bits) || p->cpu[0].first || deadline))
        goes_on = next_event(t, p, n, deadline, now, &r.status);
    else
        receive(t, p, n);
    /* A thread that was called goes on at once: it lent its time. t follows when the CPU is free again. */
    if (likely(c && !c->is_vcpu)) {
        if (unlikely(goes_on)) {
            t->rax = r.status;
            t->rdx = 0;
            ready_add(cpu, t);
        }
        thread_resume(cpu, thread_of(c));
    }
    if (!goes_on)
        schedule(cpu);
    return r;
}

struct result sys_reply_wait(u64 slot, u64 flags, u64 note, u64 deadline)
{
    struct cpu *cpu = this_cpu();
    struct thread *t = cpu->thread;
    struct result r = OK;
    struct port *p = object_find(t->domain, slot, port, PORT, WEIR_R_RECEIVE, &r.status);
    struct note *n = NULL;

    if (unlikely(!p))
        return r;
    if (likely(!(flags | note | deadline) && t->client && t->client->is_vcpu && !p->cpu[0].first))
        answer_guest(cpu, t, p);
    if (note && !(n = note_to_wait_for(t->domain, note, &r.status)))
        return r;
    if (unlikely(flags & ~(u64)WEIR_RW_NO_REPLY))
        return FAIL(WEIR_E_ARG);
    if (unlikely(flags && t->client))
        return FAIL(WEIR_E_STATE);
    return reply_and_wait(cpu, p, n, deadline);
}
