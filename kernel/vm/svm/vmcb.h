/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine control block (AMD APM vol. 2, appendix B). */
#ifndef KERNEL_VMCB_H
#define KERNEL_VMCB_H

#include <weir/emulate.h>

#include "x86/types.h"

struct vmcb {
    u32 intercept_cr, intercept_dr, intercept_exception;
    u32 intercept[2];
    u32 intercept_more;
    u8 reserved0[0x40 - 0x18];
    u64 iopm_base, msrpm_base, tsc_offset;
    u32 asid;
    u8 tlb_control, reserved1[3];
    u64 vintr;
    u64 interrupt_shadow;
    u64 exitcode, exitinfo1, exitinfo2, exitintinfo;
    u64 nested_control;
    u8 reserved2[0xa8 - 0x98];
    u64 eventinj;
    u64 nested_cr3;
    u64 lbr_control;
    u32 clean, reserved3;
    u64 next_rip;
    u8 fetched_bytes, fetched[15];
    u8 reserved4[0x400 - 0xe0];

    struct weir_emu_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr; /* the same form as the emulator's */
    u8 reserved5[0x4cb - 0x4a0];
    u8 cpl;
    u32 reserved6;
    u64 efer;
    u8 reserved7[0x548 - 0x4d8];
    u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
    u8 reserved8[0x5d8 - 0x580];
    u64 rsp, s_cet, ssp, isst, rax;
    u64 star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    u8 reserved9[0x668 - 0x648];
    u64 g_pat, dbgctl, br_from, br_to, last_excp_from, last_excp_to;
    u8 reserved10[0x1000 - 0x698];
};
CHECK_OFFSET(struct vmcb, iopm_base, 0x40);
CHECK_OFFSET(struct vmcb, asid, 0x58);
CHECK_OFFSET(struct vmcb, exitcode, 0x70);
CHECK_OFFSET(struct vmcb, nested_control, 0x90);
CHECK_OFFSET(struct vmcb, eventinj, 0xa8);
CHECK_OFFSET(struct vmcb, clean, 0xc0);
CHECK_OFFSET(struct vmcb, next_rip, 0xc8);
CHECK_OFFSET(struct vmcb, fetched_bytes, 0xd0);
CHECK_OFFSET(struct vmcb, es, 0x400);
CHECK_OFFSET(struct vmcb, tr, 0x490);
CHECK_OFFSET(struct vmcb, cpl, 0x4cb);
CHECK_OFFSET(struct vmcb, efer, 0x4d0);
CHECK_OFFSET(struct vmcb, cr4, 0x548);
CHECK_OFFSET(struct vmcb, rip, 0x578);
CHECK_OFFSET(struct vmcb, rsp, 0x5d8);
CHECK_OFFSET(struct vmcb, rax, 0x5f8);
CHECK_OFFSET(struct vmcb, cr2, 0x640);
CHECK_OFFSET(struct vmcb, g_pat, 0x668);
_Static_assert(sizeof(struct vmcb) == 4096, "one page");

/* intercept[0] and [1] */
enum {
    ICPT_INTR = 0, ICPT_NMI = 1, ICPT_INIT = 3, ICPT_CR0_SELECTIVE = 5, ICPT_CPUID = 18, ICPT_IRET = 20, ICPT_INVD = 22,
    ICPT_HLT = 24, ICPT_INVLPG = 25, ICPT_INVLPGA = 26, ICPT_IOIO = 27, ICPT_MSR = 28, ICPT_TASK_SWITCH = 29,
    ICPT_SHUTDOWN = 31,
    ICPT_VMRUN = 32, ICPT_VMMCALL, ICPT_VMLOAD, ICPT_VMSAVE, ICPT_STGI, ICPT_CLGI, ICPT_SKINIT,
    ICPT_MWAIT = 43,
};
/* intercept_cr: reads, writes */
#define ICPT_READ_CR(n) (1u << (n))
#define ICPT_WRITE_CR(n) (1u << (16 + (n)))

#define EXITCODE_IOIO 0x7bu
#define EXITCODE_NPF 0x400u
#define EXITCODE_INVALID 0xffffffffu /* QEMU gives 32 bits of it: compare these only */

/* EXITINFO1 of IOIO (15.10.2) */
#define IOIO_IN BIT(0)
#define IOIO_STR BIT(2)
#define IOIO_REP BIT(3)

#endif
