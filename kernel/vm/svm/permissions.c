/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O and MSR permission maps (AMD APM vol. 2, 15.10.1, 15.11) and the MSRs that SVM itself has. */
#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "svm.h"
#include "vm/exit.h"
#include "vm/paging.h"
#include "x86/apic.h"

static u8 *iopm;  /* 3 pages: one bit a port */
static u8 *msrpm; /* 2 pages: two bits an MSR, read and write */

/* Always intercepted, besides firmware_msrs. */
static const struct msr_rule own_msrs[] = {
    {MSR_EFER, MSR_EFER, true}, {MSR_VM_CR, MSR_VM_CR, true}, {MSR_VM_HSAVE_PA, MSR_SVM_KEY, true},
    {MSR_APIC_BASE, MSR_APIC_BASE, false}, {MSR_TSC, MSR_TSC, false}, {MSR_TSC_ADJUST, MSR_TSC_ADJUST, false},
};

/* Bit number of the MSR's read bit in the map; -1: outside, always intercepted. */
static int msr_bit(u32 msr)
{
    if (msr < 0x2000)
        return (int)msr * 2;
    if (msr - 0xc0000000 < 0x2000)
        return (int)(0x4000 + (msr - 0xc0000000) * 2);
    if (msr - 0xc0010000 < 0x2000)
        return (int)(0x8000 + (msr - 0xc0010000) * 2);
    return -1;
}

static void set_msr(u32 msr, bool read, bool write)
{
    int bit = msr_bit(msr);

    if (bit >= 0)
        msrpm[bit / 8] = (u8)((msrpm[bit / 8] & ~(3u << (bit % 8))) | (unsigned)(read | write << 1) << (bit % 8));
}

void svm_permissions_init(void)
{
    iopm = page_alloc(&kernel_budget, 3);
    msrpm = page_alloc(&kernel_budget, 2);
    ASSERT(iopm && msrpm);
    memset(iopm + 0x2000, 0xff, PAGE_SIZE); /* accesses that run over port FFFFh */
    svm_intercept_msr(0, ~0u, false);
}

void svm_permissions_use(struct vmcb *c)
{
    c->iopm_base = pa_of(iopm);
    c->msrpm_base = pa_of(msrpm);
}

void svm_intercept_io(u16 first, u16 last, bool on)
{
    bits_set(iopm, first, last, on);
}

void svm_intercept_msr(u32 first, u32 last, bool on)
{
    msr_intercept(first, last, on, set_msr, own_msrs, ARRAY_SIZE(own_msrs));
}

/* SVM is absent: so are its MSRs. */
static bool is_hidden(u32 msr)
{
    return msr == MSR_VM_CR || msr == MSR_VM_HSAVE_PA || msr == MSR_SVM_KEY;
}

bool svm_read_msr(struct vcpu *v, u32 msr, u64 *value, bool *fault)
{
    *fault = is_hidden(msr);
    if (msr == MSR_EFER)
        *value = paging_is_shadow() ? v->control.efer : v->vmcb->efer & ~EFER_SVME; /* as in guest_view */
    return msr == MSR_EFER || *fault;
}

/* Which of the bits that no guest of ours cares about this CPU's EFER takes; false: it faults on them. */
static bool try_efer(u64 *bits)
{
    u64 host = rdmsr(MSR_EFER);
    bool good = wrmsr_safe(MSR_EFER, host | *bits);

    *bits &= rdmsr(MSR_EFER);
    wrmsr(MSR_EFER, host);
    return good;
}

static bool write_efer(struct vcpu *v, u64 value)
{
    const u64 known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
    u64 other = value & ~(known | EFER_SVME);
    struct guest_view g;

    vcpu_ops->guest_view(v, &g);
    if ((value & EFER_SVME) || ((value ^ g.efer) & EFER_LME && (g.cr0 & CR0_PG)))
        return false;
    if (other && !try_efer(&other))
        return false;
    value = (value & (EFER_SCE | EFER_LME | EFER_NXE)) | (g.efer & EFER_LMA) | other;
    if (paging_is_shadow())
        control_write_efer(v, value);
    else
        v->vmcb->efer = value | EFER_SVME;
    return true;
}

bool svm_write_msr(struct vcpu *v, u32 msr, u64 value, bool *fault)
{
    *fault = msr == MSR_EFER ? !write_efer(v, value) : is_hidden(msr);
    return msr == MSR_EFER || *fault;
}

void svm_string_operands(struct vcpu *v, u64 exitinfo1)
{
    struct io_exit *io = &v->exit.io;

    io->address_size = (u8)(((exitinfo1 >> 7) & 7) * 2);
    io->segment = (exitinfo1 >> 10) & 7;
    if (!svm_features.decode_assist || !io->address_size)
        io_string_by_prefix(v);
}
