/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahci: a guest whose driver means harm, on a controller with two disks. In rounds: a proper start, fifty acts of harm
 * (hostile.c), and both disks have to be as good as before. Parameters 0 to 3: the seed; 4: rounds, 0 for 40; 5: not 0 for
 * large.c instead.
 */
#include "ahci.h"
#include "io.h"

const char guest_name[] = "ahci";

#define ACTS 50u

static void try(u32 round, u32 port, bool good, const char *what)
{
    if (!rt_check(good, "round %u: port %u %s", round, port, what))
        port_print(port);
}

/* The host filled KNOWN; what we write we read again. */
static void check_second_disk(u32 round)
{
    u8 *data = (u8 *)(u64)DATA;
    u32 wrong = 0;

    try(round, 1, port_begin(1), "does not start");
    try(round, 1, port_do(1, 0x25, KNOWN, 16, DATA, 16 * 512), "does not read");
    for (u32 i = 0; i < 16 * 512; i++)
        wrong += data[i] != KNOWN_BYTE(i);
    try(round, 1, !wrong, "reads something else");
    for (u32 i = 0; i < 512; i++)
        data[i] = (u8)(round + i);
    try(round, 1, port_do(1, 0x35, OWN, 1, DATA, 512), "does not write");
    memset(data, 0, 512);
    try(round, 1, port_do(1, 0x25, OWN, 1, DATA, 512), "does not read again");
    wrong = 0;
    for (u32 i = 0; i < 512; i++)
        wrong += data[i] != (u8)(round + i);
    try(round, 1, !wrong, "reads something else than was written");
    if (wrong)
        rt_printf("ahci %u wrong, read %x %x %x %x\n", wrong, data[0], data[1], data[510], data[511]);
}

static void check_first_disk(u32 round)
{
    u8 *data = (u8 *)(u64)DATA;

    try(round, 0, port_begin(0), "does not start");
    memset(data, 0, 512);
    try(round, 0, port_do(0, 0x25, 0, 1, DATA, 512), "does not read");
    try(round, 0, data[510] == 0x55 && data[511] == 0xaa, "has another boot sector");
}

/* Both disks are as good as before. */
static bool check(u32 round)
{
    check_first_disk(round);
    check_second_disk(round);
    return !rt_failures;
}

void guest_main(void)
{
    u32 rounds = rt_param[4] ? rt_param[4] : 40, round = 0;
    u32 seed = (u32)rt_param[0] | (u32)rt_param[1] << 8 | (u32)rt_param[2] << 16 | (u32)rt_param[3] << 24;

    if (!rt_check(ahci_find(), "there is no AHCI controller"))
        return;
    if (rt_param[5]) {
        large_commands();
        return;
    }
    rt_printf("ahci seed %u\n", seed);
    hostile_begin(seed);
    while (check(round) && round++ < rounds)
        hostile_acts(ACTS);
    rt_printf("ahci rounds %u\n", round);
}
