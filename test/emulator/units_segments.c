/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, types, canonical addresses, alignment, segment register loads. */
#include "units.h"

static void test_real_mode_limits(void)
{
    setup(16);
    for (unsigned i = ES; i <= GS; i++)
        cpu->segment[i].limit = 0xffff;
    EXPECT_FAULT(RUN("\xa1\xff\xff"), 13, 0); /* MOV AX,[FFFFh] */
    EXPECT_EQ(RUN("\xa0\xff\xff"), MACHINE_DONE); /* MOV AL,[FFFFh] */
    cpu->gpr[RBP] = 0xffff;
    EXPECT_FAULT(RUN("\x8b\x46\x00"), 12, 0); /* MOV AX,[BP] */
    cpu->gpr[RSP] = 1;
    EXPECT_FAULT(RUN("\x50"), 12, 0); /* PUSH AX */
    cpu->gpr[RBX] = 0x10000;
    EXPECT_FAULT(RUN("\x67\x8b\x03"), 13, 0); /* MOV AX,[EBX] */
    cpu->segment[DS].limit = 0xffffffff; /* big real mode */
    store(0x10000, 2, 0xbeef);
    EXPECT_EQ(RUN("\x67\x8b\x03"), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX] & 0xffff, 0xbeef);
    EXPECT_EQ(RUN("\x8e\xd9"), MACHINE_DONE); /* MOV DS,CX keeps the limit */
    EXPECT_EQ(cpu->segment[DS].limit, 0xffffffff);
    EXPECT_FAULT(RUN("\x66\xe9\x00\x00\x01\x00"), 13, 0); /* JMP past the code limit */
    cpu->rip = 0xfffe;
    EXPECT_FAULT(RUN("\xb8\x34\x12"), 13, 0); /* fetch past it */
}

static void test_protected_types(void)
{
    setup_protected(0);
    cpu->segment[DS].attributes = 0xc91; /* read-only */
    EXPECT_EQ(RUN("\xa1\x00\x50\x00\x00"), MACHINE_DONE);
    EXPECT_FAULT(RUN("\xa3\x00\x50\x00\x00"), 13, 0);
    EXPECT_FAULT(RUN("\x83\x05\x00\x50\x00\x00\x01"), 13, 0); /* ADD: checked before the read */
    EXPECT_EQ(emulation.log_count, 0);
    EXPECT_FAULT(RUN("\x2e\xa3\x00\x50\x00\x00"), 13, 0); /* MOV CS:[..],EAX */
    cpu->segment[CS].attributes &= ~2; /* execute-only */
    EXPECT_FAULT(RUN("\x2e\xa1\x00\x50\x00\x00"), 13, 0);
    cpu->segment[DS].attributes = 0; /* null */
    EXPECT_FAULT(RUN("\xa1\x00\x50\x00\x00"), 13, 0);
    setup_protected(0);
    cpu->segment[DS].attributes = 0xc97; /* expand-down */
    cpu->segment[DS].limit = 0x4fff;
    EXPECT_FAULT(RUN("\xa1\xff\x4f\x00\x00"), 13, 0);
    EXPECT_EQ(RUN("\xa1\x00\x50\x00\x00"), MACHINE_DONE);
    EXPECT_EQ(RUN("\xa1\x00\x00\x01\x00"), MACHINE_DONE);
    cpu->segment[DS].attributes = 0x97; /* of 64 KiB */
    EXPECT_FAULT(RUN("\xa1\xfd\xff\x00\x00"), 13, 0);
    EXPECT_EQ(RUN("\xa1\xfc\xff\x00\x00"), MACHINE_DONE);
}

static void test_canonical_addresses(void)
{
    setup(64);
    cpu->gpr[RBX] = 0x800000000000;
    EXPECT_FAULT(RUN("\x8a\x03"), 13, 0);
    cpu->gpr[RBX] = 0x7fffffffffff;
    EXPECT_FAULT(RUN("\x66\x8b\x03"), 13, 0); /* its last byte */
    cpu->gpr[RBP] = 0x800000000000;
    EXPECT_FAULT(RUN("\x8a\x45\x00"), 12, 0);
    cpu->gpr[13] = 0x800000000000;
    EXPECT_FAULT(RUN("\x41\x8a\x45\x00"), 13, 0); /* [R13] is in DS */
    cpu->gpr[12] = 0x800000000000;
    EXPECT_FAULT(RUN("\x41\x8a\x04\x24"), 13, 0); /* and [R12] */
    cpu->gpr[RSP] = 0x8000000000000000;
    EXPECT_FAULT(RUN("\x50"), 12, 0);
    cpu->gpr[RBX] = 0x800000000000;
    EXPECT_FAULT(RUN("\xff\xe3"), 13, 0); /* JMP RBX */
    cpu->cr4 |= 1 << 12; /* LA57 */
    EXPECT_EQ(RUN("\x8a\x03"), MACHINE_PAGE_FAULT);
    EXPECT_EQ(RUN("\xff\xe3"), MACHINE_DONE);
}

static void test_alignment_check(void)
{
    setup_protected(3);
    cpu->cr0 |= 1 << 18;
    cpu->rflags |= AC;
    EXPECT_EQ(RUN("\xa1\x04\x50\x00\x00"), MACHINE_DONE);
    EXPECT_FAULT(RUN("\xa1\x02\x50\x00\x00"), 17, 0);
    EXPECT_EQ(emulation.log[0].kind, WEIR_EMU_PROBE);
    EXPECT_EQ(RUN("\xa1\x01\x00\x20\x00"), MACHINE_PAGE_FAULT); /* has priority */
    cpu->cpl = 0;
    EXPECT_EQ(RUN("\xa1\x02\x50\x00\x00"), MACHINE_DONE);
}

static enum outcome mov_ds(unsigned selector)
{
    cpu->gpr[RAX] = selector;
    return RUN("\x8e\xd8");
}

static void test_data_segment_loads(void)
{
    setup_protected(3);
    EXPECT_FAULT(mov_ds(KDATA), 13, KDATA);
    EXPECT_FAULT(mov_ds(EXECUTE_ONLY), 13, EXECUTE_ONLY);
    EXPECT_FAULT(mov_ds(SYSTEM_TSS | 3), 13, SYSTEM_TSS);
    EXPECT_FAULT(mov_ds(0x80), 13, 0x80); /* beyond the limit */
    EXPECT_FAULT(mov_ds(0x0f), 13, 0x0c); /* no LDT */
    EXPECT_EQ(mov_ds(CONFORMING | 3), MACHINE_DONE);
    EXPECT_EQ(mov_ds(UDATA), MACHINE_DONE);
    EXPECT_EQ(mov_ds(3), MACHINE_DONE); /* null */
    EXPECT_EQ(cpu->segment[DS].attributes, 0);
    setup_protected(0);
    EXPECT_FAULT(mov_ds(KDATA | 3), 13, KDATA); /* RPL counts too */
    EXPECT_FAULT(mov_ds(NOT_PRESENT), 11, NOT_PRESENT);
    EXPECT_EQ(mov_ds(DATA16), MACHINE_DONE);
    EXPECT_EQ(cpu->segment[DS].base, 0x345678);
    EXPECT_EQ(cpu->segment[DS].limit, 0xffff);
    EXPECT_EQ(cpu->segment[DS].attributes, 0x93);
    EXPECT_EQ(load(GDT_BASE + DATA16 + 5, 1), 0x93); /* marked accessed */
    EXPECT(emulation.log[0].flags & WEIR_EMU_F_SYSTEM);
    EXPECT(emulation.log[1].flags & WEIR_EMU_F_LOCKED);
    EXPECT_UD(RUN("\x8e\xc8")); /* MOV CS,AX */
    EXPECT_UD(RUN("\x8e\xf8")); /* no segment register 7 */
    EXPECT_UD(RUN("\x8c\xf0"));
}

static enum outcome mov_ss(unsigned selector)
{
    cpu->gpr[RAX] = selector;
    return RUN("\x8e\xd0");
}

static void test_stack_segment_loads(void)
{
    setup_protected(0);
    EXPECT_EQ(mov_ss(KDATA), MACHINE_DONE);
    EXPECT_EQ(cpu->shadow, 1);
    EXPECT(emulation.effects & WEIR_EMU_E_SEGMENTS);
    EXPECT_FAULT(mov_ss(0), 13, 0);
    EXPECT_FAULT(mov_ss(UDATA), 13, UDATA & ~3);
    EXPECT_FAULT(mov_ss(KDATA | 3), 13, KDATA);
    EXPECT_FAULT(mov_ss(READ_ONLY), 13, READ_ONLY);
    EXPECT_FAULT(mov_ss(NOT_PRESENT), 12, NOT_PRESENT);
    setup(64);
    EXPECT_EQ(mov_ss(0), MACHINE_DONE); /* null is allowed in 64-bit mode below CPL 3 */
    cpu->cpl = 3;
    EXPECT_FAULT(mov_ss(3), 13, 0);
}

/* What the selector instructions say of descriptors; in ZF. */
static bool says_yes(const char *code, unsigned selector)
{
    cpu->gpr[RCX] = selector;
    EXPECT_EQ(run_bytes(code, 3), MACHINE_DONE);
    return cpu->rflags & ZF;
}

static void test_selector_questions(void)
{
    static const char verr[] = "\x0f\x00\xe1", verw[] = "\x0f\x00\xe9", lar[] = "\x0f\x02\xc1",
                      lsl[] = "\x0f\x03\xc1";

    setup_protected(3);
    EXPECT(says_yes(verr, UDATA) && says_yes(verw, UDATA));
    EXPECT(!says_yes(verr, KDATA) && !says_yes(verw, UCODE) && says_yes(verr, UCODE));
    EXPECT(!says_yes(verr, 0) && !says_yes(verr, 0x1000) && !says_yes(verr, EXECUTE_ONLY | 3));
    EXPECT(says_yes(lar, UDATA));
    EXPECT_EQ(cpu->gpr[RAX], 0xcff300);
    EXPECT(says_yes(lsl, UDATA));
    EXPECT_EQ(cpu->gpr[RAX], 0xffffffff);
    EXPECT(!says_yes(lsl, KDATA));
    cpu->cpl = 0;
    EXPECT(says_yes(lsl, SYSTEM_TSS));
    EXPECT_EQ(cpu->gpr[RAX], 0x67);
    cpu->gpr[RAX] = 0x10; /* ARPL AX,CX */
    EXPECT(says_yes("\x63\xc8\x90", 3));
    EXPECT_EQ(cpu->gpr[RAX], 0x13);
    setup(16);
    EXPECT_UD(RUN("\x0f\x00\xe1"));
    EXPECT_UD(RUN("\x63\xc8"));
}

void test_segments(void)
{
    test_real_mode_limits();
    test_protected_types();
    test_canonical_addresses();
    test_alignment_check();
    test_data_segment_loads();
    test_stack_segment_loads();
    test_selector_questions();
}
