/* SPDX-License-Identifier: BSD-2-Clause */
/* The A20 gate as the guest's ports show it, and what reaches the physical one. */
#include "check.h"
#include "obj/memory.h"
#include "vm/a20.h"
#include "vm/npt.h"
#include "vm/vcpu_ops.h"

static unsigned moves, wipes;

const struct vcpu_ops *vcpu_ops;

void npt_second_mib(void)
{
    moves++;
}

void memory_wipe(void)
{
    wipes++;
}

static void by_port_92(void)
{
    check_case = "port 92h";
    CHECK(a20_write(PORT_92, 1, 0x00), 0x02);
    CHECK(a20_closed, true);
    CHECK(a20_address(0x100000), 0);
    CHECK(a20_address(0x1fffff), 0xfffff);
    CHECK(a20_address(0x0fffff), 0xfffff);
    CHECK(a20_address(0x200000), 0x200000);
    CHECK(a20_read(PORT_92, 1, 0x02), 0x00);
    CHECK(a20_write(PORT_92, 1, 0x01), 0x03); /* the reset bit goes through */
    CHECK(moves, 1);
    CHECK(a20_write(PORT_92, 1, 0x02), 0x02);
    CHECK(a20_closed, false);
    CHECK(a20_address(0x100000), 0x100000);
    CHECK(a20_read(PORT_92, 1, 0x02), 0x02);
    CHECK(moves, 2);
}

static void by_8042(void)
{
    wipes = 0;
    check_case = "the 8042's output port";
    CHECK(a20_write(PORT_8042_DATA, 1, 0x00), 0x00); /* keyboard data */
    CHECK(a20_closed, false);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xd1), 0xd1);
    CHECK(a20_write(PORT_8042_DATA, 1, 0xdd), 0xdf);
    CHECK(a20_closed, true);
    CHECK(a20_read(PORT_8042_DATA, 1, 0x02), 0x02); /* keyboard data */
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xd0), 0xd0);
    CHECK(a20_read(PORT_8042_COMMAND, 1, 0x1f), 0x1f);
    CHECK(a20_read(PORT_8042_DATA, 1, 0xdf), 0xdd);
    CHECK(a20_read(PORT_8042_DATA, 1, 0xdf), 0xdf);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xd1), 0xd1);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xae), 0xae); /* another command: no output port follows */
    CHECK(a20_write(PORT_8042_DATA, 1, 0x02), 0x02);
    CHECK(a20_closed, true);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xdf), 0xdf);
    CHECK(a20_closed, false);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xdd), 0xff);
    CHECK(a20_closed, true);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xfc), 0xfe); /* the reset line is pulsed, the gate is not */
    CHECK(a20_closed, true);
    CHECK(wipes, 0);
    CHECK(a20_write(PORT_8042_DATA, 1, 0xfe), 0xfe); /* keyboard data */
    CHECK(wipes, 0);
    CHECK(a20_write(PORT_8042_COMMAND, 1, 0xd1), 0xd1);
    CHECK(a20_write(PORT_8042_DATA, 1, 0xde), 0xde); /* resets the machine */
    CHECK(wipes, 1);
}

static void wide(void)
{
    check_case = "accesses that only touch the ports";
    a20_reset();
    CHECK(a20_closed, false);
    CHECK(a20_write(0x91, 2, 0x0055), 0x0255);
    CHECK(a20_closed, true);
    CHECK(a20_read(0x90, 4, 0x02020202), 0x02000202);
    CHECK(a20_write(0x61, 4, 0xdf000000), 0xdf000000);
    CHECK(a20_closed, false);
    CHECK(a20_concerns(0x5f, 1), false);
    CHECK(a20_concerns(0x5f, 2), true);
    CHECK(a20_concerns(0x93, 4), false);
}

int main(void)
{
    by_port_92();
    by_8042();
    wide();
    return check_end();
}
