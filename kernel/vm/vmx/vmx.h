/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of vmx/. */
#ifndef KERNEL_VMX_H
#define KERNEL_VMX_H

#include "vm/vcpu_ops.h"
#include "vmcs.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define CR4_VMXE BIT(13)
#define CR4_SMXE BIT(14)

/* What this CPU can do, from its capability MSRs (Intel SDM vol. 3D, appendix A), and the controls chosen by it. */
struct vmx_features {
    u32 pin, proc, proc2, exit, entry; /* controls at a vCPU's start */
    bool ept, unrestricted, vpid;
    bool string_info;     /* EXIT_INSTRUCTION tells INS and OUTS's operands */
    bool ept_gib;         /* 1 GiB pages */
    u8 invept;            /* type of INVEPT: 1 single context, 2 all */
    u32 revision;
};
extern struct vmx_features vmx_features;

enum { HELD_MSRS = 5 };

/* A vCPU's own: what the VMCS does not hold, and copies of the controls that change. */
struct vmx {
    bool launched; /* run.S tests it */
    u32 pin, proc, entry;
    void *vmcs;
    u64 held[HELD_MSRS]; /* the guest's values while ring 3 runs */
    u64 cr2;
    u64 rip; /* as the VMCS has it */
};
CHECK_OFFSET(struct vmx, launched, VMX_OFF_LAUNCHED);

/* NULL, or why VMX cannot be used on this machine. Fills vmx_features. */
const char *vmx_unusable(void);
void vmx_init_cpu(struct cpu *cpu);
/* Makes v's VMCS the current one and writes its controls and host state. */
void vmx_setup(struct vcpu *v);

/* ept.c */
void ept_init(void);
u64 ept_pointer(void);
bool ept_is_mtrr(u32 msr);
/* The guest has written an MTRR: the mappings' memory types follow. */
void ept_mtrr_written(void);

/* msr.c: the I/O and MSR bitmaps, one pair for all vCPUs. */
void vmx_bitmaps_init(void);
void vmx_bitmaps_use(void);
void vmx_intercept_io(u16 first, u16 last, bool on);
void vmx_intercept_msr(u32 first, u32 last, bool on);
bool vmx_read_msr(struct vcpu *v, u32 msr, u64 *value, bool *fault);
bool vmx_write_msr(struct vcpu *v, u32 msr, u64 value, bool *fault);

/* state.c: the guest's registers in the VMCS. */
u64 vmx_cr0(void); /* as the guest sees it */
u64 vmx_cr4(void);
void vmx_set_entry(struct vmx *x, u32 bits, bool on);
void vmx_get_state(struct vcpu *v, struct weir_emu_state *s);
void vmx_set_state(struct vcpu *v, const struct weir_emu_state *s, u32 effects);
void vmx_guest_view(const struct vcpu *v, struct guest_view *g);
void vmx_real_mode(struct vcpu *v, u16 cs, u16 ip);
/* cr.c: a control register access that exited. */
void vmx_control_register(struct vcpu *v);

/* check.c: logs which field of the current VMCS breaks which rule of VM entry. */
void vmx_explain(struct vcpu *v, u32 reason);

#endif
