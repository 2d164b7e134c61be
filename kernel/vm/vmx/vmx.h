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
#define CR0_KNOWN 0xe005003full

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

/* A vCPU's own: what the VMCS does not hold. */
struct vmx {
    bool launched; /* run.S tests it */
    void *vmcs;
    u64 held[HELD_MSRS]; /* the guest's values while ring 3 runs */
    u64 cr2;
    /* Without unrestricted guest only (real.c). */
    bool unpaged;  /* CR0.PG=0: an identity-mapped table stands in; CR4, CR3 and EFER are not the guest's */
    bool real;     /* CR0.PE=0, too: virtual-8086 mode */
    bool unfit;    /* the CPU cannot be entered with these segments */
    u64 iopl;      /* real: the guest's */
    struct weir_emu_segment apart[WEIR_EMU_TR + 1]; /* real: limits and attributes of ES to GS, and TR */
    u64 rip; /* as the VMCS has it */
};
CHECK_OFFSET(struct vmx, launched, VMX_OFF_LAUNCHED);

/* NULL, or why VMX cannot be used on this machine. Fills vmx_features. */
const char *vmx_unusable(void);
void vmx_init_cpu(struct cpu *cpu);
/* Where RIP has moved: into the VMCS, cut to 32 bits outside 64-bit code, and the interrupt shadow ends. */
void vmx_write_rip(struct vcpu *v);
/* Makes v's VMCS the current one and writes its controls and host state. */
void vmx_setup(struct vcpu *v);

/* ept.c */
void ept_init(void);
u64 ept_pointer(void);
bool ept_is_mtrr(u32 msr);

/* msr.c: the I/O and MSR bitmaps, one pair for all vCPUs. */
void vmx_bitmaps_init(void);
void vmx_bitmaps_use(void);
void vmx_intercept_io(u16 first, u16 last, bool on);
void vmx_intercept_msr(u32 first, u32 last, bool on);
bool vmx_read_msr(struct vcpu *v, u32 msr, u64 *value, bool *fault);
bool vmx_write_msr(struct vcpu *v, u32 msr, u64 value, bool *fault);

/* state.c: the guest's registers in the VMCS. */
struct weir_emu_segment vmx_get_segment(const struct vmx *x, unsigned i);
void vmx_set_segment(struct vmx *x, unsigned i, const struct weir_emu_segment *s);
void vmx_get_segments(struct vcpu *v, struct weir_emu_state *s);
void vmx_set_state(struct vcpu *v, const struct weir_emu_state *s, u32 effects);
void vmx_guest_view(const struct vcpu *v, struct guest_view *g);
void vmx_reset(struct vcpu *v, const struct weir_emu_state *s);
/* cr.c: control register accesses that exit. */
void vmx_decode_cr(struct vcpu *v);
bool vmx_load_pdptes(struct vcpu *v, u64 cr3);
bool vmx_write_control(struct vcpu *v, const struct guest_view *g, unsigned number, u64 value);

/* real.c: where there is no unrestricted guest. */
void vmx_real_init(void);
/* Shadow paging; see vcpu_ops.h. */
void vmx_set_cr0(struct vcpu *v, u64 value);
void vmx_load_shadow(struct vcpu *v);
/* Makes these the guest's, and the VMCS what the CPU needs to run it so. */
void vmx_load_control(struct vcpu *v, const struct control *c);
/* The segment registers have changed: unfit is found again. */
void vmx_find_fit(struct vcpu *v);
void vmx_real_exception(struct vcpu *v, u32 event);
/* Before entry, where real or unfit is set. May not return. */
void vmx_stand_in(struct vcpu *v);

/* vmx.c */
bool vmx_takes_interrupts(const struct vcpu *v);

/* check.c: logs which field of the current VMCS breaks which rule of VM entry. */
void vmx_explain(struct vcpu *v, u32 reason);

#endif
