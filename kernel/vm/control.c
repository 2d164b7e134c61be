/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's control registers under shadow paging: CR3, CR4, EFER, and of CR0 PG and WP, are not the CPU's. What is
 * written is checked as the CPU would (AMD APM vol. 2, 3.1, 5.1, 14.6; Intel SDM vol. 3, 4.1), and put into effect.
 */
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "shadow.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define CR0_NW BIT(29)
#define CR0_CD BIT(30)

/* CR4 bits that this CPU has and a guest under shadow paging sees: no PCIDE, LA57, PKE, CET, VMXE. */
static u64 cr4_known(void)
{
    struct cpuid one = cpuid(1, 0), seven = cpuid(7, 0);
    const struct {
        u64 bits;
        bool there;
    } features[] = {
        {BIT(0) | BIT(1) | BIT(2) | BIT(3) | CR4_PSE | CR4_PAE | BIT(6) | CR4_PGE | BIT(8), true},
        {CR4_OSFXSR | CR4_OSXMMEXCPT, one.edx & BIT(24)},
        {BIT(11), seven.ecx & BIT(2)}, /* UMIP */
        {CR4_FSGSBASE, seven.ebx & BIT(0)},
        {CR4_OSXSAVE, one.ecx & BIT(26)},
        {CR4_SMEP, seven.ebx & BIT(7)},
        {CR4_SMAP, seven.ebx & BIT(20)},
    };
    u64 known = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        if (features[i].there)
            known |= features[i].bits;
    return known;
}

static bool write_cr0_checked(struct vcpu *v, const struct guest_view *g, u64 value)
{
    struct control *k = &v->control;
    u64 efer = k->efer;

    if (value >> 32 || ((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        return false;
    if ((value & CR0_PG) && !(g->cr0 & CR0_PG) && (efer & EFER_LME)) {
        if (!(k->cr4 & CR4_PAE) || vcpu_ops->code_is_long(v))
            return false;
        efer |= EFER_LMA;
    } else if (!(value & CR0_PG)) {
        if (g->mode == CODE_64)
            return false;
        efer &= ~EFER_LMA;
    }
    k->efer = efer;
    vcpu_ops->set_cr0(v, value | CR0_ET);
    if ((value ^ g->cr0) & (CR0_PG | CR0_WP))
        shadow_forget_all(v);
    else
        vcpu_ops->load_control(v);
    return true;
}

static bool write_cr3_checked(struct vcpu *v, u64 value)
{
    if ((v->control.efer & EFER_LMA) && value >> cpu_features.address_bits)
        return false;
    v->control.cr3 = value;
    shadow_load_root(v);
    vcpu_ops->load_control(v);
    return true;
}

static bool write_cr4_checked(struct vcpu *v, u64 value)
{
    struct control *k = &v->control;
    u64 changed = value ^ k->cr4;

    if ((value & ~cr4_known()) || ((k->efer & EFER_LMA) && !(value & CR4_PAE)))
        return false;
    k->cr4 = value;
    if (changed & (CR4_PSE | CR4_PAE | CR4_SMEP | CR4_SMAP))
        shadow_forget_all(v);
    else if (changed & CR4_PGE)
        shadow_load_root(v);
    vcpu_ops->load_control(v);
    return true;
}

void control_write_efer(struct vcpu *v, u64 value)
{
    u64 changed = value ^ v->control.efer;

    v->control.efer = value;
    if (changed & (EFER_NXE | EFER_LME))
        shadow_forget_all(v);
    else
        vcpu_ops->load_control(v);
}

static u64 linear_address(struct vcpu *v, const struct guest_view *g, const struct system_insn *insn)
{
    const struct memory_operand *o = &insn->operand;
    u64 at = (u64)o->displacement, base = 0;

    if (o->rip_relative)
        at += v->rip + insn->length;
    if (o->base != OPERAND_NONE)
        at += v->regs[o->base];
    if (o->index != OPERAND_NONE)
        at += v->regs[o->index] << o->scale;
    if (o->size < 8)
        at &= (1ull << (8 * o->size)) - 1;
    if (g->mode != CODE_64 || o->segment >= WEIR_EMU_FS) {
        struct weir_emu_state s;
        vcpu_ops->get_state(v, &s);
        base = s.segment[o->segment].base;
    }
    return g->mode == CODE_64 ? at + base : (u32)(at + base);
}

/* The instruction that exited, if the bytes are still one of those decode_system knows. */
static bool find_insn(struct cpu *cpu, struct vcpu *v, const struct guest_view *g, struct system_insn *insn)
{
    u8 fetched[16] __attribute__((aligned(8)));
    const u8 *code = code_again(cpu, v);
    unsigned n = INSN_MAX;

    if (!code) {
        n = guest_fetch(cpu, g, fetched);
        code = fetched;
        code_cache_fill(cpu, &v->code, g, v->exit.cr3);
    }
    return decode_system(code, n, g->mode, insn);
}

/* A word in guest memory, for LMSW; false: #PF was raised. */
static bool read_word(struct cpu *cpu, struct vcpu *v, const struct guest_view *g, u64 linear, u16 *word)
{
    u64 gpa;
    u32 error;

    for (unsigned i = 0; i < 2; i++) {
        if (!guest_translate(cpu, g, linear + i, 0, false, &gpa, &error)) {
            vcpu_raise_pf(v, linear + i, error);
            return false;
        }
        guest_read(cpu, gpa, (u8 *)word + i, 1);
    }
    return true;
}

static bool write_control(struct vcpu *v, const struct guest_view *g, unsigned number, u64 value)
{
    switch (number) {
    case 0:
        return write_cr0_checked(v, g, value);
    case 3:
        return write_cr3_checked(v, value);
    default:
        return write_cr4_checked(v, value);
    }
}

void exit_cr(struct cpu *cpu, struct vcpu *v)
{
    struct system_insn insn = {.op = v->exit.cr.op, .length = v->exit.length, .number = v->exit.cr.number,
                               .gpr = v->exit.cr.gpr};
    struct guest_view g;
    u16 word = 0;

    vcpu_ops->guest_view(v, &g);
    if (!v->exit.cr.known && !find_insn(cpu, v, &g, &insn)) {
        exit_again(v);
        return;
    }
    u64 size_mask = g.mode == CODE_64 ? ~0ull : ~0u;
    u64 now = insn.number == 0 ? g.cr0 : insn.number == 3 ? g.cr3 : g.cr4;
    bool good = true;
    switch (insn.op) {
    case SYSTEM_FROM_CR:
        v->regs[insn.gpr] = now & size_mask;
        break;
    case SYSTEM_TO_CR:
        good = write_control(v, &g, insn.number, v->regs[insn.gpr] & size_mask);
        break;
    case SYSTEM_CLTS:
        good = write_control(v, &g, 0, g.cr0 & ~CR0_TS);
        break;
    case SYSTEM_LMSW: /* PE can be set, not cleared */
        word = (u16)v->regs[insn.gpr];
        if (insn.memory && !read_word(cpu, v, &g, linear_address(v, &g, &insn), &word))
            return;
        good = write_control(v, &g, 0, (g.cr0 & ~0xeull) | (word & 0xf));
        break;
    case SYSTEM_SMSW:
        if (insn.memory) {
            emulate_start(cpu, v);
            return;
        }
        v->regs[insn.gpr] = insn.size == 2 ? (v->regs[insn.gpr] & ~0xffffull) | (u16)g.cr0 :
                            insn.size == 4 ? (u32)g.cr0 : g.cr0;
        break;
    default:
        exit_again(v);
        return;
    }
    if (good)
        vcpu_advance(v, insn.length);
    else
        vcpu_raise(v, VECTOR_GP, 0);
}

void exit_invlpg(struct cpu *cpu, struct vcpu *v)
{
    struct system_insn insn = {.length = v->exit.length};
    struct guest_view g;
    u64 linear = v->exit.gpa;

    if (!v->exit.cr.known) {
        vcpu_ops->guest_view(v, &g);
        if (!find_insn(cpu, v, &g, &insn) || insn.op != SYSTEM_INVLPG) {
            exit_again(v);
            return;
        }
        linear = linear_address(v, &g, &insn);
    }
    shadow_invalidate(cpu, v, linear);
    vcpu_advance(v, insn.length);
}
