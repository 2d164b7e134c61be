/* SPDX-License-Identifier: BSD-2-Clause */
/* Task switches. Two 32-bit TSSs and a 16-bit one behind the usual GDT, task gates in the GDT and the IDT. */
#include "units.h"

enum { OLD_TSS = 0x80, NEW_TSS = 0x88, TSS16 = 0x90, GATE = 0x98, LDT_OF_NEW = 0xa0 };
enum { OLD_BASE = 0x30000, NEW_BASE = 0x31000, BASE16 = 0x32000, LDT_BASE = 0x33000, IDT_BASE = 0x34000 };
enum { AVAILABLE32 = 0x89, BUSY32 = 0x8b, AVAILABLE16 = 0x81, TASK_GATE = 0x85, LDT = 0x82 };
enum { NEW_SP = 0x7000, NEW_IP = 0x5000, IN_LDT = 0x0c, NT = 0x4000, TSS_CR3 = 0x123000 };
enum { DR6_BT = 0x8000, CR0_TS = 8 };

static uint64_t system_descriptor(unsigned type, uint32_t base, uint32_t limit)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)type << 40 | (uint64_t)(base >> 24) << 56;
}

static void fill_tss32(uint16_t cs, uint16_t ss)
{
    static const uint16_t data[] = { 0, 0, 0, KDATA, 0, IN_LDT };

    store(NEW_BASE + 0x1c, 4, TSS_CR3);
    store(NEW_BASE + 0x20, 4, NEW_IP);
    store(NEW_BASE + 0x24, 4, CF | IF);
    for (unsigned i = 0; i < 8; i++)
        store(NEW_BASE + 0x28 + 4 * i, 4, i == RSP ? NEW_SP : 0xa0a00000 + i);
    for (unsigned i = 0; i < 6; i++)
        store(NEW_BASE + 0x48 + 4 * i, 4, 0xffff0000u | (i == CS ? cs : i == SS ? ss : data[i]));
    store(NEW_BASE + 0x60, 4, LDT_OF_NEW);
    store(NEW_BASE + 0x64, 4, 0x680000);
}

static void setup_tasks(unsigned cpl)
{
    setup_protected(cpl);
    cpu->segment[GDTR].limit = 0xa7;
    cpu->segment[IDTR] = (struct weir_emu_segment){ .base = IDT_BASE, .limit = 0x7ff };
    cpu->segment[TR] = (struct weir_emu_segment){ .selector = OLD_TSS, .base = OLD_BASE, .limit = 0x67, .attributes = BUSY32 };
    cpu->dr[5] = 0x401;
    store(GDT_BASE + OLD_TSS, 8, system_descriptor(BUSY32, OLD_BASE, 0x67));
    store(GDT_BASE + NEW_TSS, 8, system_descriptor(AVAILABLE32 | cpl << 5, NEW_BASE, 0x67));
    store(GDT_BASE + TSS16, 8, system_descriptor(AVAILABLE16 | cpl << 5, BASE16, 0x2b));
    store(GDT_BASE + GATE, 8, system_descriptor(TASK_GATE | cpl << 5, NEW_TSS, 0));
    store(GDT_BASE + LDT_OF_NEW, 8, system_descriptor(LDT, LDT_BASE, 0x0f));
    store(LDT_BASE + 8, 8, 0x00cf92000000ffff);
    store(IDT_BASE + 8 * 13, 8, system_descriptor(TASK_GATE, NEW_TSS, 0));
    store(IDT_BASE + 8 * 0x30, 8, system_descriptor(TASK_GATE, NEW_TSS, 0));
    fill_tss32(KCODE, KDATA);
}

static enum outcome far(unsigned opcode, unsigned selector)
{
    char code[7] = { (char)opcode, 0, 0, 0, 0, (char)selector, (char)(selector >> 8) };

    return run_bytes(code, 7);
}
#define JMP_FAR 0xea
#define CALL_FAR 0x9a

static void expect_new_task(void)
{
    EXPECT_EQ(cpu->rip, NEW_IP);
    EXPECT_EQ(cpu->gpr[RBX], 0xa0a00000 + RBX);
    EXPECT_EQ(cpu->segment[CS].attributes, 0xc9b);
    EXPECT_EQ(cpu->segment[DS].attributes, 0xc93);
    EXPECT_EQ(cpu->segment[ES].attributes, 0);
    EXPECT_EQ(cpu->segment[GS].selector, IN_LDT);
    EXPECT_EQ(cpu->segment[GS].limit, 0xffffffff);
    EXPECT_EQ(cpu->segment[LDTR].base, LDT_BASE);
    EXPECT_EQ(cpu->segment[TR].selector, NEW_TSS);
    EXPECT_EQ(cpu->segment[TR].base, NEW_BASE);
    EXPECT_EQ(cpu->segment[TR].attributes & 0x9f, BUSY32);
    EXPECT_EQ(cpu->cr0 & CR0_TS, CR0_TS);
    EXPECT_EQ(cpu->dr[5], 0x400);
    EXPECT_EQ(load(GDT_BASE + NEW_TSS, 8) >> 40 & 0x9f, BUSY32);
}

static void test_jump(void)
{
    setup_tasks(0);
    cpu->gpr[RBX] = 0x1234;
    cpu->rflags |= OF;
    EXPECT_EQ(far(JMP_FAR, NEW_TSS), MACHINE_DONE);
    expect_new_task();
    EXPECT_EQ(cpu->rflags, CF | IF | 2);
    EXPECT_EQ(cpu->gpr[RSP], NEW_SP);
    EXPECT_EQ(load(OLD_BASE + 0x20, 4), 0x1007); /* behind the jump */
    EXPECT_EQ(load(OLD_BASE + 0x24, 4) & OF, OF);
    EXPECT_EQ(load(OLD_BASE + 0x34, 4), 0x1234);
    EXPECT_EQ(load(OLD_BASE + 0x4c, 4), KCODE);
    EXPECT_EQ(load(OLD_BASE + 0x60, 4), 0); /* neither LDT nor CR3 is saved */
    EXPECT_EQ(load(GDT_BASE + OLD_TSS, 8) >> 40 & 0xff, AVAILABLE32);
    EXPECT_EQ(load(NEW_BASE, 4), 0);
    EXPECT(!(emulation.effects & WEIR_EMU_E_CR3)); /* no paging */
    setup_tasks(0);
    cpu->cr0 |= 1u << 31;
    EXPECT_EQ(far(JMP_FAR, GATE), MACHINE_DONE);
    EXPECT_EQ(cpu->cr3, TSS_CR3);
    EXPECT(emulation.effects & WEIR_EMU_E_CR3);
}

static void test_call_and_return(void)
{
    setup_tasks(0);
    EXPECT_EQ(far(CALL_FAR, NEW_TSS), MACHINE_DONE);
    expect_new_task();
    EXPECT_EQ(cpu->rflags & NT, NT);
    EXPECT_EQ(load(NEW_BASE, 2), OLD_TSS);
    EXPECT_EQ(load(GDT_BASE + OLD_TSS, 8) >> 40 & 0xff, BUSY32);
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE); /* IRET */
    EXPECT_EQ(cpu->rip, 0x1007);
    EXPECT_EQ(cpu->gpr[RSP], 0x8000);
    EXPECT_EQ(cpu->segment[TR].selector, OLD_TSS);
    EXPECT_EQ(load(NEW_BASE + 0x20, 4), NEW_IP + 1);
    EXPECT(!(load(NEW_BASE + 0x24, 4) & NT));
    EXPECT_EQ(load(GDT_BASE + NEW_TSS, 8) >> 40 & 0xff, AVAILABLE32);
    cpu->rflags |= NT;
    store(OLD_BASE, 2, NEW_TSS); /* not busy */
    EXPECT_FAULT(RUN("\xcf"), 10, NEW_TSS);
}

static enum outcome deliver(uint64_t event)
{
    emulation.request = WEIR_EMU_DELIVER;
    emulation.event = 0x80000000 | event;
    return machine_run(&machine);
}

static void test_events(void)
{
    setup_tasks(3);
    fill_tss32(KCODE, KDATA);
    EXPECT_EQ(deliver(0x77ull << 32 | WEIR_EMU_V_ERROR | WEIR_EMU_V_EXCEPTION << 8 | 13), MACHINE_DONE);
    expect_new_task();
    EXPECT_EQ(cpu->cpl, 0);
    EXPECT_EQ(cpu->gpr[RSP], NEW_SP - 4);
    EXPECT_EQ(load(NEW_SP - 4, 4), 0x77);
    EXPECT_EQ(load(OLD_BASE + 0x20, 4), 0x1000);
    EXPECT_EQ(load(OLD_BASE + 0x24, 4) >> 16 & 1, 1); /* RF */
    EXPECT_EQ(cpu->rflags & NT, NT);
    setup_tasks(0);
    EXPECT_EQ(deliver(0x30), MACHINE_DONE); /* an interrupt */
    EXPECT_EQ(cpu->gpr[RSP], NEW_SP);
    EXPECT_EQ(load(OLD_BASE + 0x24, 4) >> 16 & 1, 0);
    EXPECT_EQ(deliver(0x30), MACHINE_EXCEPTION); /* the task is busy now */
    EXPECT_EQ(emulation.vector, 13);
    EXPECT_EQ(emulation.error, NEW_TSS | 1); /* EXT */
    setup_tasks(3);
    EXPECT_FAULT(RUN("\xcd\x30"), 13, 0x30 * 8 + 2); /* the gate's DPL */
    setup_tasks(0);
    EXPECT_EQ(RUN("\xcd\x30"), MACHINE_DONE);
    EXPECT_EQ(load(OLD_BASE + 0x20, 4), 0x1002);
}

static void test_refused(void)
{
    setup_tasks(0);
    EXPECT_FAULT(far(JMP_FAR, OLD_TSS), 13, OLD_TSS); /* busy */
    store(GDT_BASE + NEW_TSS, 8, system_descriptor(AVAILABLE32 & ~0x80, NEW_BASE, 0x67));
    EXPECT_FAULT(far(JMP_FAR, NEW_TSS), 11, NEW_TSS);
    store(GDT_BASE + NEW_TSS, 8, system_descriptor(AVAILABLE32, NEW_BASE, 0x66));
    EXPECT_FAULT(far(JMP_FAR, NEW_TSS), 10, NEW_TSS);
    store(GDT_BASE + GATE, 8, system_descriptor(TASK_GATE, KCODE, 0));
    EXPECT_FAULT(far(JMP_FAR, GATE), 13, KCODE);
    store(GDT_BASE + GATE, 8, system_descriptor(TASK_GATE & ~0x80, NEW_TSS, 0));
    EXPECT_FAULT(far(JMP_FAR, GATE), 11, GATE);
    setup_tasks(3);
    store(GDT_BASE + NEW_TSS, 8, system_descriptor(AVAILABLE32, NEW_BASE, 0x67));
    EXPECT_FAULT(far(JMP_FAR, NEW_TSS | 3), 13, NEW_TSS);
    setup_tasks(0);
    cpu->segment[TR].base = MACHINE_BYTES - 0x40; /* the old TSS ends where there is no memory: nothing may be written */
    EXPECT_EQ(far(JMP_FAR, NEW_TSS), MACHINE_PAGE_FAULT);
    EXPECT_EQ(load(GDT_BASE + OLD_TSS, 8) >> 40 & 0xff, BUSY32);
}

/* The switch is done, and then the new task has a fault. */
static void expect_late(enum outcome outcome, unsigned vector, unsigned error)
{
    EXPECT_EQ(outcome, MACHINE_DONE);
    EXPECT(emulation.effects & WEIR_EMU_E_RAISE);
    EXPECT_EQ(emulation.vector, vector);
    EXPECT_EQ(emulation.error, error);
    EXPECT_EQ(emulation.has_error, 1);
    EXPECT_EQ(cpu->segment[TR].selector, NEW_TSS);
    EXPECT_EQ(load(OLD_BASE + 0x20, 4), 0x1007);
}

static void test_bad_segments(void)
{
    static const struct {
        uint16_t cs, ss, vector, error;
    } cases[] = {
        { 0, KDATA, 10, 0 },          { KDATA, KDATA, 10, KDATA },
        { UCODE, KDATA, 10, KDATA },  { NOT_PRESENT, KDATA, 10, NOT_PRESENT },
        { KCODE, 0, 10, 0 },          { KCODE, READ_ONLY, 10, READ_ONLY },
        { KCODE, 0xf8, 10, 0xf8 },    { KCODE, UDATA, 10, UDATA & ~3 },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup_tasks(0);
        fill_tss32(cases[i].cs, cases[i].ss);
        expect_late(far(JMP_FAR, NEW_TSS), cases[i].vector, cases[i].error);
    }
    setup_tasks(0);
    store(GDT_BASE + KCODE, 8, 0x00cf1b000000ffff);
    expect_late(far(JMP_FAR, NEW_TSS), 11, KCODE);
    setup_tasks(0);
    store(NEW_BASE + 0x48, 2, NOT_PRESENT); /* ES */
    expect_late(far(JMP_FAR, NEW_TSS), 11, NOT_PRESENT);
    setup_tasks(0);
    store(NEW_BASE + 0x60, 2, KDATA);
    expect_late(far(JMP_FAR, NEW_TSS), 10, KDATA);
    setup_tasks(0);
    store(NEW_BASE + 0x64, 2, 1);
    EXPECT_EQ(far(JMP_FAR, NEW_TSS), MACHINE_DONE);
    EXPECT_EQ(emulation.vector, 1);
    EXPECT_EQ(emulation.has_error, 0);
    EXPECT_EQ(cpu->dr[4] & DR6_BT, DR6_BT);
}

static void test_virtual_8086_task(void)
{
    setup_tasks(0);
    fill_tss32(0x1234, 0x2000);
    store(NEW_BASE + 0x24, 4, VM | 0x3000);
    EXPECT_EQ(far(CALL_FAR, NEW_TSS), MACHINE_DONE);
    EXPECT_EQ(cpu->cpl, 3);
    EXPECT_EQ(cpu->rflags, VM | NT | 0x3002);
    EXPECT_EQ(cpu->segment[CS].base, 0x12340);
    EXPECT_EQ(cpu->segment[SS].attributes, 0xf3);
    EXPECT_EQ(deliver(WEIR_EMU_V_EXCEPTION << 8 | 6), MACHINE_UNSUPPORTED); /* no task gate there */
    store(GDT_BASE + GATE, 8, system_descriptor(AVAILABLE32, BASE16, 0x67));
    store(IDT_BASE + 8 * 6, 8, system_descriptor(TASK_GATE, OLD_TSS, 0));
    store(GDT_BASE + OLD_TSS, 8, system_descriptor(AVAILABLE32, OLD_BASE, 0x67));
    EXPECT_EQ(deliver(WEIR_EMU_V_EXCEPTION << 8 | 6), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & VM, 0);
    EXPECT_EQ(cpu->segment[CS].selector, KCODE);
    EXPECT_EQ(load(NEW_BASE + 0x24, 4) & VM, VM);
}

static void test_16_bit_tss(void)
{
    setup_tasks(0);
    store(BASE16 + 0x0e, 2, NEW_IP);
    store(BASE16 + 0x10, 2, CF);
    store(BASE16 + 0x12 + 2 * RSP, 2, NEW_SP);
    store(BASE16 + 0x22 + 2, 2, CODE16);
    store(BASE16 + 0x22 + 4, 2, KDATA);
    store(GDT_BASE + CODE16, 8, 0x00009a345678ffff);
    cpu->cr0 |= 1u << 31;
    EXPECT_EQ(far(CALL_FAR, TSS16), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, NEW_IP);
    EXPECT_EQ(cpu->gpr[RSP], NEW_SP);
    EXPECT_EQ(cpu->rflags, CF | NT | 2);
    EXPECT_EQ(cpu->segment[TR].attributes, 0x83);
    EXPECT(!(emulation.effects & WEIR_EMU_E_CR3));
    EXPECT_EQ(load(BASE16, 2), OLD_TSS);
    EXPECT_EQ(load(OLD_BASE + 0x4c, 2), KCODE);
    cpu->gpr[RAX] = 0xabcd;
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE);
    EXPECT_EQ(load(BASE16 + 0x12, 2), 0xabcd);
    EXPECT_EQ(load(BASE16 + 0x0e, 2), NEW_IP + 1);
    EXPECT_EQ(cpu->rip, 0x1007);
}

void test_tasks(void)
{
    test_jump();
    test_call_and_return();
    test_events();
    test_refused();
    test_bad_segments();
    test_virtual_8086_task();
    test_16_bit_tss();
}
