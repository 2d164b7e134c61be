/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel VMX behind struct vcpu_ops: entry, exit, events (Intel SDM vol. 3C, 24 to 28). */
#include "vmx.h"

#include "core/log.h"
#include "core/string.h"
#include "obj/domain.h"
#include "obj/thread.h"
#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/paging.h"
#include "x86/fence.h"
#include "x86/trap.h"

#define EXIT_FAILED_ENTRY BIT(31)
enum { /* basic exit reasons, appendix C */
    REASON_NMI = 0, REASON_INTERRUPT_WINDOW = 7, REASON_TASK_SWITCH = 9, REASON_IO = 30, REASON_WRMSR = 32, REASON_MCE = 41,
    REASON_EPT = 48, REASON_EPT_MISCONFIG = 49,
};

static const u8 reason_of[64] = { /* 0 stands for none, IO is named apart */
    [0] = WEIR_EXIT_NMI,        [1] = WEIR_EXIT_INTR,       [2] = WEIR_EXIT_SHUTDOWN,   [3] = WEIR_EXIT_INIT,
    [7] = WEIR_EXIT_WINDOW,     [8] = WEIR_EXIT_IRET,       [9] = WEIR_EXIT_TASK_SWITCH,
    [10] = WEIR_EXIT_CPUID,     [11] = WEIR_EXIT_FORBIDDEN,
    [12] = WEIR_EXIT_HLT,       [13] = WEIR_EXIT_INVD,      [14] = WEIR_EXIT_INVLPG,    [18] = WEIR_EXIT_VMMCALL,   [19] = WEIR_EXIT_FORBIDDEN,
    [20] = WEIR_EXIT_FORBIDDEN, [21] = WEIR_EXIT_FORBIDDEN, [22] = WEIR_EXIT_FORBIDDEN, [23] = WEIR_EXIT_FORBIDDEN,
    [24] = WEIR_EXIT_FORBIDDEN, [25] = WEIR_EXIT_FORBIDDEN, [26] = WEIR_EXIT_FORBIDDEN, [27] = WEIR_EXIT_FORBIDDEN,
    [28] = WEIR_EXIT_CR,
    [31] = WEIR_EXIT_RDMSR,     [32] = WEIR_EXIT_WRMSR,     [36] = WEIR_EXIT_MWAIT,     [48] = WEIR_EXIT_NESTED,
    [50] = WEIR_EXIT_FORBIDDEN, [52] = WEIR_EXIT_INTR,      [53] = WEIR_EXIT_FORBIDDEN, [55] = WEIR_EXIT_XSETBV,
    [59] = WEIR_EXIT_FORBIDDEN,
};

void vmx_enter(struct vcpu *v) __attribute__((__noreturn__)); /* run.S */
void vmx_exit(struct vcpu *v);
void vmx_cancelled(struct vcpu *v);
noreturn void vmx_entry_failed(struct vcpu *v);
extern const u8 vmx_entry_first[], vmx_entry_last[], vmx_entry_cancelled[];

/* MSRs that neither VM entry nor exit switches: the guest's while the kernel alone handles an exit. */
static const u32 held_msrs[HELD_MSRS] = {MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK, MSR_KERNEL_GS_BASE};
static u64 host_held[MAX_CPUS][HELD_MSRS];

static void init_cpu(struct cpu *cpu)
{
    for (unsigned i = 0; i < HELD_MSRS; i++)
        host_held[cpu->id][i] = rdmsr(held_msrs[i]);
    vmx_init_cpu(cpu);
}

static bool create(struct vcpu *v)
{
    struct vmx *x = block_alloc(v->cpu->thread->domain, PAGE_SIZE);

    if (!x)
        return false;
    x->vmcs = block_alloc(v->cpu->thread->domain, PAGE_SIZE);
    if (!x->vmcs) {
        block_free(v->cpu->thread->domain, x, PAGE_SIZE);
        return false;
    }
    x->rip = ~0ull;
    v->vmx = x;
    v->control_pa = pa_of(x->vmcs);
    vmx_setup(v);
    return true;
}

static void destroy(struct vcpu *v)
{
    asm volatile("vmclear %0" : : "m"(v->control_pa) : "cc", "memory");
    block_free(v->object.owner, v->vmx->vmcs, PAGE_SIZE);
    block_free(v->object.owner, v->vmx, PAGE_SIZE);
}

/* VM exit has left limits of FFFFh in GDTR and of 67h in TR, before the I/O permission bitmap (28.5.2). */
static void load_tables(struct cpu *cpu)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) gdt = {sizeof(cpu->gdt) - 1, (u64)cpu->gdt};

    asm volatile("lgdt %0" : : "m"(gdt));
    cpu->gdt[SEL_TSS / 8] &= ~BIT(41); /* not busy */
    asm volatile("ltr %w0" : : "r"(SEL_TSS) : "memory");
}

static void leave_guest(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    for (unsigned i = 0; i < HELD_MSRS; i++) {
        if (v)
            v->vmx->held[i] = rdmsr(held_msrs[i]);
        wrmsr(held_msrs[i], host_held[cpu->id][i]);
    }
    if (v)
        v->vmx->cr2 = read_cr2();
    load_tables(cpu);
    cpu->ts = read_cr0() & CR0_TS;
}

static void enter_guest(struct vcpu *v)
{
    for (unsigned i = 0; i < HELD_MSRS; i++)
        wrmsr(held_msrs[i], v->vmx->held[i]);
    write_cr2(v->vmx->cr2);
}

static void invept(u8 type, u64 eptp)
{
    struct {
        u64 eptp, reserved;
    } d = {eptp, 0};
    asm volatile("invept %0, %1" : : "m"(d), "r"((u64)type) : "cc", "memory");
}

/* Only in protected mode do exceptions have an error code (27.2.1.3). */
static noinline void write_event(u64 event)
{
    if (!(vmread(GUEST_CR0) & CR0_PE))
        event &= ~EVENT_ERROR;
    if (event & EVENT_ERROR)
        vmwrite(ENTRY_EVENT_ERROR, event >> 32);
    vmwrite(ENTRY_EVENT, (u32)event);
}

/* Real mode as virtual-8086 mode: IOPL 0 has PUSHF, POPF, CLI, STI, INT and IRET end in #GP. */
static noinline u64 v86_rflags(struct vcpu *v)
{
    v->vmx->iopl = v->rflags & RFLAGS_IOPL;
    return (v->rflags & ~RFLAGS_IOPL) | RFLAGS_VM;
}

static void clear_shadow(struct vcpu *v)
{
    u64 now = vmread(INTERRUPTIBILITY);

    if (unlikely(now & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS))) {
        vmwrite(INTERRUPTIBILITY, now & ~(u64)(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
        vmwrite(PENDING_DEBUG, 0); /* a step's #DB held back with it is raised by vcpu_advance */
    }
}

static bool in_code64(void)
{
    return (vmread(GUEST_CS_RIGHTS) & BIT(13)) && (vmread(ENTRY_CONTROLS) & ENTRY_GUEST_64);
}

void vmx_write_rip(struct vcpu *v)
{
    if (v->rip == v->vmx->rip)
        return;
    if (unlikely(v->rip >> 32) && !in_code64())
        v->rip = (u32)v->rip;
    v->vmx->rip = v->rip;
    vmwrite(GUEST_RIP, v->rip);
    clear_shadow(v);
}

static inline void write_back(struct vcpu *v)
{
    if (unlikely(v->vmx->real || v->vmx->unfit))
        vmx_stand_in(v);
    vmx_write_rip(v);
    vmwrite(GUEST_RSP, v->regs[RSP]);
    vmwrite(GUEST_RFLAGS, unlikely(v->vmx->real) ? v86_rflags(v) : v->rflags);
    if (unlikely(v->event)) {
        write_event(v->event);
        v->event = 0;
    }
    if (unlikely(v->flush_tlb)) {
        if (vmx_features.ept) /* without VPID, VM entry flushes */
            invept(vmx_features.invept, ept_pointer());
        v->flush_tlb = false;
    }
    v->cpu->count.entries++;
}

static noreturn void run(struct vcpu *v)
{
    write_back(v);
    vmx_enter(v);
}

/* An NMI came between the last look at it and VM entry: what was to be injected waits, and the NMI is looked at. */
void vmx_cancelled(struct vcpu *v)
{
    u64 event = vmread(ENTRY_EVENT);

    if (event & EVENT_VALID) {
        vcpu_inject(v, event | (event & EVENT_ERROR ? vmread(ENTRY_EVENT_ERROR) << 32 : 0));
        vmwrite(ENTRY_EVENT, 0);
    }
    vcpu_before_entry(v->cpu, v);
    write_back(v);
}

static void host_nmi(struct trap_frame *f)
{
    if (f->rip >= (u64)vmx_entry_first && f->rip <= (u64)vmx_entry_last)
        f->rip = (u64)vmx_entry_cancelled;
}

noreturn void vmx_entry_failed(struct vcpu *v)
{
    vmx_explain(v, 0);
    panic("VM entry failed: VM-instruction error %lu", vmread(VM_INSTRUCTION_ERROR));
}

/* An event whose delivery the exit interrupted comes again; INT n, INT1, INT3 and INTO by executing them again. */
static noinline void keep_event(struct vcpu *v, u64 event, u32 reason)
{
    if (EVENT_TYPE(event) >= EVENT_SOFT_INT)
        return;
    vcpu_inject(v, (event & ~BIT(12)) | (event & EVENT_ERROR ? vmread(IDT_VECTORING_ERROR) << 32 : 0));
    if (EVENT_TYPE(event) == EVENT_NMI && reason != REASON_TASK_SWITCH) /* its delivery has not begun (28.2.4) */
        vmwrite(INTERRUPTIBILITY, vmread(INTERRUPTIBILITY) & ~(u64)BLOCKED_BY_NMI);
}

/* Qualification: port 31:16, REP 5, string 4, IN 3, size 2:0 (table 28-5). */
static inline void decode_io(struct vcpu *v)
{
    u64 q = vmread(QUALIFICATION);
    struct io_exit *io = &v->exit.io;

    io->port = (u16)(q >> 16);
    io->in = q & BIT(3);
    io->size = (q & 7) + 1;
    io->string = q & BIT(4);
    if (unlikely(io->string)) {
        u64 info = vmx_features.string_info ? vmread(EXIT_INSTRUCTION) : 0;
        io->rep = q & BIT(5);
        io->address_size = (u8)(2 << ((info >> 7) & 7));
        io->segment = (info >> 15) & 7;
        if (!vmx_features.string_info)
            io_string_by_prefix(v);
    }
}

/* For exits whose instruction may have to be looked at. */
static void note_code(struct vcpu *v, bool nmi_unblocked)
{
    v->exit.cr3 = vmread(GUEST_CR3);
    v->exit.code64 = in_code64();
    if (nmi_unblocked && !v->event) /* an IRET had unblocked NMIs: it will come again (28.2.3) */
        vmwrite(INTERRUPTIBILITY, vmread(INTERRUPTIBILITY) | BLOCKED_BY_NMI);
}

static void decode_ept(struct vcpu *v)
{
    u64 q = vmread(QUALIFICATION), error = 0;

    error |= q & EPT_RIGHTS ? PF_P : 0;
    error |= q & EPT_WRITE ? PF_W : 0;
    error |= q & EPT_FETCH ? PF_I : 0;
    if ((q & EPT_LINEAR) && !(q & EPT_FINAL))
        error |= BIT(33);
    v->exit.error = error;
    v->exit.gpa = vmread(GUEST_PHYSICAL);
    note_code(v, q & EPT_NMI_UNBLOCKED);
}

/* Shadow paging sees all page faults; others exit only in real mode without unrestricted guest. */
static noinline void exception(struct vcpu *v, u32 event)
{
    v->exit.reason = WEIR_EXIT_EXCEPTION;
    if (paging_is_shadow() && (event & 0xff) == VECTOR_PF) {
        v->exit.reason = WEIR_EXIT_PAGE_FAULT;
        v->exit.length = 0;
        v->rflags |= RFLAGS_RF; /* as a CPU saves it with a fault's exit (28.3.3); Bochs does not */
        v->exit.gpa = vmread(QUALIFICATION);
        v->exit.error = vmread(EXIT_EVENT_ERROR);
        note_code(v, event & EPT_NMI_UNBLOCKED);
        vcpu_handle_exit(v->cpu, v);
        return;
    }
    v->cpu->count.exits[WEIR_EXIT_EXCEPTION]++;
    vmx_real_exception(v, event);
}

static noinline void odd_exit(struct vcpu *v, u32 reason)
{
    if (reason & EXIT_FAILED_ENTRY) {
        vmx_explain(v, reason);
        v->exit.reason = WEIR_EXIT_SHUTDOWN;
        return;
    }
    if (reason == REASON_EPT_MISCONFIG || reason == REASON_MCE)
        panic("VM exit %u at %lx, guest-physical %lx", reason, v->rip, vmread(GUEST_PHYSICAL));
    v->exit.reason = WEIR_EXIT_UNKNOWN;
    v->exit.error = reason;
}

/* C's part of an exit: the VMCS's words into struct vcpu, the handler, and back. */
void vmx_exit(struct vcpu *v)
{
    u32 reason = (u32)vmread(EXIT_REASON);
    u64 event = vmread(IDT_VECTORING);

    v->vmx->launched = true;
    v->regs[RSP] = vmread(GUEST_RSP);
    v->rip = v->vmx->rip = vmread(GUEST_RIP);
    v->rflags = vmread(GUEST_RFLAGS);
    if (unlikely(v->vmx->real))
        v->rflags = (v->rflags & ~(RFLAGS_VM | RFLAGS_IOPL)) | v->vmx->iopl;
    v->exit.length = 0;
    v->exit.code64 = false; /* a code address is asked for where the length is not known: EPT violations */
    if (unlikely(event & EVENT_VALID))
        keep_event(v, event, reason);
    if (reason == REASON_IO) {
        v->exit.reason = WEIR_EXIT_IO;
        v->exit.length = (u8)vmread(EXIT_LENGTH);
        decode_io(v);
    } else {
        v->exit.reason = reason < sizeof(reason_of) ? reason_of[reason] : 0;
        if (reason == REASON_EPT)
            decode_ept(v);
        else
            v->exit.length = (u8)vmread(EXIT_LENGTH);
        if (unlikely(v->exit.reason == WEIR_EXIT_CR || v->exit.reason == WEIR_EXIT_INVLPG))
            vmx_decode_cr(v);
        if (unlikely(!v->exit.reason))
            odd_exit(v, reason);
    }
    if (unlikely(reason == REASON_NMI && EVENT_TYPE(vmread(EXIT_EVENT)) >= EVENT_EXCEPTION))
        exception(v, (u32)vmread(EXIT_EVENT));
    else
        vcpu_handle_exit(v->cpu, v);
    write_back(v);
}

bool vmx_takes_interrupts(const struct vcpu *v)
{
    return (v->rflags & RFLAGS_IF) && !(vmread(INTERRUPTIBILITY) & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
}

/* An exit for an interrupt comes whatever the guest's IF is: where it cannot take it, its window is waited for. */
static int take_interrupt(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    if (vmx_takes_interrupts(v))
        return fence_take_interrupt(cpu);
    vmwrite_bits(PIN_CONTROLS, PIN_INTERRUPT, false);
    vmwrite_bits(PROC_CONTROLS, PROC_INTERRUPT_WINDOW, true);
    return -1;
}

static void window(struct vcpu *v)
{
    vmwrite_bits(PROC_CONTROLS, PROC_INTERRUPT_WINDOW, false);
    if (v->want_interrupt_exit || v->vmx->real)
        vmwrite_bits(PIN_CONTROLS, PIN_INTERRUPT, true);
}

/* The exit has taken the NMI; only an IRET lets the next one come (28.5.5). */
static void take_nmi(struct cpu *cpu)
{
    asm volatile("movq %%rsp, %%rax\n pushq %0\n pushq %%rax\n pushfq\n pushq %1\n leaq 1f(%%rip), %%rax\n"
                 "pushq %%rax\n iretq\n1:"
                 :
                 : "i"(SEL_KDATA), "i"(SEL_KCODE)
                 : "rax", "memory", "cc");
}

static void intercept_interrupts(struct vcpu *v, bool on)
{
    vmwrite_bits(PIN_CONTROLS, PIN_INTERRUPT, on || v->vmx->real); /* the guest's IDT is no IDT in real mode */
    vmwrite_bits(PIN_CONTROLS, vmx_features.pin & PIN_PREEMPTION_TIMER, on); /* exits like an interrupt */
    vmwrite_bits(PROC_CONTROLS, PROC_HLT | PROC_MWAIT, on);
    if (!on)
        vmwrite_bits(PROC_CONTROLS, PROC_INTERRUPT_WINDOW, false);
}

/* Virtual NMIs: the CPU itself knows when the guest's IRET unblocks them. */
static void intercept_iret(struct vcpu *v, bool on)
{
    vmwrite_bits(PROC_CONTROLS, PROC_NMI_WINDOW, on);
}

static void set_step(struct vcpu *v)
{
    write_dr6(read_dr6() | BIT(14));
}

static void set_cr2(struct vcpu *v, u64 cr2)
{
    v->vmx->cr2 = cr2;
    write_cr2(cr2);
}

static void fix_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid *r)
{
    struct guest_view g;
    u32 proc2 = vmx_features.proc2;

    if (leaf == 1) {
        r->ecx &= ~(u32)BIT(6); /* SMX */
    } else if (leaf == 7 && subleaf == 0) {
        r->ebx &= proc2 & PROC2_INVPCID ? ~0u : ~(u32)BIT(10);
        r->ecx &= proc2 & PROC2_USER_WAIT ? ~0u : ~(u32)BIT(5);
    } else if (leaf == 0xd && subleaf == 1) {
        r->eax &= proc2 & PROC2_XSAVES ? ~0u : ~(u32)BIT(3);
    } else if (leaf == 0x80000001) {
        vmx_guest_view(v, &g);
        r->edx &= proc2 & PROC2_RDTSCP ? ~0u : ~(u32)BIT(27);
        r->edx &= g.mode == CODE_64 ? ~0u : ~(u32)BIT(11); /* SYSCALL is there in 64-bit code only */
    }
}

const struct vcpu_ops vmx_ops = {
    .name = "vmx",
    .nested_paging = "ept",
    .init_cpu = init_cpu,
    .create = create,
    .destroy = destroy,
    .leave_guest = leave_guest,
    .enter_guest = enter_guest,
    .run = run,
    .intercept_io = vmx_intercept_io,
    .intercept_msr = vmx_intercept_msr,
    .intercept_interrupts = intercept_interrupts,
    .intercept_iret = intercept_iret,
    .clear_shadow = clear_shadow,
    .set_step = set_step,
    .get_segments = vmx_get_segments,
    .set_state = vmx_set_state,
    .guest_view = vmx_guest_view,
    .take_interrupt = take_interrupt,
    .take_nmi = take_nmi,
    .set_cr2 = set_cr2,
    .read_msr = vmx_read_msr,
    .write_msr = vmx_write_msr,
    .fix_cpuid = fix_cpuid,
    .reset = vmx_reset,
    .write_control = vmx_write_control,
    .load_pdptes = vmx_load_pdptes,
    .load_control = vmx_load_shadow,
    .set_cr0 = vmx_set_cr0,
    .window = window,
    .host_nmi = host_nmi,
    .hypercall = {0x0f, 0x01, 0xc1},
};
