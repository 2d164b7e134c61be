/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtual address space, for C and assembly.
 *
 * PML4[511] KERNEL_VBASE: Weir's region (image first), the same in every address space
 * PML4[510] TSS_VBASE:    per address space: each CPU's TSS page, followed by the domain's I/O permission bitmap
 * PML4[509] WINDOW_VBASE: per CPU, in its own kernel page table only: the window to guest memory
 * PML4[0-255]             ring 3
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#define KERNEL_VBASE 0xffffffff80000000
#define KERNEL_LOAD 0x200000
#define REGION_BYTES 0x2000000 /* 32 MiB */
#define MMIO_VBASE (KERNEL_VBASE + REGION_BYTES) /* the kernel's few device pages (LAPIC) */
#define TSS_VBASE 0xffffff0000000000
#define WINDOW_VBASE 0xfffffe8000000000
#define WINDOW_SLOTS 512

#define CPU_BLOCK 0x10000 /* struct cpu and its stacks, aligned to this: see x86/cpu.h */
#define CPU_STACK_TOP 0x6000
#define CPU_NMI_TOP 0x8000
#define CPU_DF_TOP 0xa000
#define CPU_MC_TOP 0xc000

#define MAX_CPUS 64

/* Selectors. SYSRET fixes the order of the user ones (AMD APM vol. 2, 6.1.1). */
#define SEL_KCODE 0x08
#define SEL_KDATA 0x10
#define SEL_UDATA 0x1b
#define SEL_UCODE 0x23
#define SEL_TSS 0x28

/* Offsets that assembly uses; x86/cpu.h, obj/thread.h and vm/vcpu.h assert them. */
#define CPU_OFF_KERNEL_RSP 0
#define CPU_OFF_USER_RSP 8
#define CPU_OFF_THREAD 16
#define CPU_OFF_NMI_SEEN 29

#define THREAD_OFF_R15 0
#define THREAD_OFF_R14 8
#define THREAD_OFF_R13 16
#define THREAD_OFF_R12 24
#define THREAD_OFF_RBX 32
#define THREAD_OFF_RBP 40
#define THREAD_OFF_RSP 48
#define THREAD_OFF_RIP 56
#define THREAD_OFF_RFLAGS 64
#define THREAD_OFF_RAX 72
#define THREAD_OFF_RDX 80
#define THREAD_OFF_RCX 88
#define THREAD_OFF_RSI 96
#define THREAD_OFF_RDI 104
#define THREAD_OFF_R8 112
#define THREAD_OFF_R9 120
#define THREAD_OFF_R10 128
#define THREAD_OFF_R11 136
#define THREAD_OFF_FULL 144

#define VCPU_OFF_REGS 0
#define VCPU_OFF_CONTROL_PA 128
#define VCPU_OFF_VMX 136
#define VMX_OFF_LAUNCHED 0

#endif
