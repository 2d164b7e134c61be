/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers of the exit table (exit.c), by file. */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include "vcpu.h"
#include "x86/cpu.h"

struct exit_row {
    void (*handle)(struct cpu *cpu, struct vcpu *v);
    u32 insn; /* INSN_*: its length must be known before; 0: not needed */
};
extern const struct exit_row exit_table[WEIR_EXIT_REASONS];
extern bool trace_exits; /* command line: trace-exits */

/* Where the page of code at RIP is remembered. */
static inline struct code_cache *code_cache_of(struct vcpu *v)
{
    return &v->code[(v->rip >> 12) % CODE_CACHES];
}

/* The bytes at RIP, 15 or more, if they lie in a page of 64-bit code that exited lately; else NULL. */
static inline const u8 *code_again(const struct cpu *cpu, struct vcpu *v)
{
    const struct code_cache *c = code_cache_of(v);
    u64 at = v->rip & PAGE_MASK;

    if (!v->exit.code64 || at > PAGE_SIZE - 16 || !code_cache_holds(c, v->exit.cr3, v->rip, cpu->window_changes))
        return NULL;
    return c->code + at;
}

void exit_io(struct cpu *cpu, struct vcpu *v);
void exit_cpuid(struct cpu *cpu, struct vcpu *v);
void exit_msr(struct cpu *cpu, struct vcpu *v);

/* MSRs whose writes, and where read is set reads, are always intercepted. */
struct msr_rule {
    u32 first, last;
    bool read;
};
/* Firmware's MSRs, dangerous to Weir: reads pass, writes that change something are ignored and logged. */
bool is_firmware_msr(u32 msr);
/* Sets an MSR's intercept bits, if it has any. */
typedef void msr_setter(u32 msr, bool read, bool write);
/* Intercepts the MSRs or, off, goes back to the kernel's own choice: what the vendor's rules and firmware's MSRs need. */
void msr_intercept(u32 first, u32 last, bool on, msr_setter *set, const struct msr_rule *own, unsigned n);
void bits_set(u8 *map, u32 first, u32 last, bool on);

void exit_nested(struct cpu *cpu, struct vcpu *v);
void exit_page_fault(struct cpu *cpu, struct vcpu *v);
void exit_cr(struct cpu *cpu, struct vcpu *v);
void exit_invlpg(struct cpu *cpu, struct vcpu *v);

/* A triple fault. */
noreturn void exit_shutdown(struct cpu *cpu, struct vcpu *v);
/* Raises what came of an exit, perhaps of an exception's delivery: then it is #DF or shutdown (AMD APM vol. 2, 8.2.9). */
void exit_raise(struct cpu *cpu, struct vcpu *v, u8 vector, int64_t error);
/* Whether the guest may write CR0 so; *efer: its EFER, with LMA as the write leaves it. */
must_check bool control_check_cr0(const struct guest_view *g, u64 value, u64 *efer);
/*
 * With PAE, MOV to CR3, and to CR0 and CR4 where these change its mode, makes Intel's CPUs load four pointers from CR3's
 * table (SDM vol. 3A, 4.4.1). false: #GP.
 */
must_check bool control_load_pdptes(struct vcpu *v, u64 cr0, u64 cr3, u64 cr4, u64 efer);
/* CR0, CR3 and CR4 as the emulator's instruction has written them; effects: enum weir_emu_effect. false: #GP. */
must_check bool control_write_effects(struct vcpu *v, const struct weir_emu_state *s, u32 effects);
/* Shadow paging: an EFER that the vendor's code has checked. */
void control_write_efer(struct vcpu *v, u64 value);

/* An access of the guest's own instruction. */
static inline void access_begin(struct vcpu *v, enum weir_msg_kind kind, unsigned size, bool write, u64 addr, u64 data)
{
    struct access *a = &v->access;

    a->head = kind | size << 16 | (u64)write << 32;
    a->addr = addr;
    a->data = write ? data : 0;
    a->count = 1;
    a->emulated = false;
}

/* What IN gives, in its part of RAX. */
static inline void io_result(struct vcpu *v, unsigned size, u64 data)
{
    if (size == 4)
        v->regs[RAX] = (u32)data;
    else if (size == 2)
        *(u16 *)&v->regs[RAX] = (u16)data;
    else
        *(u8 *)&v->regs[RAX] = (u8)data;
}

/* Completes v->access once its data is known: registers, memory, RIP. */
static inline void io_finish_one(struct vcpu *v)
{
    if (!v->access.write)
        io_result(v, v->access.size, v->access.data);
    vcpu_advance(v, v->exit.length);
}

void string_finish(struct cpu *cpu, struct vcpu *v);
void mmio_finish(struct vcpu *v);
void msr_finish(struct cpu *cpu, struct vcpu *v, u8 verdict, u64 data);
/* Does v->access on the hardware. MSRs: false where it faults. */
void io_do(struct vcpu *v);
void mmio_do(struct cpu *cpu, struct vcpu *v);
must_check bool msr_do(struct cpu *cpu, struct vcpu *v);

/* The access of v->exit.gpa that exited, decoded by the kernel or else left to the emulator. May not return. */
void mmio_access(struct cpu *cpu, struct vcpu *v);
/* What binds an address, for hooks or as Weir's own; NULL: nothing. */
const struct binding *mmio_binding(u64 gpa, unsigned size);
/* Routes v->access by the binding of its address; NULL: to the hardware. Returns when it is complete. */
void access_route(struct cpu *cpu, struct vcpu *v, const struct binding *b);
/* Completes v->access as the verdict says; data and count are the reply's. */
void access_complete(struct cpu *cpu, struct vcpu *v, u8 verdict, u64 data, u32 count);

/* Has the emulator do the instruction at RIP. May not return. */
void emulate_start(struct cpu *cpu, struct vcpu *v);
/* Has the emulator deliver v->event, through real mode's vectors or a task gate. */
noreturn void emulate_deliver(struct cpu *cpu, struct vcpu *v);
/* The emulator's answer stands in v->emulation; or an access of it is complete. May not return. */
void emulate_continue(struct cpu *cpu, struct vcpu *v);
void emulate_access_done(struct cpu *cpu, struct vcpu *v);

/* The rare work before entry: kicks, NMIs, background services. May not return. */
void vcpu_before_entry(struct cpu *cpu, struct vcpu *v);
/* Parks the vCPU with v->request for the port's service. */
noreturn void vcpu_park(struct cpu *cpu, struct vcpu *v, struct port *p);

#endif
