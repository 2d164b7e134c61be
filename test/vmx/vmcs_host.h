/* SPDX-License-Identifier: BSD-2-Clause */
/* Included after host.h: the VMCS is an array, the debug registers and CR2 are nowhere. */
#ifndef TEST_VMCS_HOST_H
#define TEST_VMCS_HOST_H

#include "vm/vmx/vmcs.h"

extern u64 host_vmcs[0x8000];

#define vmread(field) host_vmcs[field]
#define vmwrite(field, v) ((void)(host_vmcs[field] = (v)))
#define vmwrite_bits(field, bits, on) vmwrite(field, (on) ? host_vmcs[field] | (bits) : host_vmcs[field] & ~(u64)(bits))
#define vmwrite_zero(fields, n)            \
    for (unsigned zero_i = 0; zero_i < (n); zero_i++) \
    vmwrite((fields)[zero_i], 0)
#define read_cr2() 0
#define write_cr2(v) ((void)(v))
#define read_cr8() 0
#define read_dr6() 0
#define write_dr6(v) ((void)(v))
#define read_breakpoints(dr) ((void)memset(dr, 0, 4 * sizeof(u64)))
#define write_breakpoints(dr) ((void)(dr))

#endif
