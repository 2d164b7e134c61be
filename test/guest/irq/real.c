/* SPDX-License-Identifier: BSD-2-Clause */
/* The storm in real mode (irq16.S): sets up the devices, judges the counts. */
#include "irq.h"

void storm_prepare16(void);
void storm_run16(void);
extern volatile u32 storm_ticks, storm_rtc, storm_keys, storm_keys_sent, storm_keys_wrong;
extern volatile u32 storm_reads, storm_wrong, storm_errors, storm_tsc_back, storm_elapsed, storm_pm;

void storm_real(void)
{
    u8 imr[2] = { in8(0x21), in8(0xa1) };

    rt_real(storm_prepare16);
    while (in8(0x64) & 1)
        in8(0x60);
    storm_pm = PM_HZ / 10;
    pit_start(PIT_DIVISOR);
    rtc_start();
    pic_mask(imr[0] & ~7, imr[1] & ~1);
    rt_real(storm_run16);
    pic_mask(imr[0], imr[1]);
    rtc_stop();
    pit_start(0);

    rt_printf("irq real.reads %u\n", storm_reads);
    rt_check(storm_reads >= 10, "only %u reads", storm_reads);
    check_count("real.read-errors", storm_errors, 0);
    check_count("real.wrong-sums", storm_wrong, 0);
    check_rate("real.pit", storm_ticks, storm_elapsed, PIT_DIVISOR * 3, 1, EXACT);
    check_rate("real.rtc", storm_rtc, storm_elapsed, PM_HZ, RTC_HZ, EXACT_RTC);
    check_count("real.keys", storm_keys, storm_keys_sent);
    check_count("real.keys-wrong", storm_keys_wrong, 0);
    rt_check(storm_keys_sent > (EXACT ? 100 : 10), "only %u keys sent", storm_keys_sent);
    check_count("real.tsc-back", storm_tsc_back, 0);
}
