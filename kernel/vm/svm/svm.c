/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD SVM behind struct vcpu_ops: the control block, entry and exit (AMD APM vol. 2, 15). */
#include "svm.h"

#include "core/log.h"
#include "core/string.h"
#include "obj/domain.h"
#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/npt.h"
#include "vm/shadow.h"
#include "x86/fence.h"

#define VM_CR_SVMDIS BIT(4)

struct svm_features svm_features;

static const u8 reason_of[0x90] = { /* 0 stands for none, IO is named apart */
    [0x00] = WEIR_EXIT_CR,        [0x03] = WEIR_EXIT_CR,        [0x04] = WEIR_EXIT_CR,
    [0x10] = WEIR_EXIT_CR,        [0x13] = WEIR_EXIT_CR,        [0x14] = WEIR_EXIT_CR,
    [0x4e] = WEIR_EXIT_PAGE_FAULT, [0x65] = WEIR_EXIT_CR,       [0x79] = WEIR_EXIT_INVLPG, [0x7d] = WEIR_EXIT_TASK_SWITCH,
    [0x60] = WEIR_EXIT_INTR,      [0x61] = WEIR_EXIT_NMI,       [0x63] = WEIR_EXIT_INIT,
    [0x72] = WEIR_EXIT_CPUID,     [0x74] = WEIR_EXIT_IRET,
    [0x76] = WEIR_EXIT_INVD,      [0x78] = WEIR_EXIT_HLT,       [0x7a] = WEIR_EXIT_FORBIDDEN,
    [0x7b] = WEIR_EXIT_IO,        [0x7c] = WEIR_EXIT_RDMSR,     [0x7f] = WEIR_EXIT_SHUTDOWN,
    [0x80] = WEIR_EXIT_FORBIDDEN, [0x81] = WEIR_EXIT_VMMCALL,   [0x82] = WEIR_EXIT_FORBIDDEN,
    [0x83] = WEIR_EXIT_FORBIDDEN, [0x84] = WEIR_EXIT_FORBIDDEN, [0x85] = WEIR_EXIT_FORBIDDEN,
    [0x86] = WEIR_EXIT_FORBIDDEN, [0x8b] = WEIR_EXIT_MWAIT,     [0x8c] = WEIR_EXIT_MWAIT,
};

void svm_enter(struct vcpu *v) __attribute__((__noreturn__)); /* run.S */
void svm_exit(struct vcpu *v);

static inline void vmsave(u64 pa)
{
    asm volatile("vmsave %%rax" : : "a"(pa) : "memory");
}

static inline void vmload(u64 pa)
{
    asm volatile("vmload %%rax" : : "a"(pa) : "memory");
}

const char *svm_unusable(void)
{
    u64 vm_cr;

    if (!(cpuid(0x80000001, 0).ecx & BIT(2)))
        return "this CPU has neither AMD-V nor VT-x";
    if (rdmsr_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS))
        return "the firmware has switched AMD-V off";
    struct cpuid c = cpuid(0x8000000a, 0);
    svm_features = (struct svm_features){
        .npt = c.edx & BIT(0),
        .next_rip = c.edx & BIT(3),
        .decode_assist = c.edx & BIT(7),
    };
    return paging_choose(svm_features.npt);
}

static void init_cpu(struct cpu *cpu)
{
    void *hsave = page_alloc(&kernel_budget, 1), *host = page_alloc(&kernel_budget, 1);

    ASSERT(hsave && host);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, pa_of(hsave));
    cpu->host_state_pa = pa_of(host);
    vmsave(cpu->host_state_pa);
    svm_permissions_init();
    static struct npt_format format = {
        .table = PTE_P | PTE_W | PTE_U | PTE_A | PTE_D,
        .leaf = PTE_P | PTE_W | PTE_U | PTE_A | PTE_D,
    };
    format.gib = cpu_features.pdpe1gb && !paging_is_shadow(); /* its flat root leads to page directories */
    npt_init(&format);
}

static void set_intercept(struct vmcb *c, unsigned bit, bool on)
{
    if (on)
        c->intercept[bit / 32] |= 1u << (bit % 32);
    else
        c->intercept[bit / 32] &= ~(1u << (bit % 32));
}

static bool create(struct vcpu *v)
{
    static const u8 always[] = {ICPT_NMI, ICPT_INIT, ICPT_CPUID, ICPT_INVD, ICPT_INVLPGA, ICPT_IOIO, ICPT_MSR,
                                ICPT_SHUTDOWN, ICPT_VMRUN, ICPT_VMMCALL, ICPT_VMLOAD, ICPT_VMSAVE, ICPT_STGI,
                                ICPT_CLGI, ICPT_SKINIT};
    struct vmcb *c = block_alloc(v->cpu->thread->domain, PAGE_SIZE);

    if (!c)
        return false;
    v->vmcb = c;
    v->control_pa = pa_of(c);
    for (unsigned i = 0; i < sizeof(always); i++)
        set_intercept(c, always[i], true);
    svm_permissions_use(c);
    c->asid = 1;
    c->nested_control = !paging_is_shadow();
    c->nested_cr3 = npt_root();
    return true;
}

static void destroy(struct vcpu *v)
{
    block_free(v->object.owner, v->vmcb, PAGE_SIZE);
}

static void leave_guest(struct cpu *cpu)
{
    if (likely(cpu->vcpu))
        vmsave(cpu->vcpu->control_pa);
    vmload(cpu->host_state_pa);
    asm volatile("stgi");
}

static void enter_guest(struct vcpu *v)
{
    asm volatile("clgi");
    vmload(v->control_pa);
}

/* What most exits leave alone. What is done once at this entry is taken back at the next. */
static noinline void write_changes(struct vcpu *v, struct vmcb *c)
{
    c->rflags = v->rflags;
    c->eventinj = v->event;
    c->tlb_control = v->flush_tlb;
    v->changed = v->event || v->flush_tlb;
    v->event = 0;
    v->flush_tlb = false;
}

static inline void write_back(struct vcpu *v)
{
    struct vmcb *c = v->vmcb;

    c->rax = v->regs[RAX];
    c->rsp = v->regs[RSP];
    if (likely(c->rip != v->rip)) {
        c->rip = v->rip;
        c->interrupt_shadow = 0;
        if (unlikely(!(c->cs.attributes & BIT(9)))) /* not 64-bit code */
            c->rip = (u32)v->rip;
    }
    if (unlikely(v->changed || v->flush_tlb))
        write_changes(v, c);
    v->cpu->count.entries++;
}

static noreturn void run(struct vcpu *v)
{
    write_back(v);
    svm_enter(v);
}

/* An event whose delivery the exit interrupted comes again; software interrupts by executing them again. */
static noinline void keep_event(struct vcpu *v, u64 event)
{
    if (EVENT_TYPE(event) == EVENT_SOFT_INT)
        return;
    if (EVENT_TYPE(event) == EVENT_EXCEPTION && ((event & 0xff) == 3 || (event & 0xff) == 4))
        return;
    if (EVENT_TYPE(event) == EVENT_EXCEPTION && (event & 0xff) >= 32)
        event &= ~(7ull << 8); /* QEMU calls external interrupts exceptions here */
    vcpu_inject(v, event);
}

static inline void decode_io(struct vcpu *v, const struct vmcb *c)
{
    u64 info = c->exitinfo1;
    struct io_exit *io = &v->exit.io;

    io->port = (u16)(info >> 16);
    io->size = (info >> 4) & 7;
    io->in = info & IOIO_IN;
    io->string = false;
    v->exit.length = (u8)(c->exitinfo2 - v->rip);
    if (unlikely(info & IOIO_STR)) {
        io->string = true;
        io->rep = info & IOIO_REP;
        svm_string_operands(v, info);
    }
}

/* For exits whose instruction may have to be looked at. */
static inline void note_code(struct vcpu *v, const struct vmcb *c)
{
    v->exit.cr3 = c->cr3;
    v->exit.code64 = (c->cs.attributes & BIT(9)) && (c->efer & EFER_LMA);
}

/* C's part of an exit: the control block's words into struct vcpu, the handler, and back. */
void svm_exit(struct vcpu *v)
{
    struct vmcb *c = v->vmcb;
    u32 code = (u32)c->exitcode;

    v->regs[RAX] = c->rax;
    v->regs[RSP] = c->rsp;
    v->rip = c->rip;
    v->rflags = c->rflags;
    if (unlikely(c->exitintinfo & EVENT_VALID))
        keep_event(v, c->exitintinfo);
    if (code == EXITCODE_IOIO) {
        decode_io(v, c);
        v->exit.reason = WEIR_EXIT_IO; /* last: the compiler then calls its handler without the table */
        vcpu_handle_exit(v->cpu, v);
    } else if (code == EXITCODE_NPF) {
        v->exit.length = 0;
        v->exit.error = c->exitinfo1;
        v->exit.gpa = c->exitinfo2;
        note_code(v, c);
        v->exit.reason = WEIR_EXIT_NESTED;
        vcpu_handle_exit(v->cpu, v);
    } else {
        u8 reason = code < sizeof(reason_of) ? reason_of[code] : 0;
        if (reason == WEIR_EXIT_RDMSR && (c->exitinfo1 & 1))
            reason = WEIR_EXIT_WRMSR;
        v->exit.length = svm_features.next_rip && c->next_rip > v->rip ? (u8)(c->next_rip - v->rip) : 0;
        note_code(v, c);
        if (unlikely((u8)(reason - 1) >= WEIR_EXIT_CR - 1)) { /* none, or one of shadow paging's */
            if (!reason)
                reason = code == EXITCODE_INVALID ? WEIR_EXIT_INVALID : WEIR_EXIT_UNKNOWN;
            v->exit.error = code;
            if (reason >= WEIR_EXIT_CR)
                svm_decode_control(v, code);
        }
        v->exit.reason = reason;
        vcpu_handle_exit(v->cpu, v);
    }
    write_back(v);
}

static int take_interrupt(struct cpu *cpu)
{
    leave_guest(cpu); /* an NMI on the way needs the host's TR */
    int vector = fence_take_interrupt(cpu);
    enter_guest(cpu->vcpu);
    return vector;
}

static void take_nmi(struct cpu *cpu)
{
    leave_guest(cpu);
    asm volatile("nop" : : : "memory");
    enter_guest(cpu->vcpu);
}

static void intercept_interrupts(struct vcpu *v, bool on)
{
    set_intercept(v->vmcb, ICPT_INTR, on);
    set_intercept(v->vmcb, ICPT_HLT, on);
    set_intercept(v->vmcb, ICPT_MWAIT, on);
}

static void intercept_iret(struct vcpu *v, bool on)
{
    set_intercept(v->vmcb, ICPT_IRET, on);
    if (!on)
        v->nmi_iret_rip = v->rip; /* its IRET has exited, but is not done */
}

static void clear_shadow(struct vcpu *v)
{
    v->vmcb->interrupt_shadow = 0;
}

static void set_step(struct vcpu *v)
{
    v->vmcb->dr6 |= BIT(14);
}

static unsigned fetched(struct vcpu *v, const u8 **code)
{
    *code = v->vmcb->fetched;
    return svm_features.decode_assist ? v->vmcb->fetched_bytes & 15 : 0;
}

static void guest_view(const struct vcpu *v, struct guest_view *g)
{
    const struct vmcb *c = v->vmcb;
    bool long_mode = (c->efer & EFER_LMA) && (c->cs.attributes & BIT(9));

    g->code_is_long = c->cs.attributes & BIT(9);
    g->cr0 = c->cr0;
    g->cr3 = c->cr3;
    g->cr4 = c->cr4;
    g->efer = c->efer & ~EFER_SVME;
    g->pdpte = NULL;
    if (paging_is_shadow()) {
        const struct control *k = &v->control;
        g->cr0 = (c->cr0 & ~(CR0_PG | CR0_WP)) | (k->cr0 & (CR0_PG | CR0_WP));
        g->cr3 = k->cr3;
        g->cr4 = k->cr4;
        g->efer = k->efer;
    }
    g->rflags = v->rflags;
    g->cpl = c->cpl;
    g->linear_rip = long_mode ? v->rip : (u32)(c->cs.base + v->rip);
    g->mode = long_mode ? CODE_64 : c->cs.attributes & BIT(10) ? CODE_32 : CODE_16;
}

static void get_segments(struct vcpu *v, struct weir_emu_state *s)
{
    struct vmcb *c = v->vmcb;

    vmsave(v->control_pa);
    s->cr2 = c->cr2;
    memset(s->dr, 0, sizeof(s->dr));
    s->dr[4] = c->dr6;
    s->dr[5] = c->dr7;
    memcpy(s->segment, &c->es, 6 * sizeof(c->es));
    s->segment[WEIR_EMU_LDTR] = c->ldtr;
    s->segment[WEIR_EMU_TR] = c->tr;
    s->segment[WEIR_EMU_GDTR] = c->gdtr;
    s->segment[WEIR_EMU_IDTR] = c->idtr;
}

/* FS, GS, LDTR and TR are the CPU's own while the guest's state is loaded. */
static void set_segments(struct vcpu *v, const struct weir_emu_state *s)
{
    struct vmcb *c = v->vmcb;
    bool loaded = !v->cpu->ring3;

    if (loaded)
        vmsave(v->control_pa);
    memcpy(&c->es, s->segment, 6 * sizeof(c->es));
    c->ldtr = s->segment[WEIR_EMU_LDTR];
    c->tr = s->segment[WEIR_EMU_TR];
    c->gdtr = s->segment[WEIR_EMU_GDTR];
    c->idtr = s->segment[WEIR_EMU_IDTR];
    if (loaded)
        vmload(v->control_pa);
}

static void set_state(struct vcpu *v, const struct weir_emu_state *s, u32 effects)
{
    if (effects & (WEIR_EMU_E_SEGMENTS | WEIR_EMU_E_TABLES))
        set_segments(v, s);
    v->vmcb->cpl = s->cpl;
    if (effects & WEIR_EMU_E_DR) {
        v->vmcb->dr6 = s->dr[4];
        v->vmcb->dr7 = s->dr[5];
    }
}

static void reset(struct vcpu *v, const struct weir_emu_state *s)
{
    struct vmcb *c = v->vmcb;

    set_segments(v, s);
    c->cr0 = s->cr0;
    c->cr2 = c->cr3 = c->cr4 = 0;
    c->dr6 = s->dr[4];
    c->dr7 = s->dr[5];
    c->efer = EFER_SVME;
    c->g_pat = 0x0007040600070406;
    c->cpl = 0;
    if (paging_is_shadow())
        svm_start_shadow(v);
}

static void set_cr2(struct vcpu *v, u64 cr2)
{
    v->vmcb->cr2 = cr2;
}

const struct vcpu_ops svm_ops = {
    .name = "svm",
    .nested_paging = "npt",
    .init_cpu = init_cpu,
    .create = create,
    .destroy = destroy,
    .leave_guest = leave_guest,
    .enter_guest = enter_guest,
    .run = run,
    .intercept_io = svm_intercept_io,
    .intercept_msr = svm_intercept_msr,
    .intercept_interrupts = intercept_interrupts,
    .intercept_iret = intercept_iret,
    .clear_shadow = clear_shadow,
    .set_step = set_step,
    .fetched = fetched,
    .get_segments = get_segments,
    .set_state = set_state,
    .guest_view = guest_view,
    .take_interrupt = take_interrupt,
    .take_nmi = take_nmi,
    .set_cr2 = set_cr2,
    .read_msr = svm_read_msr,
    .write_msr = svm_write_msr,
    .load_control = svm_load_control,
    .set_cr0 = svm_set_cr0,
    .reset = reset,
    .hypercall = {0x0f, 0x01, 0xd9},
};
