/* SPDX-License-Identifier: BSD-2-Clause */
/* Brings up one CPU's tables and control registers. */
#include "cpu.h"

#include "core/log.h"
#include "insn.h"
#include "mm/page.h"
#include "trap.h"

u8 boot_cpu_block[CPU_BLOCK] __attribute__((aligned(CPU_BLOCK)));
struct cpu_features cpu_features;

void syscall_entry(void); /* obj/entry.S */

void cpu_find_features(void)
{
    u32 max = cpuid(0, 0).eax, max_ext = cpuid(0x80000000, 0).eax;
    struct cpuid c1 = cpuid(1, 0), c7 = max >= 7 ? cpuid(7, 0) : (struct cpuid){0};
    struct cpuid e1 = cpuid(0x80000001, 0);

    cpu_features = (struct cpu_features){
        .smep = c7.ebx & BIT(7),
        .smap = c7.ebx & BIT(20),
        .fsgsbase = c7.ebx & BIT(0),
        .xsave = c1.ecx & BIT(26),
        .pdpe1gb = e1.edx & BIT(26),
        .address_bits = max_ext >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36,
        .xsave_bytes = 512,
    };
    if (cpu_features.xsave && max >= 0xd)
        cpu_features.xsave_bytes = cpuid(0xd, 0).ecx;
}

static void load_gdt(struct cpu *cpu, u64 tss_va)
{
    cpu->gdt[0] = 0;
    cpu->gdt[SEL_KCODE / 8] = 0x00af9b000000ffff;
    cpu->gdt[SEL_KDATA / 8] = 0x00cf93000000ffff;
    cpu->gdt[SEL_UDATA / 8] = 0x00cff3000000ffff;
    cpu->gdt[SEL_UCODE / 8] = 0x00affb000000ffff;
    /* Limit: the TSS's page and 64 Kibit of I/O permission bitmap with its closing byte. */
    u64 limit = 0x1000 + 0x2000;
    cpu->gdt[SEL_TSS / 8] = (limit & 0xffff) | (tss_va & 0xffffff) << 16 | 0x89ull << 40 |
                            ((tss_va >> 24) & 0xff) << 56;
    cpu->gdt[SEL_TSS / 8 + 1] = tss_va >> 32;

    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) pointer = {sizeof(cpu->gdt) - 1, (u64)cpu->gdt};
    asm volatile("lgdt %0\n"
                 "pushq %1\n leaq 1f(%%rip), %%rax\n pushq %%rax\n lretq\n1:\n"
                 "mov %2, %%ds\n mov %2, %%es\n mov %2, %%ss\n mov %3, %%fs\n mov %3, %%gs\n"
                 "ltr %w4"
                 :
                 : "m"(pointer), "i"(SEL_KCODE), "r"(SEL_KDATA), "r"(0), "r"(SEL_TSS)
                 : "rax", "memory");
}

void cpu_init(struct cpu *cpu, u32 id)
{
    u64 block = (u64)cpu;

    cpu->id = id;
    cpu->stuck_at = ~0ull;
    cpu->kernel_rsp = block + CPU_STACK_TOP;
    cpu->tss->rsp[0] = cpu->kernel_rsp;
    cpu->tss->ist[IST_NMI - 1] = block + CPU_NMI_TOP;
    cpu->tss->ist[IST_DF - 1] = block + CPU_DF_TOP;
    cpu->tss->ist[IST_MC - 1] = block + CPU_MC_TOP;
    cpu->tss->iomap_base = 0x1000;
    load_gdt(cpu, TSS_VBASE + (u64)id * 0x4000);
    trap_load_idt(false);

    u64 cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cr4 |= cpu_features.smep ? CR4_SMEP : 0;
    cr4 |= cpu_features.smap ? CR4_SMAP : 0;
    cr4 |= cpu_features.fsgsbase ? CR4_FSGSBASE : 0;
    cr4 |= cpu_features.xsave ? CR4_OSXSAVE : 0;
    write_cr4(cr4);
    write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG | CR0_TS);
    cpu->ts = true;

    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
    wrmsr(MSR_STAR, (u64)SEL_KCODE << 32 | (u64)(SEL_UDATA - 8) << 48);
    wrmsr(MSR_LSTAR, (u64)syscall_entry);
    wrmsr(MSR_CSTAR, (u64)syscall_entry);
    /* Interrupts off, no single step, no AC, direction forward. */
    wrmsr(MSR_SFMASK, RFLAGS_IF | RFLAGS_TF | RFLAGS_AC | BIT(10) | BIT(14) | BIT(16));
    wrmsr(MSR_GS_BASE, 0);
    wrmsr(MSR_KERNEL_GS_BASE, block);
    wrmsr(MSR_FS_BASE, 0);
}
