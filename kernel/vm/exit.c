/* SPDX-License-Identifier: BSD-2-Clause */
/* The exit table: for every reason its handler and the instruction whose length it needs. */
#include "exit.h"

#include "a20.h"
#include "core/log.h"
#include "guest_memory.h"
#include "hook.h"
#include "mm/window.h"
#include "obj/memory.h"
#include "obj/sched.h"
#include "vcpu_ops.h"
#include "x86/cpu.h"
#include "x86/fence.h"
#include "x86/insn.h"

#define INVALID_LIMIT 100000u /* entries */

bool trace_exits;

static void exit_forbidden(struct cpu *cpu, struct vcpu *v)
{
    vcpu_raise(v, VECTOR_UD, -1);
}

/* VMMCALL is #UD as on a CPU without SVM, except where the hook block stops. */
static void exit_vmmcall(struct cpu *cpu, struct vcpu *v)
{
    struct guest_view g;

    vcpu_ops->guest_view(v, &g);
    if (g.linear_rip != hook_page() + WEIR_HOOK_FAILED || (g.cr0 & CR0_PE)) {
        vcpu_raise(v, VECTOR_UD, -1);
        return;
    }
    v->request = (struct weir_msg){
        .kind = WEIR_MSG_HOOK,
        .addr = WEIR_HOOK_BOOT_FAILED,
        .data = (v->regs[RAX] >> 8) & 0xff,
    };
    vcpu_advance(v, 3);
    vcpu_park(cpu, v, v->port);
}

static void exit_invd(struct cpu *cpu, struct vcpu *v)
{
    wbinvd();
    vcpu_advance(v, v->exit.length);
}

/*
 * The guest can take an interrupt now, and one is there: it is acknowledged here and injected, not ended. Where a
 * service's slice is due, that comes first; the interrupt waits behind the fence and makes the next exit. Otherwise a
 * guest that makes no other exits would keep the services waiting for as long as it has interrupts.
 */
static void exit_interrupt(struct cpu *cpu, struct vcpu *v)
{
    if (background_due(cpu)) {
        v->attention = true;
        return;
    }
    int vector = vcpu_ops->take_interrupt(cpu);

    if (vector >= 0)
        vcpu_inject(v, EVENT_VALID | (unsigned)vector);
    v->attention = true;
}

static void exit_nmi(struct cpu *cpu, struct vcpu *v)
{
    vcpu_ops->take_nmi(cpu);
    cpu->nmi_seen = false;
    if (__atomic_exchange_n(&cpu->kick, 0, __ATOMIC_ACQUIRE)) /* pairs with the kicker's store before its NMI */
        return;
    v->nmi_pending = true;
    v->attention = true;
}

/* The guest's NMI handler ends (SVM: once this IRET is done; VMX: it is done): the next NMI may come. */
static void exit_iret(struct cpu *cpu, struct vcpu *v)
{
    v->nmi_blocked = false;
    vcpu_ops->intercept_iret(v, false);
    v->attention = true;
    if (v->nmi_pending && v->rip == v->nmi_iret_rip && v->emulator)
        emulate_start(cpu, v); /* so that the next NMI comes right behind the IRET */
}

/* HLT and MWAIT exit only while services are owed time, or always: vcpu_before_entry() waits in the guest's place. */
static void exit_hlt(struct cpu *cpu, struct vcpu *v)
{
    if (v->rflags & RFLAGS_TF) { /* the step's trap would end the wait at once (Intel SDM vol. 3C, 27.7.2) */
        vcpu_advance(v, v->exit.length);
        return;
    }
    v->halted = v->exit.length;
    v->attention = true;
    cpu->background_at = 0;
}

void exit_shutdown(struct cpu *cpu, struct vcpu *v)
{
    log_line("weir: the guest is shut down at %lx (triple fault or INIT): platform reset", v->rip);
    machine_end(true);
}

void exit_raise(struct cpu *cpu, struct vcpu *v, u8 vector, int64_t error)
{
    const u32 contributory = BIT(0) | BIT(10) | BIT(11) | BIT(12) | BIT(VECTOR_GP);
    bool exception = (v->event & EVENT_VALID) && EVENT_TYPE(v->event) == EVENT_EXCEPTION;
    u32 first = exception ? 1u << (v->event & 31) : 0;

    if (first == BIT(VECTOR_DF))
        exit_shutdown(cpu, v);
    else if (first == BIT(VECTOR_PF) || ((first & contributory) && vector != VECTOR_PF))
        vcpu_raise(v, VECTOR_DF, 0);
    else
        vcpu_raise(v, vector, error);
}

/* By an event, through a task gate; or by the instruction at RIP. */
static void exit_task_switch(struct cpu *cpu, struct vcpu *v)
{
    if (v->event)
        emulate_deliver(cpu, v);
    else
        emulate_start(cpu, v);
}

static void exit_init(struct cpu *cpu, struct vcpu *v)
{
    if (memory_wiped) /* by a write that was to reset the machine: the guest's disks are gone */
        exit_shutdown(cpu, v);
    a20_reset();
    vcpu_real_mode(v, 0xf000, 0xfff0);
    v->regs[RDX] = cpuid(1, 0).eax;
}

static void exit_unknown(struct cpu *cpu, struct vcpu *v)
{
    log_line("weir: unknown exit %lx at %lx", v->exit.error, v->rip);
    vcpu_raise(v, VECTOR_UD, -1);
}

static void exit_window(struct cpu *cpu, struct vcpu *v)
{
    vcpu_ops->window(v); /* VMX only */
}

/* XCR0 is the guest's while the kernel handles an exit; the CPU checks the value, the CPL it has checked already. */
static void exit_xsetbv(struct cpu *cpu, struct vcpu *v)
{
    if (xsetbv_safe((u32)v->regs[RCX], (u32)v->regs[RAX] | v->regs[RDX] << 32))
        vcpu_advance(v, v->exit.length);
    else
        vcpu_raise(v, VECTOR_GP, 0);
}

/*
 * A guest state that no CPU accepts comes from a control register write that should have been #GP. If that goes on and
 * nothing else happens, it is like a triple fault.
 */
static void exit_invalid(struct cpu *cpu, struct vcpu *v)
{
    v->invalid_in_row = v->invalid_last == cpu->count.entries - 1 ? v->invalid_in_row + 1 : 0;
    v->invalid_last = cpu->count.entries;
    if (v->invalid_in_row > INVALID_LIMIT)
        exit_shutdown(cpu, v);
    vcpu_raise(v, VECTOR_GP, 0);
}

const struct exit_row exit_table[WEIR_EXIT_REASONS] = {
    [WEIR_EXIT_IO] = {exit_io, 0},
    [WEIR_EXIT_CPUID] = {exit_cpuid, INSN_CPUID},
    [WEIR_EXIT_RDMSR] = {exit_msr, INSN_RDMSR},
    [WEIR_EXIT_WRMSR] = {exit_msr, INSN_WRMSR},
    [WEIR_EXIT_NESTED] = {exit_nested, 0},
    [WEIR_EXIT_FORBIDDEN] = {exit_forbidden, 0},
    [WEIR_EXIT_VMMCALL] = {exit_vmmcall, 0},
    [WEIR_EXIT_INVD] = {exit_invd, INSN_INVD},
    [WEIR_EXIT_INTR] = {exit_interrupt, 0},
    [WEIR_EXIT_NMI] = {exit_nmi, 0},
    [WEIR_EXIT_IRET] = {exit_iret, 0},
    [WEIR_EXIT_WINDOW] = {exit_window, 0},
    [WEIR_EXIT_HLT] = {exit_hlt, INSN_HLT},
    [WEIR_EXIT_MWAIT] = {exit_hlt, INSN_MWAIT},
    [WEIR_EXIT_XSETBV] = {exit_xsetbv, INSN_XSETBV},
    [WEIR_EXIT_INIT] = {exit_init, 0},
    [WEIR_EXIT_SHUTDOWN] = {exit_shutdown, 0},
    [WEIR_EXIT_INVALID] = {exit_invalid, 0},
    [WEIR_EXIT_UNKNOWN] = {exit_unknown, 0},
    [WEIR_EXIT_CR] = {exit_cr, 0},
    [WEIR_EXIT_INVLPG] = {exit_invlpg, 0},
    [WEIR_EXIT_PAGE_FAULT] = {exit_page_fault, 0},
    [WEIR_EXIT_TASK_SWITCH] = {exit_task_switch, 0},
};

/* Finds the length of the instruction that exited; false: the code is not (any more) what exited, so try again. */
static noinline bool find_length(struct cpu *cpu, struct vcpu *v, u32 insn)
{
    struct guest_view g;
    u8 code[16] __attribute__((aligned(8)));

    vcpu_ops->guest_view(v, &g);
    unsigned n = guest_fetch(cpu, &g, code);
    v->exit.length = (u8)insn_length(code, n, g.mode, insn);
    code_cache_fill(cpu, code_cache_of(v), &g, v->exit.cr3);
    return v->exit.length;
}

/* The code is not what exited: once, it may have been changed meanwhile; twice, it is what no CPU executes (LOCK). */
static noinline void try_again(struct vcpu *v)
{
    if (v->retried_rip == v->rip) {
        v->retried_rip = ~0ull;
        vcpu_raise(v, VECTOR_UD, -1);
    } else {
        v->retried_rip = v->rip;
    }
}

/* The same from the page that exited last: most exits come from a few places. */
static inline bool find_length_again(struct cpu *cpu, struct vcpu *v, u32 insn)
{
    const u8 *code = code_again(cpu, v);

    if (unlikely(!code))
        return find_length(cpu, v, insn);
    v->exit.length = (u8)insn_length(code, INSN_MAX, CODE_64, insn);
    return v->exit.length;
}

/* Inlined where it is called, so that an exit whose reason is known there needs no table. */
always_inline void vcpu_handle_exit(struct cpu *cpu, struct vcpu *v)
{
    const struct exit_row *row = &exit_table[v->exit.reason];

    cpu->count.exits[v->exit.reason]++;
    if (unlikely(trace_exits))
        log_line("exit %u at %lx gpa %lx port %x rax %lx", v->exit.reason, v->rip, v->exit.gpa, v->exit.io.port,
                 v->regs[RAX]);
    if (row->insn && !v->exit.length && !find_length_again(cpu, v, row->insn)) {
        try_again(v);
        return;
    }
    row->handle(cpu, v);
    if (unlikely(v->attention || cpu->ready_first))
        vcpu_before_entry(cpu, v);
}
