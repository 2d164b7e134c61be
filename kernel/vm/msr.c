/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RDMSR and WRMSR: those a policy binds, those the control block holds, those that would uncover or harm Weir, and the
 * rest, which the CPU answers for itself.
 */
#include "core/log.h"
#include "exit.h"
#include "mm/space.h"
#include "obj/device.h"
#include "obj/sched.h"
#include "obj/thread.h"
#include "vcpu_ops.h"
#include "x86/apic.h"
#include "x86/insn.h"

/* The TSC jumps: what the kernel waits for moves with it. */
static bool write_tsc(struct cpu *cpu, u32 msr, u64 value)
{
    u64 before = rdtsc();

    if (!wrmsr_safe(msr, value))
        return false;
    u64 jump = rdtsc() - before;
    for (struct thread *t = cpu->timers; t; t = t->next_timer)
        t->deadline += jump;
    cpu->background_at = 0;
    return true;
}

static bool write_apic_base(u64 value)
{
    if (in_region(value & PTE_ADDR) || !wrmsr_safe(MSR_APIC_BASE, value))
        return false;
    apic_track(value);
    return true;
}

static bool write_to_cpu(struct cpu *cpu, struct vcpu *v, u32 msr, u64 value)
{
    bool fault = false;

    if (vcpu_ops->write_msr(v, msr, value, &fault))
        return !fault;
    if (msr == MSR_APIC_BASE)
        return write_apic_base(value);
    if (msr == MSR_TSC || msr == MSR_TSC_ADJUST)
        return write_tsc(cpu, msr, value);
    if (is_firmware_msr(msr)) {
        u64 now;
        bool there = rdmsr_safe(msr, &now);
        if (there && now != value)
            log_line("weir: write of %lx to MSR %x at %lx ignored", value, msr, v->rip);
        return there;
    }
    return wrmsr_safe(msr, value);
}

bool msr_do(struct cpu *cpu, struct vcpu *v)
{
    struct access *a = &v->access;
    bool fault = false;

    if (a->write)
        return write_to_cpu(cpu, v, (u32)a->addr, a->data);
    if (vcpu_ops->read_msr(v, (u32)a->addr, &a->data, &fault))
        return !fault;
    return rdmsr_safe((u32)a->addr, &a->data);
}

noinline void msr_finish(struct cpu *cpu, struct vcpu *v, u8 verdict, u64 data)
{
    struct access *a = &v->access;
    bool hardware = verdict == WEIR_V_PASS || (verdict == WEIR_V_REPLACE && a->write);

    if (verdict == WEIR_V_REPLACE || (verdict == WEIR_V_DONE && !a->write))
        a->data = data;
    if (verdict == WEIR_V_DENY || verdict == WEIR_V_FAULT ||
        (hardware && !a->filtered && !msr_do(cpu, v))) {
        vcpu_raise(v, VECTOR_GP, 0);
        return;
    }
    if (!a->write) {
        v->regs[RAX] = (u32)a->data;
        v->regs[RDX] = a->data >> 32;
    }
    vcpu_advance(v, v->exit.length);
}

void exit_msr(struct cpu *cpu, struct vcpu *v)
{
    u32 msr = (u32)v->regs[RCX];
    const struct binding *b = binding_find(DEVICE_MSRS, msr, 1);
    bool write = v->exit.reason == WEIR_EXIT_WRMSR, fault = false;
    u64 value;

    if (unlikely(b) || write) {
        access_begin(v, WEIR_MSG_MSR, 8, write, msr, (u32)v->regs[RAX] | v->regs[RDX] << 32);
        access_route(cpu, v, b);
        return;
    }
    if (!vcpu_ops->read_msr(v, msr, &value, &fault)) /* the short way of the usual case */
        fault = !rdmsr_safe(msr, &value);
    if (unlikely(fault)) {
        vcpu_raise(v, VECTOR_GP, 0);
        return;
    }
    v->regs[RAX] = (u32)value;
    v->regs[RDX] = value >> 32;
    vcpu_advance(v, v->exit.length);
}
