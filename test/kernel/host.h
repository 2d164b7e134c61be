/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else when a kernel file is compiled for the host: the region and the window stand where
 * a process can map them, and the privileged instructions that the tested files use are functions of host.c.
 */
#ifndef TEST_KERNEL_HOST_H
#define TEST_KERNEL_HOST_H

#include "x86/layout.h"

#undef KERNEL_VBASE
#undef WINDOW_VBASE
#define KERNEL_VBASE 0x200000000000
#define WINDOW_VBASE 0x210000000000

#define this_cpu cpu_by_stack
#include "x86/cpu.h"
#undef this_cpu
#define this_cpu() ((struct cpu *)boot_cpu_block)

#include "x86/insn.h"

#define invlpg(va) host_invlpg(va)
#define write_cr3(v) host_write_cr3(v)
#define read_cr0() CR0_TS
#define write_cr0(v) ((void)(v))
#define rdtsc() host_rdtsc()
#define outb(port, v) host_outb(port, v)
#define rdmsr(msr) host_rdmsr(msr)
#define wrmsr(msr, v) (host_wrmsr ? host_wrmsr(msr, v) : (void)0)
#define wrmsr_safe(msr, v) host_wrmsr_safe(msr, v)

void host_invlpg(const void *va);
void host_write_cr3(u64 v);
u64 host_rdtsc(void);
void host_outb(u16 port, u8 v);
u64 host_rdmsr(u32 msr);
void host_wrmsr(u32 msr, u64 v) __attribute__((__weak__)); /* for tests that look at them */
bool host_wrmsr_safe(u32 msr, u64 v);

#define HOST_REGION 0xb0000000ull /* where the region is said to be in physical memory */
extern u64 host_tsc;              /* what RDTSC gives */
extern u64 host_cr3;

/* Maps the region and the window, starts the page allocator and this CPU's tables. */
void host_start(void);
/* The guest's physical memory at pa, mapped elsewhere than the window: whole 2 MiB. 1 TiB, all zero at first. */
void *host_physical(u64 pa);

#endif
