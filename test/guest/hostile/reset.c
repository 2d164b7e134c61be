/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets of the machine and of the CPU. What has happened survives in CMOS bytes that no BIOS here
 * uses: 6Ch a magic number, 6Dh the scenario, 6Eh how often the program has come up since, 68h-6Bh
 * a digest of the memory map.
 */
#include "hostile.h"

#define CMOS_MAP 0x68
#define CMOS_MAGIC 0x6c
#define CMOS_SCENARIO 0x6d
#define CMOS_COUNT 0x6e
#define CMOS_SHUTDOWN 0x0f
#define MAGIC 0x57
#define KEPT 0x300000ull        /* RAM that the BIOS does not clear */
#define LAPIC 0xfee00000ull

void hostile_resume16(void);
void hostile_real_triple16(void);
void hostile_resumed(void);
void rt_trap_init(void);

static const char *const names[SCENARIOS] = {
    "touch", "8042", "port92", "cf9-hard", "cf9-soft", "triple-fault", "init", "halt",
    "halt-for-ever", "cr3-in-a-hole", "idt-in-a-hole", "real-mode-triple-fault",
};

static u8 cmos_read(u8 index)
{
    out8(0x70, index);
    return in8(0x71);
}

static void cmos_write(u8 index, u8 value)
{
    out8(0x70, index);
    out8(0x71, value);
}

static u32 map_digest(void)
{
    static struct e820_entry map[E820_MAX];
    unsigned n = rt_e820(map, E820_MAX);

    return (u32)rt_digest(RT_DIGEST_START, map, n * sizeof(map[0]));
}

static u32 stored_digest(void)
{
    u32 value = 0;

    for (u8 i = 0; i < 4; i++)
        value |= (u32)cmos_read(CMOS_MAP + i) << i * 8;
    return value;
}

static void report(const char *how)
{
    const char *name = names[cmos_read(CMOS_SCENARIO) % SCENARIOS];
    bool kept = *(volatile u32 *)KEPT == 0xfeedface;

    rt_printf("hostile %s: %s, count %u, memory %s\n", name, how, cmos_read(CMOS_COUNT),
              kept ? "kept" : "lost");
    rt_check(stored_digest() == map_digest(), "the memory map changed over the reset");
    cmos_write(CMOS_MAGIC, 0);
}

bool after_reset(void)
{
    if (cmos_read(CMOS_MAGIC) != MAGIC || cmos_read(CMOS_SCENARIO) != rt_param[0])
        return false;
    cmos_write(CMOS_COUNT, cmos_read(CMOS_COUNT) + 1);
    report("started again by the BIOS");
    return true;
}

/* From resume16.S: the BIOS jumped through 40:67h. */
void hostile_resumed(void)
{
    rt_trap_init();
    report("resumed at 40:67h");
    rt_end(rt_failures);
}

static void prepare(enum scenario s)
{
    u32 digest = map_digest();

    cmos_write(CMOS_MAGIC, MAGIC);
    cmos_write(CMOS_SCENARIO, (u8)s);
    cmos_write(CMOS_COUNT, 0);
    for (u8 i = 0; i < 4; i++)
        cmos_write(CMOS_MAP + i, (u8)(digest >> i * 8));
    *(volatile u32 *)KEPT = 0xfeedface;
    cmos_write(CMOS_SHUTDOWN, rt_param[1]);
    mmio_write32(0x467, (u32)(u64)hostile_resume16);
}

static void set_idt(u64 base, u16 limit)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) idtr = { limit, base };

    asm volatile("lidt %0" : : "m"(idtr));
}

static volatile u32 nmis, others;

static void on_nmi(struct trap *t)
{
    (void)t;
    nmis++;
}

static void on_other(struct trap *t)
{
    (void)t;
    others++;
    mmio_write32(LAPIC + 0xb0, 0);
}

/*
 * HLT with IF=0 while the LAPIC timer fires at F1h and 41h vectors: only the NMI, into which the
 * PIT's tick is turned at LINT0, may end it.
 */
static void halt(bool for_ever)
{
    rt_set_handler(2, on_nmi);
    rt_set_handler(0x41, on_other);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    mmio_write32(LAPIC + 0xf0, 0x1ff);
    mmio_write32(LAPIC + 0x3e0, 0xb);
    mmio_write32(LAPIC + 0x320, 0x20041);
    mmio_write32(LAPIC + 0x380, 100000);
    if (!for_ever) {
        mmio_write32(LAPIC + 0x350, 0x400);
        out8(0x21, 0xfe);
    }
    rt_printf("hostile halted%s\n", for_ever ? " for ever" : "");
    asm volatile("cli; hlt" : : : "memory");
    out8(0x21, 0xff);
    mmio_write32(LAPIC + 0x320, 0x10041);
    mmio_write32(LAPIC + 0x350, 0x10700);
    rt_printf("hostile woken: nmis %u others %u\n", nmis, others);
    rt_check(!for_ever && nmis >= 1 && !others, "HLT with IF=0 was ended by something else");
    rt_set_handler(0x41, NULL);
    rt_set_handler(2, NULL);
}

static void wait_for_it(void)
{
    for (u64 start = rdtsc(); rdtsc() - start < 1ull << 32;)
        pause();
    rt_check(false, "nothing happened");
    rt_end(rt_failures);
}

void do_scenario(enum scenario s)
{
    if (s == HALT || s == HALT_FOR_EVER) {
        halt(s == HALT_FOR_EVER);
        return;
    }
    prepare(s);
    rt_printf("hostile doing %s\n", names[s]);
    switch (s) {
    case RESET_8042:
        while (in8(0x64) & 2)
            pause();
        out8(0x64, 0xfe);
        break;
    case RESET_PORT92:
        out8(0x92, in8(0x92) & ~1);
        out8(0x92, in8(0x92) | 1);
        break;
    case RESET_CF9_HARD:
        out8(0xcf9, 2);
        out8(0xcf9, 6);
        break;
    case RESET_CF9_SOFT:
        out8(0xcf9, 0);
        out8(0xcf9, 4);
        break;
    case RESET_TRIPLE:
        set_idt(0, 0);
        asm volatile("ud2");
        break;
    case RESET_INIT:
        mmio_write32(LAPIC + 0x310, mmio_read32(LAPIC + 0x20));
        mmio_write32(LAPIC + 0x300, 0x4500);
        break;
    case RESET_CR3_HOLE:
        write_cr3(find_hole());
        break;
    case RESET_IDT_HOLE:
        set_idt(find_hole(), 0xfff);
        asm volatile("ud2");
        break;
    case RESET_REAL_TRIPLE:
        rt_real(hostile_real_triple16);
        break;
    default:
        break;
    }
    wait_for_it();
}
