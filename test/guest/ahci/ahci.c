/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahci: a guest whose driver means harm, on a controller with two disks. In rounds: a proper start, a hundred acts of harm
 * (hostile.c), and both disks have to be as good as before. Parameters 0 to 3: the seed; 4: rounds, 0 for 30.
 */
#include "ahci.h"
#include "io.h"

const char guest_name[] = "ahci";

#define ACTS 100u

/* The host filled KNOWN; what we write to the scratch area we read again. */
static void check_second_disk(u32 round)
{
    u8 *data = (u8 *)(u64)DATA;
    u32 wrong = 0;

    rt_check(port_begin(1), "round %u: the second disk's port does not start", round);
    rt_check(port_do(1, 0x25, KNOWN, 16, DATA, 16 * 512), "round %u: the second disk does not read", round);
    for (u32 i = 0; i < 16 * 512; i++)
        wrong += data[i] != KNOWN_BYTE(i);
    rt_check(!wrong, "round %u: %u bytes of the second disk are not what they were", round, wrong);
    for (u32 i = 0; i < 512; i++)
        data[i] = (u8)(round + i);
    rt_check(port_do(1, 0x35, SCRATCH, 1, DATA, 512), "round %u: the second disk does not write", round);
    memset(data, 0, 512);
    rt_check(port_do(1, 0x25, SCRATCH, 1, DATA, 512), "round %u: the second disk does not read again", round);
    wrong = 0;
    for (u32 i = 0; i < 512; i++)
        wrong += data[i] != (u8)(round + i);
    rt_check(!wrong, "round %u: %u bytes are not what was written", round, wrong);
}

static void check_first_disk(u32 round)
{
    u8 *data = (u8 *)(u64)DATA;

    rt_check(port_begin(0), "round %u: the first disk's port does not start", round);
    memset(data, 0, 512);
    rt_check(port_do(0, 0x25, 0, 1, DATA, 512), "round %u: the first disk does not read", round);
    rt_check(data[510] == 0x55 && data[511] == 0xaa, "round %u: the first disk's boot sector has gone", round);
}

void guest_main(void)
{
    u32 rounds = rt_param[4] ? rt_param[4] : 30;
    u32 seed = (u32)rt_param[0] | (u32)rt_param[1] << 8 | (u32)rt_param[2] << 16 | (u32)rt_param[3] << 24;

    if (!rt_check(ahci_find(), "there is no AHCI controller"))
        return;
    rt_printf("ahci seed %u\n", seed);
    hostile_begin(seed);
    for (u32 round = 0; round < rounds && !rt_failures; round++) {
        check_first_disk(round);
        check_second_disk(round);
        for (u32 i = 0; i < ACTS; i++)
            hostile_act();
    }
    check_first_disk(rounds);
    check_second_disk(rounds);
    rt_printf("ahci rounds %u\n", rounds);
}
