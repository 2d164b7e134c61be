/* SPDX-License-Identifier: BSD-2-Clause */
/* Far transfers, also those between modes and privileges. */
#include "units.h"

/* The way every boot loader goes: LGDT, CR0.PE, far JMP, data segments. */
static void test_real_to_protected_mode(void)
{
    setup_protected(0); /* for the GDT's contents */
    machine_reset(&emulation, 16, 0x1000);
    store(0x6000, 2, 0x7f);
    store(0x6002, 4, GDT_BASE);
    EXPECT_EQ(RUN("\x66\x0f\x01\x16\x00\x60"), MACHINE_DONE); /* LGDT [6000h] */
    EXPECT_EQ(cpu->segment[GDTR].base, GDT_BASE);
    EXPECT(emulation.effects & WEIR_EMU_E_TABLES);
    EXPECT_EQ(RUN("\x0f\x20\xc0"), MACHINE_DONE); /* MOV EAX,CR0 */
    cpu->gpr[RAX] |= 1;
    EXPECT_EQ(RUN("\x0f\x22\xc0"), MACHINE_DONE);
    EXPECT_EQ(cpu->cr0 & 1, 1);
    EXPECT(emulation.effects & WEIR_EMU_E_CR0);
    /* Still 16-bit code, CS not reloaded: JMP 8:4000h, 32 bits. */
    EXPECT_EQ(RUN("\x66\xea\x00\x40\x00\x00\x08\x00"), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, 0x4000);
    EXPECT_EQ(cpu->segment[CS].attributes, 0xc9b);
    EXPECT_EQ(cpu->segment[CS].limit, 0xffffffff);
    cpu->gpr[RAX] = KDATA;
    EXPECT_EQ(RUN("\x8e\xd0"), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[SS].attributes, 0xc93);
}

static enum outcome jmp_far(unsigned selector)
{
    char code[7] = "\xea\x00\x40\x00\x00";

    code[5] = selector;
    code[6] = selector >> 8;
    return run_bytes(code, 7);
}

static void test_far_jump_checks(void)
{
    setup_protected(3);
    EXPECT_FAULT(jmp_far(0), 13, 0);
    EXPECT_FAULT(jmp_far(KCODE), 13, KCODE);
    EXPECT_FAULT(jmp_far(UDATA), 13, UDATA & ~3);
    EXPECT_FAULT(jmp_far(0x100), 13, 0x100);
    EXPECT_EQ(jmp_far(CONFORMING), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[CS].selector, CONFORMING | 3);
    EXPECT_EQ(jmp_far(UCODE), MACHINE_DONE);
    EXPECT_FAULT(jmp_far(SYSTEM_TSS | 3), 13, SYSTEM_TSS); /* privileged */
    setup_protected(0);
    store(GDT_BASE + KCODE, 8, 0x00cf1b000000ffff);
    EXPECT_FAULT(jmp_far(KCODE), 11, KCODE);
    EXPECT_EQ(jmp_far(CODE16), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[CS].base, 0x345678);
    store(GDT_BASE + CODE16, 8, 0x00009a3456780fff);
    setup_protected(0);
    store(GDT_BASE + KCODE, 8, 0x00409b0000000fff);
    EXPECT_FAULT(jmp_far(KCODE), 13, 0); /* offset beyond the limit */
}

static void test_far_call_and_return(void)
{
    setup_protected(0);
    EXPECT_EQ(RUN("\x9a\x00\x40\x00\x00\x38\x00"), MACHINE_DONE); /* CALL CONFORMING:4000h */
    EXPECT_EQ(load(0x7ffc, 4), KCODE);
    EXPECT_EQ(load(0x7ff8, 4), 0x1007);
    EXPECT_EQ(RUN("\xcb"), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, 0x1007);
    EXPECT_EQ(cpu->segment[CS].selector, KCODE);
    EXPECT_EQ(cpu->gpr[RSP], 0x8000);
}

/* RETF 4 to CPL 3: parameters released on both stacks, segments of the kernel dropped. */
static void test_return_to_outer_level(void)
{
    setup_protected(0);
    cpu->segment[ES].selector = KDATA;
    cpu->segment[ES].attributes = 0xc93;
    store(0x8000, 4, 0x5000);
    store(0x8004, 4, UCODE);
    store(0x800c, 4, 0x9000);
    store(0x8010, 4, UDATA);
    EXPECT_EQ(RUN("\xca\x04\x00"), MACHINE_DONE);
    EXPECT_EQ(cpu->cpl, 3);
    EXPECT_EQ(cpu->rip, 0x5000);
    EXPECT_EQ(cpu->gpr[RSP], 0x9004);
    EXPECT_EQ(cpu->segment[SS].selector, UDATA);
    EXPECT_EQ(cpu->segment[ES].selector, 0);
    EXPECT_EQ(cpu->segment[ES].attributes, 0);
    EXPECT_EQ(cpu->segment[DS].selector, UDATA);
    store(0x9004, 4, 0x5000);
    store(0x9008, 4, KCODE);
    EXPECT_FAULT(RUN("\xcb"), 13, KCODE); /* never inwards */
}

static void test_far_pointers(void)
{
    setup(16);
    store(0x6000, 4, 0x12345678);
    EXPECT_EQ(RUN("\xc4\x1e\x00\x60"), MACHINE_DONE); /* LES BX,[6000h] */
    EXPECT_EQ(cpu->gpr[RBX], 0x5678);
    EXPECT_EQ(cpu->segment[ES].selector, 0x1234);
    EXPECT_EQ(cpu->segment[ES].base, 0x12340);
    EXPECT_EQ(RUN("\xff\x2e\x00\x60"), MACHINE_DONE); /* JMP far [6000h] */
    EXPECT_EQ(cpu->segment[CS].base, 0x12340);
    EXPECT_EQ(cpu->rip, 0x5678);
    setup(32);
    EXPECT_UD(RUN("\xff\xe8")); /* JMP far EAX */
    EXPECT_UD(RUN("\xff\xd8"));
}

/* From long mode's compatibility half into 64-bit code. */
static void test_into_64_bit_code(void)
{
    setup_protected(0);
    cpu->efer = 0x500;
    cpu->cr4 = 0x20;
    EXPECT_EQ(jmp_far(CODE64), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[CS].attributes, 0xa9b);
    EXPECT_EQ(RUN("\x48\xff\xc0"), MACHINE_DONE); /* INC RAX */
    EXPECT_EQ(cpu->gpr[RAX], 1);
    store(GDT_BASE + CODE64, 8, 0x00ef9b000000ffff); /* L and D */
    setup_protected(0);
    cpu->efer = 0x500;
    store(GDT_BASE + CODE64, 8, 0x00ef9b000000ffff);
    EXPECT_FAULT(jmp_far(CODE64), 13, CODE64);
}

void test_far(void)
{
    test_real_to_protected_mode();
    test_far_jump_checks();
    test_far_call_and_return();
    test_return_to_outer_level();
    test_far_pointers();
    test_into_64_bit_code();
}
