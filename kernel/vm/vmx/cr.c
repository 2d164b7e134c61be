/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control register accesses that exit: MOV to CR0 that changes a bit of the host's (NE, NW, CD), and MOV to CR4 that
 * sets one (VMXE, SMXE). All others the CPU does alone (Intel SDM vol. 3C, 26.3).
 */
#include "core/log.h"
#include "mm/window.h"
#include "vm/exit.h"
#include "vmx.h"

#define CR0_KNOWN 0xe005003full

/* PAE's four pointers are in the VMCS under EPT (27.3.1.6). false: one has a reserved bit set. */
static bool load_pdptes(struct cpu *cpu, u64 cr3)
{
    const u64 reserved = 0x1e6 | ~(BIT(cpu_features.address_bits) - 1);
    u64 pdpte[4];

    guest_read(cpu, cr3 & 0xffffffe0, pdpte, sizeof(pdpte));
    for (unsigned i = 0; i < 4; i++)
        if ((pdpte[i] & PTE_P) && (pdpte[i] & reserved))
            return false;
    for (unsigned i = 0; i < 4; i++)
        vmwrite(GUEST_PDPTE0 + 2 * i, pdpte[i]);
    return true;
}

/* MOV to CR0 (vol. 2B, MOV to control registers; vol. 3A, 10.8.5). false: #GP. */
static bool guest_cr0(struct vcpu *v, const struct guest_view *g, u64 value)
{
    u64 efer;

    if (!control_check_cr0(g, value, &efer))
        return false;
    bool pae = (value & CR0_PG) && (g->cr4 & CR4_PAE) && !(efer & EFER_LMA);
    if (pae && ((g->cr0 ^ value) & (CR0_PG | CR0_CD | CR0_NW)) && !load_pdptes(v->cpu, g->cr3))
        return false;
    value = (value & CR0_KNOWN) | CR0_ET;
    vmwrite(CR0_SHADOW, value);
    vmwrite(GUEST_CR0, (value & ~(CR0_CD | CR0_NW)) | CR0_NE);
    vmwrite(GUEST_EFER, efer);
    vmx_set_entry(v->vmx, ENTRY_GUEST_64, efer & EFER_LMA);
    v->flush_tlb = true;
    return true;
}

/* Qualification: LMSW's word 31:16, general register 11:8, access 5:4, control register 3:0 (table 28-3). */
static void decode(struct vcpu *v, u64 q)
{
    static const u8 op[4] = {CR_TO, CR_FROM, CR_CLTS, CR_LMSW};

    v->exit.cr = (struct cr_insn){op[(q >> 4) & 3], v->exit.length, q & 15, (q >> 8) & 15};
}

void vmx_control_register(struct vcpu *v)
{
    struct guest_view g;

    decode(v, vmread(QUALIFICATION));
    u64 value = v->regs[v->exit.cr.gpr];

    vmx_guest_view(v, &g);
    if (g.mode != CODE_64)
        value = (u32)value;
    if (v->exit.cr.op == CR_TO && v->exit.cr.number == 0 && guest_cr0(v, &g, value))
        vcpu_advance(v, v->exit.length);
    else
        vcpu_raise(v, VECTOR_GP, 0);
}
