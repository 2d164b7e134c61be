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

static void do_on_hardware(struct cpu *cpu, struct vcpu *v)
{
    struct access *a = &v->access;

    if (a->kind == WEIR_MSG_IO)
        io_do(v);
    else if (a->kind == WEIR_MSG_MMIO)
        mmio_do(cpu, v);
}

static void finish(struct cpu *cpu, struct vcpu *v, u8 verdict, u32 count)
{
    struct access *a = &v->access;

    if (a->emulated)
        emulate_access_done(cpu, v);
    else if (a->kind == WEIR_MSG_IO)
        io_finish(cpu, v, count);
    else if (a->kind == WEIR_MSG_MMIO)
        mmio_finish(v);
    else
        msr_finish(cpu, v, verdict);
}

static void fill_ones(struct vcpu *v)
{
    v->access.data = ~0ull;
    if (v->access.string)
        memset(v->io_page, 0xff, PAGE_SIZE);
}

void access_complete(struct cpu *cpu, struct vcpu *v, u8 verdict, u64 data, u32 count)
{
    struct access *a = &v->access;

    if (count == 0 || count > a->count)
        count = a->count;
    a->count = count;
    switch (verdict) {
    case WEIR_V_PASS:
        if (!a->filtered || a->write)
            do_on_hardware(cpu, v);
        break;
    case WEIR_V_REPLACE:
        a->data = data;
        if (a->write)
            do_on_hardware(cpu, v);
        break;
    case WEIR_V_DENY:
        if (!a->write)
            fill_ones(v);
        break;
    case WEIR_V_FAULT:
        if (!a->emulated && a->kind != WEIR_MSG_MSR) {
            vcpu_raise(v, VECTOR_GP, 0);
            return;
        }
        break;
    default:
        if (!a->write)
            a->data = data;
    }
    finish(cpu, v, verdict, count);
}

void access_route(struct cpu *cpu, struct vcpu *v, const struct binding *b)
{
    struct access *a = &v->access;

    a->filtered = false;
    if (!b) {
        access_complete(cpu, v, WEIR_V_PASS, 0, 0);
        return;
    }
    switch (b->mode) {
    case WEIR_BIND_FLOAT:
        access_complete(cpu, v, WEIR_V_DENY, 0, 0);
        return;
    case WEIR_BIND_READ_ONLY:
        access_complete(cpu, v, a->write ? WEIR_V_DONE : WEIR_V_PASS, 0, 0);
        return;
    case WEIR_BIND_VALUE:
        if (a->string)
            for (u32 i = 0; i < a->count; i++)
                memcpy(v->io_page + i * a->size, &b->value, a->size);
        access_complete(cpu, v, WEIR_V_DONE, b->value, 0);
        return;
    case WEIR_BIND_FILTER:
        if (!a->write && a->kind != WEIR_MSG_MSR) {
            do_on_hardware(cpu, v);
            a->filtered = true;
        } else if (!a->write && msr_do(cpu, v)) {
            a->filtered = true;
        }
        break;
    }
    vcpu_forward(cpu, v, b);
}

noreturn void vcpu_forward(struct cpu *cpu, struct vcpu *v, const struct binding *b)
{
    const struct access *a = &v->access;

    v->request.kind = a->kind;
    v->request.size = a->size;
    v->request.flags = (u16)((a->write ? WEIR_F_WRITE : 0) | (a->string ? WEIR_F_REP : 0) |
                             (a->filtered ? WEIR_F_DATA : 0));
    v->request.addr = a->addr;
    v->request.data = a->data;
    v->request.length = v->exit.length;
    v->request.count = a->string ? a->count : 0;
    v->request.rip = v->rip;
    v->request.aux = b->cookie;
    vcpu_park(cpu, v, b->port);
}

/* What of the emulator's page counts: the fixed part and the log so far, and more entries. Chunks are not used. */
static size_t emulation_bytes(const struct weir_emulation *e, unsigned more)
{
    return offsetof(struct weir_emulation, log) + (e->log_count + more) * sizeof(e->log[0]);
}

/* The hot path of IPC's delivery: eight words from the parked request. */
void vcpu_fill_message(struct vcpu *v, struct thread *worker)
{
    *worker->msg = v->request;
    if (unlikely(v->request.kind == WEIR_MSG_EMULATE))
        memcpy(worker->transfer, v->emulation, emulation_bytes(v->emulation, 0));
    else if (unlikely(v->access.string && v->request.kind == WEIR_MSG_IO &&
                      (v->access.write || v->access.filtered)))
        memcpy(worker->transfer, v->io_page, v->access.count * v->access.size);
}

/*
 * Whether the reply can be done at once, behind the fence: what touches neither hardware nor guest memory, and ports
 * but for the 8259s', which the fence uses.
 */
static inline bool soft(const struct access *a, u8 verdict)
{
    u64 at = a->addr & ~0x80ull; /* 20h, 21h, A0h, A1h */

    if (a->string || a->emulated || a->kind == WEIR_MSG_MSR)
        return false;
    if (verdict == WEIR_V_DONE || verdict == WEIR_V_DENY)
        return true;
    return verdict == WEIR_V_PASS && ((a->filtered && !a->write) ||
                                      (a->kind == WEIR_MSG_IO && (at > 0x21 || at + a->size <= 0x20)));
}

void vcpu_reply(struct vcpu *v, struct thread *worker)
{
    struct cpu *cpu = v->cpu;
    const struct weir_msg *m = worker->msg;

    v->client.port = NULL;
    v->client.worker = NULL;
    v->client.replay = false;
    v->state = VCPU_RUNS;
    cpu->stuck_at = ~0ull;
    switch (v->request.kind) {
    case WEIR_MSG_HOOK:
        v->state = VCPU_STOPPED;
        return;
    case WEIR_MSG_EMULATE: {
        u16 done = v->emulation->log_count; /* the kernel's own count, whatever comes back */
        memcpy(v->emulation, worker->transfer, emulation_bytes(v->emulation, 1));
        v->emulation->log_count = done;
        v->emulator_answered = true;
        v->attention = true; /* goes on in emulate_continue, before entry, in guest context */
        return;
    }
    default:
        if (v->access.string && !v->access.write && m->kind == WEIR_V_DONE)
            memcpy(v->io_page, worker->transfer, v->access.count * v->access.size);
        if (likely(soft(&v->access, (u8)m->kind))) {
            access_complete(cpu, v, (u8)m->kind, m->data, 0);
            return;
        }
        v->reply_verdict = (u8)m->kind;
        v->reply_data = m->data;
        v->reply_count = m->count;
        v->replied = true;
        v->attention = true; /* completed before entry: there the hardware and the window are the guest's */
    }
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
