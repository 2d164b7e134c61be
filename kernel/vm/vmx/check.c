/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why VM entry failed: the checks on guest state and on the event to be injected (Intel SDM vol. 3C, 27.2.1.3, 27.3.1),
 * read from the current VMCS. Each broken rule is logged with its field and value.
 */
#include "core/log.h"
#include "mm/space.h"
#include "vmx.h"

#define AR_TYPE(ar) ((ar) & 15)
#define AR_S BIT(4)
#define AR_DPL(ar) (((ar) >> 5) & 3)
#define AR_P BIT(7)
#define AR_L BIT(13)
#define AR_DB BIT(14)
#define AR_G BIT(15)
#define AR_RESERVED 0xfffe0f00u
#define RFLAGS_RESERVED 0xffffffffffc08028ull

static const char *const segment_name[8] = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"};

struct guest {
    u64 cr0, cr4, efer, rflags, entry;
    bool ia32e, v86, unrestricted;
    u32 event;
};

static void rule(bool kept, const char *field, u64 value, const char *text)
{
    if (!kept)
        log_line("weir: VM entry: %s is %lx: %s", field, value, text);
}

/* 27.3.1.1 */
static void check_control(const struct guest *g)
{
    u64 cr0_must = rdmsr(0x486), cr0_may = rdmsr(0x487), cr4_must = rdmsr(0x488), cr4_may = rdmsr(0x489);

    if (g->unrestricted)
        cr0_must &= ~(CR0_PE | CR0_PG);
    cr0_may |= CR0_CD | CR0_NW;
    rule((g->cr0 & cr0_must) == cr0_must && !(g->cr0 & ~cr0_may), "CR0", g->cr0, "a bit differs from what VMX fixes (27.3.1.1)");
    rule(!(g->cr0 & CR0_PG) || (g->cr0 & CR0_PE), "CR0", g->cr0, "PG needs PE");
    rule((g->cr4 & cr4_must) == cr4_must && !(g->cr4 & ~cr4_may), "CR4", g->cr4, "a bit differs from what VMX fixes");
    rule(!g->ia32e || ((g->cr0 & CR0_PG) && (g->cr4 & CR4_PAE)), "CR4", g->cr4, "IA-32e mode needs CR0.PG and CR4.PAE");
    rule(g->ia32e || !(g->cr4 & CR4_PCIDE), "CR4", g->cr4, "PCIDE is for IA-32e mode");
    rule((g->cr0 & CR0_WP) || !(g->cr4 & BIT(23)), "CR4", g->cr4, "CET needs CR0.WP");
    rule(!(vmread(GUEST_CR3) >> cpu_features.address_bits), "CR3", vmread(GUEST_CR3), "beyond the physical address width");
    rule(!(vmread(GUEST_DR7) >> 32), "DR7", vmread(GUEST_DR7), "bits 63:32 must be 0");
    rule(!(g->efer & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)), "EFER", g->efer, "reserved bits must be 0");
    rule(!(g->efer & EFER_LMA) == !g->ia32e, "EFER", g->efer, "LMA must equal the entry control 'IA-32e mode guest'");
    rule(!(g->cr0 & CR0_PG) || !(g->efer & EFER_LMA) == !(g->efer & EFER_LME), "EFER", g->efer, "with paging LMA must equal LME");
    rule(is_canonical(vmread(GUEST_SYSENTER_ESP)), "SYSENTER_ESP", vmread(GUEST_SYSENTER_ESP), "not canonical");
    rule(is_canonical(vmread(GUEST_SYSENTER_EIP)), "SYSENTER_EIP", vmread(GUEST_SYSENTER_EIP), "not canonical");
}

/* 27.3.1.1: what the entry controls have loaded; 27.3.1.6 */
static void check_loaded(const struct guest *g)
{
    u64 debugctl = vmread(GUEST_DEBUGCTL), pat = vmread(GUEST_PAT), reserved = 0x1e6 | ~0ull << cpu_features.address_bits;
    bool pae = (g->cr0 & CR0_PG) && (g->cr4 & CR4_PAE) && !g->ia32e && (vmread(PROC_CONTROLS_2) & PROC2_EPT);

    rule(!(g->entry & ENTRY_LOAD_DEBUG) || !(debugctl & ~0xffc7ull), "DEBUGCTL", debugctl, "reserved bits must be 0");
    for (unsigned i = 0; i < 8 && (g->entry & ENTRY_LOAD_PAT); i++) {
        u8 type = (u8)(pat >> (8 * i));
        rule(type <= 7 && type != 2 && type != 3, "PAT", pat, "memory types are 0, 1 and 4 to 7");
    }
    for (unsigned i = 0; i < 4 && pae; i++) {
        u64 pdpte = vmread(GUEST_PDPTE0 + 2 * i);
        rule(!(pdpte & PTE_P) || !(pdpte & reserved), "PDPTE", pdpte, "reserved bits must be 0");
    }
}

static void check_limit(const char *name, u64 limit, u64 ar)
{
    rule(!(ar & AR_G) || (limit & 0xfff) == 0xfff, name, limit, "limit bits 11:0 must be 1 with G=1");
    rule((ar & AR_G) || !(limit >> 20), name, limit, "limit above FFFFFh needs G=1");
}

static void check_code(const struct guest *g, u64 ar)
{
    u64 type = AR_TYPE(ar), ss = AR_DPL(vmread(GUEST_SS_RIGHTS)), rpl = vmread(GUEST_SS) & 3;

    rule(type == 9 || type == 11 || type == 13 || type == 15 || (type == 3 && g->unrestricted), "CS rights", ar,
         "type must be accessed code");
    rule(type != 3 || AR_DPL(ar) == 0, "CS rights", ar, "a data segment as CS needs DPL 0");
    rule((type & 13) != 9 || AR_DPL(ar) == ss, "CS rights", ar, "DPL of non-conforming code must be SS's");
    rule((type & 13) != 13 || AR_DPL(ar) <= ss, "CS rights", ar, "DPL of conforming code must not be above SS's");
    rule(!g->ia32e || !(ar & AR_L) || !(ar & AR_DB), "CS rights", ar, "L and D exclude each other");
    rule(g->unrestricted || (vmread(GUEST_CS) & 3) == rpl, "CS", vmread(GUEST_CS), "RPL must be SS's");
}

/* 27.3.1.2 */
static void check_segment(const struct guest *g, unsigned i)
{
    u64 ar = vmread(GUEST_ES_RIGHTS + 2 * i), limit = vmread(GUEST_ES_LIMIT + 2 * i);
    u64 base = vmread(GUEST_ES_BASE + 2 * i), selector = vmread(GUEST_ES + 2 * i);
    const char *name = segment_name[i];

    if (g->v86) {
        rule(base == selector << 4, name, base, "virtual-8086 mode: base must be the selector times 16");
        rule(limit == 0xffff, name, limit, "virtual-8086 mode: limit must be FFFFh");
        rule(ar == 0xf3, name, ar, "virtual-8086 mode: rights must be F3h");
        return;
    }
    if (ar & RIGHTS_UNUSABLE) {
        rule(i != WEIR_EMU_CS, name, ar, "CS must be usable");
        return;
    }
    rule(!(ar & AR_RESERVED), name, ar, "reserved bits of the rights must be 0");
    rule(ar & AR_S, name, ar, "S must be 1");
    rule(ar & AR_P, name, ar, "P must be 1");
    rule(i > WEIR_EMU_DS || !(base >> 32), name, base, "base bits 63:32 must be 0");
    rule(is_canonical(base), name, base, "base not canonical");
    check_limit(name, limit, ar);
    if (i == WEIR_EMU_CS) {
        check_code(g, ar);
        return;
    }
    if (i == WEIR_EMU_SS) {
        rule(AR_TYPE(ar) == 3 || AR_TYPE(ar) == 7, name, ar, "type must be accessed writable data");
        rule(g->unrestricted || AR_DPL(ar) == (selector & 3), name, ar, "DPL must be the selector's RPL");
        rule(((g->cr0 & CR0_PE) && AR_TYPE(vmread(GUEST_CS_RIGHTS)) != 3) || AR_DPL(ar) == 0, name, ar,
             "DPL must be 0 with CR0.PE=0, or a data segment as CS");
        return;
    }
    rule((ar & 1) && (!(ar & 8) || (ar & 2)), name, ar, "type must be accessed and readable");
    rule(g->unrestricted || AR_TYPE(ar) > 11 || AR_DPL(ar) >= (selector & 3), name, ar, "DPL must not be below the selector's RPL");
}

static void check_system_segments(const struct guest *g)
{
    u64 tr = vmread(GUEST_ES_RIGHTS + 2 * WEIR_EMU_TR), ldtr = vmread(GUEST_ES_RIGHTS + 2 * WEIR_EMU_LDTR);

    rule(!(tr & (RIGHTS_UNUSABLE | AR_S | AR_RESERVED)) && (tr & AR_P), "TR rights", tr, "must be a present TSS");
    rule(AR_TYPE(tr) == 11 || (AR_TYPE(tr) == 3 && !g->ia32e), "TR rights", tr, "type must be a busy TSS");
    rule(!(vmread(GUEST_TR) & 4), "TR", vmread(GUEST_TR), "TI must be 0");
    check_limit("TR limit", vmread(GUEST_ES_LIMIT + 2 * WEIR_EMU_TR), tr);
    rule(is_canonical(vmread(GUEST_TR_BASE)), "TR base", vmread(GUEST_TR_BASE), "not canonical");
    if (!(ldtr & RIGHTS_UNUSABLE)) {
        rule((ldtr & 0xff) == 0x82 && !(ldtr & AR_RESERVED), "LDTR rights", ldtr, "must be a present LDT");
        rule(!(vmread(GUEST_LDTR) & 4), "LDTR", vmread(GUEST_LDTR), "TI must be 0");
        check_limit("LDTR limit", vmread(GUEST_ES_LIMIT + 2 * WEIR_EMU_LDTR), ldtr);
        rule(is_canonical(vmread(GUEST_LDTR_BASE)), "LDTR base", vmread(GUEST_LDTR_BASE), "not canonical");
    }
    rule(is_canonical(vmread(GUEST_GDTR_BASE)), "GDTR base", vmread(GUEST_GDTR_BASE), "not canonical");
    rule(is_canonical(vmread(GUEST_IDTR_BASE)), "IDTR base", vmread(GUEST_IDTR_BASE), "not canonical");
    rule(!(vmread(GUEST_GDTR_LIMIT) >> 16), "GDTR limit", vmread(GUEST_GDTR_LIMIT), "above FFFFh");
    rule(!(vmread(GUEST_IDTR_LIMIT) >> 16), "IDTR limit", vmread(GUEST_IDTR_LIMIT), "above FFFFh");
}

/* 27.3.1.4, 27.3.1.5 */
static void check_rip_and_activity(const struct guest *g)
{
    u64 rip = vmread(GUEST_RIP), blocked = vmread(INTERRUPTIBILITY), activity = vmread(ACTIVITY);
    u64 debug = vmread(PENDING_DEBUG);
    bool code64 = g->ia32e && (vmread(GUEST_CS_RIGHTS) & AR_L), pending = g->event & BIT(31);
    bool steps = (g->rflags & RFLAGS_TF) && !(vmread(GUEST_DEBUGCTL) & BIT(1));
    u32 type = (g->event >> 8) & 7;

    rule(code64 ? is_canonical(rip) : !(rip >> 32), "RIP", rip, "not canonical, or above 4 GiB outside of 64-bit code");
    rule(!(g->rflags & RFLAGS_RESERVED) && (g->rflags & 2), "RFLAGS", g->rflags, "reserved bits");
    rule(!(g->rflags & RFLAGS_VM) || (!g->ia32e && (g->cr0 & CR0_PE)), "RFLAGS", g->rflags, "VM needs CR0.PE and no IA-32e mode");
    rule(!pending || type != 0 || (g->rflags & RFLAGS_IF), "RFLAGS", g->rflags, "IF must be 1 to inject an interrupt");
    rule(activity <= 3, "activity", activity, "no such state");
    rule(activity != 1 || AR_DPL(vmread(GUEST_SS_RIGHTS)) == 0, "activity", activity, "HLT needs SS.DPL 0");
    rule(activity == 0 || !(blocked & 3), "activity", activity, "not active, while STI or MOV SS blocks interrupts");
    rule(!(blocked & ~0x1full), "interruptibility", blocked, "reserved bits must be 0");
    rule((blocked & 3) != 3, "interruptibility", blocked, "STI and MOV SS cannot block both");
    rule((g->rflags & RFLAGS_IF) || !(blocked & BLOCKED_BY_STI), "interruptibility", blocked, "STI blocks only with IF=1");
    rule(!pending || type != 0 || !(blocked & 3), "interruptibility", blocked, "an interrupt is injected while STI or MOV SS blocks it");
    rule(!pending || type != 2 || !(blocked & (BLOCKED_BY_MOV_SS | BLOCKED_BY_NMI)), "interruptibility", blocked,
         "an NMI is injected while NMIs are blocked");
    rule(!(blocked & BLOCKED_BY_SMI), "interruptibility", blocked, "SMI blocked when not in SMM");
    rule(!(debug & ~0x1500full), "pending debug exceptions", debug, "reserved bits must be 0");
    rule((!(blocked & 3) && activity != 1) || !(debug & BIT(14)) == !steps, "pending debug exceptions", debug,
         "while STI or MOV SS blocks, or in HLT, BS must equal RFLAGS.TF (without DEBUGCTL.BTF)");
    rule(vmread(VMCS_LINK) == ~0ull, "VMCS link pointer", vmread(VMCS_LINK), "must be all ones");
}

/* 27.2.1.3 */
static void check_event(const struct guest *g)
{
    u32 vector = g->event & 0xff, type = (g->event >> 8) & 7;
    bool has_error = g->event & BIT(11);
    bool needs = type == 3 && (g->cr0 & CR0_PE) && (vector == 8 || (vector >= 10 && vector <= 14) || vector == 17);

    if (!(g->event & BIT(31)))
        return;
    rule(type != 1, "event", g->event, "no such type");
    rule(type != 2 || vector == 2, "event", g->event, "an NMI's vector must be 2");
    rule(type != 3 || vector < 32, "event", g->event, "an exception's vector must be below 32");
    rule(has_error == needs, "event", g->event, "error code: exactly with #DF, #TS, #NP, #SS, #GP, #PF, #AC in protected mode");
    rule(!has_error || !(vmread(ENTRY_EVENT_ERROR) >> 16), "error code", vmread(ENTRY_EVENT_ERROR), "bits 31:16 must be 0");
    rule(!(g->event & 0x7ffff000), "event", g->event, "reserved bits must be 0");
    rule(type < 4 || type == 7 || vmread(ENTRY_LENGTH) - 1 < 15, "instruction length", vmread(ENTRY_LENGTH), "a software event needs it");
}

void vmx_explain(struct vcpu *v, u32 reason)
{
    struct guest g = {
        .cr0 = vmread(GUEST_CR0),
        .cr4 = vmread(GUEST_CR4),
        .rflags = vmread(GUEST_RFLAGS),
        .entry = vmread(ENTRY_CONTROLS),
        .unrestricted = vmread(PROC_CONTROLS_2) & PROC2_UNRESTRICTED,
        .event = (u32)vmread(ENTRY_EVENT),
    };

    g.ia32e = g.entry & ENTRY_GUEST_64;
    g.efer = g.entry & ENTRY_LOAD_EFER ? vmread(GUEST_EFER) : g.ia32e ? EFER_LME | EFER_LMA : 0;
    g.v86 = g.rflags & RFLAGS_VM;
    log_line("weir: VM entry failed at %lx: reason %x, qualification %lx", v->rip, reason, vmread(QUALIFICATION));
    check_control(&g);
    check_loaded(&g);
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++)
        check_segment(&g, i);
    check_system_segments(&g);
    check_rip_and_activity(&g);
    check_event(&g);
}
