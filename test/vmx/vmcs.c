/* SPDX-License-Identifier: BSD-2-Clause */
/* What VM entries and exits rest on in the VMCS: the MSR bitmap, events that an exit has interrupted, PAE's pointers. */
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/page.h"
#include "vm/exit.h"
#include "vm/paging.h"
#include "vm/vmx/vmx.h"

void vmx_exit(struct vcpu *v);

static struct vmx vmx;
static struct vcpu v;
static u64 pdptes[4];

void vcpu_handle_exit(struct cpu *cpu, struct vcpu *exited)
{
}

void vmx_explain(struct vcpu *failed, u32 reason)
{
}

void vmx_real_exception(struct vcpu *exited, u32 event)
{
}

unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16])
{
    return 0;
}

void guest_read(struct cpu *cpu, u64 gpa, void *to, unsigned bytes)
{
    CHECK(gpa, 0x12340);
    memcpy(to, pdptes, bytes);
}

/* Intel SDM vol. 3C, 25.6.9: reads of 0 to 1FFFh, of C0000000h to C0001FFFh, then writes. */
static bool exits(u32 msr, bool write)
{
    const u8 *bitmap = va_of(host_vmcs[MSR_BITMAP]);
    u32 bit = (msr & 0x1fff) + (msr >> 31 ? 0x2000 : 0) + (write ? 0x4000 : 0);

    return bitmap[bit / 8] >> (bit % 8) & 1;
}

static void msr_bitmap(void)
{
    static const struct {
        u32 msr;
        bool read, write;
    } own[] = {
        { 0x3a, true, true }, { 0x480, true, true }, { 0x491, true, true }, /* VMX is hidden */
        { 0x1b, false, true }, { 0x10, false, true }, { 0x200, false, true }, { 0x20f, false, true },
        { 0x250, false, true }, { 0x26f, false, true }, { 0x2ff, false, true },
        { 0x174, false, false }, { 0x277, false, false }, { 0xc0000081, false, false }, { 0xc0000100, false, false },
    };

    check_case = "MSR bitmap";
    vmx_bitmaps_init();
    vmx_bitmaps_use();
    for (unsigned i = 0; i < ARRAY_SIZE(own); i++) {
        CHECK(exits(own[i].msr, false), own[i].read);
        CHECK(exits(own[i].msr, true), own[i].write);
    }
    CHECK(exits(0xc0000080, true), true); /* EFER: without unrestricted guest */
    vmx_features.unrestricted = true;
    vmx_intercept_msr(0, ~0u, false);
    CHECK(exits(0xc0000080, true), false);
    vmx_intercept_msr(0x174, 0x175, true);
    CHECK(exits(0x174, false) && exits(0x175, true), true);
    CHECK(exits(0x173, false) || exits(0x176, true), false);
    vmx_intercept_msr(0, ~0u, false);
    CHECK(exits(0x174, false) || exits(0x175, true), false);
    CHECK(exits(0x3a, false) && exits(0x480, true), true);
}

static void exit_with(u32 reason, u32 event, u32 error)
{
    memset(host_vmcs, 0, sizeof(host_vmcs));
    memset(&v, 0, sizeof(v));
    v.vmx = &vmx;
    v.cpu = this_cpu();
    host_vmcs[EXIT_REASON] = reason;
    host_vmcs[GUEST_CR0] = CR0_PE;
    host_vmcs[IDT_VECTORING] = event;
    host_vmcs[IDT_VECTORING_ERROR] = error;
    host_vmcs[INTERRUPTIBILITY] = BLOCKED_BY_NMI;
    vmx_exit(&v);
}

/* 28.2.4: comes again as it was; an NMI's delivery has not begun, but for a task switch. INT n is executed again. */
static void interrupted_events(void)
{
    const u32 valid = 0x80000000, nmi = valid | 2 << 8 | 2, fault = valid | 3 << 8 | BIT(11) | 14;

    check_case = "an event that the exit interrupted";
    exit_with(48, nmi, 0);
    CHECK(host_vmcs[ENTRY_EVENT], nmi);
    CHECK(host_vmcs[INTERRUPTIBILITY], 0);
    exit_with(9, nmi, 0);
    CHECK(host_vmcs[INTERRUPTIBILITY], BLOCKED_BY_NMI);
    exit_with(48, fault | BIT(12), 7);
    CHECK(host_vmcs[ENTRY_EVENT], fault);
    CHECK(host_vmcs[ENTRY_EVENT_ERROR], 7);
    CHECK(host_vmcs[INTERRUPTIBILITY], BLOCKED_BY_NMI);
    exit_with(48, valid | 0x30, 0);
    CHECK(host_vmcs[ENTRY_EVENT], valid | 0x30);
    exit_with(48, valid | 4 << 8 | 0x80, 0);
    CHECK(host_vmcs[ENTRY_EVENT], 0);
    exit_with(48, 0x30, 0);
    CHECK(host_vmcs[ENTRY_EVENT], 0);
}

static void pae_pointers(void)
{
    check_case = "PDPTEs";
    memset(host_vmcs, 0, sizeof(host_vmcs));
    for (unsigned i = 0; i < 4; i++)
        pdptes[i] = (i + 1) * PAGE_SIZE | PTE_P | 0x18;
    paging_mode = PAGING_NESTED;
    CHECK(vmx_load_pdptes(&v, 0x1234f), true);
    for (unsigned i = 0; i < 4; i++)
        CHECK(host_vmcs[GUEST_PDPTE0 + 2 * i], pdptes[i]);
    pdptes[0] = 0;
    pdptes[3] |= PTE_W;
    CHECK(vmx_load_pdptes(&v, 0x1234f), false);
    CHECK(host_vmcs[GUEST_PDPTE0] != 0, true); /* nothing has changed */
    pdptes[3] &= ~(u64)PTE_P; /* not present: reserved bits do not count */
    CHECK(vmx_load_pdptes(&v, 0x1234f), true);
    CHECK(host_vmcs[GUEST_PDPTE0], 0);
    paging_mode = PAGING_SHADOW_CACHED; /* there is no such field without EPT */
    pdptes[0] = 0x7000 | PTE_P;
    CHECK(vmx_load_pdptes(&v, 0x1234f), true);
    CHECK(v.pdpte[0], pdptes[0]);
    CHECK(host_vmcs[GUEST_PDPTE0], 0);
}

int main(void)
{
    host_start();
    v.cpu = this_cpu();
    msr_bitmap();
    interrupted_events();
    pae_pointers();
    return check_end();
}
