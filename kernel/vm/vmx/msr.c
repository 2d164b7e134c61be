/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O and MSR bitmaps (Intel SDM vol. 3C, 25.6.4, 25.6.9) and the MSRs that the VMCS holds or VMX itself has. */
#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "vm/exit.h"
#include "vm/npt.h"
#include "vm/paging.h"
#include "vmx.h"
#include "x86/apic.h"

#define MSR_VMX_FIRST 0x480u
#define MSR_VMX_LAST 0x491u
#define MSR_SMM_MONITOR 0x9bu
#define FEATURE_CONTROL_LOCKED 1u

static u8 *io_bitmap;  /* 2 pages: one bit a port */
static u8 *msr_bitmap; /* reads of 0 to 1FFFh and C0000000h to C0001FFFh, then writes */

/* Always intercepted, besides firmware_msrs. */
static const struct msr_rule own_msrs[] = {
    {MSR_FEATURE_CONTROL, MSR_FEATURE_CONTROL, true}, {MSR_VMX_FIRST, MSR_VMX_LAST, true},
    {MSR_SMM_MONITOR, MSR_SMM_MONITOR, true}, {MSR_APIC_BASE, MSR_APIC_BASE, false}, {MSR_TSC, MSR_TSC, false},
    {MSR_TSC_ADJUST, MSR_TSC_ADJUST, false}, {0x200, 0x21f, false}, {0x250, 0x250, false}, {0x258, 0x259, false},
    {0x268, 0x26f, false}, {0x2ff, 0x2ff, false}, /* the MTRRs */
    {MSR_EFER, MSR_EFER, true}, /* the last: only without unrestricted guest */
};

/* Those outside of the two ranges always exit. */
static void set_msr(u32 msr, bool read, bool write)
{
    u32 bit = msr < 0x2000 ? msr : msr - 0xc0000000 + 0x2000;

    if (bit >= 0x4000)
        return;
    bits_set(msr_bitmap, bit, bit, read);
    bits_set(msr_bitmap + 0x800, bit, bit, write);
}

void vmx_intercept_io(u16 first, u16 last, bool on)
{
    bits_set(io_bitmap, first, last, on);
}

void vmx_intercept_msr(u32 first, u32 last, bool on)
{
    msr_intercept(first, last, on, set_msr, own_msrs, ARRAY_SIZE(own_msrs) - vmx_features.unrestricted);
}

void vmx_bitmaps_init(void)
{
    io_bitmap = page_alloc(&kernel_budget, 2);
    msr_bitmap = page_alloc(&kernel_budget, 1);
    ASSERT(io_bitmap && msr_bitmap);
    vmx_intercept_msr(0, ~0u, false);
}

void vmx_bitmaps_use(void)
{
    vmwrite(IO_BITMAP_A, pa_of(io_bitmap));
    vmwrite(IO_BITMAP_B, pa_of(io_bitmap) + PAGE_SIZE);
    vmwrite(MSR_BITMAP, pa_of(msr_bitmap));
}

/* The VMCS field that holds the guest's value of an MSR; 0: none (no such field has that number). */
static enum vmcs_field field_of(u32 msr)
{
    switch (msr) {
    case 0x174:
        return GUEST_SYSENTER_CS;
    case 0x175:
        return GUEST_SYSENTER_ESP;
    case 0x176:
        return GUEST_SYSENTER_EIP;
    case 0x1d9:
        return GUEST_DEBUGCTL;
    case MSR_EFER:
        return GUEST_EFER;
    case MSR_FS_BASE:
        return GUEST_FS_BASE;
    case MSR_GS_BASE:
        return GUEST_GS_BASE;
    case MSR_PAT:
        return vmx_features.entry & ENTRY_LOAD_PAT ? GUEST_PAT : 0;
    default:
        return 0;
    }
}

static bool is_hidden(u32 msr)
{
    return (msr >= MSR_VMX_FIRST && msr <= MSR_VMX_LAST) || msr == MSR_SMM_MONITOR;
}

bool vmx_read_msr(struct vcpu *v, u32 msr, u64 *value, bool *fault)
{
    struct guest_view g;

    if (is_hidden(msr)) {
        *fault = true;
    } else if (msr == MSR_FEATURE_CONTROL) {
        *value = FEATURE_CONTROL_LOCKED;
    } else if (msr == MSR_EFER) {
        vmx_guest_view(v, &g);
        *value = g.efer;
    } else {
        enum vmcs_field field = field_of(msr);
        if (!field)
            return false;
        *value = vmread(field);
    }
    return true;
}

/* Whether the CPU itself takes the value; the host's own comes back at once. */
static bool cpu_takes(u32 msr, u64 value)
{
    u64 host = rdmsr(msr);
    bool good = wrmsr_safe(msr, value);

    wrmsr(msr, host);
    return good;
}

static bool write_efer(struct vcpu *v, u64 value)
{
    const u64 guests = EFER_SCE | EFER_LME | EFER_NXE;
    struct guest_view g;

    vmx_guest_view(v, &g);
    if ((value & ~(guests | EFER_LMA)) || ((value ^ g.efer) & EFER_LME && (g.cr0 & CR0_PG)))
        return false;
    value = (value & guests) | (g.efer & EFER_LMA);
    if (paging_is_shadow()) {
        control_write_efer(v, value);
        return true;
    }
    v->control.efer = value;
    vmwrite(GUEST_EFER, v->vmx->unpaged ? value & ~EFER_LME : value);
    return true;
}

bool vmx_write_msr(struct vcpu *v, u32 msr, u64 value, bool *fault)
{
    enum vmcs_field field = field_of(msr);

    if (is_hidden(msr) || msr == MSR_FEATURE_CONTROL) {
        *fault = true;
    } else if (msr == MSR_EFER) {
        *fault = !write_efer(v, value);
    } else if (field) {
        *fault = !cpu_takes(msr, value);
        if (!*fault)
            vmwrite(field, value);
    } else if (ept_is_mtrr(msr)) {
        *fault = !wrmsr_safe(msr, value);
        if (!*fault) {
            npt_retype();
            v->flush_tlb = true;
        }
    } else {
        return false;
    }
    return true;
}
