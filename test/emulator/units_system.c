/* SPDX-License-Identifier: BSD-2-Clause */
/* Control and debug registers, tables, and what only ends as an effect. */
#include "units.h"

static enum outcome write_cr0(uint64_t value)
{
    cpu->gpr[RAX] = value;
    return RUN("\x0f\x22\xc0");
}

static void test_cr0(void)
{
    setup(32);
    EXPECT_FAULT(write_cr0(1ull << 31), 13, 0);       /* PG without PE */
    EXPECT_FAULT(write_cr0(1 | 1 << 29), 13, 0);      /* NW without CD */
    EXPECT_EQ(write_cr0(1 | 1ull << 31), MACHINE_DONE);
    EXPECT_EQ(cpu->cr0, 1 | 0x10 | 1ull << 31);       /* ET reads 1 */
    EXPECT_EQ(cpu->efer, 0);
    setup(32);
    cpu->efer = 0x100; /* LME */
    EXPECT_FAULT(write_cr0(1 | 1ull << 31), 13, 0);   /* without PAE */
    cpu->cr4 = 0x20;
    EXPECT_EQ(write_cr0(1 | 1ull << 31), MACHINE_DONE);
    EXPECT_EQ(cpu->efer, 0x500);
    EXPECT(emulation.effects & WEIR_EMU_E_EFER);
    EXPECT_EQ(write_cr0(1), MACHINE_DONE);
    EXPECT_EQ(cpu->efer, 0x100);
    setup(64);
    EXPECT_FAULT(write_cr0(1ull << 32), 13, 0);
    cpu->cr0 |= 1ull << 31;
    EXPECT_FAULT(write_cr0(1), 13, 0); /* paging off in 64-bit code */
}

static void test_other_control_registers(void)
{
    setup(64);
    cpu->gpr[RAX] = 0x1234000;
    EXPECT_EQ(RUN("\x0f\x22\xd8"), MACHINE_DONE); /* MOV CR3,RAX */
    EXPECT_EQ(cpu->cr3, 0x1234000);
    EXPECT(emulation.effects & WEIR_EMU_E_CR3);
    EXPECT_EQ(RUN("\x0f\x20\xdb"), MACHINE_DONE); /* MOV RBX,CR3 */
    EXPECT_EQ(cpu->gpr[RBX], 0x1234000);
    cpu->gpr[RAX] = 0;
    EXPECT_FAULT(RUN("\x0f\x22\xe0"), 13, 0); /* CR4 without PAE in long mode */
    cpu->gpr[RAX] = 16;
    EXPECT_FAULT(RUN("\x44\x0f\x22\xc0"), 13, 0); /* CR8 */
    cpu->gpr[RAX] = 14;
    EXPECT_EQ(RUN("\x44\x0f\x22\xc0"), MACHINE_DONE);
    EXPECT_EQ(cpu->cr8, 14);
    EXPECT_UD(RUN("\x0f\x20\xc8")); /* CR1 */
    EXPECT_UD(RUN("\x0f\x22\xe8")); /* CR5 */
    EXPECT_EQ(RUN("\x0f\x22\x10"), MACHINE_DONE); /* CR2: mod is ignored */
    EXPECT_EQ(cpu->cr2, 14);
    cpu->cpl = 3;
    EXPECT_FAULT(RUN("\x0f\x20\xd8"), 13, 0);
    EXPECT_FAULT(RUN("\x0f\x06"), 13, 0);
}

static void test_machine_status_word(void)
{
    setup(16);
    cpu->cr0 = 0x8005003b & ~0x80000001; /* TS, ET, NE, MP, not PE */
    EXPECT_EQ(RUN("\x0f\x01\xe0"), MACHINE_DONE); /* SMSW AX */
    EXPECT_EQ(cpu->gpr[RAX], 0x3a);
    cpu->gpr[RAX] = 0xfff1;
    EXPECT_EQ(RUN("\x0f\x01\xf0"), MACHINE_DONE); /* LMSW AX */
    EXPECT_EQ(cpu->cr0, 0x50031);
    cpu->gpr[RAX] = 0;
    EXPECT_EQ(RUN("\x0f\x01\xf0"), MACHINE_DONE);
    EXPECT_EQ(cpu->cr0 & 1, 1); /* cannot be cleared */
    cpu->cr0 |= 8;
    EXPECT_EQ(RUN("\x0f\x06"), MACHINE_DONE); /* CLTS */
    EXPECT_EQ(cpu->cr0 & 8, 0);
    setup_protected(3);
    EXPECT_EQ(RUN("\x0f\x01\xe0"), MACHINE_DONE);
    cpu->cr4 |= 1 << 11; /* UMIP */
    EXPECT_FAULT(RUN("\x0f\x01\xe0"), 13, 0);
    EXPECT_FAULT(RUN("\x0f\x01\x05\x00\x50\x00\x00"), 13, 0); /* SGDT */
}

static void test_tables(void)
{
    setup(16);
    store(0x6000, 2, 0x1ff);
    store(0x6002, 4, 0x12345678);
    EXPECT_EQ(RUN("\x0f\x01\x1e\x00\x60"), MACHINE_DONE); /* LIDT, 16 bits: base of 24 */
    EXPECT_EQ(cpu->segment[IDTR].base, 0x345678);
    EXPECT_EQ(cpu->segment[IDTR].limit, 0x1ff);
    EXPECT_EQ(RUN("\x0f\x01\x0e\x00\x61"), MACHINE_DONE); /* SIDT */
    EXPECT_EQ(load(0x6100, 6), 0x34567801ff);
    setup(64);
    cpu->gpr[RBX] = 0x6000;
    store(0x6002, 8, 0x8000000000000000);
    EXPECT_FAULT(RUN("\x0f\x01\x13"), 13, 0); /* LGDT: not canonical */
}

static void test_task_register_and_ldt(void)
{
    setup_protected(0);
    cpu->gpr[RAX] = SYSTEM_TSS;
    EXPECT_EQ(RUN("\x0f\x00\xd8"), MACHINE_DONE); /* LTR AX */
    EXPECT_EQ(cpu->segment[TR].base, 0x30000);
    EXPECT_EQ(cpu->segment[TR].attributes & 15, 11);
    EXPECT_EQ(load(GDT_BASE + SYSTEM_TSS + 5, 1), 0x8b); /* busy */
    EXPECT_FAULT(RUN("\x0f\x00\xd8"), 13, SYSTEM_TSS);   /* so not twice */
    cpu->gpr[RAX] = SYSTEM_LDT;
    EXPECT_EQ(RUN("\x0f\x00\xd0"), MACHINE_DONE); /* LLDT AX */
    EXPECT_EQ(cpu->segment[LDTR].limit, 0x3f);
    cpu->gpr[RAX] = 0;
    EXPECT_EQ(RUN("\x0f\x00\xd0"), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[LDTR].attributes, 0);
    EXPECT_FAULT(RUN("\x0f\x00\xd8"), 13, 0); /* LTR of null */
    cpu->gpr[RAX] = KDATA;
    EXPECT_FAULT(RUN("\x0f\x00\xd0"), 13, KDATA);
    setup_protected(0);
    cpu->efer = 0x500;
    store(GDT_BASE + LONG_TSS + 8, 8, 0xffff8000);
    cpu->gpr[RAX] = LONG_TSS;
    EXPECT_EQ(RUN("\x0f\x00\xd8"), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[TR].base, 0xffff800000030000);
    setup(16);
    EXPECT_UD(RUN("\x0f\x00\xd8"));
}

static void test_long_mode_system_descriptors(void)
{
    setup_protected(0);
    cpu->efer = 0x500;
    cpu->gpr[RAX] = LONG_TSS;
    store(GDT_BASE + LONG_TSS + 8, 8, 0x1 | 1ull << 40); /* a type in the upper half */
    EXPECT_FAULT(RUN("\x0f\x00\xd8"), 13, LONG_TSS);
    store(GDT_BASE + LONG_TSS + 8, 8, 0x8000); /* base not canonical */
    EXPECT_FAULT(RUN("\x0f\x00\xd8"), 13, LONG_TSS);
    store(GDT_BASE + LONG_TSS + 8, 8, 0);
    cpu->segment[GDTR].limit = LONG_TSS + 14;
    EXPECT_FAULT(RUN("\x0f\x00\xd8"), 13, LONG_TSS);
    store(GDT_BASE + SYSTEM_LDT, 8, 0x000002040000003f);
    cpu->gpr[RAX] = SYSTEM_LDT;
    EXPECT_FAULT(RUN("\x0f\x00\xd0"), 11, SYSTEM_LDT); /* not present */
}

static void test_debug_registers(void)
{
    setup(32);
    cpu->gpr[RAX] = 0x12345678;
    EXPECT_EQ(RUN("\x0f\x23\xc8"), MACHINE_DONE); /* MOV DR1,EAX */
    EXPECT_EQ(cpu->dr[1], 0x12345678);
    EXPECT_EQ(RUN("\x0f\x23\xf8"), MACHINE_DONE); /* DR7 */
    EXPECT_EQ(cpu->dr[5], (0x12345678 & 0xffff2fff) | 0x400);
    EXPECT_EQ(RUN("\x0f\x21\xeb"), MACHINE_DONE); /* MOV EBX,DR5 is DR7 */
    EXPECT_EQ(cpu->gpr[RBX], cpu->dr[5]);
    cpu->dr[5] |= 1 << 13; /* GD */
    EXPECT_EQ(RUN("\x0f\x21\xc3"), MACHINE_UNSUPPORTED);
    cpu->dr[5] = 0x400;
    cpu->cr4 |= 8; /* DE */
    EXPECT_UD(RUN("\x0f\x21\xeb"));
}

static void test_effects(void)
{
    setup(64);
    cpu->gpr[RBX] = 0x8000000000001234; /* never checked */
    EXPECT_EQ(RUN("\x0f\x01\x3b"), MACHINE_DONE); /* INVLPG [RBX] */
    EXPECT(emulation.effects & WEIR_EMU_E_INVLPG);
    EXPECT_EQ(emulation.linear, 0x8000000000001234);
    EXPECT_EQ(RUN("\xf4"), MACHINE_DONE);
    EXPECT_EQ(emulation.effects, WEIR_EMU_E_HLT);
    EXPECT_EQ(cpu->rip, 0x1004);
    EXPECT_EQ(RUN("\x0f\x09"), MACHINE_DONE); /* WBINVD */
    EXPECT_EQ(emulation.effects, WEIR_EMU_E_INVD);
    cpu->gpr[RBX] = 0x5000;
    EXPECT_EQ(RUN("\x0f\xae\x3b"), MACHINE_DONE); /* CLFLUSH [RBX] */
    EXPECT_EQ(emulation.linear, 0x5000);
    EXPECT_EQ(RUN("\x0f\xae\xf0"), MACHINE_DONE); /* MFENCE */
    EXPECT_EQ(emulation.effects, 0);
}

static void test_what_is_not_emulated(void)
{
    static const char *const codes[] = { "\x0f\xa2", "\x0f\x32", "\x0f\x30", "\x0f\x31",
                                         "\x0f\x05", "\xd9\xc0", "\x0f\x6f\xc0", "\xc5\xf8\x77",
                                         "\x0f\x01\xd8", "\x0f\xc7\xf0", "\x9b" };

    setup(64);
    emulation.request = 2;
    EXPECT_EQ(RUN("\x90"), MACHINE_UNSUPPORTED);
    setup(64);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        EXPECT_EQ(run_bytes(codes[i], strlen(codes[i])), MACHINE_UNSUPPORTED);
}

void test_system(void)
{
    test_cr0();
    test_other_control_registers();
    test_machine_status_word();
    test_tables();
    test_task_register_and_ldt();
    test_long_mode_system_descriptors();
    test_debug_registers();
    test_effects();
    test_what_is_not_emulated();
}
