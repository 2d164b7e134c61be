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
    struct access *a = &v->access;

    if (!a->write)
        mmio_mov_apply(&v->mov, v->regs, a->data);
    vcpu_advance(v, v->mov.length);
}

/* One access at a physical address, by whatever rule binds it; the data is in v->access. */
void mmio_route(struct cpu *cpu, struct vcpu *v)
{
    access_route(cpu, v, mmio_binding(v->access.addr, v->access.size));
}

void mmio_access(struct cpu *cpu, struct vcpu *v)
{
    struct access *a = &v->access;
    struct guest_view g;
    const u8 *code;
    u8 fetched[16] __attribute__((aligned(8)));

    enum code_mode mode = CODE_64;
    unsigned n = INSN_MAX;
    code = code_again(cpu, v);
    if (!code) {
        vcpu_ops->guest_view(v, &g);
        mode = g.mode;
        n = vcpu_ops->fetched(v, &code);
        if (!n) {
            n = guest_fetch(cpu, &g, fetched);
            code = fetched;
            code_cache_fill(cpu, &v->code, &g, v->exit.cr3);
        }
    }
    if (!decode_mmio_mov(code, n, mode, &v->mov) ||
        (v->exit.gpa & PAGE_MASK) + v->mov.size > PAGE_SIZE) {
        emulate_start(cpu, v);
        return;
    }
    if (v->mov.write != !!(v->exit.error & PF_W))
        return; /* another CPU changed the code meanwhile: try again */
    a->kind = WEIR_MSG_MMIO;
    a->size = v->mov.size;
    a->flags = v->mov.write ? WEIR_F_WRITE : 0;
    a->emulated = false;
    a->simple = true;
    a->count = 1;
    a->addr = v->exit.gpa;
    a->data = a->write ? mmio_mov_value(&v->mov, v->regs) : 0;
    v->exit.length = v->mov.length;
    mmio_route(cpu, v);
}

void exit_nested(struct cpu *cpu, struct vcpu *v)
{
    u64 gpa = v->exit.gpa = a20_address(v->exit.gpa);

    if (unlikely(!in_region(gpa) && (gpa & ~PAGE_MASK) != hook_page() && npt_fill(gpa)))
        return;
    if (unlikely(v->exit.error & NPF_WHILE_WALKING)) {
        /* The guest keeps page tables where a service or nothing is: no CPU says what then happens. */
        log_line("weir: the guest's page tables at %lx lie in a bound address; #GP", gpa);
        vcpu_raise(v, VECTOR_GP, 0);
        return;
    }
    mmio_access(cpu, v);
}
