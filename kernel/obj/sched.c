/* SPDX-License-Identifier: BSD-2-Clause */
#include "sched.h"

#include "core/log.h"
#include "domain.h"
#include "note.h"
#include "port.h"
#include "stuck.h"
#include "thread.h"
#include "vm/vcpu.h"
#include "vm/vcpu_ops.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/fence.h"
#include "x86/insn.h"

void ready_add(struct cpu *cpu, struct thread *t)
{
    struct thread **link = &cpu->ready_first;

    while (*link)
        link = &(*link)->next_ready;
    *link = t;
    t->state = THREAD_READY;
    t->next_ready = NULL;
}

void ready_remove(struct cpu *cpu, struct thread *t)
{
    struct thread **link = &cpu->ready_first;

    while (*link && *link != t)
        link = &(*link)->next_ready;
    if (*link)
        *link = t->next_ready;
}

void timer_add(struct cpu *cpu, struct thread *t, u64 deadline)
{
    struct thread **link = &cpu->timers;

    t->deadline = deadline;
    while (*link && (*link)->deadline <= deadline)
        link = &(*link)->next_timer;
    t->next_timer = *link;
    *link = t;
    if (cpu->vcpu)
        cpu->vcpu->attention = true; /* its exits have to come in time */
}

void timer_remove(struct cpu *cpu, struct thread *t)
{
    if (!t->deadline)
        return;
    for (struct thread **link = &cpu->timers; *link; link = &(*link)->next_timer)
        if (*link == t) {
            *link = t->next_timer;
            break;
        }
    t->deadline = 0;
}

static void expire_timers(struct cpu *cpu, u64 now)
{
    while (cpu->timers && cpu->timers->deadline <= now)
        thread_wake(cpu->timers, WEIR_E_TIMEOUT, 0);
}

/* Ticks that t may still spend on the request it holds, or without one until it waits. */
static u64 ticks_left(const struct thread *t, u64 now)
{
    u64 used = t->used + (now - t->started), may = t->client ? t->client->port->deadline : clock_ticks(RUNAWAY_US);

    return used < may ? may - used : 0;
}

void sched_arm_until(struct cpu *cpu, u64 now, u64 at)
{
    if (unlikely(cpu->timers && cpu->timers->deadline < at))
        at = cpu->timers->deadline;
    if (unlikely(cpu->stuck_at < at))
        at = cpu->stuck_at;
    if (at < cpu->timer_at) {
        cpu->timer_at = at;
        fence_arm_timer(cpu, now, at > now ? at - now : 1);
    }
}

void sched_arm(struct cpu *cpu, u64 now)
{
    struct thread *t = cpu->thread;
    u64 at = cpu->slice_end ? cpu->slice_end : ~0ull;

    if (t && t->state == THREAD_READY) {
        u64 left = !t->client && cpu->ready_first ? clock_ticks(SLICE_US) : ticks_left(t, now);
        if (now + left < at)
            at = now + left;
    }
    sched_arm_until(cpu, now, at);
}

void ring3_enter(struct cpu *cpu)
{
    if (cpu->ring3)
        return;
    vcpu_ops->leave_guest(cpu);
    fence_raise(cpu);
    cpu->ring3 = true;
    cpu->timer_at = ~0ull;
}

/* t: one of the ready ones. */
static noreturn void run_thread(struct cpu *cpu, struct thread *t, u64 now)
{
    ready_remove(cpu, t);
    ring3_enter(cpu);
    t->started = now;
    cpu->thread = t;
    sched_arm(cpu, now);
    thread_resume(cpu, t);
}

bool background_due(struct cpu *cpu)
{
    u64 now = rdtsc();

    expire_timers(cpu, now);
    return cpu->ready_first && now >= cpu->background_at;
}

/* Nothing can run: waits for the timer, or for an NMI from another CPU. */
static void wait_for_interrupt(struct cpu *cpu)
{
    cpu->thread = NULL;
    cpu->slice_end = 0;
    sched_arm(cpu, rdtsc());
    fence_wait(cpu);
}

noreturn void schedule(struct cpu *cpu)
{
    for (;;) {
        u64 now = rdtsc();

        expire_timers(cpu, now);
        struct thread *t = cpu->ready_first; /* perhaps woken just now: no timer is left to bring the CPU back */
        if (!cpu->vcpu || !vcpu_runnable(cpu->vcpu)) {
            cpu->slice_end = 0;
            stuck_check(cpu, now);
            t = cpu->ready_first;
            if (t)
                run_thread(cpu, t, now);
            ring3_enter(cpu);
            wait_for_interrupt(cpu);
            continue;
        }
        if (t) {
            if (!cpu->slice_end)
                cpu->slice_end = now + clock_ticks(SLICE_US);
            if (now < cpu->slice_end)
                run_thread(cpu, t, now);
            cpu->background_at = now + clock_ticks(SLICE_US);
        }
        cpu->slice_end = 0;
        vcpu_enter(cpu, cpu->vcpu);
    }
}

void sched_tick(struct cpu *cpu)
{
    struct thread *t = cpu->thread;
    u64 now = rdtsc();

    cpu->timer_fired = false;
    cpu->timer_at = ~0ull;
    if (ticks_left(t, now) == 0) {
        domain_fail(t, &(struct weir_failure){.kind = WEIR_FAIL_DEADLINE});
        schedule(cpu);
    }
    expire_timers(cpu, now);
    if (now >= cpu->stuck_at)
        stuck_check(cpu, now);
    if (t->state == THREAD_STOPPED)
        schedule(cpu);
    if ((cpu->slice_end && now >= cpu->slice_end) || (!t->client && cpu->ready_first)) {
        t->used += now - t->started;
        thread_charge(t, now);
        ready_add(cpu, t);
        schedule(cpu);
    }
    sched_arm(cpu, now);
    thread_resume(cpu, t);
}

struct result sys_signal(u64 slot, u64 bits)
{
    struct result r = OK;
    struct note *n = object_find(this_cpu()->thread->domain, slot, note, NOTE, WEIR_R_SIGNAL, &r.status);

    if (n)
        note_signal(n, bits);
    return r;
}

struct result sys_wait(u64 slot, u64 deadline)
{
    struct cpu *cpu = this_cpu();
    struct thread *t = cpu->thread;
    struct result r = OK;
    struct note *n = note_to_wait_for(t->domain, slot, &r.status);

    if (!n)
        return r;
    u64 now = rdtsc();
    thread_charge(t, now);
    t->used = t->client ? t->used + (now - t->started) : 0;
    t->started = now;
    if (n->bits) {
        r.value = n->bits;
        n->bits = 0;
        return r;
    }
    if (deadline && deadline <= now)
        return FAIL(WEIR_E_TIMEOUT);
    t->state = THREAD_WAITING;
    t->note = n;
    n->waiter = t;
    if (deadline)
        timer_add(cpu, t, deadline);
    schedule(cpu);
}
