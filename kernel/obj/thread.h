/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of ring 3. A thread stays on its CPU; the kernel has no stack per thread, only its registers. */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <weir/message.h>

#include "object.h"
#include "x86/layout.h"

struct cpu;
struct trap_frame;

enum thread_state {
    THREAD_READY,     /* runs, or stands in its CPU's ready queue */
    THREAD_RECEIVING, /* in reply_wait, idle on its port */
    THREAD_CALLING,   /* in call, until the reply */
    THREAD_WAITING,   /* in wait */
    THREAD_STOPPED,
};

/* Who waits for a reply: a vCPU with its parked request, or a thread in call(). */
struct client {
    bool is_vcpu;
    bool replay;           /* was delivered before */
    struct port *port;     /* where the request is queued or being served; NULL: no request */
    struct thread *worker; /* serves it; NULL: still in the port's queue */
    struct client *next;   /* in the port's queue */
    u16 badge;
};

struct thread {
    /* Registers in ring 3; assembly knows the order (layout.h). */
    u64 r15, r14, r13, r12, rbx, rbp, rsp, rip, rflags, rax, rdx, rcx, rsi, rdi, r8, r9, r10, r11;
    bool full; /* all of them count (it was interrupted); else only what a system call keeps, RAX and RDX */
    u8 state;
    struct object object;
    struct domain *domain;
    struct cpu *cpu;
    struct thread *next_in_domain, **domain_link;
    struct weir_msg *msg; /* its first message page, by the kernel's address */
    void *transfer;       /* its second */
    struct memory *msg_memory;

    struct client *client;  /* whose request it holds */
    struct client as_client; /* its own call */
    struct port *port;      /* where it received last, or is idle */
    struct thread *next_idle;
    struct note *note;      /* waits for it too */
    struct thread *next_ready;
    struct thread *next_timer;
    u64 deadline; /* TSC; 0: none */

    u64 started; /* TSC when it last got the CPU */
    u64 used;    /* TSC ticks spent on the request it holds, before that */
    void *fpu;   /* XSAVE area; NULL until it first touches the extended state */
};
CHECK_OFFSET(struct thread, r15, THREAD_OFF_R15);
CHECK_OFFSET(struct thread, rsp, THREAD_OFF_RSP);
CHECK_OFFSET(struct thread, rflags, THREAD_OFF_RFLAGS);
CHECK_OFFSET(struct thread, rax, THREAD_OFF_RAX);
CHECK_OFFSET(struct thread, r11, THREAD_OFF_R11);
CHECK_OFFSET(struct thread, full, THREAD_OFF_FULL);

/* The thread leaves the CPU, or lends it: what it ran since it got it is its domain's. Needs domain.h. */
#define thread_charge(t, now) ((t)->domain->ticks += (now) - (t)->started)

/* A new thread of domain d, charged to it, owned by owner; ready to run. NULL: *status says what map_into said, or memory. */
struct thread *thread_create(struct domain *owner, struct domain *d, struct cpu *cpu, u64 rip, u64 rsp,
                             u64 msg_va, u64 *status) must_check;
void thread_destroy(struct thread *t);
/* Takes the thread off every queue for good; its client's request goes back to the port, its own call is dropped. */
void thread_stop(struct thread *t);

/* Stores an interrupted thread's registers. */
void thread_save_frame(struct thread *t, const struct trap_frame *f);
/* Ends t's wait: its system call returns status and value; t joins its CPU's ready queue. */
void thread_wake(struct thread *t, u64 status, u64 value);
/* Goes on in ring 3 with t. The CPU must be in ring-3 state (sched.h). Does not return. */
noreturn void thread_resume(struct cpu *cpu, struct thread *t);

#endif
