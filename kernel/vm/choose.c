/* SPDX-License-Identifier: BSD-2-Clause */
/* Chooses the vendor once, at boot. */
#include "svm/svm.h"

const struct vcpu_ops *vcpu_ops = &svm_ops;

const char *vcpu_ops_choose(void)
{
    return svm_unusable();
}
