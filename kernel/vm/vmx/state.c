/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's registers in the VMCS, in the form that the emulator and the page walk know (Intel SDM vol. 3C, 25.4). */
#include "core/string.h"
#include "vmx.h"

/* A field that is the host's where the mask says so: there the guest reads the shadow (25.6.6). */
static u64 masked(enum vmcs_field value, enum vmcs_field mask, enum vmcs_field shadow)
{
    u64 m = vmread(mask);

    return (vmread(value) & ~m) | (vmread(shadow) & m);
}

u64 vmx_cr0(void)
{
    return masked(GUEST_CR0, CR0_MASK, CR0_SHADOW);
}

u64 vmx_cr4(void)
{
    return masked(GUEST_CR4, CR4_MASK, CR4_SHADOW);
}

void vmx_set_entry(struct vmx *x, u32 bits, bool on)
{
    x->entry = on ? vmread(ENTRY_CONTROLS) | bits : vmread(ENTRY_CONTROLS) & ~bits;
    vmwrite(ENTRY_CONTROLS, x->entry);
}

/* ES to TR by the VMCS's order: selectors two apart, as limits, rights and bases are. */
static struct weir_emu_segment get_segment(unsigned i)
{
    u32 rights = (u32)vmread(GUEST_ES_RIGHTS + 2 * i);
    struct weir_emu_segment s = {
        .selector = (u16)vmread(GUEST_ES + 2 * i),
        .limit = (u32)vmread(GUEST_ES_LIMIT + 2 * i),
        .base = vmread(GUEST_ES_BASE + 2 * i),
    };

    if (!(rights & RIGHTS_UNUSABLE))
        s.attributes = (u16)((rights & 0xff) | (rights >> 4 & 0xf00));
    return s;
}

static void set_segment(unsigned i, const struct weir_emu_segment *s)
{
    u32 rights = (s->attributes & 0xff) | (s->attributes & 0xf00u) << 4;

    vmwrite(GUEST_ES + 2 * i, s->selector);
    vmwrite(GUEST_ES_LIMIT + 2 * i, s->limit);
    vmwrite(GUEST_ES_BASE + 2 * i, s->base);
    vmwrite(GUEST_ES_RIGHTS + 2 * i, s->attributes & BIT(7) ? rights : RIGHTS_UNUSABLE);
}

static u8 cpl(void)
{
    return (vmread(GUEST_SS_RIGHTS) >> 5) & 3;
}

void vmx_guest_view(const struct vcpu *v, struct guest_view *g)
{
    u64 rights = vmread(GUEST_CS_RIGHTS);

    g->cr0 = vmx_cr0();
    g->cr3 = vmread(GUEST_CR3);
    g->cr4 = vmx_cr4();
    g->efer = vmread(GUEST_EFER);
    g->rflags = v->rflags;
    g->cpl = cpl();
    g->code_is_long = rights & BIT(13);
    bool long_mode = (g->efer & EFER_LMA) && g->code_is_long;
    g->linear_rip = long_mode ? v->rip : (u32)(vmread(GUEST_CS_BASE) + v->rip);
    g->mode = long_mode ? CODE_64 : rights & BIT(14) ? CODE_32 : CODE_16;
}

void vmx_get_state(struct vcpu *v, struct weir_emu_state *s)
{
    memcpy(s->gpr, v->regs, sizeof(s->gpr));
    s->rip = v->rip;
    s->rflags = v->rflags;
    s->cr0 = vmx_cr0();
    s->cr2 = v->cpu->ring3 ? v->vmx->cr2 : read_cr2();
    s->cr3 = vmread(GUEST_CR3);
    s->cr4 = vmx_cr4();
    s->cr8 = v->cpu->ring3 ? v->cpu->fence.tpr : read_cr8();
    s->efer = vmread(GUEST_EFER);
    memset(s->dr, 0, sizeof(s->dr));
    s->dr[4] = read_dr6();
    s->dr[5] = vmread(GUEST_DR7);
    for (unsigned i = 0; i <= WEIR_EMU_TR; i++)
        s->segment[i] = get_segment(i);
    s->segment[WEIR_EMU_GDTR] = (struct weir_emu_segment){
        .limit = (u32)vmread(GUEST_GDTR_LIMIT), .base = vmread(GUEST_GDTR_BASE)};
    s->segment[WEIR_EMU_IDTR] = (struct weir_emu_segment){
        .limit = (u32)vmread(GUEST_IDTR_LIMIT), .base = vmread(GUEST_IDTR_BASE)};
    s->cpl = cpl();
}

void vmx_set_state(struct vcpu *v, const struct weir_emu_state *s, u32 effects)
{
    (void)v;
    if (effects & WEIR_EMU_E_SEGMENTS)
        for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
            set_segment(i, &s->segment[i]);
}

void vmx_real_mode(struct vcpu *v, u16 cs, u16 ip)
{
    const struct weir_emu_segment data = {0, 0x93, 0xffff, 0}, ldt = {0, 0x82, 0xffff, 0}, tss = {0, 0x8b, 0xffff, 0};
    const struct weir_emu_segment code = {cs, 0x9b, 0xffff, (u64)cs << 4};
    static const u16 zero[] = {
        GUEST_GDTR_BASE, GUEST_IDTR_BASE, GUEST_CR3, CR4_SHADOW, GUEST_EFER, GUEST_DEBUGCTL, GUEST_SYSENTER_CS,
        GUEST_SYSENTER_ESP, GUEST_SYSENTER_EIP, GUEST_SMBASE, INTERRUPTIBILITY, ACTIVITY, PENDING_DEBUG,
        GUEST_PDPTE0, GUEST_PDPTE0 + 2, GUEST_PDPTE0 + 4, GUEST_PDPTE0 + 6,
    };

    for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
        set_segment(i, i == WEIR_EMU_CS ? &code : &data);
    set_segment(WEIR_EMU_LDTR, &ldt);
    set_segment(WEIR_EMU_TR, &tss);
    vmwrite(GUEST_GDTR_LIMIT, 0xffff);
    vmwrite(GUEST_IDTR_LIMIT, 0x3ff);
    vmwrite(GUEST_CR0, CR0_ET | CR0_NE);
    vmwrite(CR0_SHADOW, CR0_ET);
    vmwrite(GUEST_CR4, CR4_VMXE);
    vmx_set_entry(v->vmx, ENTRY_GUEST_64, false);
    vmwrite(GUEST_DR7, 0x400);
    vmwrite(GUEST_PAT, 0x0007040600070406);
    vmwrite_zero(zero, ARRAY_SIZE(zero));
    v->vmx->cr2 = 0;
    memset(v->regs, 0, sizeof(v->regs));
    v->rip = ip;
    v->rflags = 2;
    vcpu_inject(v, 0);
    v->nmi_blocked = false;
}
