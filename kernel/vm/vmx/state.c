/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's registers in the VMCS, in the form that the emulator and the page walk know (Intel SDM vol. 3C, 25.4). */
#include "core/string.h"
#include "vm/shadow.h"
#include "vmx.h"

/* A field that is the host's where the mask says so: there the guest reads the shadow (25.6.6). */
static u64 masked(enum vmcs_field value, enum vmcs_field mask, enum vmcs_field shadow)
{
    u64 m = vmread(mask);

    return (vmread(value) & ~m) | (vmread(shadow) & m);
}

/* ES to TR by the VMCS's order: selectors two apart, as limits, rights and bases are. */
struct weir_emu_segment vmx_get_segment(const struct vmx *x, unsigned i)
{
    if (unlikely(x->real) && i == WEIR_EMU_TR)
        return x->apart[i];
    u32 rights = (u32)vmread(GUEST_ES_RIGHTS + 2 * i);
    struct weir_emu_segment s = {
        .selector = (u16)vmread(GUEST_ES + 2 * i),
        .limit = (u32)vmread(GUEST_ES_LIMIT + 2 * i),
        .base = vmread(GUEST_ES_BASE + 2 * i),
    };

    if (!(rights & RIGHTS_UNUSABLE))
        s.attributes = (u16)((rights & 0xff) | (rights >> 4 & 0xf00));
    if (unlikely(x->real) && i <= WEIR_EMU_GS) { /* a load in real mode changes neither */
        s.limit = x->apart[i].limit;
        s.attributes = x->apart[i].attributes;
    }
    return s;
}

/*
 * Without unrestricted guest a data segment's DPL must not be below its selector's RPL (27.3.1.2), which after real mode
 * is any; DPL is looked at only when the register is loaded, and by returns to outer levels.
 */
void vmx_set_segment(struct vmx *x, unsigned i, const struct weir_emu_segment *s)
{
    u32 rights = (s->attributes & 0xff) | (s->attributes & 0xf00u) << 4, limit = s->limit;
    bool data = i <= WEIR_EMU_GS && i != WEIR_EMU_CS && i != WEIR_EMU_SS;

    if (x->real && i != WEIR_EMU_LDTR) {
        x->apart[i] = *s;
        if (i == WEIR_EMU_TR)
            return;
        rights = 0xf3;
        limit = 0xffff;
    } else if (!(s->attributes & BIT(7))) {
        rights = RIGHTS_UNUSABLE;
    } else if (data && ((rights >> 5) & 3) < (s->selector & 3)) {
        rights |= (s->selector & 3u) << 5;
    }
    vmwrite(GUEST_ES + 2 * i, s->selector);
    vmwrite(GUEST_ES_LIMIT + 2 * i, limit);
    vmwrite(GUEST_ES_BASE + 2 * i, s->base);
    vmwrite(GUEST_ES_RIGHTS + 2 * i, rights);
}

void vmx_guest_view(const struct vcpu *v, struct guest_view *g)
{
    const struct vmx *x = v->vmx;
    bool apart = x->unpaged || paging_is_shadow();
    u64 rights = vmread(GUEST_CS_RIGHTS);

    if (unlikely(x->real))
        rights = (u64)(x->apart[WEIR_EMU_CS].attributes & BIT(10)) << 4;
    g->cr0 = masked(GUEST_CR0, CR0_MASK, CR0_SHADOW);
    g->cr3 = apart ? v->control.cr3 : vmread(GUEST_CR3);
    g->cr4 = masked(GUEST_CR4, CR4_MASK, CR4_SHADOW);
    g->efer = apart ? v->control.efer : vmread(GUEST_EFER);
    g->pdpte = paging_is_shadow() ? v->pdpte : NULL;
    g->rflags = v->rflags;
    g->cpl = x->real ? 0 : (vmread(GUEST_SS_RIGHTS) >> 5) & 3;
    g->code_is_long = rights & BIT(13);
    bool long_mode = (g->efer & EFER_LMA) && g->code_is_long;
    g->linear_rip = long_mode ? v->rip : (u32)(vmread(GUEST_CS_BASE) + v->rip);
    g->mode = long_mode ? CODE_64 : rights & BIT(14) ? CODE_32 : CODE_16;
}

void vmx_get_segments(struct vcpu *v, struct weir_emu_state *s)
{
    s->cr2 = v->cpu->ring3 ? v->vmx->cr2 : read_cr2();
    read_breakpoints(s->dr);
    s->dr[4] = read_dr6();
    s->dr[5] = vmread(GUEST_DR7);
    for (unsigned i = 0; i <= WEIR_EMU_TR; i++)
        s->segment[i] = vmx_get_segment(v->vmx, i);
    for (unsigned i = WEIR_EMU_GDTR; i <= WEIR_EMU_IDTR; i++)
        s->segment[i] = (struct weir_emu_segment){
            .limit = (u32)vmread(GUEST_ES_LIMIT + 2 * i), .base = vmread(GUEST_ES_BASE + 2 * i)};
}

static void set_tables(struct vmx *x, const struct weir_emu_segment *s)
{
    vmwrite(GUEST_GDTR_LIMIT, s[WEIR_EMU_GDTR].limit);
    vmwrite(GUEST_GDTR_BASE, s[WEIR_EMU_GDTR].base);
    vmwrite(GUEST_IDTR_LIMIT, s[WEIR_EMU_IDTR].limit);
    vmwrite(GUEST_IDTR_BASE, s[WEIR_EMU_IDTR].base);
    vmx_set_segment(x, WEIR_EMU_LDTR, &s[WEIR_EMU_LDTR]);
    vmx_set_segment(x, WEIR_EMU_TR, &s[WEIR_EMU_TR]);
}

/* Interrupts held off for one instruction: with TF a #DB comes behind it (27.3.1.5). */
static void set_shadow(u64 rflags)
{
    vmwrite(INTERRUPTIBILITY, vmread(INTERRUPTIBILITY) | (rflags & RFLAGS_IF ? BLOCKED_BY_STI : BLOCKED_BY_MOV_SS));
    vmwrite(PENDING_DEBUG, rflags & RFLAGS_TF ? BIT(14) : 0);
}

void vmx_set_state(struct vcpu *v, const struct weir_emu_state *s, u32 effects)
{
    if (effects & WEIR_EMU_E_CR2)
        write_cr2(s->cr2);
    if (effects & WEIR_EMU_E_DR) {
        write_breakpoints(s->dr);
        write_dr6(s->dr[4]);
        vmwrite(GUEST_DR7, s->dr[5]);
    }
    if (effects & WEIR_EMU_E_TABLES)
        set_tables(v->vmx, s->segment);
    if (effects & WEIR_EMU_E_SEGMENTS) {
        for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
            vmx_set_segment(v->vmx, i, &s->segment[i]);
        vmx_find_fit(v);
    }
    if (effects & WEIR_EMU_E_IRET)
        vmwrite(INTERRUPTIBILITY, vmread(INTERRUPTIBILITY) & ~(u64)BLOCKED_BY_NMI);
    if (s->shadow)
        set_shadow(s->rflags);
    v->vmx->rip = s->rip; /* here and not at entry, which would take a shadow that has begun with the instruction away */
    vmwrite(GUEST_RIP, s->rip);
}

void vmx_reset(struct vcpu *v, const struct weir_emu_state *s)
{
    static const u16 zero[] = {
        GUEST_DEBUGCTL, GUEST_SYSENTER_CS, GUEST_SYSENTER_ESP, GUEST_SYSENTER_EIP, GUEST_SMBASE, INTERRUPTIBILITY, ACTIVITY, PENDING_DEBUG,
        GUEST_PDPTE0, GUEST_PDPTE0 + 2, GUEST_PDPTE0 + 4, GUEST_PDPTE0 + 6,
    };

    v->vmx->real = false;
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
        vmx_set_segment(v->vmx, i, &s->segment[i]);
    set_tables(v->vmx, s->segment);
    write_dr6(s->dr[4]);
    vmwrite(GUEST_DR7, s->dr[5]);
    vmwrite(GUEST_PAT, 0x0007040600070406);
    vmwrite_zero(zero, ARRAY_SIZE(zero));
    v->vmx->cr2 = 0;
    v->control = (struct control){0};
    vmx_set_cr0(v, s->cr0);
    if (paging_is_shadow())
        shadow_forget_all(v);
    else
        vmx_load_control(v, &v->control);
}
