/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control registers under shadow paging. The guest always runs with CR0.PG and CR0.WP, unpaged code in paged real mode or
 * paged protected mode (AMD APM vol. 2, 15.19); reads exit only while they would show that.
 */
#include "svm.h"
#include "vm/shadow.h"

void svm_set_cr0(struct vcpu *v, u64 value)
{
    v->control.cr0 = value;
    v->vmcb->cr0 = value | CR0_PG | CR0_WP;
}

void svm_load_control(struct vcpu *v)
{
    const struct control *k = &v->control;
    struct vmcb *c = v->vmcb;
    bool paged = k->cr0 & CR0_PG, plain = paged && (k->cr0 & CR0_WP);
    u64 lma = k->efer & EFER_LMA;

    c->cr3 = v->root;
    c->cr4 = (k->cr4 | CR4_PAE) & ~(paged ? 0 : CR4_SMEP | CR4_SMAP); /* the flat tables' pages are the user's */
    c->efer = (k->efer & ~EFER_LME) | (lma ? EFER_LME : 0) | EFER_NXE | EFER_SVME;
    c->intercept_cr = ICPT_READ_CR(3) | ICPT_WRITE_CR(3) | ICPT_WRITE_CR(4) |
                      (c->cr4 == k->cr4 ? 0 : ICPT_READ_CR(4)) |
                      (plain ? 0 : ICPT_READ_CR(0) | ICPT_WRITE_CR(0));
    c->intercept[0] |= BIT(ICPT_CR0_SELECTIVE); /* TS and MP are the guest's own while all others are as it wrote them */
}

void svm_start_shadow(struct vcpu *v)
{
    struct vmcb *c = v->vmcb;

    v->control = (struct control){.cr0 = c->cr0, .cr3 = c->cr3, .cr4 = c->cr4, .efer = c->efer & ~EFER_SVME};
    c->intercept_exception |= BIT(VECTOR_PF);
    c->intercept[0] |= BIT(ICPT_INVLPG) | BIT(ICPT_TASK_SWITCH);
    svm_set_cr0(v, c->cr0);
    shadow_forget_all(v);
}

/* 15.7.3, 15.8.1 */
void svm_decode_control(struct vcpu *v, u32 code)
{
    u64 info = v->vmcb->exitinfo1;
    u8 length = svm_features.decode_assist ? v->exit.length : 0;

    v->exit.error = info;
    v->exit.gpa = code == 0x4e ? v->vmcb->exitinfo2 : info;
    if (code != 0x79 && !(info & BIT(63)))
        length = 0; /* LMSW, SMSW or CLTS */
    v->exit.cr = (struct cr_insn){code < 0x10 ? CR_FROM : CR_TO, length, code == 0x65 ? 0 : code & 15, info & 15};
}
