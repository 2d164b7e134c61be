/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Odd values, sizes and alignments at ports that a hypervisor or a policy hooks. What they answer
 * is digested, to be compared with a bare run on the same machine.
 */
#include "hostile.h"

#define CF8 0xcf8

static u64 digest = RT_DIGEST_START;

static void out_any(u16 port, unsigned size, u32 value)
{
    if (size == 1)
        out8(port, (u8)value);
    else if (size == 2)
        out16(port, (u16)value);
    else
        out32(port, value);
}

static u32 in_any(u16 port, unsigned size)
{
    if (size == 1)
        return in8(port);
    return size == 2 ? in16(port) : in32(port);
}

static void record(u16 port, unsigned size, u32 value)
{
    u32 answer = in_any(port, size);

    digest = rt_digest_u64(digest, (u64)port << 32 | answer);
    if (rt_param[2] == 1)
        rt_printf("raw %x/%u after %x: %x\n", port, size, value, answer);
}

/*
 * Keeps a write from resetting the machine by bit 2 of CF9h. QEMU's PIIX3 hands each byte of a
 * wider write at CF9h to that register.
 */
static u32 without_reset(u16 port, unsigned size, u32 value)
{
    if (port == 0xcf9)
        return value & ~0x06060606u;
    return port < 0xcf9 && port + size > 0xcf9 ? value & ~(6u << (0xcf9 - port) * 8) : value;
}

/* The address register: every size at every place; only an aligned 32-bit write is one. */
static void config_address(void)
{
    static const u32 values[] = { 0, 0x80000000, 0xffffffff, 0x7fffffff, 0x80000003, 0x8f000000,
                                  0x80ffff00, 0x8000fffc, 0x12345678 };

    for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
        for (unsigned size = 1; size <= 4; size *= 2) {
            for (u16 port = CF8; port < CF8 + 4; port++) {
                out32(CF8, 0x80000000);
                out_any(port, size, without_reset(port, size, values[v]));
                for (unsigned n = 1; n <= 4; n *= 2) {
                    record(CF8, n, values[v]);
                    record(CF8 + 4, n, values[v]);
                }
            }
        }
    }
    out32(CF8, 0);
}

/*
 * The data register: reads of all functions' headers by every size and place; writes to read-only
 * IDs.
 */
static void config_data(void)
{
    for (u32 device = 0; device < 32; device++) {
        for (u32 reg = 0; reg < 16; reg += 4) {
            u32 address = 0x80000000 | device << 11 | reg;

            for (u16 port = CF8 + 4; port <= CF8 + 7; port++) {
                for (unsigned size = 1; size <= 4; size *= 2) {
                    out32(CF8, address);
                    if (reg == 0)
                        out_any(port, port + size <= CF8 + 8 ? size : 1, random32());
                    record(port, size, address);
                }
            }
        }
    }
    out32(CF8, 0);
}

/*
 * E0h to EFh, where policies of the tests hook, and the hypervisor's UART; E9h may be a debug
 * console.
 */
static void odd_range(u16 from, u16 to)
{
    for (unsigned round = 0; round < 16; round++) {
        for (u16 port = from; port <= to; port++) {
            for (unsigned size = 1; size <= 4; size *= 2) {
                u32 value = round == 0 ? ~0u : round == 1 ? 0 : random32();

                if (port <= 0xe9 && port + size > 0xe9)
                    continue;
                out_any(port, size, value);
                record(port, size, value);
            }
        }
    }
}

void odd_ports(void)
{
    config_address();
    config_data();
    odd_range(0xe0, 0xec);
    rt_printf("digest hostile.ports %016lx\n", digest);
    digest = RT_DIGEST_START;
    odd_range(0x2f8, 0x2fc);
    rt_printf("digest com2.hostile %016lx\n", digest);
}
