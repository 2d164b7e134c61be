/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The A20 gate: closed, the second MiB shows the first. Through port 92h and through the 8042, as
 * boot loaders do it, and read back where it can be.
 */
#include "digest.h"

#define LOW ((volatile u32 *)0x90000)
#define HIGH ((volatile u32 *)0x190000)
#define DATA 0x60
#define COMMAND 0x64
#define PORT_92 0x92

static void wait_input(void)
{
    while (in8(COMMAND) & 2)
        ;
}

static void command(u8 value)
{
    wait_input();
    out8(COMMAND, value);
    wait_input();
}

static u8 output_port(void)
{
    while (in8(COMMAND) & 1)
        in8(DATA);
    command(0xd0);
    while (!(in8(COMMAND) & 1))
        ;
    return in8(DATA);
}

/* What both places show, and where a write goes. */
static void look(const char *what)
{
    *LOW = 0x11111111;
    *HIGH = 0x22222222;
    record(what, 0, *LOW, *HIGH);
    asm volatile("lock; incl %0" : "+m"(*HIGH));
    asm volatile("rep movsl" : : "S"(HIGH), "D"(LOW + 64), "c"(4) : "memory");
    record(what, 1, LOW[0], LOW[64]);
}

static void by_port_92(bool open)
{
    out8(PORT_92, (u8)((in8(PORT_92) & ~3) | (open ? 2 : 0)));
    record("port 92h", open, in8(PORT_92), 0);
}

static void by_output_port(bool open)
{
    u8 value = output_port();

    record("output port before", open, value & 2, 0);
    command(0xd1);
    out8(DATA, (u8)((value & ~2) | (open ? 2 : 0)));
    wait_input();
    record("output port behind", open, output_port() & 2, 0);
}

static void by_command(bool open)
{
    command(open ? 0xdf : 0xdd);
    record("command", open, output_port() & 2, 0);
}

static void by_bios(bool open)
{
    struct bios_regs r = {.eax = open ? 0x2401 : 0x2400};

    rt_bios(0x15, &r);
    record("INT 15h", open, r.eax & 0xffff, r.flags & BIOS_CF);
    r.eax = 0x2402;
    rt_bios(0x15, &r);
    record("INT 15h AX=2402h", open, r.eax & 0xffff, r.flags & BIOS_CF);
}

void section_a20(void)
{
    static void (*const ways[])(bool) = {by_port_92, by_output_port, by_command, by_bios};
    static const char *const names[] = {"port 92h", "output port", "command", "INT 15h"};

    section("a20");
    for (unsigned i = 0; i < COUNT(ways); i++) {
        HIGH[1] = 0x33333333;
        ways[i](false);
        look(names[i]);
        ways[i](true);
        look(names[i]);
        record("kept", i, HIGH[1], 0);
    }
    out8(COMMAND, 0xfd); /* pulses the gate for some microseconds; open again behind that */
    wait_input();
    look("pulse");
}
