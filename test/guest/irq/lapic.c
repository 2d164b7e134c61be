/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC: one-shot and periodic timer, self-IPIs of every vector with and without a raised
 * TPR, NMIs, all while churn() makes exits. Class F (F0h to FEh) is what a hypervisor's fence lets
 * through, so it matters most.
 */
#include "irq.h"

#define LAPIC 0xfee00000ull
#define REG_EOI 0xb0
#define REG_SVR 0xf0
#define REG_ICR 0x300
#define REG_ICR_HIGH 0x310
#define REG_LVTT 0x320
#define REG_INITIAL 0x380
#define REG_CURRENT 0x390
#define REG_DIVIDE 0x3e0
#define LVT_MASKED 0x10000
#define LVT_PERIODIC 0x20000
#define SELF 0x40000
#define DELIVERY_NMI 0x400

#define FIRST_VECTOR 0x20
#define LAST_VECTOR 0xfe
#define VECTORS (LAST_VECTOR - FIRST_VECTOR + 1)

static u8 order[256];
static volatile unsigned order_n;
static volatile u64 arrival_tsc;
static u64 tsc_per_ms, lapic_per_ms;

static u32 lapic(u32 reg)
{
    return mmio_read32(LAPIC + reg);
}

static void lapic_set(u32 reg, u32 value)
{
    mmio_write32(LAPIC + reg, value);
}

static void on_interrupt(struct trap *t)
{
    arrival_tsc = rdtsc();
    irq_count[t->vector]++;
    if (order_n < sizeof(order))
        order[order_n++] = (u8)t->vector;
    clock_check_tsc();
    lapic_set(REG_EOI, 0);
}

static void on_nmi(struct trap *t)
{
    irq_count[t->vector]++;
    clock_check_tsc();
}

static void reset_counts(void)
{
    memset((void *)irq_count, 0, sizeof(irq_count));
    order_n = 0;
}

static void irq_on(void)
{
    asm volatile("sti" : : : "memory");
}

static void irq_off(void)
{
    asm volatile("cli" : : : "memory");
}

static void calibrate(void)
{
    struct stopwatch watch;
    u32 elapsed, count;

    lapic_set(REG_DIVIDE, 0xb);         /* divide by 1 */
    lapic_set(REG_LVTT, LVT_MASKED | 0x40);
    lapic_set(REG_INITIAL, 0xffffffff);
    watch = clock_start();
    do
        elapsed = clock_elapsed_pm(&watch);
    while (elapsed < PM_HZ / 20);
    count = 0xffffffff - lapic(REG_CURRENT);
    tsc_per_ms = (rdtsc() - watch.tsc) * PM_HZ / elapsed / 1000;
    lapic_per_ms = (u64)count * PM_HZ / elapsed / 1000;
    lapic_set(REG_INITIAL, 0);
    rt_printf("clock tsc %lu kHz lapic %lu kHz\n", tsc_per_ms, lapic_per_ms);
}

/*
 * Arms a one-shot of us microseconds and churns until it comes; lateness in ns, ~0 if it never
 * does.
 */
static u64 one_shot(u8 vector, u64 us)
{
    u64 start, wanted = us * tsc_per_ms / 1000;
    u32 last = 0xffffffff, now;

    reset_counts();
    lapic_set(REG_LVTT, vector);
    start = rdtsc();
    lapic_set(REG_INITIAL, (u32)(us * lapic_per_ms / 1000));
    irq_on();
    while (!irq_count[vector] && rdtsc() - start < wanted * 20 + 100 * tsc_per_ms) {
        churn();
        now = lapic(REG_CURRENT);
        rt_check(now <= last, "the timer's count rose from %u to %u", last, now);
        last = now;
    }
    for (unsigned i = 0; i < 20; i++)
        churn();
    irq_off();
    if (!irq_count[vector])
        return ~0ull;
    rt_check(irq_count[vector] == 1, "a one-shot came %lu times", irq_count[vector]);
    rt_check((arrival_tsc - start) * 100 >= wanted * 99, "a one-shot of %lu us came after %lu us",
             us, (arrival_tsc - start) * 1000 / tsc_per_ms);
    if (arrival_tsc - start < wanted)
        return 0;
    return (arrival_tsc - start - wanted) * 1000000 / tsc_per_ms;
}

static void one_shots(void)
{
    static const u8 vectors[] = { 0x31, 0xd1, 0xe7, 0xf1, 0xfe };
    u64 lost = 0, worst = 0, count = 0;

    for (unsigned i = 0; i < 200; i++) {
        u64 late = one_shot(vectors[i % 5], 20 + i * 17 % 2000);

        count++;
        if (late == ~0ull)
            lost++;
        else if (late > worst)
            worst = late;
    }
    check_count("lapic.one-shot", count - lost, count);
    rt_printf("irq lapic.one-shot worst lateness %lu ns\n", worst);
    /* Ten times what an exit to a service and back may take; a lost tick would be milliseconds. */
    rt_check(!EXACT || worst < 1000000, "a one-shot was %lu ns late", worst);
}

static void periodic(u8 vector)
{
    struct stopwatch watch;
    u32 elapsed;

    reset_counts();
    lapic_set(REG_LVTT, LVT_PERIODIC | vector);
    watch = clock_start();
    lapic_set(REG_INITIAL, (u32)lapic_per_ms);
    irq_on();
    do {
        churn();
        elapsed = clock_elapsed_pm(&watch);
    } while (elapsed < PM_HZ / 10);
    irq_off();
    lapic_set(REG_INITIAL, 0);
    lapic_set(REG_LVTT, LVT_MASKED | vector);
    check_rate(vector >= 0xf0 ? "lapic.periodic.class-f" : "lapic.periodic", irq_count[vector],
               elapsed, PM_HZ, 1000, EXACT);
}

/* To this CPU by the three addressing forms in turn. */
static void self_ipi(unsigned n, u32 low)
{
    if (n % 3 == 0) {
        lapic_set(REG_ICR, SELF | low);
    } else if (n % 3 == 1) {
        lapic_set(REG_ICR_HIGH, lapic(0x20));
        lapic_set(REG_ICR, low);
    } else {
        lapic_set(REG_ICR, 0x80000 | low);      /* all including self */
    }
}

static void ipis_one_by_one(void)
{
    u64 wrong = 0, sent = 0;

    irq_on();
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned v = FIRST_VECTOR; v <= LAST_VECTOR; v++) {
            reset_counts();
            self_ipi(round + v, v);
            churn();
            sent++;
            if (irq_count[v] != 1 || order_n != 1)
                wrong++;
        }
    }
    irq_off();
    check_count("lapic.self-ipi", sent - wrong, sent);
}

static void send_all(void)
{
    for (unsigned v = FIRST_VECTOR; v <= LAST_VECTOR; v++) {
        self_ipi(v, v);
        if (v % 16 == 0)
            churn();
    }
}

static unsigned arrived_once(unsigned from, unsigned to)
{
    unsigned n = 0;

    for (unsigned v = from; v <= to; v++)
        n += irq_count[v] == 1;
    return n;
}

/* All vectors pending at once: the highest first, each once. */
static void ipis_together(void)
{
    unsigned disorder = 0;

    reset_counts();
    send_all();
    check_count("lapic.pending.early", order_n, 0);
    irq_on();
    churn();
    irq_off();
    for (unsigned i = 1; i < order_n; i++)
        disorder += order[i] >= order[i - 1];
    check_count("lapic.pending", arrived_once(FIRST_VECTOR, LAST_VECTOR), VECTORS);
    check_count("lapic.pending.disorder", disorder, 0);
}

/* The guest's own TPR holds back all but class F; the hypervisor must neither drop nor raise it. */
static void ipis_under_tpr(void)
{
    reset_counts();
    write_cr8(14);
    irq_on();
    send_all();
    churn();
    check_count("lapic.tpr.class-f", arrived_once(0xf0, LAST_VECTOR), 15);
    check_count("lapic.tpr.others", order_n, 15);
    check_count("lapic.tpr.cr8", read_cr8(), 14);
    check_count("lapic.tpr.register", lapic(0x80), 14 << 4);
    write_cr8(0);
    churn();
    irq_off();
    check_count("lapic.tpr.all", arrived_once(FIRST_VECTOR, LAST_VECTOR), VECTORS);
}

static void nmis(void)
{
    reset_counts();
    rt_set_handler(2, on_nmi);
    for (unsigned i = 0; i < 100; i++) {
        self_ipi(1, DELIVERY_NMI);      /* the self shorthand is for fixed delivery only */
        churn();
    }
    rt_set_handler(2, NULL);
    check_count("lapic.nmi", irq_count[2], 100);
}

void storm_lapic(void)
{
    u32 svr = lapic(REG_SVR);

    pic_mask(0xff, 0xff);
    lapic_set(REG_SVR, 0x1ff);
    for (unsigned v = FIRST_VECTOR; v <= LAST_VECTOR; v++)
        rt_set_handler((u8)v, on_interrupt);
    calibrate();
    one_shots();
    periodic(0x41);
    periodic(0xf5);
    ipis_one_by_one();
    ipis_together();
    ipis_under_tpr();
    nmis();
    lapic_set(REG_SVR, svr);
}
