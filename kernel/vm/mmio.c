/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested page faults: memory that is not mapped yet, and accesses of bound addresses. */
#include "a20.h"
#include "core/log.h"
#include "exit.h"
#include "guest_memory.h"
#include "hook.h"
#include "mm/window.h"
#include "npt.h"
#include "obj/device.h"
#include "shadow.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define NPF_WHILE_WALKING BIT(33) /* AMD APM vol. 2, 15.25.6 */

/* Writes to Weir's region and to the hook block are dropped, like writes to a hole or a ROM. */
static const struct binding dropped = {.mode = WEIR_BIND_READ_ONLY, .type = DEVICE_ADDRESSES};

const struct binding *mmio_binding(u64 gpa, unsigned size)
{
    if (in_region(gpa) || (gpa & ~PAGE_MASK) == hook_page())
        return &dropped;
    return binding_find(DEVICE_ADDRESSES, gpa, size);
}

void mmio_do(struct cpu *cpu, struct vcpu *v)
{
    struct access *a = &v->access;
    volatile void *p;

    window_open(cpu);
    p = window_ptr(cpu, a->addr);
    if (!p) {
        a->data = ~0ull;
        return;
    }
    if (!a->write) {
        a->data = load_sized(p, a->size);
        return;
    }
    store_sized(p, a->size, a->data);
    shadow_written(a->addr, a->size);
}

void mmio_finish(struct vcpu *v)
{
    const struct mmio_mov *mov = &v->mmio->mov;

    if (!mov->write && likely(mov->size == 4 && mov->reg_size == 4))
        v->regs[mov->gpr] = (u32)v->access.data;
    else if (!mov->write)
        mmio_mov_apply(mov, v->regs, v->access.data);
    vcpu_advance(v, mov->length);
}

/* Decodes the MOV at RIP; code: its bytes, where code_again() has them. */
static noinline bool decode(struct cpu *cpu, struct vcpu *v, const u8 *code, struct mmio_insn *i)
{
    u8 fetched[16] __attribute__((aligned(8))) = {0};
    enum code_mode mode = CODE_64;
    unsigned n = INSN_MAX;

    if (!code) {
        struct guest_view g;
        vcpu_ops->guest_view(v, &g);
        mode = g.mode;
        n = vcpu_ops->fetched ? vcpu_ops->fetched(v, &code) : 0;
        if (!n) {
            n = guest_fetch(cpu, &g, fetched);
            code = fetched;
            code_cache_fill(cpu, code_cache_of(v), &g, v->exit.cr3);
        }
    }
    i->first = *(const u64 *)code;
    i->last = *(const u64 *)(code + INSN_MAX - 8);
    bool ok = decode_mmio_mov(code, n, mode, &i->mov);
    i->known = ok && n == INSN_MAX && mode == CODE_64;
    return ok;
}

/* Whether these bytes have been decoded; the same bytes always mean the same. */
static inline bool is_known(const struct mmio_insn *i, const u8 *code)
{
    return code && i->known && *(const u64 *)code == i->first && *(const u64 *)(code + INSN_MAX - 8) == i->last;
}

/*
 * What the binding's service has said ahead of this access of four bytes (struct weir_ahead) does it: v->access.data is
 * the result. false: it has to be asked.
 */
static noinline bool done_ahead(struct vcpu *v, const struct binding *b)
{
    const struct thread *t = b->port->cpu[0].idle;
    struct access *a = &v->access;

    if (!t || v->posted_to)
        return false;
    struct weir_ahead *w = (struct weir_ahead *)((char *)t->msg + WEIR_AHEAD_OFFSET);
    if (!a->write) {
        if (a->addr != w->addr || b->cookie != w->cookie || rdtsc() >= w->until)
            return false;
        w->until = 0;
        a->data = w->data;
        return true;
    }
    if (!w->post_mask || (a->addr & w->post_mask) != w->post_addr)
        return false;
    *(u64 *)&v->posted = a->head; /* kind, size, flags, no badge */
    v->posted.addr = a->addr;
    v->posted.data = a->data;
    v->posted.aux = b->cookie;
    v->posted_to = b->port;
    return true;
}

static inline void begin(struct cpu *cpu, struct vcpu *v, const struct mmio_insn *i)
{
    const struct mmio_mov *mov = &i->mov;
    const struct binding *b = i->binding;

    v->mmio = i;
    v->exit.length = mov->length;
    access_begin(v, WEIR_MSG_MMIO, mov->size, mov->write, i->gpa, mov->write ? mmio_mov_value(mov, v->regs) : 0);
    if (b && b->mode == WEIR_BIND_FORWARD && mov->size == 4 && done_ahead(v, b))
        mmio_finish(v);
    else
        access_route(cpu, v, b);
}

static noinline void access_new(struct cpu *cpu, struct vcpu *v, struct mmio_insn *i)
{
    u64 gpa = v->exit.gpa;
    const u8 *code = code_again(cpu, v);

    i->changes = 0;
    if ((!is_known(i, code) && !decode(cpu, v, code, i)) || (gpa & PAGE_MASK) + i->mov.size > PAGE_SIZE) {
        emulate_start(cpu, v);
        return;
    }
    if (i->mov.write != !!(v->exit.error & PF_W))
        return; /* another CPU changed the code meanwhile: try again */
    i->gpa = gpa;
    i->binding = mmio_binding(gpa, i->mov.size);
    i->changes = binding_changes;
    begin(cpu, v, i);
}

/* The access that this instruction made the last time: nothing is decoded or looked up. false: it is another one. */
static inline bool access_again(struct cpu *cpu, struct vcpu *v)
{
    const struct mmio_insn *i = &v->insn[v->rip % MMIO_INSNS];
    u64 error = i->mov.write ? PF_W : 0;

    if (i->gpa != v->exit.gpa || i->changes != binding_changes ||
        (v->exit.error & (NPF_WHILE_WALKING | PF_W)) != error || !is_known(i, code_again(cpu, v)))
        return false;
    begin(cpu, v, i);
    return true;
}

void mmio_access(struct cpu *cpu, struct vcpu *v)
{
    if (!access_again(cpu, v))
        access_new(cpu, v, &v->insn[v->rip % MMIO_INSNS]);
}

static noinline void nested_new(struct cpu *cpu, struct vcpu *v)
{
    u64 gpa = v->exit.gpa;

    if (!mmio_binding(gpa, 1) && npt_fill(gpa))
        return;
    if (v->exit.error & NPF_WHILE_WALKING) {
        /* The guest keeps page tables where a service or nothing is: no CPU says what then happens. */
        log_line("weir: the guest's page tables at %lx lie in a bound address; #GP", gpa);
        vcpu_raise(v, VECTOR_GP, 0);
        return;
    }
    access_new(cpu, v, &v->insn[v->rip % MMIO_INSNS]);
}

void exit_nested(struct cpu *cpu, struct vcpu *v)
{
    v->exit.gpa = a20_address(v->exit.gpa);
    if (!access_again(cpu, v))
        nested_new(cpu, v);
}
