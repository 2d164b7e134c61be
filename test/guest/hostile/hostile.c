/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile: what a guest must not be able to break. Parameter 0 selects the scenario (hostile.h),
 * parameter 1 the shutdown code put into CMOS 0Fh before a reset (0Ah and 05h: the BIOS goes on at
 * 40:67h).
 */
#include "hostile.h"

const char guest_name[] = "hostile";

u32 random32(void)
{
    static u32 state = 99;

    state = state * 1664525 + 1013904223;
    return state ^ state >> 16;
}

/*
 * IPIs that one running CPU ignores: to others (fixed, INIT, NMI), SIPI, INIT de-assert, a reserved
 * mode.
 */
static void ignored_ipis(void)
{
    static const u32 low[] = { 0xc0081, 0xc0500, 0xc0400, 0x4607, 0x8500, 0x4309 };
    const u64 icr = 0xfee00300;

    for (unsigned i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
        u32 to = i & 1 ? 0xfe000000 : mmio_read32(0xfee00020);

        mmio_write32(icr + 0x10, low[i] & 0xc0000 ? 0 : to);
        mmio_write32(icr, low[i]);
        asm volatile("sti; nop; nop; cli" : : : "memory");
    }
    rt_printf("hostile ipis ignored\n");
}

void guest_main(void)
{
    enum scenario s = rt_param[0];

    if (s >= SCENARIOS) {
        rt_check(false, "no scenario %u", s);
    } else if (s == TOUCH) {
        out8(0x21, 0xff);
        out8(0xa1, 0xff);
        touch_memory();
        odd_ports();
        ignored_ipis();
    } else if (!after_reset()) {
        do_scenario(s);
    }
}
