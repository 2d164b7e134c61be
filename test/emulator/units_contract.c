/* SPDX-License-Identifier: BSD-2-Clause */
/* The contract of weir/emulate.h: log, restarts, chunks, effects, and LOCK. */
#include "units.h"

static void test_asks_for_one_access_at_a_time(void)
{
    setup(32);
    cpu->gpr[RBX] = 0x5000;
    cpu->gpr[RAX] = 0x11;
    memcpy(emulation.code, "\x01\x03", 2); /* ADD [EBX],EAX */
    emulation.code_length = 2;
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_ACCESS);
    EXPECT_EQ(emulation.log[0].kind, WEIR_EMU_READ);
    EXPECT_EQ(emulation.log[0].flags, WEIR_EMU_F_WRITE);
    EXPECT_EQ(emulation.log[0].addr, 0x5000);
    EXPECT_EQ(emulation.log[0].size, 4);
    emulation.log[0].data[0] = 0x22;
    emulation.log_count = 1;
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_ACCESS);
    EXPECT_EQ(emulation.log[1].kind, WEIR_EMU_WRITE);
    EXPECT_EQ(emulation.log[1].data[0], 0x33);
    EXPECT_EQ(cpu->rip, 0x1000);
    emulation.log_count = 2;
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_DONE);
    EXPECT_EQ(cpu->rip, 0x1002);
    EXPECT_EQ(emulation.length, 2);
}

static void test_a_foreign_log_is_refused(void)
{
    setup(32);
    cpu->gpr[RBX] = 0x5000;
    memcpy(emulation.code, "\x8b\x03", 2); /* MOV EAX,[EBX] */
    emulation.code_length = 2;
    weir_emulate(&emulation);
    emulation.log[0].addr++;
    emulation.log_count = 1;
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_RESTART);
    emulation.log[0].addr--;
    emulation.log_count = 2; /* longer than the instruction */
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_RESTART);
    emulation.log_count = WEIR_EMU_LOG + 1;
    weir_emulate(&emulation);
    EXPECT_EQ(emulation.status, WEIR_EMU_RESTART);
    EXPECT_EQ(cpu->rip, 0x1000);
}

static void test_short_code_asks_for_more(void)
{
    setup(64);
    for (unsigned n = 0; n < 10; n++) {
        memcpy(emulation.code, "\x48\xb8\1\2\3\4\5\6\7\x8", 10); /* MOV RAX,imm64 */
        emulation.code_length = n;
        EXPECT_EQ(machine_run(&machine), MACHINE_FETCH);
    }
    emulation.code_length = 10;
    EXPECT_EQ(machine_run(&machine), MACHINE_DONE);
    EXPECT_EQ(cpu->gpr[RAX], 0x0807060504030201);
    setup(64);
    EXPECT_FAULT(RUN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"), 13, 0);
}

static void test_rep_does_one_iteration(void)
{
    setup(32);
    cpu->gpr[RCX] = 2;
    cpu->gpr[RSI] = 0x5000;
    cpu->gpr[RDI] = MACHINE_BYTES - 4; /* the second store faults */
    store(0x5000, 4, 0xa1b2c3d4);
    EXPECT_EQ(RUN("\xf3\xa5"), MACHINE_DONE); /* REP MOVSD */
    EXPECT(emulation.effects & WEIR_EMU_E_REPEAT);
    EXPECT_EQ(cpu->rip, 0x1000);
    EXPECT_EQ(cpu->gpr[RCX], 1);
    EXPECT_EQ(load(MACHINE_BYTES - 4, 4), 0xa1b2c3d4);
    EXPECT_EQ(machine_run(&machine), MACHINE_PAGE_FAULT);
    EXPECT_EQ(cpu->gpr[RCX], 1);
    EXPECT_EQ(cpu->gpr[RSI], 0x5004);
    EXPECT_EQ(cpu->gpr[RDI], MACHINE_BYTES);
}

static void test_chunks_stay_in_the_page(void)
{
    setup(32);
    emulation.max_chunk = 4096;
    cpu->gpr[RCX] = 100;
    cpu->gpr[RDX] = 0x1f0;
    cpu->gpr[RDI] = 0x5f80; /* 64 words to the end of the page */
    EXPECT_EQ(RUN("\xf3\x66\x6d"), MACHINE_DONE); /* REP INSW */
    EXPECT(emulation.effects & WEIR_EMU_E_REPEAT);
    EXPECT_EQ(cpu->gpr[RCX], 36);
    EXPECT_EQ(cpu->gpr[RDI], 0x6000);
    EXPECT_EQ(load(0x5ffe, 2), port_value(0x1f0, 2));
    EXPECT_EQ(load(0x6000, 2), 0);
    EXPECT_EQ(emulation.log[0].kind, WEIR_EMU_PROBE);
    EXPECT_EQ(machine_run(&machine), MACHINE_DONE);
    EXPECT(!(emulation.effects & WEIR_EMU_E_REPEAT));
    EXPECT_EQ(cpu->gpr[RCX], 0);
    EXPECT_EQ(cpu->rip, 0x1003);
}

static void test_chunked_output_and_fill(void)
{
    setup(32);
    emulation.max_chunk = 8;
    cpu->gpr[RCX] = 5;
    cpu->gpr[RDX] = 0x1f0;
    cpu->gpr[RSI] = 0x5000;
    store(0x5010, 4, 0x12345678);
    EXPECT_EQ(RUN("\xf3\x6f"), MACHINE_DONE); /* REP OUTSD */
    EXPECT_EQ(out_count, 5);
    EXPECT_EQ(out_value, 0x12345678);
    EXPECT_EQ(cpu->gpr[RSI], 0x5014);
    setup(32);
    emulation.max_chunk = 8;
    cpu->gpr[RCX] = 3;
    cpu->gpr[RAX] = 0xcafe;
    cpu->gpr[RDI] = 0x5000;
    EXPECT_EQ(RUN("\xf3\x66\xab"), MACHINE_DONE); /* REP STOSW */
    EXPECT_EQ(load(0x5000, 8), 0x0000cafecafecafe);
    EXPECT_EQ(emulation.log_count, 1);
}

static void test_chunks_stay_in_the_segment(void)
{
    setup(16);
    emulation.max_chunk = 64;
    cpu->segment[ES].limit = 0x501f;
    cpu->gpr[RCX] = 64;
    cpu->gpr[RDI] = 0x5000;
    do {
        EXPECT_EQ(RUN("\xf3\xab"), MACHINE_DONE); /* REP STOSW */
    } while (cpu->gpr[RCX] > 48 && failures == 0);
    EXPECT_EQ(cpu->gpr[RDI], 0x5020);
    EXPECT_FAULT(RUN("\xf3\xab"), 13, 0);
}

static void test_ins_reads_no_port_for_nothing(void)
{
    setup(32);
    cpu->gpr[RDI] = MACHINE_BYTES;
    out_count = 0;
    EXPECT_EQ(RUN("\x6c"), MACHINE_PAGE_FAULT); /* INSB */
    EXPECT_EQ(emulation.log_count, 0);
    EXPECT_EQ(emulation.log[0].kind, WEIR_EMU_PROBE);
}

static void test_single_step(void)
{
    setup(16);
    cpu->rflags |= TF;
    EXPECT_EQ(RUN("\x90"), MACHINE_DONE);
    EXPECT(emulation.effects & WEIR_EMU_E_STEP);
    EXPECT_EQ(RUN("\x8e\xd0"), MACHINE_DONE); /* MOV SS,AX */
    EXPECT(!(emulation.effects & WEIR_EMU_E_STEP));
    EXPECT_EQ(cpu->shadow, 1);
    EXPECT_EQ(RUN("\xfb"), MACHINE_DONE); /* STI */
    EXPECT(emulation.effects & WEIR_EMU_E_STEP);
    EXPECT_EQ(cpu->shadow, 1);
    EXPECT_EQ(RUN("\xfb"), MACHINE_DONE); /* STI with IF set has no shadow */
    EXPECT_EQ(cpu->shadow, 0);
}

/* AMD APM vol. 3, 1.2.5: these, with memory; all else is #UD. */
static bool lockable(unsigned map, unsigned op, unsigned reg)
{
    if (map == 0 && op < 0x38)
        return (op & 7) < 2;
    if (map == 0) {
        switch (op) {
        case 0x80: case 0x81: case 0x82: case 0x83: return reg != 7;
        case 0x86: case 0x87: return true;
        case 0xf6: case 0xf7: return reg == 2 || reg == 3;
        case 0xfe: case 0xff: return reg < 2;
        default: return false;
        }
    }
    switch (op) {
    case 0xab: case 0xb0: case 0xb1: case 0xb3: case 0xbb: case 0xc0: case 0xc1: return true;
    case 0xba: return reg >= 5;
    case 0xc7: return reg == 1;
    default: return false;
    }
}

static bool is_prefix_byte(unsigned op)
{
    static const char prefixes[] = "\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3\x0f";

    return memchr(prefixes, op, sizeof(prefixes) - 1) != NULL;
}

static void test_lock_only_where_it_is_legal(void)
{
    for (unsigned i = 0; i < 512 * 16; i++) {
        unsigned map = i >> 12, op = i >> 4 & 255, reg = i & 7, mod = i & 8 ? 3 : 0;
        char code[8] = { (char)0xf0 };
        unsigned n = 1;

        if (map == 0 && is_prefix_byte(op))
            continue;
        if (map)
            code[n++] = 0x0f;
        code[n++] = op;
        code[n++] = mod << 6 | reg << 3 | 3; /* [EBX] or EBX */
        setup(32);
        cpu->gpr[RBX] = 0x5000;
        run_bytes(code, n);
        if (emulation.status == WEIR_EMU_UNSUPPORTED)
            continue;
        if (lockable(map, op, reg) && mod == 0)
            EXPECT_EQ(emulation.status, WEIR_EMU_DONE);
        else
            EXPECT(emulation.status == WEIR_EMU_EXCEPTION && emulation.vector == 6);
    }
}

static void test_locked_writes_name_their_read(void)
{
    setup(32);
    cpu->gpr[RBX] = 0x5000;
    EXPECT_EQ(RUN("\xf0\x0f\xc1\x03"), MACHINE_DONE); /* LOCK XADD [EBX],EAX */
    EXPECT_EQ(emulation.log[1].flags, WEIR_EMU_F_LOCKED);
    EXPECT_EQ(emulation.log[1].pair, 0);
    setup(32);
    cpu->gpr[RBX] = 0x5000;
    EXPECT_EQ(RUN("\x87\x03"), MACHINE_DONE); /* XCHG needs no prefix */
    EXPECT_EQ(emulation.log[1].flags, WEIR_EMU_F_LOCKED);
}

void test_contract(void)
{
    test_asks_for_one_access_at_a_time();
    test_a_foreign_log_is_refused();
    test_short_code_asks_for_more();
    test_rep_does_one_iteration();
    test_chunks_stay_in_the_page();
    test_chunked_output_and_fill();
    test_chunks_stay_in_the_segment();
    test_ins_reads_no_port_for_nothing();
    test_single_step();
    test_lock_only_where_it_is_legal();
    test_locked_writes_name_their_read();
}
