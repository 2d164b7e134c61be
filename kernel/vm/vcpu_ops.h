/* SPDX-License-Identifier: BSD-2-Clause */
/* The one header between the vCPU and its vendor: SVM (svm/) or VMX (vmx/). */
#ifndef KERNEL_VCPU_OPS_H
#define KERNEL_VCPU_OPS_H

#include "guest_memory.h"
#include "vcpu.h"
#include "x86/insn.h"

struct trap_frame;

struct vcpu_ops {
    const char *name;             /* "svm", "vmx" */
    const char *nested_paging;    /* "npt", "ept" */
    void (*init_cpu)(struct cpu *cpu);
    must_check bool (*create)(struct vcpu *v); /* allocates and fills the control block; reset follows */
    void (*destroy)(struct vcpu *v);
    /* Ring-3 state and back: the registers that an exit leaves as the guest's. */
    void (*leave_guest)(struct cpu *cpu); /* cpu->vcpu may be NULL or never have run */
    void (*enter_guest)(struct vcpu *v);
    /* Runs the guest, vcpu_handle_exit after each exit, until a handler does not return. */
    void (*run)(struct vcpu *v) __attribute__((__noreturn__));
    void (*intercept_io)(u16 first, u16 last, bool on);
    void (*intercept_msr)(u32 first, u32 last, bool on); /* off: back to the kernel's own choice */
    void (*intercept_interrupts)(struct vcpu *v, bool on); /* INTR, HLT, MWAIT: background work is due */
    void (*intercept_iret)(struct vcpu *v, bool on);
    void (*clear_shadow)(struct vcpu *v);
    void (*set_step)(struct vcpu *v); /* DR6.BS */
    /* Fetches what the exit says of the code: bytes of the instruction, if the CPU recorded them; else 0. NULL: it never does. */
    unsigned (*fetched)(struct vcpu *v, const u8 **code);
    void (*get_segments)(struct vcpu *v, struct weir_emu_state *s); /* and CR2, debug registers, descriptor tables */
    /* effects: enum weir_emu_effect, but for CR0, CR3 and CR4. */
    void (*set_state)(struct vcpu *v, const struct weir_emu_state *s, u32 effects);
    void (*reset)(struct vcpu *v, const struct weir_emu_state *s); /* real mode, and all else as after INIT */
    void (*guest_view)(const struct vcpu *v, struct guest_view *g);
    int (*take_interrupt)(struct cpu *cpu); /* an INTR exit's vector, acknowledged; -1: it is gone */
    void (*take_nmi)(struct cpu *cpu);      /* an NMI exit's NMI is consumed in host mode */
    void (*set_cr2)(struct vcpu *v, u64 cr2);
    /* Reads and writes of MSRs that are the guest's in the control block. false: not one of these. */
    must_check bool (*read_msr)(struct vcpu *v, u32 msr, u64 *value, bool *fault);
    must_check bool (*write_msr)(struct vcpu *v, u32 msr, u64 value, bool *fault);
    void (*fix_cpuid)(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid *r);
    /* Shadow paging. load_control: CR3 = v->root, and what v->control makes of CR4, EFER and the intercepts. */
    void (*load_control)(struct vcpu *v);
    void (*set_cr0)(struct vcpu *v, u64 value); /* the guest's; of v->control, too */
    /* MOV to CR0, CR3 or CR4 that exited or was emulated, without shadow paging; NULL: there are none. false: #GP. */
    must_check bool (*write_control)(struct vcpu *v, const struct guest_view *g, unsigned number, u64 value);
    /* The CPU holds PAE's four pointers from MOV to CR3 on. false: one has a reserved bit set. NULL: it reads them in memory. */
    must_check bool (*load_pdptes)(struct vcpu *v, u64 cr3);
    /* VMX only, NULL elsewhere: the interrupt window that take_interrupt asked for; an NMI's look at where it came. */
    void (*window)(struct vcpu *v);
    void (*host_nmi)(struct trap_frame *f);
    u8 hypercall[3]; /* VMMCALL or VMCALL */
};

extern const struct vcpu_ops *vcpu_ops;
extern const struct vcpu_ops svm_ops, vmx_ops;

/* io_prefix.c: address size and segment of v->exit.io's INS or OUTS from the guest's code. */
void io_string_by_prefix(struct vcpu *v);

/* Chooses the vendor by CPUID and the MSRs that may disable it. NULL, or why Weir cannot run here. */
const char *vcpu_ops_choose(void);

#endif
