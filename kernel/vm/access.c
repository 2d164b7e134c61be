/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One access of the guest's, from the binding that decides about it to its completion: done by the kernel as the
 * binding says, or sent to the binding's service and completed by its reply.
 */
#include "core/log.h"
#include "core/string.h"
#include "exit.h"
#include "mm/window.h"
#include "obj/device.h"
#include "obj/sched.h"
#include "vcpu_ops.h"
#include "x86/cpu.h"

/* false: it faults, as an MSR's may. */
static bool do_on_hardware(struct cpu *cpu, struct vcpu *v)
{
    struct access *a = &v->access;

    if (a->kind == WEIR_MSG_MSR)
        return msr_do(cpu, v);
    if (a->kind == WEIR_MSG_IO)
        io_do(v);
    else
        mmio_do(cpu, v);
    return true;
}

void access_complete(struct cpu *cpu, struct vcpu *v, u8 verdict, u64 data, u32 count)
{
    struct access *a = &v->access;

    if (unlikely(a->kind == WEIR_MSG_MSR)) {
        msr_finish(cpu, v, verdict, data);
        return;
    }
    if (unlikely(a->string) && count && count < a->count)
        a->count = count;
    switch (__builtin_expect(verdict, WEIR_V_DONE)) {
    case WEIR_V_PASS:
        if (!a->filtered)
            do_on_hardware(cpu, v);
        break;
    case WEIR_V_REPLACE:
        a->data = data;
        if (a->write)
            do_on_hardware(cpu, v);
        break;
    case WEIR_V_DENY:
        if (!a->write)
            a->data = ~0ull;
        if (!a->write && a->string)
            memset(v->io_page, 0xff, PAGE_SIZE);
        break;
    case WEIR_V_FAULT:
        if (!a->emulated) {
            vcpu_raise(v, VECTOR_GP, 0);
            return;
        }
        break;
    default:
        if (!a->write)
            a->data = data;
    }
    if (a->emulated)
        emulate_access_done(cpu, v);
    else if (a->string)
        string_finish(cpu, v);
    else if (a->kind == WEIR_MSG_IO)
        io_finish_one(v);
    else
        mmio_finish(v);
}

/* The bindings that need no service; NULL: the hardware's. */
static noinline void decide(struct cpu *cpu, struct vcpu *v, const struct binding *b)
{
    struct access *a = &v->access;
    u8 verdict = WEIR_V_PASS;

    if (b && b->mode == WEIR_BIND_FLOAT)
        verdict = WEIR_V_DENY;
    else if (b && (b->mode == WEIR_BIND_VALUE || a->write)) /* READ_ONLY: reads pass */
        verdict = WEIR_V_DONE;
    if (verdict == WEIR_V_DONE && a->string)
        for (u32 i = 0; i < a->count; i++)
            memcpy(v->io_page + i * a->size, &b->value, a->size);
    access_complete(cpu, v, verdict, b ? b->value : 0, 0);
}

void access_route(struct cpu *cpu, struct vcpu *v, const struct binding *b)
{
    struct access *a = &v->access;

    if (!b || (b->mode != WEIR_BIND_FORWARD && b->mode != WEIR_BIND_FILTER)) {
        decide(cpu, v, b);
        return;
    }
    if (b->mode == WEIR_BIND_FILTER && !a->write)
        a->filtered = do_on_hardware(cpu, v);
    a->cookie = b->cookie;
    v->request.kind = WEIR_MSG_NONE;
    vcpu_park(cpu, v, b->port);
}

/* What of the emulator's page counts: the fixed part and the log so far, and more entries. Chunks are not used. */
static size_t emulation_bytes(const struct weir_emulation *e, unsigned more)
{
    return offsetof(struct weir_emulation, log) + (e->log_count + more) * sizeof(e->log[0]);
}

void vcpu_fill_message(struct vcpu *v, struct thread *worker)
{
    const struct access *a = &v->access;
    struct weir_msg *m = worker->msg;

    if (unlikely(v->request.kind != WEIR_MSG_NONE)) {
        *m = v->request;
        if (m->kind == WEIR_MSG_EMULATE)
            memcpy(worker->transfer, v->emulation, emulation_bytes(v->emulation, 0));
    } else {
        *(u64 *)m = a->head; /* kind, size, flags, no badge */
        m->addr = a->addr;
        m->data = a->data;
        m->length = v->exit.length;
        m->count = a->string ? a->count : 0;
        m->rip = v->rip;
        m->aux = a->cookie;
        if (unlikely(a->string && (a->write || a->filtered)))
            memcpy(worker->transfer, v->io_page, a->count * a->size);
    }
    m->seq = v->seq;
    if (unlikely(v->posted_to && v->posted_to == v->client.port)) {
        m->flags |= WEIR_F_POSTED;
        m[1] = v->posted;
    }
}

/* The reply to a request that is no access. */
static void other_reply(struct vcpu *v, struct thread *worker)
{
    if (v->request.kind == WEIR_MSG_HOOK) {
        v->state = VCPU_STOPPED;
        return;
    }
    u16 done = v->emulation->log_count; /* the kernel's own count, whatever comes back */
    memcpy(v->emulation, worker->transfer, emulation_bytes(v->emulation, 1));
    v->emulation->log_count = done;
    v->emulator_answered = true;
    v->attention = true; /* goes on in emulate_continue, before entry, in guest context */
}

void vcpu_reply(struct vcpu *v, struct thread *worker)
{
    struct cpu *cpu = v->cpu;
    const struct access *a = &v->access;
    const struct weir_msg *m = worker->msg;

    if (unlikely(v->posted_to && v->posted_to == v->client.port))
        v->posted_to = NULL;
    v->client.port = NULL;
    v->client.worker = NULL;
    v->client.replay = false;
    v->state = VCPU_RUNS;
    cpu->stuck_at = ~0ull;
    if (unlikely(v->request.kind != WEIR_MSG_NONE)) {
        other_reply(v, worker);
        return;
    }
    v->reply_verdict = (u8)m->kind;
    if (unlikely(a->string && !a->write && v->reply_verdict == WEIR_V_DONE))
        memcpy(v->io_page, worker->transfer, a->count * a->size);
    v->reply_data = m->data;
    v->reply_count = m->count;
    v->replied = true; /* completed at entry: there the hardware and the window are the guest's */
}

/* The service behind the port is gone for good. */
void vcpu_request_gone(struct vcpu *v, bool closed)
{
    v->client.replay = false;
    v->state = VCPU_RUNS;
    v->cpu->stuck_at = ~0ull;
    v->attention = true;
    if (v->request.kind == WEIR_MSG_EMULATE) {
        v->emulation->status = WEIR_EMU_UNSUPPORTED;
        v->emulator_answered = true;
    } else if (v->request.kind != WEIR_MSG_HOOK) {
        v->reply_verdict = closed ? WEIR_V_DENY : WEIR_V_PASS;
        v->replied = true;
    }
}
