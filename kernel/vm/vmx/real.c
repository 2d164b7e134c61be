/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs without unrestricted guest run only with CR0.PE and CR0.PG set (Intel SDM vol. 3C, 24.8). There an unpaged guest
 * has an identity-mapped page table of ours, and real mode is virtual-8086 mode (vol. 3B, 21.2) with IOPL 0: what that
 * lacks ends in an exception, and the emulator does the instruction. Where the segment registers hold what such a CPU
 * cannot be entered with, the emulator does every instruction until they do not.
 */
#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "mm/space.h"
#include "vm/exit.h"
#include "vm/npt.h"
#include "vm/paging.h"
#include "vmx.h"
#include "x86/fence.h"

/* The TSS: an I/O permission bitmap of zeros, which refuses nothing; the I/O bitmaps of VMX come after it. */
#define TSS_BYTES 104u
#define TSS_IOMAP_BASE 102u
#define TSS_LIMIT (TSS_BYTES + 0x2000) /* the bitmap ends with a byte of ones (vol. 1, 19.5.2) */
enum { OWN_PAGES = 4 };

#define CR4_PCE BIT(8)
#define CR4_PAGED (CR4_PAE | CR4_PGE | CR4_LA57 | CR4_SMEP | CR4_SMAP | CR4_PKE | BIT(17))
#define CR4_NOT_V86 (BIT(0) | BIT(1) | BIT(2) | BIT(11)) /* VME, PVI, TSD, UMIP: real mode knows them not */

/* Pages of Weir's region that the guest's tables show (read-only), with nothing secret in them: table, then TSS. */
static u8 *own;

void vmx_real_init(void)
{
    own = page_alloc(&kernel_budget, OWN_PAGES);
    ASSERT(own);
    for (u32 i = 0; i < 1024; i++) /* accessed and dirty, so that the CPU writes nothing */
        ((u32 *)own)[i] = i << 22 | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_PS;
    *(u16 *)(own + PAGE_SIZE + TSS_IOMAP_BASE) = TSS_BYTES;
    own[PAGE_SIZE + TSS_LIMIT] = 0xff;
    for (unsigned i = 0; i < OWN_PAGES; i++)
        npt_show(pa_of(own) + i * PAGE_SIZE);
}

/* Virtual-8086 mode's segments are 64 KiB from 16 times the selector: larger limits only let the emulator in sooner. */
static bool fits_v86(const struct vmx *x)
{
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++) {
        const struct weir_emu_segment *s = &x->apart[i];
        bool sized = i == WEIR_EMU_CS || i == WEIR_EMU_SS, down = (s->attributes & 12) == 4;
        if (vmread(GUEST_ES_BASE + 2 * i) != vmread(GUEST_ES + 2 * i) << 4 || s->limit < 0xffff || down ||
            (sized && (s->attributes & BIT(10))))
            return false;
    }
    return true;
}

/* Protected mode's rules for entry (27.3.1.2) that a segment register loaded in real mode can break. */
static bool fits_protected(void)
{
    u64 cs = vmread(GUEST_CS_RIGHTS), ss = vmread(GUEST_SS_RIGHTS), rpl = vmread(GUEST_SS) & 3, dpl = (cs >> 5) & 3;
    bool conforming = cs & 4;

    if ((cs & 9) != 9 || (conforming ? dpl > rpl : dpl != rpl) || (vmread(GUEST_CS) & 3) != rpl || ((ss >> 5) & 3) != rpl)
        return false;
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++) {
        u64 ar = vmread(GUEST_ES_RIGHTS + 2 * i);
        if (!(ar & RIGHTS_UNUSABLE) && ((ar & 0x91) != 0x91 || (ar & 10) == (i == WEIR_EMU_SS ? 0 : 8)))
            return false;
    }
    return true;
}

void vmx_find_fit(struct vcpu *v)
{
    struct vmx *x = v->vmx;

    bool fits = x->real ? fits_v86(x) : (v->rflags & RFLAGS_VM) || fits_protected();
    x->unfit = !fits && !vmx_features.unrestricted;
}

/* What CR4 holds for a guest without paging: our table's format, and nothing that virtual-8086 mode would feel. */
static u64 unpaged_cr4(u64 cr4, bool real)
{
    cr4 = (cr4 & ~CR4_PAGED) | CR4_PSE;
    return real ? (cr4 & ~CR4_NOT_V86) | CR4_PCE : cr4;
}

void vmx_set_cr0(struct vcpu *v, u64 value)
{
    v->control.cr0 = value & CR0_KNOWN;
    vmwrite(CR0_SHADOW, v->control.cr0);
    vmwrite(GUEST_CR0, v->control.cr0); /* its bits that exit: by vmx_load_control */
}

void vmx_load_shadow(struct vcpu *v)
{
    struct guest_view g;
    struct control k = v->control;

    vmx_guest_view(v, &g);
    k.cr0 = g.cr0; /* with the bits that do not exit */
    vmx_load_control(v, &k);
}

void vmx_load_control(struct vcpu *v, const struct control *c)
{
    struct vmx *x = v->vmx;
    bool restricted = !vmx_features.unrestricted, shadow = paging_is_shadow();
    bool unpaged = restricted && !(c->cr0 & CR0_PG), real = restricted && !(c->cr0 & CR0_PE);
    struct weir_emu_segment s[WEIR_EMU_TR + 1];

    bool same = x->unpaged == unpaged && x->real == real;
    for (unsigned i = 0; i <= WEIR_EMU_TR && !same; i++) {
        s[i] = vmx_get_segment(x, i);
        if (real && i <= WEIR_EMU_GS && !(s[i].attributes & BIT(7))) /* a null selector's: usable when loaded again */
            s[i] = (struct weir_emu_segment){s[i].selector, 0x93, 0xffff, s[i].selector * 16ull};
    }
    x->unpaged = unpaged;
    x->real = real;
    v->control = *c;
    vmwrite(CR0_SHADOW, c->cr0);
    vmwrite(GUEST_CR0, (c->cr0 & ~(CR0_CD | CR0_NW)) | CR0_NE | (unpaged ? CR0_PE | CR0_PG : 0) | (shadow ? CR0_WP : 0));
    vmwrite(CR4_SHADOW, c->cr4);
    vmwrite(CR4_MASK, unpaged || shadow ? ~0ull : CR4_VMXE | CR4_SMXE);
    vmwrite(GUEST_CR4, (unpaged ? unpaged_cr4(c->cr4, real) : c->cr4) | CR4_VMXE | (shadow ? CR4_PAE : 0));
    vmwrite(GUEST_CR3, shadow ? v->root : unpaged ? pa_of(own) : c->cr3);
    if (!shadow)
        vmwrite(GUEST_EFER, unpaged ? c->efer & ~(EFER_LME | EFER_LMA) : c->efer);
    vmwrite_bits(ENTRY_CONTROLS, ENTRY_GUEST_64, c->efer & EFER_LMA);
    v->flush_tlb = true;
    if (!restricted || same)
        return;
    v->halt_exits = real;
    vmwrite(EXCEPTION_BITMAP, real ? ~0u : shadow ? BIT(VECTOR_PF) : 0);
    vmwrite_bits(PROC_CONTROLS, PROC_CR3_LOAD | PROC_CR3_STORE, unpaged || shadow);
    vmwrite_bits(PROC_CONTROLS, PROC_INTERRUPT_WINDOW, false);
    vmwrite_bits(PIN_CONTROLS, PIN_INTERRUPT, real || v->want_interrupt_exit);
    if (real) {
        vmwrite(GUEST_TR, 0);
        vmwrite(GUEST_ES_BASE + 2 * WEIR_EMU_TR, pa_of(own) + PAGE_SIZE);
        vmwrite(GUEST_ES_LIMIT + 2 * WEIR_EMU_TR, TSS_LIMIT);
        vmwrite(GUEST_ES_RIGHTS + 2 * WEIR_EMU_TR, 0x8b);
    }
    for (unsigned i = 0; i <= WEIR_EMU_TR; i++)
        vmx_set_segment(x, i, &s[i]);
    vmx_find_fit(v);
}

/* Instructions that are not the emulator's but have exits of their own; in virtual-8086 mode they end in #GP. */
static const struct {
    u32 insn;
    u8 reason;
} kernels[] = {
    {INSN_HLT, WEIR_EXIT_HLT}, {INSN_CPUID, WEIR_EXIT_CPUID}, {INSN_RDMSR, WEIR_EXIT_RDMSR},
    {INSN_WRMSR, WEIR_EXIT_WRMSR}, {INSN_INVD, WEIR_EXIT_INVD}, {INSN_WBINVD, WEIR_EXIT_INVD},
    {INSN_XSETBV, WEIR_EXIT_XSETBV}, {INSN_VMCALL, WEIR_EXIT_VMMCALL},
};

/* Does the instruction at RIP in the CPU's place. May not return. */
static void emulate(struct cpu *cpu, struct vcpu *v)
{
    struct guest_view g;
    u8 code[16] __attribute__((aligned(8)));

    vmx_guest_view(v, &g);
    unsigned n = guest_fetch(cpu, &g, code);
    for (unsigned i = 0; i < ARRAY_SIZE(kernels) && g.cpl == 0; i++) {
        v->exit.length = (u8)insn_length_prefixed(code, n, g.mode, kernels[i].insn);
        if (v->exit.length) {
            v->exit.reason = kernels[i].reason;
            vcpu_handle_exit(cpu, v);
            return;
        }
    }
    emulate_start(cpu, v);
}

/* An exception in real mode: the emulator's cue, or the guest's own. */
void vmx_real_exception(struct vcpu *v, u32 event)
{
    u8 vector = (u8)event;
    bool by_insn = EVENT_TYPE(event) > EVENT_EXCEPTION; /* INT1, INT3, INTO */

    if (vector == VECTOR_DB && !by_insn) { /* the exit has left DR6 and DR7 as they were (28.2.1) */
        write_dr6((read_dr6() & ~15ull) | (vmread(QUALIFICATION) & 0x600f));
        vmwrite(GUEST_DR7, vmread(GUEST_DR7) & ~BIT(13));
        vcpu_raise(v, VECTOR_DB, -1);
    } else if (by_insn || vector == VECTOR_GP || vector == VECTOR_SS || vector == VECTOR_AC) {
        emulate(v->cpu, v);
    } else {
        vcpu_raise(v, vector, -1);
    }
}

/* Before entry: events that the CPU cannot deliver and instructions that it cannot run. Does not return from these. */
void vmx_stand_in(struct vcpu *v)
{
    struct vmx *x = v->vmx;

    for (;;) {
        vmx_write_rip(v);
        if (x->unfit && x->real && !v->event && vmx_takes_interrupts(v)) {
            int vector = fence_take_interrupt(v->cpu);
            v->event = vector < 0 ? 0 : EVENT_VALID | (unsigned)vector;
        }
        if (v->event && x->real) {
            if (EVENT_TYPE(v->event) == EVENT_NMI)
                vmwrite(INTERRUPTIBILITY, vmread(INTERRUPTIBILITY) | BLOCKED_BY_NMI);
            emulate_deliver(v->cpu, v);
        }
        if (!x->unfit)
            return;
        if (v->event) {
            log_line("weir: vector %lx at %lx cannot be delivered with these segments", v->event & 0xff, v->rip);
            exit_shutdown(v->cpu, v);
        }
        emulate(v->cpu, v);
    }
}
