/* SPDX-License-Identifier: BSD-2-Clause */
/* Without unrestricted guest: what the VMCS holds for what the guest believes, mode by mode, and who gets an exception. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/page.h"
#include "vm/exit.h"
#include "vm/npt.h"
#include "vm/shadow.h"
#include "vm/vmx/vmx.h"
#include "x86/fence.h"

#define FLAT 0xc93 /* attributes: 4 GiB data */

u64 host_vmcs[0x8000];
struct vmx_features vmx_features;
static struct vmx vmx;
static struct vcpu v;
static u64 shown[8];
static unsigned shown_count, emulated, delivered, raised, handled;
static u8 code_bytes[16];

const struct vcpu_ops *vcpu_ops;
enum paging paging_mode;

/* Shadow paging's part of control.c: not here. */
void shadow_load_root(struct vcpu *of)
{
    (void)of;
    abort();
}

void shadow_forget_all(struct vcpu *of)
{
    shadow_load_root(of);
}

void shadow_invalidate(struct vcpu *of, u64 linear)
{
    (void)linear;
    shadow_load_root(of);
}

void code_cache_fill(struct cpu *cpu, struct code_cache *c, const struct guest_view *g, u64 cr3)
{
    if (cpu && c && g && cr3)
        abort();
}

void npt_show(u64 pa)
{
    shown[shown_count++ % 8] = pa;
}

void emulate_start(struct cpu *cpu, struct vcpu *started)
{
    (void)cpu;
    emulated++;
    started->vmx->unfit = false; /* ends vmx_stand_in's loop */
}

/* The real one does not return: here vmx_stand_in would go on behind it, so the test ends. */
noreturn void emulate_deliver(struct cpu *cpu, struct vcpu *to)
{
    (void)cpu;
    CHECK(to->event, EVENT_VALID | 8);
    delivered++;
    exit(check_end());
}

void vcpu_raise(struct vcpu *to, u8 vector, int64_t error)
{
    (void)to;
    (void)error;
    raised = vector;
}

noreturn void exit_shutdown(struct cpu *cpu, struct vcpu *of)
{
    (void)cpu, (void)of;
    abort();
}

void vcpu_handle_exit(struct cpu *cpu, struct vcpu *exited)
{
    (void)cpu;
    handled = exited->exit.reason;
}

void vcpu_end_step(struct vcpu *to)
{
    (void)to;
}

void vmx_write_rip(struct vcpu *to)
{
    (void)to;
}

bool vmx_takes_interrupts(const struct vcpu *of)
{
    (void)of;
    return false;
}

int fence_take_interrupt(struct cpu *cpu)
{
    (void)cpu;
    abort();
}

unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16])
{
    (void)cpu;
    (void)g;
    memcpy(code, code_bytes, sizeof(code_bytes));
    return 15;
}

void guest_read(struct cpu *cpu, u64 gpa, void *to, unsigned bytes)
{
    (void)cpu;
    (void)gpa;
    memset(to, 0, bytes);
}

u64 host_rdmsr(u32 msr)
{
    return msr == 0x489 ? 0x67ff : 0; /* bits that CR4 may have */
}

bool host_wrmsr_safe(u32 msr, u64 value)
{
    (void)msr;
    (void)value;
    return true;
}

static struct guest_view view(void)
{
    struct guest_view g;

    vmx_guest_view(&v, &g);
    return g;
}

static bool writes(unsigned number, u64 value)
{
    struct guest_view g = view();

    return vmx_write_control(&v, &g, number, value);
}

static void load(unsigned i, u16 selector, u16 attributes, u32 limit, u64 base)
{
    struct weir_emu_segment s = {selector, attributes, limit, base};

    vmx_set_segment(&vmx, i, &s);
    vmx_find_fit(&v);
}

static void start(void)
{
    memset(host_vmcs, 0, sizeof(host_vmcs));
    memset(&vmx, 0, sizeof(vmx));
    memset(&v, 0, sizeof(v));
    v.vmx = &vmx;
    v.cpu = this_cpu();
    host_vmcs[CR0_MASK] = CR0_NE | CR0_NW | CR0_CD | CR0_PE | CR0_PG;
    const struct weir_emu_segment data = {0, 0x93, 0xffff, 0};
    const struct weir_emu_state reset = {
        .cr0 = CR0_ET,
        .dr = {[5] = 0x400},
        .segment = {data, {0xf000, 0x9b, 0xffff, 0xf0000}, data, data, data, data,
                    [WEIR_EMU_LDTR] = {0, 0x82, 0xffff, 0}, [WEIR_EMU_TR] = {0, 0x8b, 0xffff, 0}},
    };
    vmx_reset(&v, &reset);
}

static void own_pages(void)
{
    check_case = "the pages that the guest can read";
    vmx_real_init();
    const u32 *table = va_of(shown[0]);
    const u8 *tss = va_of(shown[1]);
    CHECK(shown_count, 4);
    CHECK(shown[3], shown[0] + 3 * PAGE_SIZE);
    CHECK(table[0], 0xe7);
    CHECK(table[1023], 0xffc000e7);
    CHECK(tss[102] | tss[103] << 8, 104);
    for (unsigned i = 0; i < 8192; i++)
        CHECK(tss[104 + i], 0);
    CHECK(tss[104 + 8192], 0xff);
}

static void real_mode(void)
{
    struct weir_emu_segment tr;

    check_case = "real mode";
    start();
    CHECK(host_vmcs[GUEST_CR0], CR0_PE | CR0_PG | CR0_ET | CR0_NE);
    CHECK(view().cr0, CR0_ET);
    CHECK(host_vmcs[GUEST_CR3], shown[0]);
    CHECK(view().cr3, 0);
    CHECK(host_vmcs[GUEST_CR4], CR4_PSE | CR4_VMXE | BIT(8));
    CHECK(view().cr4, 0);
    CHECK(host_vmcs[EXCEPTION_BITMAP], ~0u);
    CHECK(host_vmcs[PIN_CONTROLS] & PIN_INTERRUPT, PIN_INTERRUPT);
    for (unsigned i = 0; i <= WEIR_EMU_GS; i++) {
        CHECK(host_vmcs[GUEST_ES_RIGHTS + 2 * i], 0xf3);
        CHECK(vmx_get_segment(&vmx, i).attributes, i == WEIR_EMU_CS ? 0x9b : 0x93);
    }
    CHECK(host_vmcs[GUEST_ES_BASE + 2 * WEIR_EMU_TR], shown[1]);
    tr = vmx_get_segment(&vmx, WEIR_EMU_TR);
    CHECK(tr.base == 0 && tr.limit == 0xffff && tr.attributes == 0x8b, true);
    CHECK(vmx.unfit, false);
}

/* What real mode can have and virtual-8086 mode cannot. */
static void limits(void)
{
    static const struct {
        const char *name;
        u16 index, selector, attributes;
        u32 limit, base;
        bool unfit;
    } rows[] = {
        {"an ordinary segment", WEIR_EMU_DS, 0x1234, 0x93, 0xffff, 0x12340, false},
        {"unreal mode", WEIR_EMU_FS, 0, FLAT, 0xffffffff, 0, false},
        {"a small limit", WEIR_EMU_ES, 0, 0x93, 0xfff, 0, true},
        {"another base", WEIR_EMU_ES, 0x10, 0x93, 0xffff, 0, true},
        {"expand-down", WEIR_EMU_GS, 0, 0x97, 0xffff, 0, true},
        {"32-bit code", WEIR_EMU_CS, 0, 0x49b, 0xffff, 0, true},
        {"a 32-bit stack", WEIR_EMU_SS, 0, 0x493, 0xffff, 0, true},
        {"D/B of data", WEIR_EMU_DS, 0, 0x493, 0xffff, 0, false},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        check_case = rows[i].name;
        start();
        load(rows[i].index, rows[i].selector, rows[i].attributes, rows[i].limit, rows[i].base);
        CHECK(vmx.unfit, rows[i].unfit);
        CHECK(vmx_get_segment(&vmx, rows[i].index).limit, rows[i].limit);
        CHECK(host_vmcs[GUEST_ES_LIMIT + 2 * rows[i].index], 0xffff);
    }
}

static void protected_mode(void)
{
    check_case = "protected mode with real mode's segments";
    start();
    load(WEIR_EMU_DS, 0x703, 0x93, 0xffff, 0x7030);
    CHECK(writes(0, CR0_ET | CR0_PE), true);
    CHECK(vmx.real, false);
    CHECK(vmx.unpaged && !vmx.unfit, true);
    CHECK(host_vmcs[EXCEPTION_BITMAP], 0);
    CHECK(host_vmcs[GUEST_ES_RIGHTS + 2 * WEIR_EMU_DS], 0xf3); /* not below the selector's RPL */
    CHECK(host_vmcs[GUEST_CS_RIGHTS], 0x9b);
    CHECK(host_vmcs[GUEST_ES_RIGHTS + 2 * WEIR_EMU_TR], 0x8b);
    CHECK(host_vmcs[GUEST_ES_BASE + 2 * WEIR_EMU_TR], 0);
    load(WEIR_EMU_SS, 0x9001, 0x93, 0xffff, 0x90010);
    CHECK(vmx.unfit, true);
    load(WEIR_EMU_SS, 0x10, FLAT, 0xffffffff, 0);
    CHECK(vmx.unfit, false);
    load(WEIR_EMU_FS, 0, 0, 0, 0);
    CHECK(host_vmcs[GUEST_ES_RIGHTS + 2 * WEIR_EMU_FS], RIGHTS_UNUSABLE);
    check_case = "and back";
    load(WEIR_EMU_CS, 0x18, 0x9b, 0xffff, 0);
    CHECK(writes(0, CR0_ET), true);
    CHECK(vmx.real && vmx.unfit, true);
    CHECK(vmx_get_segment(&vmx, WEIR_EMU_SS).limit, 0xffffffff);
    CHECK(vmx_get_segment(&vmx, WEIR_EMU_FS).attributes, 0x93);
    load(WEIR_EMU_CS, 0, 0x9b, 0xffff, 0);
    CHECK(vmx.unfit, true); /* SS still has selector 10h and base 0, and is 32-bit */
    load(WEIR_EMU_SS, 0, 0x93, 0xffff, 0);
    CHECK(vmx.unfit, false);
}

static void control_registers(void)
{
    check_case = "control registers without paging";
    start();
    CHECK(writes(0, CR0_ET | CR0_PG), false);
    CHECK(writes(4, BIT(30)), false);
    CHECK(writes(4, CR4_VMXE), false);
    CHECK(writes(0, CR0_ET | CR0_PE), true);
    CHECK(writes(4, CR4_PAE | CR4_OSFXSR), true);
    CHECK(host_vmcs[GUEST_CR4], CR4_PSE | CR4_VMXE | CR4_OSFXSR);
    CHECK(view().cr4, CR4_PAE | CR4_OSFXSR);
    CHECK(writes(3, 0x5000), true);
    CHECK(host_vmcs[GUEST_CR3], shown[0]);
    v.control.efer = EFER_LME;
    check_case = "paging";
    CHECK(writes(0, CR0_ET | CR0_PE | CR0_PG), true);
    CHECK(host_vmcs[GUEST_CR3], 0x5000);
    CHECK(host_vmcs[GUEST_CR4], CR4_VMXE | CR4_PAE | CR4_OSFXSR);
    CHECK(host_vmcs[GUEST_EFER], EFER_LME | EFER_LMA);
    CHECK(host_vmcs[ENTRY_CONTROLS] & ENTRY_GUEST_64, ENTRY_GUEST_64);
    CHECK(host_vmcs[PROC_CONTROLS] & (PROC_CR3_LOAD | PROC_CR3_STORE), 0);
    CHECK(writes(3, 0x6000), true); /* by a task switch */
    CHECK(host_vmcs[GUEST_CR3], 0x6000);
    CHECK(writes(4, CR4_PAE), false);
}

static void exceptions(void)
{
    static const struct {
        const char *name;
        u32 event;
        u8 code[3];
        unsigned emulated, raised, handled;
    } rows[] = {
        {"CLI", 0x80000b0d, {0xfa}, 1, 0, 0},
        {"HLT", 0x80000b0d, {0xf4}, 0, 0, WEIR_EXIT_HLT},
        {"RDMSR", 0x80000b0d, {0x0f, 0x32}, 0, 0, WEIR_EXIT_RDMSR},
        {"WBINVD", 0x80000b0d, {0x0f, 0x09}, 0, 0, WEIR_EXIT_INVD},
        {"INT3", 0x80000603, {0xcc}, 1, 0, 0},
        {"INT1", 0x80000501, {0xf1}, 1, 0, 0},
        {"#DB", 0x80000301, {0x90}, 0, 1, 0},
        {"#SS", 0x80000b0c, {0x50}, 1, 0, 0},
        {"#UD", 0x80000306, {0x0f, 0x0b}, 0, 6, 0},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        check_case = rows[i].name;
        start();
        memcpy(code_bytes, rows[i].code, sizeof(rows[i].code));
        emulated = raised = handled = 0;
        vmx_real_exception(&v, rows[i].event);
        CHECK(emulated, rows[i].emulated);
        CHECK(raised, rows[i].raised);
        CHECK(handled, rows[i].handled);
    }
}

int main(void)
{
    host_start();
    own_pages();
    real_mode();
    limits();
    protected_mode();
    control_registers();
    exceptions();
    check_case = "before entry";
    start();
    memset(code_bytes, 0x90, sizeof(code_bytes));
    emulated = 0;
    vmx_stand_in(&v);
    CHECK(emulated, 0);
    vmx.unfit = true;
    vmx_stand_in(&v);
    CHECK(emulated, 1);
    v.event = EVENT_VALID | 8;
    vmx_stand_in(&v);
    return 1; /* emulate_deliver ends the test */
}
