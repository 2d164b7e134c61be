/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's side of the emulator service: it gets an instruction and the results of its accesses so far, and says
 * the next access or the final registers (include/weir/emulate.h). The kernel does each access, by the rule that binds
 * it or in guest memory. Nothing that comes back is believed without a check.
 */
#include "core/log.h"
#include "core/string.h"
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "obj/device.h"
#include "shadow.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define EMULATED_FLAGS 0x3f7fd5ull /* the emulator knows which of them the guest may change */

static noreturn void ask(struct cpu *cpu, struct vcpu *v)
{
    v->access.kind = WEIR_MSG_NONE;
    v->access.emulated = true;
    v->request = (struct weir_msg){.kind = WEIR_MSG_EMULATE, .size = 0, .rip = v->rip};
    vcpu_park(cpu, v, v->emulator);
}

static struct weir_emulation *prepare(struct vcpu *v, u8 request)
{
    struct weir_emulation *e = v->emulation;

    memset(e, 0, offsetof(struct weir_emulation, log));
    vcpu_get_state(v, &e->state);
    e->request = request;
    e->max_chunk = 1;
    v->emulated_rip = v->rip;
    return e;
}

void emulate_start(struct cpu *cpu, struct vcpu *v)
{
    struct guest_view g;

    if (!v->emulator) {
        log_line("weir: no emulator for the instruction at %lx", v->rip);
        vcpu_raise(v, VECTOR_UD, -1);
        return;
    }
    struct weir_emulation *e = prepare(v, WEIR_EMU_EXECUTE);
    vcpu_ops->guest_view(v, &g);
    e->code_length = (u8)guest_fetch(cpu, &g, e->code);
    v->delivering = 0;
    ask(cpu, v);
}

void emulate_deliver(struct cpu *cpu, struct vcpu *v)
{
    v->delivering = v->event;
    v->event = 0;
    if (!v->emulator)
        exit_shutdown(cpu, v);
    prepare(v, WEIR_EMU_DELIVER)->event = v->delivering;
    ask(cpu, v);
}

/* An exception that ends an instruction, or the delivery of an event. */
static void raise(struct cpu *cpu, struct vcpu *v, u8 vector, int64_t error)
{
    v->event = v->delivering;
    exit_raise(cpu, v, vector, error);
}

/* Both pages of a linear range, translated for the access; false: #PF was raised. */
static bool translate_range(struct cpu *cpu, struct vcpu *v, const struct weir_emu_access *a, u32 access, u64 gpa[2])
{
    struct guest_view g;
    u32 error;

    vcpu_ops->guest_view(v, &g);
    for (unsigned i = 0; i < 2; i++) {
        u64 last = a->addr + a->size - 1; /* in another page: that page's first byte is what faults */
        u64 at = i && (last ^ a->addr) & ~PAGE_MASK ? last & ~PAGE_MASK : a->addr;
        if (!guest_translate(cpu, &g, at, access, false, &gpa[i], &error)) {
            vcpu_ops->set_cr2(v, at);
            raise(cpu, v, VECTOR_PF, error);
            return false;
        }
    }
    return true;
}

static void next(struct cpu *cpu, struct vcpu *v)
{
    v->emulation->log_count++;
    ask(cpu, v);
}

noinline void emulate_access_done(struct cpu *cpu, struct vcpu *v)
{
    struct weir_emu_access *a = &v->emulation->log[v->emulation->log_count];

    if (!v->access.write)
        a->data[v->emulated_half] = v->access.data;
    if (a->size == 16 && v->emulated_half == 0 && a->kind != WEIR_EMU_IN && a->kind != WEIR_EMU_OUT) {
        v->emulated_half = 1;
        v->access.addr += 8;
        v->access.data = a->data[1];
        v->access.filtered = false;
        access_route(cpu, v, mmio_binding(v->access.addr, v->access.size));
        return;
    }
    next(cpu, v);
}

/* A locked write: where it is RAM, only if the place still holds what was read. */
static bool write_locked(struct cpu *cpu, const struct weir_emulation *e, const struct weir_emu_access *a, u64 gpa)
{
    void *p = window_ptr(cpu, gpa);
    u64 expected = a->pair < e->log_count ? e->log[a->pair].data[0] : 0;

    if (!p)
        return true;
    shadow_written(gpa, a->size);
    switch (a->size) {
    case 1:
        return __sync_bool_compare_and_swap((u8 *)p, (u8)expected, (u8)a->data[0]);
    case 2:
        return __sync_bool_compare_and_swap((u16 *)p, (u16)expected, (u16)a->data[0]);
    case 4:
        return __sync_bool_compare_and_swap((u32 *)p, (u32)expected, (u32)a->data[0]);
    default:
        return __sync_bool_compare_and_swap((u64 *)p, expected, a->data[0]);
    }
}

/* An access that a rule may bind becomes v->access. */
static void begin_access(struct vcpu *v, u16 kind, u16 size, bool write, u64 addr, u64 data)
{
    v->emulated_half = 0;
    access_begin(v, kind, size, write, addr, data);
    v->access.emulated = true;
}

static void do_memory(struct cpu *cpu, struct vcpu *v, struct weir_emu_access *a)
{
    u32 access = (a->kind == WEIR_EMU_WRITE || (a->flags & WEIR_EMU_F_WRITE) ? PF_W : 0) |
                 (a->cpl == 3 && !(a->flags & WEIR_EMU_F_SYSTEM) ? PF_U : 0);
    u64 gpa[2];

    if (!translate_range(cpu, v, a, access, gpa))
        return;
    if (a->kind == WEIR_EMU_PROBE)
        next(cpu, v);
    unsigned first = (unsigned)(PAGE_SIZE - (a->addr & PAGE_MASK));
    bool crosses = first < a->size;
    bool write = a->kind == WEIR_EMU_WRITE;
    if (!crosses && mmio_binding(gpa[0], a->size)) {
        begin_access(v, WEIR_MSG_MMIO, a->size == 16 ? 8 : a->size, write, gpa[0], a->data[0]);
        access_route(cpu, v, mmio_binding(gpa[0], v->access.size));
        return;
    }
    if (write && (a->flags & WEIR_EMU_F_LOCKED) && !crosses && a->size <= 8) {
        if (write_locked(cpu, v->emulation, a, gpa[0]))
            next(cpu, v);
        v->emulation->log_count = 0; /* another CPU was faster: from the start */
        ask(cpu, v);
    }
    unsigned n = crosses ? first : a->size;
    u8 *data = (u8 *)a->data;
    if (write) {
        guest_write(cpu, gpa[0], data, n);
        if (crosses)
            guest_write(cpu, gpa[1] & ~PAGE_MASK, data + n, a->size - n);
    } else {
        a->data[0] = a->data[1] = 0;
        guest_read(cpu, gpa[0], data, n);
        if (crosses)
            guest_read(cpu, gpa[1] & ~PAGE_MASK, data + n, a->size - n);
    }
    next(cpu, v);
}

static void do_port(struct cpu *cpu, struct vcpu *v, const struct weir_emu_access *a)
{
    begin_access(v, WEIR_MSG_IO, a->size, a->kind == WEIR_EMU_OUT, (u16)a->addr, a->data[0]);
    access_route(cpu, v, binding_find_io((u16)a->addr, a->size));
}

static bool valid_size(const struct weir_emu_access *a)
{
    bool port = a->kind == WEIR_EMU_IN || a->kind == WEIR_EMU_OUT;

    return a->size == 1 || a->size == 2 || a->size == 4 || (!port && (a->size == 8 || a->size == 16));
}

static bool do_access(struct cpu *cpu, struct vcpu *v)
{
    struct weir_emulation *e = v->emulation;
    struct weir_emu_access *a = &e->log[e->log_count];

    if (e->log_count >= WEIR_EMU_LOG - 1 || !valid_size(a) || (a->flags & WEIR_EMU_F_CHUNK))
        return false;
    if (a->kind == WEIR_EMU_READ || a->kind == WEIR_EMU_WRITE || a->kind == WEIR_EMU_PROBE)
        do_memory(cpu, v, a);
    else if (a->kind == WEIR_EMU_IN || a->kind == WEIR_EMU_OUT)
        do_port(cpu, v, a);
    else
        return false;
    return true;
}

static int64_t error_of(const struct weir_emulation *e)
{
    return e->has_error ? (int64_t)(u16)e->error : -1;
}

/* The instruction is done: its registers become the guest's, as far as such an instruction may change them. */
static void finish(struct vcpu *v)
{
    const struct weir_emu_state *s = &v->emulation->state;
    u32 effects = v->emulation->effects;
    u64 rflags = v->rflags;

    u64 flags = s->cr0 & CR0_PE ? EMULATED_FLAGS : EMULATED_FLAGS & ~RFLAGS_VM;

    v->rflags = (rflags & ~flags) | (s->rflags & flags) | 2;
    v->changed = true;
    vcpu_ops->clear_shadow(v);
    if (!control_write_effects(v, s, effects)) {
        v->rflags = rflags;
        vcpu_raise(v, VECTOR_GP, 0);
        return;
    }
    vcpu_ops->set_state(v, s, effects);
    for (unsigned i = 0; i < 16; i++)
        v->regs[i] = s->gpr[i];
    v->rip = s->rip;
    if (effects & WEIR_EMU_E_INVLPG) {
        if (paging_is_shadow())
            shadow_invalidate(v, v->emulation->linear);
        v->flush_tlb = true;
    }
    if (effects & WEIR_EMU_E_INVD)
        wbinvd();
    if (effects & WEIR_EMU_E_STEP)
        vcpu_raise_step(v);
    if (effects & WEIR_EMU_E_RAISE)
        vcpu_raise(v, v->emulation->vector & 31, error_of(v->emulation));
}

void emulate_continue(struct cpu *cpu, struct vcpu *v)
{
    struct weir_emulation *e = v->emulation;

    switch (e->status) {
    case WEIR_EMU_ACCESS:
        if (do_access(cpu, v))
            return;
        break;
    case WEIR_EMU_DONE:
        finish(v);
        return;
    case WEIR_EMU_EXCEPTION:
        if (e->vector < 32 && e->vector != VECTOR_NMI) {
            raise(cpu, v, e->vector, error_of(e));
            return;
        }
        break;
    case WEIR_EMU_FETCH:
    case WEIR_EMU_RESTART:
        return; /* the guest tries again */
    }
    if (!v->delivering && paging_is_shadow() && shadow_give_way(v))
        return;
    log_line("weir: the emulator does not know the instruction at %lx (%x %x %x %x); #UD", v->emulated_rip, e->code[0],
             e->code[1], e->code[2], e->code[3]);
    if (v->delivering)
        exit_shutdown(cpu, v);
    vcpu_raise(v, VECTOR_UD, -1);
}
