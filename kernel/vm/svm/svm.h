/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of svm/. */
#ifndef KERNEL_SVM_H
#define KERNEL_SVM_H

#include "vm/vcpu_ops.h"
#include "vmcb.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define MSR_VM_CR 0xc0010114u
#define MSR_VM_HSAVE_PA 0xc0010117u
#define MSR_SVM_KEY 0xc0010118u

struct svm_features { /* CPUID 8000_000Ah */
    bool npt, next_rip, decode_assist;
};
extern struct svm_features svm_features;

/* NULL, or why SVM cannot be used on this machine. */
const char *svm_unusable(void);

/* control.c: the control registers under shadow paging; see vcpu_ops.h. */
void svm_start_shadow(struct vcpu *v);
void svm_load_control(struct vcpu *v);
void svm_set_cr0(struct vcpu *v, u64 value);
/* Exits of codes 0 to 1Fh, 4Eh, 65h, 79h and 7Dh: what EXITINFO1 and 2 tell. */
void svm_decode_control(struct vcpu *v, u32 code);

/* permissions.c: the I/O and MSR permission maps, one pair for all vCPUs. */
void svm_permissions_init(void);
void svm_permissions_use(struct vmcb *c);
void svm_intercept_io(u16 first, u16 last, bool on);
void svm_intercept_msr(u32 first, u32 last, bool on);
bool svm_read_msr(struct vcpu *v, u32 msr, u64 *value, bool *fault);
bool svm_write_msr(struct vcpu *v, u32 msr, u64 value, bool *fault);
/* Address size and segment of INS and OUTS: from EXITINFO1 where the CPU tells them, else from the prefixes. */
void svm_string_operands(struct vcpu *v, u64 exitinfo1);

#endif
