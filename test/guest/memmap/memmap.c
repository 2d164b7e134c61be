/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memmap: what the BIOS says about memory, asked from real mode and from a virtual-8086 task, then
 * a search of physical memory for the marks that a hypervisor would leave.
 */
#include "memmap.h"

const char guest_name[] = "memmap";

static struct memory_answers real, v86;
static u32 v86_ports, v86_ints, v86_last_port;

static void call_v86(u8 vector, struct bios_regs *regs)
{
    struct v86_stats stats = rt_bios_v86(vector, regs);

    v86_ints += stats.ints;
    v86_ports += stats.ports;
    if (stats.ports)
        v86_last_port = stats.last_port;
    rt_check(stats.fault == RT_NO_FAULT, "v86 task: vector %u at ip %x in INT %x", stats.fault,
             stats.fault_eip, (u32)vector);
}

static void compare(void)
{
    rt_check(real.entries == v86.entries, "v86 sees %u entries, real mode %u", v86.entries,
             real.entries);
    rt_check(!memcmp(real.map, v86.map, sizeof(real.map)), "the E820 maps differ");
    rt_check(real.odd == v86.odd, "the odd E820 calls differ");
    rt_check(!memcmp(real.e801, v86.e801, sizeof(real.e801)), "E801 differs");
    rt_check(real.int15_88 == v86.int15_88, "88h differs: %x and %x", real.int15_88, v86.int15_88);
    rt_check(real.int12 == v86.int12, "INT 12h differs: %u and %u", real.int12, v86.int12);
}

void guest_main(void)
{
    ask_memory("real", rt_bios, &real);
    ask_memory("v86", call_v86, &v86);
    rt_printf("v86.monitor ints %u ports %u last %x\n", v86_ints, v86_ports, v86_last_port);
    rt_check(v86_ints > 0, "the virtual-8086 task reflected no interrupt");
    compare();
    scan_memory(real.map, real.entries);
}
