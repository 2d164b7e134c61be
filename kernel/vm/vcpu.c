/* SPDX-License-Identifier: BSD-2-Clause */
/* Life of a vCPU: creation, start, entry into the guest, events, and ring 3's vcpu_ctl. */
#include "vcpu.h"

#include "a20.h"
#include "boot/boot.h"
#include "core/log.h"
#include "core/string.h"
#include "exit.h"
#include "hook.h"
#include "mm/window.h"
#include "npt.h"
#include "obj/domain.h"
#include "obj/port.h"
#include "obj/sched.h"
#include "vcpu_ops.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/fence.h"
#include "x86/fpu.h"
#include "x86/insn.h"

#define HALT_US 100000u /* one wait in the place of a HLT that always exits */

static void free_pages(struct domain *d, struct vcpu *v)
{
    block_free(d, v->emulation, PAGE_SIZE);
    block_free(d, v->io_page, PAGE_SIZE);
    block_free(d, v->fpu, PAGE_SIZE + cpu_features.xsave_bytes);
    block_free(d, v, PAGE_SIZE);
}

struct vcpu *vcpu_create(struct domain *d, struct cpu *cpu, struct port *port)
{
    struct vcpu *v = block_alloc(d, PAGE_SIZE);

    if (!v)
        return NULL;
    v->emulation = block_alloc(d, PAGE_SIZE);
    v->io_page = block_alloc(d, PAGE_SIZE);
    v->fpu = block_alloc(d, PAGE_SIZE + cpu_features.xsave_bytes);
    v->cpu = cpu;
    v->port = port;
    v->client.is_vcpu = true;
    v->xcr0 = 1;
    if (v->emulation && v->io_page && v->fpu && vcpu_ops->create(v)) {
        vcpu_real_mode(v, (u16)(hook_page() >> 4), WEIR_HOOK_ENTRY);
        *(u16 *)v->fpu = 0x40; /* FCW after reset */
        *(u32 *)((char *)v->fpu + 24) = 0x1f80;
        object_init(&v->object, WEIR_VCPU, d);
        trace_exits = boot_flag("trace-exits");
        a20_intercept();
        cpu->vcpu = v;
        return v;
    }
    free_pages(d, v);
    return NULL;
}

void vcpu_destroy(struct vcpu *v)
{
    struct domain *d = v->object.owner;

    if (v->client.port)
        port_cancel(&v->client);
    if (v->cpu->fpu_owner == v)
        v->cpu->fpu_owner = NULL;
    v->cpu->vcpu = NULL;
    vcpu_ops->destroy(v);
    free_pages(d, v);
}

void vcpu_forget_port(struct port *p)
{
    struct vcpu *v = this_cpu()->vcpu;

    if (v && v->port == p)
        v->port = NULL;
    if (v && v->emulator == p)
        v->emulator = NULL;
    if (v && v->posted_to == p)
        v->posted_to = NULL;
}

void vcpu_raise(struct vcpu *v, u8 vector, int64_t error_code)
{
    u64 error = error_code >= 0 ? EVENT_ERROR | (u64)error_code << 32 : 0;

    if (vector != VECTOR_DB)
        v->rflags |= RFLAGS_RF; /* faults push it (AMD APM vol. 2, 3.1.6) */
    vcpu_inject(v, EVENT_VALID | EVENT_EXCEPTION << 8 | vector | error);
}

void vcpu_raise_pf(struct vcpu *v, u64 linear, u32 error_code)
{
    vcpu_ops->set_cr2(v, linear);
    vcpu_raise(v, VECTOR_PF, error_code);
}

void vcpu_raise_step(struct vcpu *v)
{
    vcpu_ops->set_step(v);
    vcpu_raise(v, VECTOR_DB, -1);
}

void vcpu_end_step(struct vcpu *v)
{
    v->rflags &= ~RFLAGS_RF;
    v->changed = true;
    if (v->rflags & RFLAGS_TF)
        vcpu_raise_step(v);
}

void vcpu_get_state(struct vcpu *v, struct weir_emu_state *s)
{
    struct guest_view g;

    vcpu_ops->guest_view(v, &g);
    memcpy(s->gpr, v->regs, sizeof(s->gpr));
    s->rip = v->rip;
    s->rflags = v->rflags;
    s->cr0 = g.cr0;
    s->cr3 = g.cr3;
    s->cr4 = g.cr4;
    s->cr8 = read_cr8();
    s->efer = g.efer;
    s->cpl = g.cpl;
    vcpu_ops->get_segments(v, s);
}

void vcpu_real_mode(struct vcpu *v, u16 cs, u16 ip)
{
    const struct weir_emu_segment data = {0, 0x93, 0xffff, 0};
    struct weir_emu_state s = {
        .cr0 = CR0_ET,
        .dr = {[4] = 0xffff0ff0, [5] = 0x400},
        .segment = {data, {cs, 0x9b, 0xffff, (u64)cs << 4}, data, data, data, data,
                    [WEIR_EMU_LDTR] = {0, 0x82, 0xffff, 0}, [WEIR_EMU_TR] = {0, 0x8b, 0xffff, 0},
                    [WEIR_EMU_GDTR] = {.limit = 0xffff}, [WEIR_EMU_IDTR] = {.limit = 0x3ff}},
    };

    memset(v->regs, 0, sizeof(v->regs));
    v->rip = ip;
    v->rflags = 2;
    vcpu_inject(v, 0);
    v->nmi_blocked = false;
    v->flush_tlb = true;
    vcpu_ops->reset(v, &s);
}

noreturn void vcpu_park(struct cpu *cpu, struct vcpu *v, struct port *p)
{
    if (!p) { /* nobody to ask any more */
        vcpu_request_gone(v, false);
        schedule(cpu);
    }
    v->seq++;
    v->state = VCPU_PARKED;
    cpu->slice_end = 0;
    ring3_enter(cpu);
    port_send(cpu, p, &v->client);
}

/* What the guest is given, it is given behind the HLT that it executed. */
static void wake(struct vcpu *v)
{
    vcpu_advance(v, v->halted);
    v->halted = 0;
}

static void inject_nmi(struct vcpu *v)
{
    if (v->nmi_blocked || v->event || v->rip == v->nmi_iret_rip)
        return;
    if (v->halted)
        wake(v);
    v->nmi_pending = false;
    v->nmi_blocked = true;
    vcpu_inject(v, EVENT_VALID | EVENT_NMI << 8 | VECTOR_NMI);
    vcpu_ops->intercept_iret(v, true);
}

/*
 * The guest has executed a HLT, the services have had their slice: an interrupt that is there now ends the HLT, whatever
 * else is to be done. With nobody ready the CPU waits here for one, or for a service's timeout; where there is none of
 * those either, the guest executes its HLT itself.
 */
static void wait_halted(struct cpu *cpu, struct vcpu *v)
{
    u64 now = rdtsc(), at = cpu->timers ? cpu->timers->deadline : now + clock_ticks(HALT_US);
    bool wait = !cpu->ready_first && (cpu->timers || v->halt_exits);

    if (v->rflags & RFLAGS_IF) {
        vcpu_ops->leave_guest(cpu);
        int vector = wait ? fence_wait_open(cpu, at > now ? at - now : 1) : fence_take_interrupt(cpu);
        vcpu_ops->enter_guest(v);
        if (vector >= 0) {
            wake(v);
            vcpu_inject(v, EVENT_VALID | (unsigned)vector);
        }
    }
    v->halted = 0;
}

void vcpu_before_entry(struct cpu *cpu, struct vcpu *v)
{
    while (v->attention) {
        v->attention = false;
        if (v->emulator_answered) {
            v->emulator_answered = false;
            emulate_continue(cpu, v);
        }
    }
    if (cpu->nmi_seen) {
        cpu->nmi_seen = false;
        v->nmi_pending = !__atomic_exchange_n(&cpu->kick, 0, __ATOMIC_ACQUIRE);
    }
    if (v->nmi_pending)
        inject_nmi(v);
    v->attention = v->halted || (v->nmi_pending && !v->nmi_blocked);
    if (background_due(cpu) && !v->event) {
        ring3_enter(cpu);
        schedule(cpu);
    }
    bool owed = cpu->ready_first || cpu->timers;
    if (owed != v->want_interrupt_exit) {
        v->want_interrupt_exit = owed;
        vcpu_ops->intercept_interrupts(v, owed);
    }
    if (v->halted)
        wait_halted(cpu, v);
}

noreturn void vcpu_enter(struct cpu *cpu, struct vcpu *v)
{
    if (cpu->ring3) {
        fence_lower(cpu);
        if (unlikely(cpu->fpu_owner != v))
            fpu_give_to_guest(cpu, v);
        vcpu_ops->enter_guest(v);
        cpu->ring3 = false;
    }
    window_open(cpu);
    if (v->replied) {
        v->replied = false;
        access_complete(cpu, v, v->reply_verdict, v->reply_data, v->reply_count);
    }
    if (unlikely(v->attention || cpu->ready_first || cpu->nmi_seen))
        vcpu_before_entry(cpu, v);
    vcpu_ops->run(v);
}

static struct result boot(struct thread *t, struct vcpu *v)
{
    if (v->state != VCPU_STOPPED)
        return FAIL(WEIR_E_STATE);
    window_open(v->cpu);
    hook_install(v->cpu, t->transfer);
    npt_protect_hook();
    load_cr3(v->cpu, t->domain->cr3);
    return OK;
}

struct result sys_vcpu_ctl(u64 slot, u64 op, u64 arg)
{
    struct thread *t = this_cpu()->thread;
    struct result r = OK;
    struct vcpu *v = object_find(t->domain, slot, vcpu, VCPU, WEIR_R_MANAGE, &r.status);
    struct port *emulator;

    if (!v)
        return r;
    switch (op) {
    case WEIR_VCPU_RUN:
    case WEIR_VCPU_PAUSE:
        if (v->state != (op == WEIR_VCPU_RUN ? VCPU_STOPPED : VCPU_RUNS))
            return FAIL(WEIR_E_STATE);
        v->state = op == WEIR_VCPU_RUN ? VCPU_RUNS : VCPU_STOPPED;
        return OK;
    case WEIR_VCPU_BOOT:
        return boot(t, v);
    case WEIR_VCPU_EMULATOR:
        emulator = object_find(t->domain, arg, port, PORT, WEIR_R_CALL, &r.status);
        if (emulator)
            v->emulator = emulator;
        return r;
    default:
        return FAIL(WEIR_E_CALL);
    }
}
