/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control register accesses that exit: MOV to CR0 that changes a bit of the host's (NE, NW, CD), and MOV to CR4 that
 * sets one (VMXE, SMXE). All others the CPU does alone (Intel SDM vol. 3C, 26.3). Without unrestricted guest, CR0.PE and
 * PG as well, and where the guest does not use paging, all of CR4 and CR3.
 */
#include "core/log.h"
#include "mm/window.h"
#include "vm/exit.h"
#include "vm/paging.h"
#include "vmx.h"

#define MSR_VMX_CR4_FIXED1 0x489u

/* PAE's four pointers are in the VMCS under EPT (27.3.1.6), with shadow paging the kernel's own. */
bool vmx_load_pdptes(struct vcpu *v, u64 cr3)
{
    const u64 reserved = 0x1e6 | ~(BIT(cpu_features.address_bits) - 1);
    u64 pdpte[4];

    guest_read(v->cpu, cr3 & 0xffffffe0, pdpte, sizeof(pdpte));
    for (unsigned i = 0; i < 4; i++)
        if ((pdpte[i] & PTE_P) && (pdpte[i] & reserved))
            return false;
    for (unsigned i = 0; i < 4; i++) {
        v->pdpte[i] = pdpte[i];
        if (!paging_is_shadow())
            vmwrite(GUEST_PDPTE0 + 2 * i, pdpte[i]);
    }
    return true;
}

/* MOV to CR0 (vol. 2B, MOV to control registers; vol. 3A, 10.8.5). */
static bool write_cr0_of(struct vcpu *v, const struct guest_view *g, u64 value)
{
    u64 efer;

    if (!control_check_cr0(g, value, &efer))
        return false;
    if (((g->cr0 ^ value) & (CR0_PG | CR0_CD | CR0_NW)) && !control_load_pdptes(v, value, g->cr3, g->cr4, efer))
        return false;
    vmx_load_control(v, &(struct control){(value & CR0_KNOWN) | CR0_ET, g->cr3, g->cr4, efer});
    return true;
}

/* With paging, CR4 is not the kernel's, and CR3 is written by task switches only. PCIDE needs IA-32e mode. */
bool vmx_write_control(struct vcpu *v, const struct guest_view *g, unsigned number, u64 value)
{
    if (number == 0)
        return write_cr0_of(v, g, value);
    if (number == 3) {
        if (!control_load_pdptes(v, g->cr0, value, g->cr4, g->efer))
            return false;
        v->control.cr3 = value;
        v->flush_tlb = true;
        if (!v->vmx->unpaged)
            vmwrite(GUEST_CR3, value);
    } else if (!v->vmx->unpaged) {
        return false;
    } else {
        if (value & (~rdmsr(MSR_VMX_CR4_FIXED1) | CR4_VMXE | CR4_SMXE | CR4_PCIDE))
            return false;
        vmx_load_control(v, &(struct control){g->cr0, g->cr3, value, g->efer});
    }
    return true;
}

/* Qualification: LMSW's word 31:16, general register 11:8, access 5:4, control register 3:0 (table 28-3). */
void vmx_decode_cr(struct vcpu *v)
{
    static const u8 op[4] = {CR_TO, CR_FROM, CR_CLTS, CR_LMSW};
    u64 q = vmread(QUALIFICATION);

    v->exit.gpa = q; /* INVLPG's linear address */
    v->exit.cr = (struct cr_insn){op[(q >> 4) & 3], v->exit.length, q & 15, (q >> 8) & 15};
}
