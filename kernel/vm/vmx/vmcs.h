/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the virtual-machine control structure's fields and of the bits in its controls (Intel SDM vol. 3C, appendix B, 25). */
#ifndef KERNEL_VMCS_H
#define KERNEL_VMCS_H

#include "x86/types.h"

enum vmcs_field {
    VPID = 0x0000,
    GUEST_ES = 0x0800, GUEST_CS = 0x0802, GUEST_SS = 0x0804, GUEST_DS = 0x0806, GUEST_FS = 0x0808, GUEST_GS = 0x080a,
    GUEST_LDTR = 0x080c, GUEST_TR = 0x080e,
    HOST_ES = 0x0c00, HOST_CS = 0x0c02, HOST_SS = 0x0c04, HOST_DS = 0x0c06, HOST_FS = 0x0c08, HOST_GS = 0x0c0a,
    HOST_TR = 0x0c0c,
    IO_BITMAP_A = 0x2000, IO_BITMAP_B = 0x2002, MSR_BITMAP = 0x2004, EXIT_MSR_STORE = 0x2006, EXIT_MSR_LOAD = 0x2008,
    ENTRY_MSR_LOAD = 0x200a, EPT_POINTER = 0x201a, XSS_EXITING = 0x202c,
    GUEST_PHYSICAL = 0x2400, VMCS_LINK = 0x2800, GUEST_DEBUGCTL = 0x2802, GUEST_PAT = 0x2804, GUEST_EFER = 0x2806,
    GUEST_PDPTE0 = 0x280a, HOST_PAT = 0x2c00, HOST_EFER = 0x2c02,
    PIN_CONTROLS = 0x4000, PROC_CONTROLS = 0x4002, EXCEPTION_BITMAP = 0x4004, PF_MASK = 0x4006, PF_MATCH = 0x4008,
    CR3_TARGETS = 0x400a, EXIT_CONTROLS = 0x400c, EXIT_MSR_STORES = 0x400e, EXIT_MSR_LOADS = 0x4010,
    ENTRY_CONTROLS = 0x4012, ENTRY_MSR_LOADS = 0x4014, ENTRY_EVENT = 0x4016, ENTRY_EVENT_ERROR = 0x4018,
    ENTRY_LENGTH = 0x401a, PROC_CONTROLS_2 = 0x401e,
    VM_INSTRUCTION_ERROR = 0x4400, EXIT_REASON = 0x4402, EXIT_EVENT = 0x4404, EXIT_EVENT_ERROR = 0x4406, IDT_VECTORING = 0x4408,
    IDT_VECTORING_ERROR = 0x440a, EXIT_LENGTH = 0x440c, EXIT_INSTRUCTION = 0x440e,
    GUEST_ES_LIMIT = 0x4800, GUEST_GDTR_LIMIT = 0x4810, GUEST_IDTR_LIMIT = 0x4812, GUEST_ES_RIGHTS = 0x4814,
    GUEST_CS_RIGHTS = 0x4816, GUEST_SS_RIGHTS = 0x4818,
    INTERRUPTIBILITY = 0x4824, ACTIVITY = 0x4826, GUEST_SMBASE = 0x4828, GUEST_SYSENTER_CS = 0x482a, PREEMPTION_TIMER = 0x482e,
    HOST_SYSENTER_CS = 0x4c00,
    CR0_MASK = 0x6000, CR4_MASK = 0x6002, CR0_SHADOW = 0x6004, CR4_SHADOW = 0x6006,
    QUALIFICATION = 0x6400, GUEST_LINEAR = 0x640a,
    GUEST_CR0 = 0x6800, GUEST_CR3 = 0x6802, GUEST_CR4 = 0x6804, GUEST_ES_BASE = 0x6806, GUEST_CS_BASE = 0x6808,
    GUEST_FS_BASE = 0x680e, GUEST_GS_BASE = 0x6810, GUEST_LDTR_BASE = 0x6812, GUEST_TR_BASE = 0x6814,
    GUEST_GDTR_BASE = 0x6816, GUEST_IDTR_BASE = 0x6818, GUEST_DR7 = 0x681a, GUEST_RSP = 0x681c, GUEST_RIP = 0x681e,
    GUEST_RFLAGS = 0x6820, PENDING_DEBUG = 0x6822, GUEST_SYSENTER_ESP = 0x6824, GUEST_SYSENTER_EIP = 0x6826,
    HOST_CR0 = 0x6c00, HOST_CR3 = 0x6c02, HOST_CR4 = 0x6c04, HOST_FS_BASE = 0x6c06, HOST_GS_BASE = 0x6c08,
    HOST_TR_BASE = 0x6c0a, HOST_GDTR_BASE = 0x6c0c, HOST_IDTR_BASE = 0x6c0e, HOST_SYSENTER_ESP = 0x6c10,
    HOST_SYSENTER_EIP = 0x6c12, HOST_RSP = 0x6c14, HOST_RIP = 0x6c16,
};

enum { /* pin-based controls */
    PIN_INTERRUPT = 1 << 0, PIN_NMI = 1 << 3, PIN_VIRTUAL_NMI = 1 << 5, PIN_PREEMPTION_TIMER = 1 << 6,
};
enum { /* primary processor-based controls */
    PROC_INTERRUPT_WINDOW = 1 << 2, PROC_HLT = 1 << 7, PROC_INVLPG = 1 << 9, PROC_MWAIT = 1 << 10,
    PROC_CR3_LOAD = 1 << 15, PROC_CR3_STORE = 1 << 16, PROC_NMI_WINDOW = 1 << 22, PROC_IO_BITMAPS = 1 << 25,
    PROC_MSR_BITMAP = 1 << 28,
};
#define PROC_SECONDARY (1u << 31)
enum { /* secondary */
    PROC2_EPT = 1 << 1, PROC2_RDTSCP = 1 << 3, PROC2_VPID = 1 << 5, PROC2_UNRESTRICTED = 1 << 7, PROC2_INVPCID = 1 << 12,
    PROC2_XSAVES = 1 << 20, PROC2_USER_WAIT = 1 << 26,
};
enum { /* VM-exit and VM-entry controls */
    EXIT_SAVE_DEBUG = 1 << 2, EXIT_HOST_64 = 1 << 9, EXIT_SAVE_PAT = 1 << 18, EXIT_LOAD_PAT = 1 << 19,
    EXIT_SAVE_EFER = 1 << 20, EXIT_LOAD_EFER = 1 << 21,
    ENTRY_LOAD_DEBUG = 1 << 2, ENTRY_GUEST_64 = 1 << 9, ENTRY_LOAD_PAT = 1 << 14, ENTRY_LOAD_EFER = 1 << 15,
};
enum { BLOCKED_BY_STI = 1, BLOCKED_BY_MOV_SS = 2, BLOCKED_BY_SMI = 4, BLOCKED_BY_NMI = 8 }; /* INTERRUPTIBILITY */

#define RIGHTS_UNUSABLE 0x10000u

enum { /* EPT violation's qualification */
    EPT_READ = 1, EPT_WRITE = 2, EPT_FETCH = 4, EPT_RIGHTS = 7 << 3, EPT_LINEAR = 1 << 7, EPT_FINAL = 1 << 8,
    EPT_NMI_UNBLOCKED = 1 << 12,
};

static inline u64 vmread(enum vmcs_field field)
{
    u64 v;
    asm volatile("vmread %1, %0" : "=rm"(v) : "r"((u64)field) : "cc");
    return v;
}

static inline void vmwrite(enum vmcs_field field, u64 v)
{
    asm volatile("vmwrite %1, %0" : : "r"((u64)field), "rm"(v) : "cc");
}

static inline void vmwrite_bits(enum vmcs_field field, u64 bits, bool on)
{
    vmwrite(field, on ? vmread(field) | bits : vmread(field) & ~bits);
}

static inline void vmwrite_zero(const u16 *fields, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        vmwrite(fields[i], 0);
}

#endif
