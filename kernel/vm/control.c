/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's writes of control registers that exit. Under shadow paging CR3, CR4, EFER, and of CR0 PG and WP, are not the
 * CPU's. What is written is checked as the CPU would (AMD APM vol. 2, 3.1, 5.1, 14.6; Intel SDM vol. 3, 4.1).
 */
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "shadow.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

/* CR4 bits that this CPU has and a guest under shadow paging sees: no PCIDE, LA57, PKE, CET, VMXE. */
static u64 cr4_known(void)
{
    struct cpuid one = cpuid(1, 0), seven = cpuid(7, 0);

    return 0x7ff | (seven.ecx & BIT(2) ? BIT(11) : 0) /* UMIP */ |
           (seven.ebx & BIT(0) ? CR4_FSGSBASE : 0) | (one.ecx & BIT(26) ? CR4_OSXSAVE : 0) |
           (seven.ebx & BIT(7) ? CR4_SMEP : 0) | (seven.ebx & BIT(20) ? CR4_SMAP : 0);
}

bool control_check_cr0(const struct guest_view *g, u64 value, u64 *efer)
{
    bool paging = value & CR0_PG;

    *efer = g->efer;
    if (value >> 32 || (paging && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        return false;
    if (paging && !(g->cr0 & CR0_PG) && (g->efer & EFER_LME)) {
        if (!(g->cr4 & CR4_PAE) || g->code_is_long)
            return false;
        *efer |= EFER_LMA;
    } else if (!paging) {
        if (g->mode == CODE_64 || (g->cr4 & CR4_PCIDE))
            return false;
        *efer &= ~EFER_LMA;
    }
    return true;
}

bool control_load_pdptes(struct vcpu *v, u64 cr0, u64 cr3, u64 cr4, u64 efer)
{
    return !(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || (efer & EFER_LMA) || !vcpu_ops->load_pdptes ||
           vcpu_ops->load_pdptes(v, cr3);
}

static bool guest_cr0(struct vcpu *v, const struct guest_view *g, u64 value)
{
    u64 efer;

    if (!control_check_cr0(g, value, &efer))
        return false;
    if (((value ^ g->cr0) & (CR0_PG | CR0_CD | CR0_NW)) && !control_load_pdptes(v, value, g->cr3, g->cr4, efer))
        return false;
    v->control.efer = efer;
    vcpu_ops->set_cr0(v, value | CR0_ET);
    if ((value ^ g->cr0) & (CR0_PG | CR0_WP))
        shadow_forget_all(v);
    return true;
}

static bool guest_cr3(struct vcpu *v, const struct guest_view *g, u64 value)
{
    if ((g->efer & EFER_LMA) && value >> cpu_features.address_bits)
        return false;
    if (!control_load_pdptes(v, g->cr0, value, g->cr4, g->efer))
        return false;
    v->control.cr3 = value;
    shadow_load_root(v);
    return true;
}

static bool guest_cr4(struct vcpu *v, const struct guest_view *g, u64 value)
{
    struct control *k = &v->control;
    u64 changed = value ^ k->cr4;

    if ((value & ~cr4_known()) || ((k->efer & EFER_LMA) && !(value & CR4_PAE)))
        return false;
    if ((changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) && !control_load_pdptes(v, g->cr0, k->cr3, value, k->efer))
        return false;
    k->cr4 = value;
    if (changed & (CR4_PSE | CR4_PAE | CR4_SMEP | CR4_SMAP))
        shadow_forget_all(v);
    else if (changed & CR4_PGE)
        shadow_load_root(v);
    return true;
}

/* A write of CR0, CR3 or CR4, in guest context; g is as before. false: #GP. */
static bool control_write(struct vcpu *v, const struct guest_view *g, unsigned number, u64 value)
{
    if (!paging_is_shadow())
        return vcpu_ops->write_control && vcpu_ops->write_control(v, g, number, value);
    bool good = number == 0 ? guest_cr0(v, g, value) : number == 3 ? guest_cr3(v, g, value) : guest_cr4(v, g, value);

    vcpu_ops->load_control(v);
    return good;
}

bool control_write_effects(struct vcpu *v, const struct weir_emu_state *s, u32 effects)
{
    struct guest_view g;

    vcpu_ops->guest_view(v, &g);
    return (!(effects & WEIR_EMU_E_CR0) || control_write(v, &g, 0, s->cr0)) &&
           (!(effects & WEIR_EMU_E_CR3) || control_write(v, &g, 3, s->cr3)) &&
           (!(effects & WEIR_EMU_E_CR4) || control_write(v, &g, 4, s->cr4));
}

void control_write_efer(struct vcpu *v, u64 value)
{
    u64 changed = value ^ v->control.efer;

    v->control.efer = value;
    if (changed & (EFER_NXE | EFER_LME))
        shadow_forget_all(v);
    vcpu_ops->load_control(v);
}

/* MOV and CLTS; the emulator does the others, and what the code has become meanwhile. */
void exit_cr(struct cpu *cpu, struct vcpu *v)
{
    struct cr_insn insn = v->exit.cr;
    struct guest_view g;
    u8 code[16] __attribute__((aligned(8)));

    vcpu_ops->guest_view(v, &g);
    if (!insn.length || insn.op == CR_LMSW) {
        const u8 *again = code_again(cpu, v);
        unsigned n = again ? INSN_MAX : guest_fetch(cpu, &g, code);
        if (!again)
            code_cache_fill(cpu, code_cache_of(v), &g, v->exit.cr3);
        if (!decode_cr(again ? again : code, n, g.mode, &insn)) {
            emulate_start(cpu, v);
            return;
        }
    }
    u64 mask = size_mask(g.mode == CODE_64 ? 8 : 4), *gpr = &v->regs[insn.gpr];
    bool good = true;
    if (insn.op == CR_FROM)
        *gpr = (insn.number == 0 ? g.cr0 : insn.number == 3 ? g.cr3 : g.cr4) & mask;
    else if (insn.op == CR_TO)
        good = control_write(v, &g, insn.number, *gpr & mask);
    else
        good = control_write(v, &g, 0, g.cr0 & ~CR0_TS);
    if (good)
        vcpu_advance(v, insn.length);
    else
        vcpu_raise(v, VECTOR_GP, 0);
}

void exit_invlpg(struct cpu *cpu, struct vcpu *v)
{
    if (!v->exit.cr.length) {
        emulate_start(cpu, v);
        return;
    }
    shadow_invalidate(v, v->exit.gpa);
    vcpu_advance(v, v->exit.length);
}
