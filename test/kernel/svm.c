/* SPDX-License-Identifier: BSD-2-Clause */
/* What SVM's exits say, decoded from the control block (AMD APM vol. 2, 15.10.2, 15.20 and appendix C). */
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/page.h"
#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/shadow.h"
#include "vm/npt.h"
#include "vm/svm/svm.h"
#include "x86/fence.h"

void svm_exit(struct vcpu *v);
void svm_enter(struct vcpu *v);

static struct vmcb vmcb;
static struct vcpu v;
static struct exit_info seen; /* what the handler got */
static u64 event_seen;
static u8 code_bytes[16];
static unsigned handled;
static u64 step_to; /* what the handler makes of RIP; 0: nothing */

void vcpu_handle_exit(struct cpu *cpu, struct vcpu *exited)
{
    CHECK((u64)cpu, (u64)this_cpu());
    CHECK((u64)exited, (u64)&v);
    handled++;
    seen = v.exit;
    event_seen = v.event;
    if (step_to)
        v.rip = step_to;
}

/* Parts of the machine that no exit is decoded with; a test that came here would be wrong. */
void svm_enter(struct vcpu *entered)
{
    panic("svm_enter %p", (void *)entered);
}

u64 npt_root(void)
{
    return 0;
}

void npt_init(const struct npt_format *f)
{
    (void)f;
}

const struct vcpu_ops *vcpu_ops = &svm_ops;

enum paging paging_mode;

const char *paging_choose(bool nested_there)
{
    panic("paging_choose %d", nested_there);
}

const char *paging_name(void)
{
    return "shadow";
}

void shadow_forget_all(struct vcpu *of)
{
    svm_load_control(of);
}

void control_write_efer(struct vcpu *of, u64 value)
{
    panic("control_write_efer %p %lx", (void *)of, value);
}

u64 hook_page(void)
{
    return 0x9f000;
}

int fence_take_interrupt(struct cpu *cpu)
{
    panic("fence_take_interrupt %p", (void *)cpu);
}

void *block_alloc(struct domain *d, size_t bytes)
{
    panic("block_alloc %p %lu", (void *)d, (u64)bytes);
}

void block_free(struct domain *d, void *block, size_t bytes)
{
    panic("block_free %p %p %lu", (void *)d, block, (u64)bytes);
}

u64 host_rdmsr(u32 msr)
{
    panic("rdmsr %x", msr);
}

bool host_wrmsr_safe(u32 msr, u64 value)
{
    panic("wrmsr %x %lx", msr, value);
}

unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16])
{
    (void)cpu;
    CHECK(g->linear_rip, vmcb.cs.base + vmcb.rip);
    memcpy(code, code_bytes, 15);
    return 15;
}

static void start(void)
{
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&v, 0, sizeof(v));
    v.vmcb = &vmcb;
    v.cpu = this_cpu();
    vmcb.rip = 0x1000;
    vmcb.efer = EFER_SVME;
    svm_features = (struct svm_features){.npt = true, .next_rip = true, .decode_assist = true};
}

static void exits(u64 code, u64 info1, u64 info2)
{
    vmcb.exitcode = code;
    vmcb.exitinfo1 = info1;
    vmcb.exitinfo2 = info2;
    handled = 0;
    svm_exit(&v);
    CHECK(handled, 1);
    CHECK(vmcb.clean, 0); /* nothing is said to be unchanged (15.15): all of the VMCB is loaded at every VMRUN */
}

static void io(const char *what, u64 info, struct io_exit expected)
{
    start();
    check_case = what;
    exits(0x7b, info, 0x1002);
    CHECK(seen.reason, WEIR_EXIT_IO);
    CHECK(seen.length, 2);
    CHECK(seen.io.port, expected.port);
    CHECK(seen.io.in, expected.in);
    CHECK(seen.io.size, expected.size);
    CHECK(seen.io.string, expected.string);
    CHECK(seen.io.rep, expected.rep);
    CHECK(seen.io.address_size, expected.address_size);
    CHECK(seen.io.segment, expected.segment);
}

/* EXITINFO1: port 31:16, segment 12:10, address size 9:7, operand size 6:4, REP 3, STR 2, IN 0. */
static void io_words(void)
{
    io("OUT 60h, AL", 0x00600090, (struct io_exit){.port = 0x60, .size = 1});
    io("OUT 60h, AL in 64-bit code", 0x00600210, (struct io_exit){.port = 0x60, .size = 1});
    io("IN AX, DX", 0x03f80121, (struct io_exit){.port = 0x3f8, .in = true, .size = 2});
    io("IN EAX, DX", 0xcfc00141, (struct io_exit){.port = 0xcfc0, .in = true, .size = 4});
    io("OUT DX, EAX", 0xffff0140, (struct io_exit){.port = 0xffff, .size = 4});
    io("REP INSW, 32-bit addresses", 0x01f0012d,
       (struct io_exit){.port = 0x1f0, .in = true, .size = 2, .string = true, .rep = true, .address_size = 4});
    io("INSB, 16-bit addresses", 0x01f00095,
       (struct io_exit){.port = 0x1f0, .in = true, .size = 1, .string = true, .address_size = 2});
    io("REP OUTSD GS, 64-bit addresses", 0x0cf8164c,
       (struct io_exit){.port = 0xcf8, .size = 4, .string = true, .rep = true, .address_size = 8,
                        .segment = WEIR_EMU_GS});
    io("OUTSB DS", 0x00600c94, (struct io_exit){.port = 0x60, .size = 1, .string = true, .address_size = 2,
                                                .segment = WEIR_EMU_DS});
}

/* Without decode assists an OUTS's segment stands in its prefixes alone; the last one counts. */
static void outs_by_prefix(void)
{
    static const struct {
        u8 code[5];
        u8 segment;
    } outs[] = {
        {{0x6e}, WEIR_EMU_DS}, {{0x26, 0x6e}, WEIR_EMU_ES}, {{0xf3, 0x2e, 0x66, 0x6f}, WEIR_EMU_CS},
        {{0x36, 0x65, 0x6e}, WEIR_EMU_GS}, {{0x64, 0xf3, 0x6f}, WEIR_EMU_FS}, {{0x65, 0x3e, 0x6e}, WEIR_EMU_DS},
        {{0x36, 0x6f, 0x26}, WEIR_EMU_SS},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(outs); i++) {
        start();
        check_case = "OUTS without decode assists";
        svm_features.decode_assist = false;
        vmcb.cs.base = 0x20000;
        memset(code_bytes, 0x90, sizeof(code_bytes));
        memcpy(code_bytes, outs[i].code, sizeof(outs[i].code));
        exits(0x7b, 0x00601894 | 5 << 10, 0x1002); /* the word's segment is undefined then */
        CHECK(seen.io.segment, outs[i].segment);
    }
}

static void nested_faults(void)
{
    start();
    check_case = "#NPF";
    exits(0x400, 1ull << 32 | 7, 0xfee00300);
    CHECK(seen.reason, WEIR_EXIT_NESTED);
    CHECK(seen.error, 1ull << 32 | 7);
    CHECK(seen.gpa, 0xfee00300);
    CHECK(seen.length, 0);
}

static void reasons(void)
{
    static const struct {
        u64 code, info;
        u8 reason;
    } rows[] = {
        {0x60, 0, WEIR_EXIT_INTR}, {0x61, 0, WEIR_EXIT_NMI}, {0x63, 0, WEIR_EXIT_INIT},
        {0x72, 0, WEIR_EXIT_CPUID}, {0x74, 0, WEIR_EXIT_IRET}, {0x76, 0, WEIR_EXIT_INVD}, {0x78, 0, WEIR_EXIT_HLT},
        {0x7c, 0, WEIR_EXIT_RDMSR}, {0x7c, 1, WEIR_EXIT_WRMSR}, {0x7f, 0, WEIR_EXIT_SHUTDOWN},
        {0x80, 0, WEIR_EXIT_FORBIDDEN}, {0x81, 0, WEIR_EXIT_VMMCALL}, {0x82, 0, WEIR_EXIT_FORBIDDEN},
        {0x86, 0, WEIR_EXIT_FORBIDDEN}, {0x8b, 0, WEIR_EXIT_MWAIT}, {~0ull, 0, WEIR_EXIT_INVALID},
        {0xffffffff, 0, WEIR_EXIT_INVALID}, {0, 0, WEIR_EXIT_CR}, {0x13, 0, WEIR_EXIT_CR},
        {0x65, 0, WEIR_EXIT_CR}, {0x79, 0, WEIR_EXIT_INVLPG}, {0x4e, 0, WEIR_EXIT_PAGE_FAULT}, {0x7d, 0x28, WEIR_EXIT_TASK_SWITCH},
        {1, 0, WEIR_EXIT_UNKNOWN},
        {0x90, 0, WEIR_EXIT_UNKNOWN}, {0x401, 0, WEIR_EXIT_UNKNOWN},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        start();
        check_case = "exit code";
        vmcb.next_rip = 0x1003;
        exits(rows[i].code, rows[i].info, 0);
        CHECK(seen.reason, rows[i].reason);
        CHECK(seen.length, 3);
        if (seen.reason == WEIR_EXIT_UNKNOWN)
            CHECK(seen.error, rows[i].code);
    }
    check_case = "length";
    svm_features.next_rip = false;
    exits(0x72, 0, 0);
    CHECK(seen.length, 0);
    svm_features.next_rip = true;
    vmcb.rip = 0x1001;
    vmcb.next_rip = 0; /* as the CPU leaves it where the exit is no instruction's */
    exits(0x72, 0, 0);
    CHECK(seen.length, 0);
    check_case = "64-bit code";
    vmcb.cs.attributes = 1 << 9;
    exits(0x72, 0, 0);
    CHECK(seen.code64, false);
    vmcb.efer = EFER_SVME | EFER_LME | EFER_LMA;
    exits(0x72, 0, 0);
    CHECK(seen.code64, true);
}

/* What only a CPU with decode assists tells (15.33); others leave EXITINFO1 0, and the kernel decodes the code. */
static void control_registers(void)
{
    static const struct {
        u64 code, info;
        u8 op, number, gpr;
        bool known;
    } rows[] = {
        {0x14, BIT(63) | 7, CR_TO, 4, 7, true}, /* MOV CR4, EDI */
        {0x14, 0, CR_TO, 4, 0, false},          /* the same without decode assists */
        {0x03, BIT(63) | 12, CR_FROM, 3, 12, true},
        {0x65, BIT(63) | 1, CR_TO, 0, 1, true},
        {0x10, 3, CR_TO, 0, 3, false}, /* LMSW or CLTS */
        {0x65, 3, CR_TO, 0, 3, false},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        start();
        check_case = "control register";
        vmcb.next_rip = 0x1003;
        svm_features.decode_assist = rows[i].known;
        exits(rows[i].code, rows[i].info, 0);
        CHECK(seen.cr.length, rows[i].known ? 3 : 0);
        CHECK(seen.cr.op, rows[i].op);
        CHECK(seen.cr.number, rows[i].number);
        CHECK(seen.cr.gpr, rows[i].gpr);
    }
    start();
    check_case = "INVLPG";
    vmcb.next_rip = 0x1003;
    exits(0x79, 0xfffff00012345678, 0);
    CHECK(seen.cr.length, 3);
    CHECK(seen.gpa, 0xfffff00012345678);
    check_case = "#PF";
    exits(0x4e, 0x17, 0xfffff00012345678);
    CHECK(seen.error, 0x17);
    CHECK(seen.gpa, 0xfffff00012345678);
}

/* What the CPU runs with under shadow paging, for what the guest believes. */
static void shadow_control(void)
{
    start();
    paging_mode = PAGING_SHADOW_CACHED;
    check_case = "unpaged";
    v.root = 0x5000;
    v.control = (struct control){.cr4 = CR4_SMEP, .efer = EFER_LME};
    svm_set_cr0(&v, CR0_PE | CR0_TS);
    svm_load_control(&v);
    CHECK(vmcb.cr0, CR0_PE | CR0_TS | CR0_PG | CR0_WP);
    CHECK(vmcb.cr3, 0x5000);
    CHECK(vmcb.cr4, CR4_PAE); /* SMEP would forbid the flat tables' pages */
    CHECK(vmcb.efer, EFER_SVME | EFER_NXE);
    CHECK(vmcb.intercept_cr, ICPT_READ_CR(0) | ICPT_READ_CR(3) | ICPT_READ_CR(4) | ICPT_WRITE_CR(0) |
                                 ICPT_WRITE_CR(3) | ICPT_WRITE_CR(4));
    struct guest_view g;
    svm_ops.guest_view(&v, &g);
    CHECK(g.cr0, CR0_PE | CR0_TS);
    CHECK(g.cr4, CR4_SMEP);
    CHECK(g.efer, EFER_LME);

    check_case = "long mode";
    v.control.cr4 = CR4_PAE | CR4_SMEP;
    v.control.efer = EFER_LME | EFER_LMA;
    svm_set_cr0(&v, CR0_PE | CR0_PG | CR0_WP);
    svm_load_control(&v);
    CHECK(vmcb.cr4, CR4_PAE | CR4_SMEP);
    CHECK(vmcb.efer, EFER_SVME | EFER_NXE | EFER_LME | EFER_LMA);
    CHECK(vmcb.intercept_cr, ICPT_READ_CR(3) | ICPT_WRITE_CR(3) | ICPT_WRITE_CR(4));
    vmcb.cr0 |= CR0_TS; /* by the guest, without an exit */
    svm_ops.guest_view(&v, &g);
    CHECK(g.cr0, CR0_PE | CR0_PG | CR0_WP | CR0_TS);
    paging_mode = PAGING_NESTED;
}

/* An event that the exit interrupted is injected again as it was, but INT n, INT3 and INTO are executed again. */
static void events(void)
{
    static const struct {
        u64 event;
        bool again;
    } rows[] = {
        {0x80000020, true},           /* external interrupt 20h */
        {0x80000202, true},           /* NMI */
        {0x80000b0eull | 5ull << 32, true}, /* #PF with its error code */
        {0x80000306, true},           /* #UD */
        {0x80000301, true},           /* #DB */
        {0x80000303, false},          /* #BP of INT3 */
        {0x80000304, false},          /* #OF of INTO */
        {0x80000480, false},          /* INT 80h */
        {0x80000003, true},           /* external interrupt with vector 3 */
        {0x00000b0e, false},          /* not valid */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        start();
        check_case = "interrupted event";
        vmcb.exitintinfo = rows[i].event;
        vmcb.eventinj = 0x8000030d; /* injected before, done */
        v.changed = true;           /* as that left it */
        exits(0x400, 0, 0);
        CHECK(event_seen, rows[i].again ? rows[i].event : 0);
        CHECK(vmcb.eventinj, rows[i].again ? rows[i].event : 0);
        CHECK(v.event, 0); /* once */
    }
    start();
    check_case = "interrupted interrupt as QEMU has it";
    vmcb.exitintinfo = 0x80000330;
    exits(0x72, 0, 0);
    CHECK(event_seen, 0x80000030);
}

static void write_back(void)
{
    start();
    check_case = "registers";
    vmcb.rax = 1, vmcb.rsp = 2, vmcb.rflags = 0x202;
    exits(0x72, 0, 0);
    CHECK(v.regs[RAX], 1);
    CHECK(v.regs[RSP], 2);
    CHECK(v.rip, 0x1000);
    CHECK(v.rflags, 0x202);
    CHECK(vmcb.rip, 0x1000);
    v.flush_tlb = true;
    exits(0x72, 0, 0);
    CHECK(vmcb.tlb_control, 1);
    CHECK(v.flush_tlb, false);
    exits(0x72, 0, 0);
    CHECK(vmcb.tlb_control, 0);
    check_case = "flags";
    v.changed = true;
    v.event = 0x8000030d;
    exits(0x72, 0, 0);
    CHECK(vmcb.eventinj, 0x8000030d);
    CHECK(vmcb.rflags, 0x202);
    CHECK(v.event, 0);
    exits(0x72, 0, 0);
    CHECK(vmcb.eventinj, 0); /* once */
    CHECK(v.changed, false);
    check_case = "advance";
    vmcb.interrupt_shadow = 1;
    exits(0x72, 0, 0);
    CHECK(vmcb.interrupt_shadow, 1); /* the instruction was not done */
    step_to = 0x100000000;
    exits(0x72, 0, 0);
    CHECK(vmcb.rip, 0); /* 32-bit code */
    CHECK(vmcb.interrupt_shadow, 0);
    vmcb.cs.attributes = 1 << 9;
    exits(0x72, 0, 0);
    CHECK(vmcb.rip, 0x100000000);
    step_to = 0;
}

static bool map_bit(const u8 *map, unsigned bit)
{
    return map[bit / 8] >> (bit % 8) & 1;
}

static void permissions(void)
{
    svm_permissions_init();
    svm_permissions_use(&vmcb);
    const u8 *io_map = va_of(vmcb.iopm_base), *msr_map = va_of(vmcb.msrpm_base);

    check_case = "IOPM";
    for (unsigned p = 0; p < 0x10000; p++)
        CHECK(map_bit(io_map, p), false);
    CHECK(map_bit(io_map, 0x10000), true); /* an access that runs over the end */
    svm_intercept_io(0x3f8, 0x3ff, true);
    svm_intercept_io(0xffff, 0xffff, true);
    for (unsigned p = 0; p < 0x10000; p++)
        CHECK(map_bit(io_map, p), (p >= 0x3f8 && p <= 0x3ff) || p == 0xffff);
    svm_intercept_io(0x3f8, 0x3ff, false);
    CHECK(map_bit(io_map, 0x3f8), false);

    check_case = "MSRPM";
    static u8 before[0x2000];
    memcpy(before, msr_map, sizeof(before));
    CHECK(map_bit(msr_map, 0x4000 + 0x80 * 2) && map_bit(msr_map, 0x4000 + 0x80 * 2 + 1), true); /* EFER */
    CHECK(map_bit(msr_map, 0x1b * 2), false); /* reads of APIC_BASE are the guest's */
    CHECK(map_bit(msr_map, 0x1b * 2 + 1), true);
    for (u32 msr = 0xc0010016; msr <= 0xc001001b; msr++) { /* IORRs, TOP_MEM, and one that is nobody's */
        CHECK(map_bit(msr_map, 0x8000 + (msr - 0xc0010000) * 2), false);
        CHECK(map_bit(msr_map, 0x8000 + (msr - 0xc0010000) * 2 + 1), msr < 0xc001001b);
    }
    svm_intercept_msr(0xc0010000, 0xc0010001, true);
    CHECK(msr_map[0x8000 / 8] & 0xf, 0xf);
    svm_intercept_msr(0, 0xffffffff, true);
    for (unsigned i = 0; i < 0x1800; i++)
        CHECK(msr_map[i], 0xff);
    svm_intercept_msr(0, 0xffffffff, false); /* back to the kernel's own choice */
    CHECK(memcmp(before, msr_map, sizeof(before)), 0);
}

int main(void)
{
    host_start();
    io_words();
    outs_by_prefix();
    nested_faults();
    reasons();
    control_registers();
    shadow_control();
    events();
    write_back();
    permissions();
    return check_end();
}
