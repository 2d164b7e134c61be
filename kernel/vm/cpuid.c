/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID: the CPU's own answer, without virtualization, and with the bits that mirror the guest's CR4 put right. */
#include "exit.h"
#include "guest_memory.h"
#include "paging.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

void exit_cpuid(struct cpu *cpu, struct vcpu *v)
{
    u32 leaf = (u32)v->regs[RAX];
    struct cpuid r = cpuid(leaf, (u32)v->regs[RCX]);
    struct guest_view g;

    if (vcpu_ops->fix_cpuid)
        vcpu_ops->fix_cpuid(v, leaf, (u32)v->regs[RCX], &r);
    switch (leaf) {
    case 1:
        vcpu_ops->guest_view(v, &g);
        r.ecx &= ~(u32)(BIT(27) | BIT(5) /* VMX */ | (paging_is_shadow() ? BIT(17) : 0)); /* PCID */
        r.ecx |= g.cr4 & CR4_OSXSAVE ? BIT(27) : 0;
        break;
    case 7:
        vcpu_ops->guest_view(v, &g);
        if ((u32)v->regs[RCX] == 0)
            r.ecx = (r.ecx & ~(u32)BIT(4)) | (g.cr4 & CR4_PKE ? BIT(4) : 0);
        if ((u32)v->regs[RCX] == 0 && paging_is_shadow()) {
            r.ebx &= ~(u32)BIT(10); /* INVPCID */
            r.ecx &= ~(u32)(BIT(3) | BIT(4) | BIT(7) | BIT(16)); /* PKU, OSPKE, shadow stacks, LA57 */
            r.edx &= ~(u32)BIT(20); /* CET */
        }
        break;
    case 0x80000001:
        r.ecx &= ~(u32)(BIT(2) | BIT(12)); /* SVM, SKINIT */
        break;
    case 0x8000000a:
        r = (struct cpuid){0};
        break;
    }
    v->regs[RAX] = r.eax;
    v->regs[RBX] = r.ebx;
    v->regs[RCX] = r.ecx;
    v->regs[RDX] = r.edx;
    vcpu_advance(v, v->exit.length);
}
