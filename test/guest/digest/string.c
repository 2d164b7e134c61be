/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * String I/O, on port E4h (which a policy may hook), on the hypervisor's COM2 and on the VGA DAC's
 * data port, whose index register tells how many reads really happened. The buffer ends in a page
 * that is absent or read-only.
 */
#include "digest.h"

#define DAC_READ_INDEX 0x3c7
#define DAC_WRITE_INDEX 0x3c8
#define DAC_DATA 0x3c9
#define BUFFER (SCRATCH + 0x10000)      /* 16 pages */
#define FLAG_DF 0x400

enum { INS, OUTS };

static void set_dac(void)
{
    out8(DAC_WRITE_INDEX, 0);
    for (unsigned i = 0; i < 768; i++)
        out8(DAC_DATA, (u8)(i * 7 % 64));
    out8(DAC_READ_INDEX, 0);
}

/* F3 (or 90), 66 (or 90), 67 (or 90), INS/OUTS of 1, 2 or 4 bytes. */
static u64 put_code(unsigned direction, unsigned size, bool rep, bool address32)
{
    u8 *code = (u8 *)SCRATCH;

    code[0] = rep ? 0xf3 : 0x90;
    code[1] = address32 ? 0x67 : size == 2 ? 0x66 : 0x90;
    code[2] = address32 && size == 2 ? 0x66 : 0x90;
    if (code[1] == 0x90 && rep) {       /* the prefixes must touch the instruction */
        code[1] = 0xf3;
        code[0] = 0x90;
    }
    if (code[2] == 0x90) {
        code[2] = code[1];
        code[1] = code[0];
        code[0] = 0x90;
    }
    code[3] = (u8)((direction == INS ? 0x6c : 0x6e) | (size > 1));
    code[4] = 0xc3;
    return SCRATCH;
}

static u64 memory_digest(void)
{
    return rt_digest(RT_DIGEST_START, (void *)BUFFER, 0x4000);
}

struct shape {
    const char *name;
    u64 count, offset, flags;
    bool rep, address32;
};

/* Offsets are from the first of three mapped pages; a fourth is absent. */
static const struct shape shapes[] = {
    { "inside", 100, 16, 0, true, false },
    { "none", 0, 16, 0, true, false },
    { "single", 5, 4096, 0, false, false },
    { "pages", 8192, 3, 0, true, false },
    { "down", 300, 4096 + 100, FLAG_DF, true, false },
    { "to the absent page", 200, 3 * 4096 - 101, 0, true, false },
    { "single across", 1, 3 * 4096 - 1, 0, false, false },
    { "in the absent page", 7, 3 * 4096 + 9, 0, true, false },
    { "below the first page", 64, 20, FLAG_DF, true, false },
    { "exactly to the end", 3072, 0, 0, true, false },
};

static void run_shape(const struct shape *s, unsigned direction, unsigned size, u16 port)
{
    u64 entry = put_code(direction, size, s->rep, s->address32);
    u64 at = rt_vpage(1, 0, 0) + s->offset;
    struct rt_regs r = { .rcx = s->count, .rdx = port, .rsi = at, .rdi = at,
                         .rflags = 2 | s->flags };

    memset((void *)BUFFER, 0x11, 0x4000);
    set_dac();
    rt_vpage(0, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        rt_vpage(1 + i, BUFFER + i * 4096, PTE_P | PTE_W);
    rt_vpage(4, BUFFER + 3 * 4096, 0);
    rt_run(entry, &r, false);
    record(s->name, (u64)port << 8 | direction << 4 | size, rt_fault.vector, rt_fault.error);
    if (rt_fault.vector != RT_NO_FAULT)
        record("fault", rt_fault.rip - entry, rt_fault.cr2 - at, 0);
    record_regs(s->name, size, &r, FLAG_DF);
    record("memory", size, direction == INS ? memory_digest() : 0, 0);
    if (port == DAC_DATA)
        record("next", size, in8(DAC_DATA), in8(DAC_DATA));
}

/* To a read-only page (CR0.WP), and at CPL 3 with IOPL 0 and 3. */
static void protection(unsigned direction)
{
    u64 entry = put_code(direction, 1, true, false), cr0 = read_cr0();
    u64 at = rt_vpage(1, BUFFER, PTE_P) + 4086;

    write_cr0(cr0 | 1 << 16);
    rt_vpage(1, BUFFER, PTE_P | PTE_W);
    rt_vpage(2, BUFFER + 4096, PTE_P);
    for (unsigned iopl = 0; iopl <= 3; iopl += 3) {
        for (unsigned user = 0; user < 2; user++) {
            struct rt_regs r = { .rcx = 30, .rdx = 0xe4, .rsi = at, .rdi = at,
                                 .rflags = 2 | iopl << 12 };

            rt_run(entry, &r, user);
            record("protection", iopl << 8 | user, rt_fault.vector, rt_fault.error);
            record("cr2", rt_fault.cr2 ? rt_fault.cr2 - at : 0, r.rcx, 0);
        }
    }
    write_cr0(cr0);
}

/* 67h: the low halves of RCX and RSI/RDI count, in memory below 4 GiB. */
static void address_size(unsigned direction)
{
    u64 entry = put_code(direction, 1, true, true);
    struct rt_regs r = { .rcx = 0xabcd00000000 + 40, .rdx = 0xe4, .rsi = 0x1234500000000 + BUFFER,
                         .rdi = 0x1234500000000 + BUFFER, .rflags = 2 };

    memset((void *)BUFFER, 0x22, 0x4000);
    rt_run(entry, &r, false);
    record("address32", direction, rt_fault.vector, memory_digest());
    record_regs("address32", direction, &r, 0);
}

static void run_shapes(u16 port)
{
    for (unsigned direction = INS; direction <= OUTS; direction++) {
        for (unsigned s = 0; s < COUNT(shapes); s++) {
            for (unsigned size = 1; size <= 4; size *= 2)
                run_shape(&shapes[s], direction, size, port);
        }
    }
}

void section_string(void)
{
    section("string");
    run_shapes(0xe4);
    run_shapes(DAC_DATA);
    for (unsigned direction = INS; direction <= OUTS; direction++) {
        protection(direction);
        address_size(direction);
    }
    section("com2.string");
    run_shapes(0x2f8);
}
