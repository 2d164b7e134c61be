/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IN, OUT and their string forms on hooked ports (AMD APM vol. 2, 15.10). String I/O is done in chunks that lie in one
 * guest page: its memory is translated, and #PF raised, before anything is sent; registers advance when it is complete.
 */
#include "a20.h"
#include "core/log.h"
#include "core/string.h"
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "obj/device.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define RFLAGS_DF BIT(10)

static inline u32 in_sized(u16 port, unsigned size)
{
    return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static inline void out_sized(u16 port, unsigned size, u32 value)
{
    device_written(port, value);
    if (size == 1)
        outb(port, (u8)value);
    else if (size == 2)
        outw(port, (u16)value);
    else
        outl(port, value);
}

/* String I/O, and ports that concern the A20 gate. */
static noinline void io_do_elements(struct vcpu *v, u16 port, bool gate)
{
    struct access *a = &v->access;

    for (u32 i = 0; i < a->count; i++) {
        u8 *p = a->string ? v->io_page + i * a->size : (u8 *)&a->data;
        if (a->write) {
            u32 value = (u32)load_sized(p, a->size);
            out_sized(port, a->size, gate ? a20_write(port, a->size, value) : value);
        } else {
            u32 value = in_sized(port, a->size);
            store_sized(p, a->size, gate ? a20_read(port, a->size, value) : value);
        }
    }
}

void io_do(struct vcpu *v)
{
    struct access *a = &v->access;
    u16 port = (u16)a->addr;
    bool gate = a20_concerns(port, a->size);

    if (unlikely(a->string || gate))
        io_do_elements(v, port, gate);
    else if (a->write)
        out_sized(port, a->size, (u32)a->data);
    else
        a->data = in_sized(port, a->size);
}

/* Adds to a register as an instruction with that address size does. */
static void add_register(u64 *reg, u64 delta, u8 address_size)
{
    u64 mask = size_mask(address_size), v = (*reg + delta) & mask;

    *reg = address_size == 2 ? (*reg & ~mask) | v : v;
}

noinline void string_finish(struct cpu *cpu, struct vcpu *v)
{
    const struct io_exit *io = &v->exit.io;
    struct access *a = &v->access;
    struct guest_view g;
    u64 gpa;
    u32 error;

    vcpu_ops->guest_view(v, &g);
    if (!a->write) {
        u32 access = PF_W | (g.cpl == 3 ? PF_U : 0);
        if (!guest_translate(cpu, &g, a->linear, access, false, &gpa, &error)) {
            vcpu_raise_pf(v, a->linear, error);
            return;
        }
        guest_write(cpu, gpa, v->io_page, a->count * a->size);
    }
    u64 step = (u64)a->count * a->size;
    add_register(&v->regs[a->write ? RSI : RDI], v->rflags & RFLAGS_DF ? -step : step, io->address_size);
    if (io->rep)
        add_register(&v->regs[RCX], -(u64)a->count, io->address_size);
    if (!io->rep || !(v->regs[RCX] & size_mask(io->address_size)))
        vcpu_advance(v, v->exit.length);
    else if (v->rflags & RFLAGS_TF)
        vcpu_raise_step(v);
}

/* The chunk's place: one element, or as many as lie in this page and before the address wraps. false: faulted. */
static bool string_chunk(struct cpu *cpu, struct vcpu *v, const struct io_exit *io, u64 *gpa)
{
    struct weir_emu_state s;
    struct guest_view g;
    struct access *a = &v->access;
    u32 error;

    vcpu_get_state(v, &s);
    vcpu_ops->guest_view(v, &g);
    u64 mask = size_mask(io->address_size);
    u64 offset = v->regs[io->in ? RDI : RSI] & mask;
    unsigned seg = io->in ? WEIR_EMU_ES : io->segment;
    const struct weir_emu_segment *sg = &s.segment[seg];
    u64 count = io->rep ? v->regs[RCX] & mask : 1;
    bool code64 = g.mode == CODE_64;

    a->linear = code64 && seg != WEIR_EMU_FS && seg != WEIR_EMU_GS ? offset : sg->base + offset;
    if (!code64)
        a->linear = (u32)a->linear;
    if (code64 ? !is_canonical(a->linear) : offset > sg->limit || io->size - 1u > sg->limit - offset) {
        vcpu_raise(v, !code64 && seg == WEIR_EMU_SS ? VECTOR_SS : VECTOR_GP, 0);
        return false;
    }
    u64 in_page = (PAGE_SIZE - (a->linear & PAGE_MASK)) / io->size;
    /* One less than the bytes before the address wraps or the segment ends: these may be 2^64. */
    u64 room = !code64 && sg->limit - offset < mask - offset ? sg->limit - offset : mask - offset;
    u64 fit = room / io->size + (room % io->size == io->size - 1u);
    if (count > in_page)
        count = in_page;
    if (count > fit)
        count = fit;
    if (count == 0 || (v->rflags & (RFLAGS_DF | RFLAGS_TF)))
        count = 1;
    a->count = (u32)count;
    u32 access = (io->in ? PF_W : 0) | (g.cpl == 3 ? PF_U : 0);
    if (!guest_translate(cpu, &g, a->linear, access, false, gpa, &error)) {
        vcpu_raise_pf(v, a->linear, error);
        return false;
    }
    return true;
}

/* An element that crosses a page, or memory that is bound itself: the emulator does it, access by access. */
static bool needs_emulator(const struct access *a, u64 gpa)
{
    return (a->linear & PAGE_MASK) + (u64)a->count * a->size > PAGE_SIZE || binding_in_page(gpa & ~PAGE_MASK);
}

static noinline void string_io(struct cpu *cpu, struct vcpu *v, const struct binding *b)
{
    const struct io_exit *io = &v->exit.io;
    struct access *a = &v->access;
    u64 gpa;

    if (io->rep && !(v->regs[RCX] & size_mask(io->address_size))) {
        vcpu_advance(v, v->exit.length);
        return;
    }
    if (!string_chunk(cpu, v, io, &gpa))
        return;
    if (needs_emulator(a, gpa)) {
        emulate_start(cpu, v);
        return;
    }
    a->string = true;
    if (a->write)
        guest_read(cpu, gpa, v->io_page, a->count * a->size);
    access_route(cpu, v, b);
}

void exit_io(struct cpu *cpu, struct vcpu *v)
{
    const struct io_exit *io = &v->exit.io;
    const struct binding *b = binding_find_io(io->port, io->size);

    if (likely(b && b->mode == WEIR_BIND_FLOAT && !io->string)) { /* the short way of the most common rule */
        if (io->in)
            io_result(v, io->size, ~0ull);
        vcpu_advance(v, v->exit.length);
        return;
    }
    access_begin(v, WEIR_MSG_IO, io->size, !io->in, io->port, io->in || io->string ? 0 : load_sized(&v->regs[RAX], io->size));
    if (unlikely(io->string))
        string_io(cpu, v, b);
    else
        access_route(cpu, v, b);
}
