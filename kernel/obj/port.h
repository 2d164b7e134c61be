/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPC. A request goes to a worker thread of the port on the same CPU and takes the CPU with it; where none is idle it
 * waits in the port's queue of that CPU. Each CPU's part of a port is touched by that CPU only, so there is no lock.
 */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include "thread.h"

struct vcpu;

struct port_cpu {
    struct thread *idle;
    struct client *first; /* requests without a worker, oldest first */
};

struct port {
    struct object object;
    u32 generation; /* counts the instances of the service behind it */
    bool closed;    /* WEIR_PORT_CLOSED */
    u64 deadline;   /* TSC ticks of a worker's own time that a request may take */
    struct port_cpu cpu[1]; /* one CPU so far: the multiprocessor issue makes it one per CPU */
};

struct port *port_create(struct domain *d, u64 deadline_us, bool closed) must_check;
void port_destroy(struct port *p);
void port_remove_idle(struct port *p, struct thread *t);

/*
 * Sends the client's request: v->request for a vCPU, the message page for a thread. Runs the worker at once if one is
 * idle, else queues it and schedules. Does not return. The CPU must be in ring-3 state.
 */
noreturn void port_send(struct cpu *cpu, struct port *p, struct client *c);
/* Forgets the client's request: its thread or vCPU is going. A worker that holds it goes on without a client. */
void port_cancel(struct client *c);
/* The worker is being stopped: its client's request goes back to the head of the port's queue, to be replayed. */
void port_return_request(struct thread *worker);

struct result sys_call(u64 slot);
struct result sys_reply_wait(u64 slot, u64 flags, u64 note, u64 deadline);

#endif
