/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8259s, the 8254, the RTC and the keyboard controller in long mode: the PIT at 1 kHz, the RTC
 * at 1,024 Hz, and bytes put into the keyboard's output buffer (8042 command D2h) at each tick,
 * each of which raises IRQ 1.
 */
#include "irq.h"

#define MASTER 0x20
#define SLAVE 0xa0
#define BASE 0x20

void pic_remap(u8 master, u8 slave)
{
    out8(MASTER, 0x11);
    out8(SLAVE, 0x11);
    out8(MASTER + 1, master);
    out8(SLAVE + 1, slave);
    out8(MASTER + 1, 4);
    out8(SLAVE + 1, 2);
    out8(MASTER + 1, 1);
    out8(SLAVE + 1, 1);
}

void pic_mask(u8 master, u8 slave)
{
    out8(MASTER + 1, master);
    out8(SLAVE + 1, slave);
}

void pic_eoi(bool slave)
{
    if (slave)
        out8(SLAVE, 0x20);
    out8(MASTER, 0x20);
}

/* Channel 0, mode 2. */
void pit_start(u16 divisor)
{
    out8(0x43, 0x34);
    out8(0x40, (u8)divisor);
    out8(0x40, (u8)(divisor >> 8));
}

u8 rtc_read(u8 index)
{
    out8(0x70, index);
    return in8(0x71);
}

static void rtc_write(u8 index, u8 value)
{
    out8(0x70, index);
    out8(0x71, value);
}

void rtc_start(void)
{
    rtc_write(0xa, (rtc_read(0xa) & 0xf0) | 6);     /* 1,024 Hz */
    rtc_write(0xb, rtc_read(0xb) | 0x40);
    rtc_read(0xc);
}

void rtc_stop(void)
{
    rtc_write(0xb, rtc_read(0xb) & ~0x40);
    rtc_read(0xc);
}

static volatile u32 keys_sent, keys_wrong, burst;

static void send_key(void)
{
    if (in8(0x64) & 3)
        return;
    out8(0x64, 0xd2);
    while (in8(0x64) & 2)
        pause();
    out8(0x60, (u8)(keys_sent & 0x7f));
    keys_sent++;
}

static void on_tick(struct trap *t)
{
    irq_count[t->vector]++;
    clock_check_tsc();
    burst = 4;
    send_key();
    pic_eoi(false);
}

/* Each byte read lets the next of the burst go. */
static void on_key(struct trap *t)
{
    u8 got = in8(0x60);

    if (got != ((irq_count[t->vector] & 0x7f)))
        keys_wrong++;
    irq_count[t->vector]++;
    clock_check_tsc();
    if (burst) {
        burst--;
        send_key();
    }
    pic_eoi(false);
}

static void on_rtc(struct trap *t)
{
    irq_count[t->vector]++;
    clock_check_tsc();
    rtc_read(0xc);
    pic_eoi(true);
}

static void on_spurious(struct trap *t)
{
    irq_count[t->vector]++;
}

/* The last key may still be on its way: a keyboard controller takes up to 2 ms for one. */
static void drain(void)
{
    struct stopwatch watch = clock_start();

    pic_mask(0xfd, 0xff);
    burst = 0;
    while (clock_elapsed_pm(&watch) < PM_HZ / 100)
        pause();
    asm volatile("cli" : : : "memory");
    pic_mask(0xff, 0xff);
}

static void run(bool halt)
{
    struct stopwatch watch;
    u32 elapsed;

    memset((void *)irq_count, 0, sizeof(irq_count));
    keys_sent = keys_wrong = burst = 0;
    pit_start(PIT_DIVISOR);
    rtc_start();
    pic_mask(0xf8, 0xfe);
    watch = clock_start();
    asm volatile("sti" : : : "memory");
    do {
        churn();
        if (halt)
            asm volatile("hlt" : : : "memory");
        elapsed = clock_elapsed_pm(&watch);
    } while (elapsed < PM_HZ / 10);
    drain();
    rtc_stop();
    check_rate(halt ? "pic.hlt.pit" : "pic.pit", irq_count[BASE], elapsed, PIT_DIVISOR * 3, 1,
               EXACT);
    check_rate(halt ? "pic.hlt.rtc" : "pic.rtc", irq_count[BASE + 8], elapsed, PM_HZ, RTC_HZ,
               EXACT_RTC && !halt);     /* QEMU itself loses 2 % of them in HLT under -icount */
    check_count(halt ? "pic.hlt.keys" : "pic.keys", irq_count[BASE + 1], keys_sent);
    rt_check(keys_sent > (EXACT ? 200 : 20), "only %u keys sent", keys_sent);
    rt_check(!keys_wrong, "%u keys came out of order", keys_wrong);
    check_count(halt ? "pic.hlt.spurious" : "pic.spurious", irq_count[BASE + 7], 0);
}

void storm_pic(void)
{
    pic_remap(BASE, BASE + 8);
    pic_mask(0xff, 0xff);
    rt_set_handler(BASE, on_tick);
    rt_set_handler(BASE + 1, on_key);
    rt_set_handler(BASE + 7, on_spurious);
    rt_set_handler(BASE + 8, on_rtc);
    while (in8(0x64) & 1)
        in8(0x60);
    run(false);
    run(true);
    pit_start(0);
}
