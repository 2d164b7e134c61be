/* SPDX-License-Identifier: BSD-2-Clause */
/* Port 92h bit 1 and the 8042's output port bit 1 (its commands D0h, D1h, DDh, DFh, Fxh); the last one written wins. */
#include "a20.h"

#include "npt.h"
#include "obj/memory.h"
#include "vcpu_ops.h"

#define GATE 2u              /* bit 1 of port 92h and of the 8042's output port */
#define COMMAND_NOTHING 0xff /* pulses none of the output port's lines */

bool a20_closed;
static bool output_port_next;   /* D1h: the next byte for the 8042 is its output port */
static bool output_port_wanted; /* D0h: the next byte from it is */

void a20_intercept(void)
{
    vcpu_ops->intercept_io(PORT_8042_DATA, PORT_8042_DATA, true);
    vcpu_ops->intercept_io(PORT_8042_COMMAND, PORT_8042_COMMAND, true);
    vcpu_ops->intercept_io(PORT_92, PORT_92, true);
}

static void set(bool open)
{
    if (a20_closed == !open)
        return;
    a20_closed = !open;
    npt_second_mib();
}

void a20_reset(void)
{
    output_port_next = output_port_wanted = false;
    set(true);
}

static u8 write_command(u8 command)
{
    output_port_next = command == 0xd1;
    output_port_wanted = command == 0xd0;
    if (command == 0xdd || command == 0xdf)
        set(command == 0xdf);
    if (command == 0xdd)
        return COMMAND_NOTHING;
    return command >= 0xf0 ? command | GATE : command; /* F0h to FFh pulse the lines whose bits are 0 */
}

static u8 write_byte(u16 port, u8 value)
{
    if (port == PORT_8042_COMMAND)
        return write_command(value);
    if (port == PORT_8042_DATA && output_port_next && !(value & 1)) /* the reset line, active low */
        memory_wipe();
    if (port == PORT_92 || (port == PORT_8042_DATA && output_port_next)) {
        set(value & GATE);
        value |= GATE;
    }
    if (port == PORT_8042_DATA)
        output_port_next = false;
    return value;
}

static u8 read_byte(u16 port, u8 value)
{
    bool gate = port == PORT_92 || (port == PORT_8042_DATA && output_port_wanted);

    if (port == PORT_8042_DATA)
        output_port_wanted = false;
    return gate && a20_closed ? value & (u8)~GATE : value;
}

u32 a20_write(u16 port, unsigned size, u32 value)
{
    for (unsigned i = 0; i < size; i++)
        value = (value & ~(0xffu << (8 * i))) | (u32)write_byte((u16)(port + i), (u8)(value >> (8 * i))) << (8 * i);
    return value;
}

u32 a20_read(u16 port, unsigned size, u32 value)
{
    for (unsigned i = 0; i < size; i++)
        value = (value & ~(0xffu << (8 * i))) | (u32)read_byte((u16)(port + i), (u8)(value >> (8 * i))) << (8 * i);
    return value;
}
