/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports, addresses and MSRs that no policy may name, because the kernel or pci owns them already
 * (doc/policy.md, "What a policy cannot name"). Two owners of one access would mean that one of
 * them is bypassed.
 */
#include <weir/policy.h>

struct reserved {
    uint64_t first, last;
    const char *reason;
};

static const struct reserved ports[] = {
    {0xb2, 0xb2, "port B2h raises SMIs and is never intercepted"},
    {0xcf8, 0xcff, "ports CF8h-CFFh are PCI configuration; use pci.hide and pci.read_only"},
};

static const struct reserved addresses[] = {
    {0xfee00000, 0xfee00fff, "FEE00000h-FEE00FFFh is the local APIC, which the kernel owns"},
    {0x10000000000000, UINT64_MAX, "physical addresses have at most 52 bits"},
};

/* Ascending. The names are those of AMD APM vol. 2, appendix A, and Intel SDM vol. 4, 2.1. */
static const struct reserved msrs[] = {
    {0x10, 0x10, "TSC is kept by the kernel"},
    {0x1b, 0x1b, "APIC_BASE is kept by the kernel"},
    {0x3a, 0x3a, "FEATURE_CONTROL is kept by the kernel"},
    {0x3b, 0x3b, "TSC_ADJUST is kept by the kernel"},
    {0x79, 0x79, "the microcode update trigger is kept by the kernel"},
    {0x480, 0x493, "the VMX capability MSRs are kept by the kernel"},
    {0xc0000080, 0xc0000080, "EFER is kept by the kernel"},
    {0xc0010010, 0xc0010010, "SYSCFG is kept by the kernel"},
    {0xc0010016, 0xc0010019, "the IORRs are kept by the kernel"},
    {0xc001001a, 0xc001001a, "TOP_MEM is kept by the kernel"},
    {0xc001001d, 0xc001001d, "TOP_MEM2 is kept by the kernel"},
    {0xc0010020, 0xc0010020, "the microcode patch loader is kept by the kernel"},
    {0xc0010058, 0xc0010058, "MMIO_CONF_BASE is kept by the kernel"},
    {0xc0010111, 0xc0010113, "SMM_BASE, SMM_ADDR and SMM_MASK are kept by the kernel"},
    {0xc0010114, 0xc0010114, "VM_CR is kept by the kernel"},
    {0xc0010115, 0xc0010116, "IGNNE and SMM_CTL are kept by the kernel"},
    {0xc0010117, 0xc0010117, "VM_HSAVE_PA is kept by the kernel"},
    {0xc0010118, 0xc0010118, "SVM_KEY is kept by the kernel"},
};

static const struct reserved *overlapping(const struct reserved *list, size_t n, uint64_t first,
                                          uint64_t last)
{
    for (size_t i = 0; i < n; i++)
        if (first <= list[i].last && last >= list[i].first)
            return &list[i];
    return NULL;
}

#define OVERLAPPING(list, first, last) \
    overlapping(list, sizeof(list) / sizeof((list)[0]), first, last)

const char *policy_io_reserved(uint16_t first, uint16_t last)
{
    const struct reserved *r = OVERLAPPING(ports, first, last);

    return r ? r->reason : NULL;
}

const char *policy_mmio_reserved(uint64_t first, uint64_t last)
{
    const struct reserved *r = OVERLAPPING(addresses, first, last);

    return r ? r->reason : NULL;
}

const char *policy_msr_reserved(uint32_t first, uint32_t last, uint32_t *which)
{
    const struct reserved *r = OVERLAPPING(msrs, first, last);

    if (!r)
        return NULL;
    *which = (uint32_t)(r->first > first ? r->first : first);
    return r->reason;
}
