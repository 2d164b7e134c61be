/* SPDX-License-Identifier: BSD-2-Clause */
/* What libunicorn gets wrong, see undefined.c. */
#include "units.h"

static uint64_t result_flags, result_value;

/* One shift of a register (EDX) or of memory (at EBX), everything else equal. */
static void shift(bool memory, unsigned map, unsigned op, unsigned reg, unsigned count,
                  uint64_t value, bool imm)
{
    char code[8] = { 0 };
    unsigned n = 0;

    setup(64);
    cpu->gpr[RBX] = 0x5000;
    cpu->gpr[RDX] = value;
    cpu->gpr[RCX] = count;
    cpu->gpr[RSI] = 0x123456789abcdef1;
    store(0x5000, 8, value);
    code[n++] = 0x48;
    if (map)
        code[n++] = 0x0f;
    code[n++] = op;
    code[n++] = (map ? RSI : reg) << 3 | (memory ? RBX : 0xc0 | RDX);
    if (imm)
        code[n++] = count;
    EXPECT_EQ(run_bytes(code, n), MACHINE_DONE);
    result_flags = cpu->rflags;
    result_value = memory ? load(0x5000, 8) : cpu->gpr[RDX];
}

static void test_memory_shifts_equal_register_shifts(void)
{
    static const uint64_t values[] = { 0, 1, 0x8000000000000000, 0x7fffffffffffffff, ~0ull,
                                       0x123456789abcdef0 };

    for (unsigned i = 0; i < 6 * 66 * 12; i++) {
        uint64_t value = values[i % 6], flags;
        unsigned count = i / 6 % 66, form = i / (6 * 66);
        unsigned map = form >= 8, op = form < 8 ? 0xd3 : 0xa4 | (form & 1) | (form & 2 ? 8 : 0);
        bool imm = map && !(op & 1);

        shift(false, map, op, form & 7, count, value, imm);
        flags = result_flags;
        value = result_value;
        shift(true, map, op, form & 7, count, values[i % 6], imm);
        EXPECT_EQ(result_value, value);
        EXPECT_EQ(result_flags, flags);
    }
}

static void test_double_shifts(void)
{
    setup(32);
    cpu->gpr[RDX] = 0x80000001;
    cpu->gpr[RSI] = 0xf0000000;
    EXPECT_EQ(RUN("\x0f\xa4\xf2\x04"), MACHINE_DONE); /* SHLD EDX,ESI,4 */
    EXPECT_EQ(cpu->gpr[RDX], 0x1f);
    EXPECT(!(cpu->rflags & CF));
    EXPECT_EQ(RUN("\x0f\xac\xf2\x05"), MACHINE_DONE); /* SHRD EDX,ESI,5 */
    EXPECT_EQ(cpu->gpr[RDX], 0);
    EXPECT(cpu->rflags & CF);
    EXPECT(cpu->rflags & ZF);
}

/* APM vol. 3, ENTER: two frame pointers copied, then the new one. */
static void test_nested_enter(void)
{
    setup(32);
    cpu->gpr[RBP] = 0x9000;
    store(0x8ffc, 4, 0x11111111);
    store(0x8ff8, 4, 0x22222222);
    EXPECT_EQ(RUN("\xc8\x20\x00\x03"), MACHINE_DONE); /* ENTER 32,3 */
    EXPECT_EQ(load(0x7ffc, 4), 0x9000);
    EXPECT_EQ(load(0x7ff8, 4), 0x11111111);
    EXPECT_EQ(load(0x7ff4, 4), 0x22222222);
    EXPECT_EQ(load(0x7ff0, 4), 0x7ffc);
    EXPECT_EQ(cpu->gpr[RBP], 0x7ffc);
    EXPECT_EQ(cpu->gpr[RSP], 0x7ff0 - 0x20);
    EXPECT_EQ(RUN("\xc8\xff\xff\x1f"), MACHINE_PAGE_FAULT); /* the new top cannot be written */
}

static void test_deepest_enter_fits_the_log(void)
{
    setup(64);
    cpu->gpr[RBP] = 0x9000;
    EXPECT_EQ(RUN("\xc8\x00\x10\x1f"), MACHINE_DONE);
    EXPECT_EQ(emulation.log_count, 63);
    EXPECT_EQ(cpu->gpr[RSP], 0x8000 - 32 * 8 - 0x1000);
}

static void test_popcnt(void)
{
    setup(64);
    cpu->gpr[RCX] = 0xf0f0000000000001;
    EXPECT_EQ(RUN("\xf3\x48\x0f\xb8\xc1"), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX], 9);
    cpu->gpr[RCX] = 0;
    EXPECT_EQ(RUN("\xf3\x48\x0f\xb8\xc1"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (ZF | CF | SF | OF | PF | AF), ZF);
}

static void test_locked_neg(void)
{
    setup(32);
    cpu->gpr[RBX] = 0x5000;
    store(0x5000, 4, 1);
    EXPECT_EQ(RUN("\xf0\xf7\x1b"), MACHINE_DONE);
    EXPECT_EQ(load(0x5000, 4), 0xffffffff);
    EXPECT_EQ(cpu->rflags & (ZF | CF | SF | OF | PF | AF), CF | SF | PF | AF);
}

/* Upper halves of destinations that are not written stay (tried on an AMD CPU). */
static void test_upper_halves(void)
{
    setup(64);
    cpu->gpr[RAX] = 0x1111111122222222;
    cpu->gpr[RDX] = 0xaaaaaaaabbbbbbbb;
    EXPECT_EQ(RUN("\x0f\xb1\xca"), MACHINE_DONE); /* CMPXCHG EDX,ECX */
    EXPECT_EQ(cpu->gpr[RAX], 0xbbbbbbbb);
    EXPECT_EQ(cpu->gpr[RDX], 0xaaaaaaaabbbbbbbb);
    cpu->gpr[RCX] = 0;
    EXPECT_EQ(RUN("\x0f\xbc\xd1"), MACHINE_DONE); /* BSF EDX,ECX */
    EXPECT_EQ(cpu->gpr[RDX], 0xaaaaaaaabbbbbbbb);
    EXPECT_EQ(RUN("\xd3\xe2"), MACHINE_DONE); /* SHL EDX,0 */
    EXPECT_EQ(cpu->gpr[RDX], 0xbbbbbbbb);
}

static void test_second_encoding_of_test(void)
{
    setup(32);
    cpu->gpr[RAX] = 0x80;
    EXPECT_EQ(RUN("\xf6\xc8\x80"), MACHINE_DONE);
    EXPECT_EQ(cpu->rflags & (SF | ZF), SF);
    EXPECT_EQ(cpu->rip, 0x1003);
}

/* The number of bytes to release is unsigned; SP wraps between the two pops. */
static void test_returns(void)
{
    setup(32);
    store(0x8000, 4, 0x1234);
    EXPECT_EQ(RUN("\xc2\x00\x80"), MACHINE_DONE); /* RET 8000h */
    EXPECT_EQ(cpu->rip, 0x1234);
    EXPECT_EQ(cpu->gpr[RSP], 0x10004);
    setup(16);
    cpu->gpr[RSP] = 0xfffe;
    store(0xfffe, 2, 0x1234);
    store(0x10000, 2, 0x9999);
    store(0, 2, 0x5678);
    EXPECT_EQ(RUN("\xcb"), MACHINE_DONE); /* RETF */
    EXPECT_EQ(cpu->rip, 0x1234);
    EXPECT_EQ(cpu->segment[CS].selector, 0x5678);
    EXPECT_EQ(cpu->gpr[RSP], 2);
}

static enum outcome idiv_cl(int ax, int cl)
{
    setup(32);
    cpu->gpr[RAX] = (uint16_t)ax;
    cpu->gpr[RCX] = (uint8_t)cl;
    return RUN("\xf6\xf9");
}

static void test_signed_division_limits(void)
{
    EXPECT_EQ(idiv_cl(-128, 1), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX], 0x80);
    EXPECT_EQ(idiv_cl(127, 1), MACHINE_DONE);
    EXPECT_EQ(idiv_cl(128, 1), MACHINE_EXCEPTION);
    EXPECT_EQ(emulation.vector, 0);
    EXPECT_EQ(idiv_cl(-129, 1), MACHINE_EXCEPTION);
    EXPECT_EQ(idiv_cl(1, 0), MACHINE_EXCEPTION);
    EXPECT_EQ(idiv_cl(-7, 2), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX], 0xfffd); /* remainder -1, quotient -3 */
    EXPECT_EQ(idiv_cl(-0x8000, -1), MACHINE_EXCEPTION);
}

static void test_cmpxchg16b(void)
{
    setup(64);
    cpu->gpr[RSI] = 0x5000;
    cpu->gpr[RAX] = 1;
    cpu->gpr[RDX] = 2;
    cpu->gpr[RBX] = 3;
    cpu->gpr[RCX] = 4;
    store(0x5000, 8, 1);
    store(0x5008, 8, 2);
    EXPECT_EQ(RUN("\xf0\x48\x0f\xc7\x0e"), MACHINE_DONE);
    EXPECT(cpu->rflags & ZF);
    EXPECT_EQ(load(0x5000, 8), 3);
    EXPECT_EQ(load(0x5008, 8), 4);
    EXPECT_EQ(RUN("\xf0\x48\x0f\xc7\x0e"), MACHINE_DONE);
    EXPECT(!(cpu->rflags & ZF));
    EXPECT_EQ(cpu->gpr[RAX], 3);
    EXPECT_EQ(cpu->gpr[RDX], 4);
    cpu->gpr[RSI] = 0x5008;
    EXPECT_FAULT(RUN("\x48\x0f\xc7\x0e"), 13, 0);
}

void test_arithmetic(void)
{
    test_memory_shifts_equal_register_shifts();
    test_double_shifts();
    test_nested_enter();
    test_deepest_enter_fits_the_log();
    test_popcnt();
    test_locked_neg();
    test_upper_halves();
    test_second_encoding_of_test();
    test_returns();
    test_signed_division_limits();
    test_cmpxchg16b();
}
