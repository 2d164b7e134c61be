/* SPDX-License-Identifier: BSD-2-Clause */
#include "thread.h"

#include "core/log.h"
#include "domain.h"
#include "memory.h"
#include "mm/window.h"
#include "note.h"
#include "port.h"
#include "sched.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/insn.h"
#include "x86/trap.h"

noreturn void thread_resume_short(struct thread *t); /* entry.S */
noreturn void thread_resume_full(struct thread *t);

struct thread *thread_create(struct domain *owner, struct domain *d, struct cpu *cpu, u64 rip, u64 rsp, u64 msg_va,
                             u64 *status)
{
    struct thread *t = block_alloc(owner, PAGE_SIZE);

    *status = WEIR_E_MEMORY;
    if (!t)
        return NULL;
    t->msg_memory = memory_create(d, WEIR_MSG_PAGES, NULL);
    if (!t->msg_memory)
        goto no_memory;
    *status = map_into(d, &t->msg_memory->object, pa_of(t->msg_memory->pages), msg_va, WEIR_MSG_PAGES,
                       WEIR_P_READ | WEIR_P_WRITE);
    if (*status != WEIR_OK)
        goto no_map;
    t->msg = t->msg_memory->pages;
    t->transfer = (char *)t->msg_memory->pages + PAGE_SIZE;
    t->domain = d;
    t->cpu = cpu;
    t->rip = rip;
    t->rsp = rsp;
    t->rflags = RFLAGS_IF | 2;
    t->rdi = msg_va;
    t->rsi = WEIR_START_VA;
    t->full = true;
    LIST_ADD(d->threads, t, next_in_domain, domain_link);
    object_init(&t->object, WEIR_THREAD, owner);
    ready_add(cpu, t);
    return t;

no_map:
    object_destroy(&t->msg_memory->object);
no_memory:
    block_free(owner, t, PAGE_SIZE);
    return NULL;
}

void thread_destroy(struct thread *t)
{
    thread_stop(t);
    LIST_REMOVE(t, next_in_domain, domain_link);
    object_destroy(&t->msg_memory->object);
    fpu_forget(t->cpu, t);
    if (t->cpu->thread == t)
        t->cpu->thread = NULL;
    block_free(t->object.owner, t, PAGE_SIZE);
}

/* It waits for nothing any more: neither on a port, nor for a note, nor for a time. */
static void end_waits(struct thread *t)
{
    if (t->state == THREAD_RECEIVING)
        port_remove_idle(t->port, t);
    if (t->note) {
        t->note->waiter = NULL;
        t->note = NULL;
    }
    timer_remove(t->cpu, t);
}

void thread_stop(struct thread *t)
{
    if (t->state == THREAD_STOPPED)
        return;
    if (t->state == THREAD_READY)
        ready_remove(t->cpu, t);
    end_waits(t);
    if (t->as_client.port)
        port_cancel(&t->as_client);
    t->state = THREAD_STOPPED;
    if (t->client)
        port_return_request(t);
}

void thread_save_frame(struct thread *t, const struct trap_frame *f)
{
    t->r15 = f->r15, t->r14 = f->r14, t->r13 = f->r13, t->r12 = f->r12;
    t->rbx = f->rbx, t->rbp = f->rbp, t->rsp = f->rsp, t->rip = f->rip, t->rflags = f->rflags;
    t->rax = f->rax, t->rdx = f->rdx, t->rcx = f->rcx, t->rsi = f->rsi, t->rdi = f->rdi;
    t->r8 = f->r8, t->r9 = f->r9, t->r10 = f->r10, t->r11 = f->r11;
    t->full = true;
}

void thread_wake(struct thread *t, u64 status, u64 value)
{
    end_waits(t);
    if (!t->client)
        t->used = 0;
    t->rax = status;
    t->rdx = value;
    ready_add(t->cpu, t);
}

void thread_resume(struct cpu *cpu, struct thread *t)
{
    struct domain *d = t->domain;

    cpu->thread = t;
    load_cr3(cpu, d->cr3);
    bool ts = cpu->fpu_owner != t;
    if (unlikely(ts != cpu->ts)) {
        cpu->ts = ts;
        write_cr0(ts ? read_cr0() | CR0_TS : read_cr0() & ~CR0_TS);
    }
    if (t->full)
        thread_resume_full(t);
    thread_resume_short(t);
}
