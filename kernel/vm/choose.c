/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the vendor once, at boot. */
#include "paging.h"
#include "svm/svm.h"
#include "vmx/vmx.h"

const struct vcpu_ops *vcpu_ops;

const char *vcpu_ops_choose(void)
{
    bool vmx = cpuid(1, 0).ecx & BIT(5);

    vcpu_ops = vmx ? &vmx_ops : &svm_ops;
    if (!vmx)
        return svm_unusable();
    const char *why = paging_choose(true);
    if (!why && paging_is_shadow())
        why = "shadow paging works on AMD-V only";
    return why ? why : vmx_unusable();
}
