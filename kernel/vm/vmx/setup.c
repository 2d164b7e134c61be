/* SPDX-License-Identifier: BSD-2-Clause */
/* What this CPU's VMX can do, VMXON, and a VMCS's controls and host state (Intel SDM vol. 3C, 24, 25; vol. 3D, A). */
#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "obj/domain.h"
#include "obj/sched.h"
#include "obj/thread.h"
#include "vm/paging.h"
#include "vmx.h"
#include "x86/clock.h"

#define MSR_VMX_BASIC 0x480u
#define MSR_VMX_MISC 0x485u
#define MSR_VMX_PROC2 0x48bu
#define MSR_VMX_EPT_VPID 0x48cu
#define FEATURE_CONTROL_LOCKED BIT(0)
#define FEATURE_CONTROL_VMX BIT(2)
#define BASIC_STRING_INFO BIT(54)
#define BASIC_TRUE BIT(55)

struct vmx_features vmx_features;

extern const u8 vmx_exit_point[]; /* run.S */

/* Of the wanted bits those that the CPU has, and those that must be 1; *lacks collects needed ones that it has not. */
static u32 controls(u32 msr, u32 need, u32 want, u32 *lacks)
{
    u64 v = rdmsr(msr);
    u32 must = (u32)v, may = (u32)(v >> 32);

    *lacks |= need & ~may;
    return need | (want & may) | must;
}

static void choose_controls(struct vmx_features *f, u32 *lacks)
{
    u64 basic = rdmsr(MSR_VMX_BASIC);
    u32 real = basic & BASIC_TRUE ? 0x48d - 0x481 : 0; /* the TRUE registers let more bits be 0 */
    u32 lacks2 = 0;

    f->revision = (u32)basic & 0x7fffffff;
    f->string_info = basic & BASIC_STRING_INFO;
    f->pin = controls(0x481 + real, PIN_NMI | PIN_VIRTUAL_NMI, PIN_PREEMPTION_TIMER, lacks);
    f->proc = controls(0x482 + real, PROC_IO_BITMAPS | PROC_MSR_BITMAP, PROC_SECONDARY, lacks);
    f->exit = controls(0x483 + real, EXIT_HOST_64,
                       EXIT_SAVE_DEBUG | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER | EXIT_LOAD_EFER, lacks);
    f->entry = controls(0x484 + real, 0, ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER, lacks);
    if (!(f->entry & ENTRY_LOAD_PAT) || (f->exit & (EXIT_SAVE_PAT | EXIT_LOAD_PAT)) != (EXIT_SAVE_PAT | EXIT_LOAD_PAT)) {
        f->exit &= ~(u32)(EXIT_SAVE_PAT | EXIT_LOAD_PAT);
        f->entry &= ~(u32)ENTRY_LOAD_PAT;
    }
    if (f->proc & PROC_SECONDARY)
        f->proc2 = controls(MSR_VMX_PROC2, 0,
                            PROC2_EPT | PROC2_RDTSCP | PROC2_VPID | PROC2_UNRESTRICTED | PROC2_INVPCID | PROC2_XSAVES |
                                PROC2_USER_WAIT, &lacks2);
}

/* EPT and VPID: what is there and how it is flushed (A.10). */
static void choose_paging(struct vmx_features *f)
{
    u64 cap = f->proc2 & (PROC2_EPT | PROC2_VPID) ? rdmsr(MSR_VMX_EPT_VPID) : 0;
    bool tables = (cap & BIT(6)) && (cap & BIT(14)) && (cap & BIT(16)) && (cap & BIT(20)) && (cap & (BIT(25) | BIT(26)));

    f->ept = (f->proc2 & PROC2_EPT) && tables && (f->entry & ENTRY_LOAD_EFER);
    f->unrestricted = f->ept && (f->proc2 & PROC2_UNRESTRICTED);
    f->ept_gib = cap & BIT(17);
    f->invept = cap & BIT(25) ? 1 : 2;
    f->vpid = (f->proc2 & PROC2_VPID) && f->ept;
    if (!f->vpid)
        f->proc2 &= ~(u32)PROC2_VPID;
}

/* Without EPT: no control that needs it, and EFER stays the host's, but for LMA and LME. */
static void choose_shadow(struct vmx_features *f)
{
    f->ept = f->unrestricted = f->vpid = false;
    f->proc2 &= ~(u32)(PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED | PROC2_INVPCID);
    f->proc |= PROC_INVLPG | PROC_CR3_LOAD | PROC_CR3_STORE;
    f->exit &= ~(u32)(EXIT_SAVE_EFER | EXIT_LOAD_EFER);
    f->entry &= ~(u32)ENTRY_LOAD_EFER;
}

const char *vmx_unusable(void)
{
    u64 control = rdmsr(MSR_FEATURE_CONTROL);
    u32 lacks = 0;

    if ((control & FEATURE_CONTROL_LOCKED) && !(control & FEATURE_CONTROL_VMX))
        return "the firmware has switched VT-x off";
    if (!(control & FEATURE_CONTROL_LOCKED))
        wrmsr(MSR_FEATURE_CONTROL, control | FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX);
    choose_controls(&vmx_features, &lacks);
    choose_paging(&vmx_features);
    if (lacks)
        return "this CPU's VT-x lacks virtual NMIs or the bitmaps";
    const char *why = paging_choose(vmx_features.ept);
    if (paging_is_shadow())
        choose_shadow(&vmx_features);
    return why;
}

void vmx_init_cpu(struct cpu *cpu)
{
    u32 *region = page_alloc(&kernel_budget, 1);
    bool failed;

    ASSERT(region);
    u64 pa = pa_of(region);
    *region = vmx_features.revision;
    write_cr4(read_cr4() | CR4_VMXE);
    asm volatile("vmxon %1" : "=@ccna"(failed) : "m"(pa) : "memory");
    ASSERT(!failed);
    vmx_bitmaps_init();
    ept_init();
    if (!vmx_features.unrestricted) {
        log_line("weir: no unrestricted guest: real mode runs in virtual-8086 mode");
        vmx_real_init();
    }
}

static void host_state(struct cpu *cpu)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) idt;

    asm volatile("sidt %0" : "=m"(idt));
    vmwrite(HOST_CR0, read_cr0() | CR0_TS);
    vmwrite(HOST_CR3, cpu->cr3);
    vmwrite(HOST_CR4, read_cr4());
    vmwrite(HOST_CS, SEL_KCODE);
    for (unsigned f = HOST_SS; f <= HOST_DS; f += 2)
        vmwrite(f, SEL_KDATA);
    vmwrite(HOST_ES, SEL_KDATA);
    vmwrite(HOST_TR, SEL_TSS);
    vmwrite(HOST_TR_BASE, TSS_VBASE + cpu->id * 0x4000ull);
    vmwrite(HOST_GDTR_BASE, (u64)cpu->gdt);
    vmwrite(HOST_IDTR_BASE, idt.base);
    if (vmx_features.exit & EXIT_LOAD_EFER)
        vmwrite(HOST_EFER, rdmsr(MSR_EFER));
    if (vmx_features.exit & EXIT_LOAD_PAT)
        vmwrite(HOST_PAT, rdmsr(MSR_PAT));
    vmwrite(HOST_RSP, cpu->kernel_rsp - 16); /* as vmx_enter leaves it */
    vmwrite(HOST_RIP, (u64)vmx_exit_point);
}

void vmx_setup(struct vcpu *v)
{
    static const u16 zero[] = {
        EXCEPTION_BITMAP, PF_MASK, PF_MATCH, CR3_TARGETS, EXIT_MSR_STORES, EXIT_MSR_LOADS, ENTRY_MSR_LOADS, ENTRY_EVENT,
        HOST_FS, HOST_GS, HOST_FS_BASE, HOST_GS_BASE, HOST_SYSENTER_CS, HOST_SYSENTER_ESP, HOST_SYSENTER_EIP,
    };
    const struct vmx_features *f = &vmx_features;
    bool failed;

    *(u32 *)v->vmx->vmcs = f->revision;
    asm volatile("vmclear %1" : "=@ccna"(failed) : "m"(v->control_pa) : "memory");
    ASSERT(!failed);
    asm volatile("vmptrld %1" : "=@ccna"(failed) : "m"(v->control_pa) : "memory");
    ASSERT(!failed);
    vmwrite(PIN_CONTROLS, f->pin & ~(u32)PIN_PREEMPTION_TIMER); /* on while services are owed time */
    if (f->pin & PIN_PREEMPTION_TIMER)
        vmwrite(PREEMPTION_TIMER, clock_ticks(SLICE_US) >> (rdmsr(MSR_VMX_MISC) & 31)); /* A.6 */
    vmwrite(PROC_CONTROLS, f->proc);
    vmwrite(PROC_CONTROLS_2, f->proc2);
    vmwrite(EXIT_CONTROLS, f->exit);
    vmwrite(ENTRY_CONTROLS, f->entry);
    vmwrite_zero(zero, ARRAY_SIZE(zero));
    vmwrite(VMCS_LINK, ~0ull);
    if (f->ept)
        vmwrite(EPT_POINTER, ept_pointer());
    if (f->vpid)
        vmwrite(VPID, 1 + v->cpu->id);
    if (f->proc2 & PROC2_XSAVES)
        vmwrite(XSS_EXITING, 0);
    vmwrite(CR0_MASK, CR0_NE | CR0_NW | CR0_CD | (f->unrestricted ? 0 : CR0_PE | CR0_PG) | (f->ept ? 0 : CR0_WP));
    vmx_bitmaps_use();
    host_state(v->cpu);
}
