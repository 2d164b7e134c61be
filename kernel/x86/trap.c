/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where every host exception and interrupt arrives. From ring 3 an exception is the service's own fault and stops it;
 * in ring 0 it is a bug of the kernel, except at the marked MSR accesses (insn.h) and for NMIs.
 */
#include "trap.h"

#include "core/log.h"
#include "cpu.h"
#include "fence.h"
#include "fpu.h"
#include "insn.h"
#include "obj/domain.h"
#include "obj/sched.h"
#include "obj/thread.h"
#include "vm/vcpu_ops.h"

struct gate { /* AMD APM vol. 2, 4.8.4 */
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_mid;
    u32 offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "64-bit gate");

static struct gate idt[256], window_idt[256];
extern u8 trap_stubs[], trap_window_stubs[];
extern const u64 fixup_start[][2], fixup_end[][2];
void trap_handle(struct trap_frame *f);

static struct gate make_gate(const u8 *stub, u8 ist)
{
    u64 at = (u64)stub;

    return (struct gate){(u16)at, SEL_KCODE, ist, 0x8e, (u16)(at >> 16), (u32)(at >> 32), 0};
}

void trap_init(void)
{
    for (unsigned v = 0; v < 256; v++) {
        u8 ist = v == VECTOR_NMI ? IST_NMI : v == VECTOR_DF ? IST_DF : v == VECTOR_MC ? IST_MC : 0;
        idt[v] = make_gate(trap_stubs + 16 * v, ist);
        window_idt[v] = v < 32 && v != VECTOR_NMI ? make_gate(trap_window_stubs + 16 * v, 0) : idt[v];
    }
}

void trap_load_idt(bool window)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) pointer = {sizeof(idt) - 1, (u64)(window ? window_idt : idt)};
    asm volatile("lidt %0" : : "m"(pointer));
}

static bool fixed_up(struct trap_frame *f)
{
    for (const u64(*pair)[2] = fixup_start; pair < fixup_end; pair++)
        if ((*pair)[0] == f->rip) {
            f->rip = (*pair)[1];
            return true;
        }
    return false;
}

static noreturn void service_exception(struct cpu *cpu, struct trap_frame *f)
{
    struct thread *t = cpu->thread;

    thread_save_frame(t, f);
    if (f->vector == VECTOR_NM && cpu->ts) {
        fpu_give_to_thread(cpu, t);
        if (t->state == THREAD_STOPPED)
            schedule(cpu);
        thread_resume(cpu, t);
    }
    struct weir_failure why = {
        .kind = WEIR_FAIL_EXCEPTION,
        .vector = (u32)f->vector,
        .error_code = f->error_code,
        .address = f->vector == VECTOR_PF ? read_cr2() : 0,
    };
    domain_fail(t, &why);
    schedule(cpu);
}

void trap_handle(struct trap_frame *f)
{
    struct cpu *cpu = this_cpu();
    bool user = f->cs & 3;

    if (f->vector == VECTOR_NMI) {
        cpu->nmi_seen = true; /* looked at before the next entry */
        if (!user && vcpu_ops->host_nmi)
            vcpu_ops->host_nmi(f);
        return;
    }
    if (f->vector >= 32 || cpu->window) {
        fence_interrupt(cpu, (u8)f->vector);
        /*
         * A window lets one interrupt in. A second, which may come at once where it has a higher priority or comes from
         * the 8259s, would take the first one's place: that would be neither injected nor ended.
         */
        if (cpu->window)
            f->rflags &= ~RFLAGS_IF;
        if (!user || !cpu->timer_fired)
            return;
        thread_save_frame(cpu->thread, f);
        sched_tick(cpu);
    }
    if (user && f->vector != VECTOR_DF && f->vector != VECTOR_MC)
        service_exception(cpu, f);
    if (f->vector == VECTOR_GP && fixed_up(f))
        return;
    if (f->vector == VECTOR_DB) /* nobody steps the kernel: Bochs gives it the step of the guest that #VMEXIT cut off */
        return;
    panic("exception %u in the kernel: error %lx rip %lx rsp %lx cr2 %lx rdi %lx rbx %lx vcpu %lx", (unsigned)f->vector,
          f->error_code, f->rip, f->rsp, read_cr2(), f->rdi, f->rbx, (u64)cpu->vcpu);
}
