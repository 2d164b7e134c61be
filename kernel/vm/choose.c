/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the vendor once, at boot. */
#include "svm/svm.h"
#include "vmx/vmx.h"

const struct vcpu_ops *vcpu_ops;

const char *vcpu_ops_choose(void)
{
    bool vmx = cpuid(1, 0).ecx & BIT(5);

    vcpu_ops = vmx ? &vmx_ops : &svm_ops;
    return vmx ? vmx_unusable() : svm_unusable();
}
