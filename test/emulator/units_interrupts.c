/* SPDX-License-Identifier: BSD-2-Clause */
/* INT, IRET, the flags instructions, virtual-8086 mode. */
#include "units.h"

static void setup_v86(unsigned iopl)
{
    setup(16);
    cpu->cr0 |= 1;
    cpu->rflags |= VM | iopl << 12;
    cpu->cpl = 3;
    for (unsigned i = ES; i <= GS; i++) {
        cpu->segment[i].attributes = 0xf3;
        cpu->segment[i].limit = 0xffff;
    }
    cpu->segment[TR] = (struct weir_emu_segment){ .base = 0x10000, .limit = 0x2fff,
                                                  .attributes = 0x8b };
    store(0x10000 + 102, 2, 0x200); /* I/O map; in front of it the redirection map */
    store(0x10 * 4, 4, 0x20003000); /* INT 10h at 2000:3000 */
}

static void test_real_mode_int_and_iret(void)
{
    setup(16);
    store(0x10 * 4, 4, 0x20003000);
    cpu->rflags |= IF | TF | CF;
    EXPECT_EQ(RUN("\xcd\x10"), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[CS].selector, 0x2000);
    EXPECT_EQ(cpu->segment[CS].base, 0x20000);
    EXPECT_EQ(cpu->rip, 0x3000);
    EXPECT_EQ(cpu->rflags & (IF | TF | CF), CF);
    EXPECT_EQ(load(0x7ffe, 2), IF | TF | CF | 2);
    EXPECT_EQ(load(0x7ffc, 2), 0);
    EXPECT_EQ(load(0x7ffa, 2), 0x1002);
    EXPECT(!(emulation.effects & WEIR_EMU_E_STEP));
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE); /* IRET */
    EXPECT_EQ(cpu->rip, 0x1002);
    EXPECT_EQ(cpu->rflags & (IF | TF | CF), IF | TF | CF);
    EXPECT_EQ(cpu->gpr[RSP], 0x8000);
    EXPECT(emulation.effects & WEIR_EMU_E_IRET);
    cpu->segment[IDTR].limit = 0x42; /* INT 10h ends at 43h */
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0x82);
    setup(16);
    store(0x10 * 4, 4, 0x20003000);
    cpu->segment[CS].limit = 0x2fff;
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0); /* the handler is beyond CS's limit */
    cpu->rflags |= OF;
    EXPECT_EQ(RUN("\xce"), MACHINE_DONE); /* INTO */
    EXPECT_EQ(cpu->rip, 0);
}

static void test_delivery(void)
{
    setup(16);
    store(8 * 4, 4, 0x20003000);
    cpu->rflags |= IF;
    emulation.request = WEIR_EMU_DELIVER;
    emulation.event = 8;
    EXPECT_EQ(machine_run(&machine), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, 0x3000);
    EXPECT_EQ(load(0x7ffa, 2), 0x1000);
    EXPECT(!(cpu->rflags & IF));
    setup(32);
    emulation.request = WEIR_EMU_DELIVER;
    EXPECT_EQ(machine_run(&machine), MACHINE_UNSUPPORTED);
}

static void test_protected_int_is_the_cpus(void)
{
    setup_protected(3);
    EXPECT_EQ(RUN("\xcd\x80"), MACHINE_SOFT_INT);
    EXPECT_EQ(emulation.vector, 0x80);
    EXPECT_EQ(emulation.length, 2);
    EXPECT_EQ(RUN("\xcc"), MACHINE_SOFT_INT);
    EXPECT_EQ(emulation.vector, 3);
    EXPECT_EQ(RUN("\xce"), MACHINE_DONE); /* INTO without OF */
}

static void test_v86_int(void)
{
    setup_v86(0);
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0);
    setup_v86(3);
    EXPECT_EQ(RUN("\xcd\x10"), MACHINE_SOFT_INT);
    setup_v86(0);
    cpu->cr4 |= 1; /* VME */
    cpu->rflags |= VIF | IF;
    EXPECT_EQ(RUN("\xcd\x10"), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, 0x3000);
    EXPECT_EQ(load(0x7ffe, 2), 0x3000 | IF | 2); /* IOPL 3, IF is VIF */
    EXPECT_EQ(cpu->rflags & (VIF | IF), IF);
    store(0x10200 - 32 + 2, 1, 1); /* not redirected */
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0);
    store(0x10200 - 32 + 2, 1, 0);
    cpu->segment[TR].limit = 0x1e1; /* the map is cut off in front of the byte */
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0);
    cpu->segment[TR].limit = 102;
    EXPECT_FAULT(RUN("\xcd\x10"), 13, 0);
}

static void test_v86_flags(void)
{
    static const char *const refused[] = { "\xfa", "\xfb", "\x9c", "\x9d", "\xcf" };

    for (unsigned i = 0; i < 5; i++) {
        setup_v86(0);
        EXPECT_FAULT(run_bytes(refused[i], 1), 13, 0);
        setup_v86(3);
        EXPECT_EQ(run_bytes(refused[i], 1), MACHINE_DONE);
    }
    setup_v86(0);
    cpu->cr4 |= 1;
    EXPECT_EQ(RUN("\xfb"), MACHINE_DONE); /* STI sets VIF */
    EXPECT_EQ(cpu->rflags & (VIF | IF), VIF);
    EXPECT_EQ(RUN("\x9c"), MACHINE_DONE);
    EXPECT_EQ(load(0x7ffe, 2) & (IF | 0x3000), IF | 0x3000);
    cpu->rflags |= VIP;
    EXPECT_FAULT(RUN("\xfb"), 13, 0);
    EXPECT_FAULT(RUN("\x9d"), 13, 0); /* POPF of IF with VIP */
    cpu->rflags &= ~(uint64_t)VIP;
    EXPECT_FAULT(RUN("\x66\x9c"), 13, 0); /* the 32-bit form */
    setup_v86(3);
    cpu->rflags |= IF;
    store(0x8000, 2, 0);
    EXPECT_EQ(RUN("\x9d"), MACHINE_DONE); /* POPF: IF yes, IOPL no */
    EXPECT_EQ(cpu->rflags & (IF | 0x3000), 0x3000);
    EXPECT(cpu->rflags & VM);
}

static void test_v86_iret_under_vme(void)
{
    setup_v86(0);
    cpu->cr4 |= 1;
    store(0x8000, 2, 0x1234);
    store(0x8002, 2, 0x2000);
    store(0x8004, 2, IF | CF);
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE);
    EXPECT_EQ(cpu->rip, 0x1234);
    EXPECT_EQ(cpu->segment[CS].base, 0x20000);
    EXPECT_EQ(cpu->rflags & (VIF | IF | CF), VIF | CF);
    EXPECT_EQ(RUN("\xfa"), MACHINE_DONE); /* CLI */
    EXPECT_EQ(cpu->rflags & VIF, 0);
    cpu->gpr[RSP] = 0x8000;
    cpu->rflags |= VIP;
    EXPECT_FAULT(RUN("\xcf"), 13, 0);
    EXPECT_FAULT(RUN("\x66\xcf"), 13, 0); /* only the 16-bit form */
}

static void test_protected_virtual_interrupts(void)
{
    setup_protected(3);
    cpu->cr4 |= 2; /* PVI */
    EXPECT_EQ(RUN("\xfb"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (VIF | IF), VIF);
    EXPECT_EQ(RUN("\xfa"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (VIF | IF), 0);
}

static void test_popf_by_privilege(void)
{
    setup_protected(3);
    cpu->rflags |= IF;
    store(0x8000, 4, 0x3000 | CF);
    EXPECT_EQ(RUN("\x9d"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (IF | 0x3000 | CF), IF | CF);
    EXPECT_FAULT(RUN("\xfa"), 13, 0); /* CLI */
    EXPECT_FAULT(RUN("\xf4"), 13, 0); /* HLT */
    setup_protected(0);
    store(0x8000, 4, 0x3000 | VM);
    EXPECT_EQ(RUN("\x9d"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (0x3000 | VM), 0x3000);
}

static void test_iret_outwards_and_to_v86(void)
{
    setup_protected(0);
    store(0x8000, 4, 0x5000);
    store(0x8004, 4, UCODE);
    store(0x8008, 4, IF | 0x3000);
    store(0x800c, 4, 0x9000);
    store(0x8010, 4, UDATA);
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE);
    EXPECT_EQ(cpu->cpl, 3);
    EXPECT_EQ(cpu->gpr[RSP], 0x9000);
    EXPECT_EQ(cpu->rflags & (IF | 0x3000), IF | 0x3000);
    setup_protected(0);
    store(0x8000, 4, 0x5000);
    store(0x8004, 4, 0x1234);
    store(0x8008, 4, VM | IF);
    store(0x800c, 4, 0x9000);
    for (unsigned i = 0; i < 5; i++)
        store(0x8010 + 4 * i, 4, 0x1000 * i);
    EXPECT_EQ(RUN("\xcf"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & VM, VM);
    EXPECT_EQ(cpu->cpl, 3);
    EXPECT_EQ(cpu->segment[CS].base, 0x12340);
    EXPECT_EQ(cpu->segment[CS].attributes, 0xf3);
    EXPECT_EQ(cpu->segment[ES].selector, 0x1000);
    EXPECT_EQ(cpu->segment[GS].selector, 0x4000);
    EXPECT_EQ(cpu->rip, 0x5000);
}

/* 64-bit mode pops SS:RSP also without a change of level; SS may be null. */
static void test_iretq(void)
{
    setup_protected(0);
    cpu->efer = 0x500;
    cpu->segment[CS].attributes = 0xa9b;
    store(0x8000, 8, 0x5000);
    store(0x8008, 8, CODE64);
    store(0x8010, 8, IF);
    store(0x8018, 8, 0x9008);
    EXPECT_EQ(RUN("\x48\xcf"), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RSP], 0x9008);
    EXPECT_EQ(cpu->segment[SS].selector, 0);
    EXPECT_EQ(cpu->cpl, 0);
    cpu->rflags |= 0x4000; /* NT */
    EXPECT_FAULT(RUN("\x48\xcf"), 13, 0);
    setup_protected(3);
    store(0x8004, 4, KCODE);
    EXPECT_FAULT(RUN("\xcf"), 13, KCODE); /* never inwards */
}

static void test_port_permission(void)
{
    setup_v86(3); /* IOPL does not matter here */
    EXPECT_EQ(RUN("\xe4\x60"), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX], port_value(0x60, 1));
    store(0x10200 + 12, 1, 1); /* port 60h */
    EXPECT_FAULT(RUN("\xe4\x60"), 13, 0);
    EXPECT_EQ(RUN("\xe4\x61"), MACHINE_DONE);
    EXPECT_FAULT(RUN("\xe5\x5f"), 13, 0); /* IN AX: 5Fh and 60h */
    cpu->segment[TR].limit = 0x20b;
    EXPECT_FAULT(RUN("\xe4\x61"), 13, 0); /* map cut short */
    setup_protected(3);
    EXPECT_FAULT(RUN("\xec"), 13, 0); /* no TSS */
    cpu->rflags |= 0x3000;
    EXPECT_EQ(RUN("\xec"), MACHINE_DONE);
}

void test_interrupts(void)
{
    test_real_mode_int_and_iret();
    test_delivery();
    test_protected_int_is_the_cpus();
    test_v86_int();
    test_v86_flags();
    test_v86_iret_under_vme();
    test_protected_virtual_interrupts();
    test_popf_by_privilege();
    test_iret_outwards_and_to_v86();
    test_iretq();
    test_port_permission();
}
