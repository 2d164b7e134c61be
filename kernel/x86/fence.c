/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"

#include "apic.h"
#include "clock.h"
#include "core/log.h"
#include "insn.h"
#include "trap.h"

#define PIC1_IMR 0x21 /* masks the second 8259 too, whose requests come in through the first */
#define FENCE_CR8 14
#define SVR_ENABLE BIT(8)

static bool timer_is_late;

static bool pic_elsewhere; /* the 8259s reach the CPU by another way than LINT0 */

/* Whether the 8259s can interrupt this CPU: no LAPIC, or its LINT0 is an unmasked ExtINT (mode 7). */
static inline bool pic_is_live(void)
{
    if (unlikely(lapic_mode == LAPIC_OFF || pic_elsewhere))
        return true;
    return (lapic_read(LAPIC_LINT0) & (LVT_MASKED | 0x700)) == 0x700;
}

void fence_raise(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    f->pic_masked = pic_is_live();
    if (f->pic_masked) {
        f->imr = inb(PIC1_IMR);
        outb(PIC1_IMR, 0xff);
    }
    f->tpr = read_cr8();
    write_cr8(FENCE_CR8);
    f->up = true;
}

/* What the LAPIC timer counts in that many TSC ticks. */
static u64 counts(const struct fence *f, u64 ticks)
{
    return (u64)((unsigned __int128)ticks * lapic_per_tsc_32 >> 32) >> f->divide_shift;
}

/*
 * Takes a TIMER_VECTOR of ours that is already pending: left there, the guest would get a vector that it never set up.
 * The fence is up and the timer stopped or its vector the guest's again, so that no other follows; only now is looked
 * at the clock, because much time may pass between two instructions (SMM, an emulator's host). A TIMER_VECTOR that is
 * there before our timer can have fired is the guest's, and stays. Returns the time.
 */
static inline u64 take_own_interrupt(const struct fence *f)
{
    u64 now = rdtsc();

    if (unlikely(now >= f->quiet_until))
        asm volatile("sti; nop; nop; cli" : : : "memory");
    return now;
}

/* Gives a timer back that the guest had running, or whose interrupt it wants. The fence is up. */
static noinline void return_used(struct fence *f)
{
    lapic_write(LAPIC_LVTT, f->lvtt | (f->loan == LOAN_VECTOR ? 0 : LVT_MASKED));
    u64 now = take_own_interrupt(f);
    if (f->loan != LOAN_VECTOR)
        lapic_write(LAPIC_LVTT, f->lvtt);
    if (f->loan == LOAN_COUNT) {
        u64 passed = counts(f, now - f->loan_tsc);
        lapic_write(LAPIC_TMICT, f->count > passed ? f->count - (u32)passed : 1);
    } else if (f->loan == LOAN_DEADLINE && f->guest_deadline) {
        wrmsr(MSR_TSC_DEADLINE, f->guest_deadline);
    }
}

/* Gives the LAPIC timer back as the guest would find it had it not been touched. The fence is up. */
static inline void return_timer(struct fence *f)
{
    char *page = lapic_page;

    if (likely(f->loan == LOAN_IDLE)) {
        lapic_write_at(page, LAPIC_TMICT, 0);
        take_own_interrupt(f);
        lapic_write_at(page, LAPIC_LVTT, f->lvtt);
    } else if (f->loan > LOAN_GUESTS) {
        return_used(f);
    }
    f->loan = LOAN_NONE;
    if (unlikely(f->lapic_disabled)) {
        f->lapic_disabled = false;
        lapic_write_at(page, LAPIC_SVR, lapic_read_at(page, LAPIC_SVR) & ~SVR_ENABLE);
    }
}

static noinline void post_owed(struct fence *f)
{
    for (unsigned i = 0; i < 4; i++)
        while (f->owed[i]) {
            unsigned bit = (unsigned)__builtin_ctzll(f->owed[i]);
            f->owed[i] &= f->owed[i] - 1;
            lapic_self_ipi((u8)(i * 64 + bit));
        }
    for (; f->eoi_level; f->eoi_level--)
        lapic_write(LAPIC_EOI, 0);
    f->any_owed = false;
}

void fence_lower(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    return_timer(f);
    if (f->pic_masked)
        outb(PIC1_IMR, f->imr);
    write_cr8(f->tpr);
    f->up = false;
    cpu->timer_fired = false;
    if (unlikely(f->any_owed))
        post_owed(f);
}

static void owe(struct fence *f, u8 vector)
{
    f->owed[vector / 64] |= BIT(vector % 64);
    f->any_owed = true;
}

static bool lapic_bit(u32 reg, u8 vector)
{
    return lapic_read(reg + (vector / 32u) * 16) & BIT(vector % 32);
}

/*
 * Whether the guest's own timer interrupts within so many ticks and can reach the kernel: then it is the watchdog, and
 * the timer is left alone. Its vector's class and those above are let through the fence.
 *
 * Leaving it alone costs nothing, and on QEMU every write of LVTT loses an interrupt that is due: its timers run in a
 * thread of their own, and the write takes a timer that has expired, but whose thread has not run yet, for done. A
 * guest whose one-shot is lost that way sleeps for ever.
 */
static always_inline bool guest_timer_serves(struct cpu *cpu, u64 ticks)
{
    struct fence *f = &cpu->fence;
    unsigned class = (f->lvtt & 0xf0) >> 4, mode = LVTT_MODE(f->lvtt);

    if ((f->lvtt & LVT_MASKED) || class < 2 || (!f->count && mode != LVTT_DEADLINE))
        return false;
    if (mode == LVTT_ONE_SHOT && f->count >= counts(f, ticks))
        return false;
    if (mode == LVTT_DEADLINE) {
        u64 now = rdtsc(), theirs = rdmsr(MSR_TSC_DEADLINE);
        if (theirs <= now || theirs - now >= ticks)
            return false;
    }
    if (f->up && class <= FENCE_CR8)
        write_cr8(class - 1);
    if (lapic_read(LAPIC_PPR) >> 4 < class)
        return true;
    if (f->up) /* a handler of the guest's has not ended an interrupt of that class or a higher one */
        write_cr8(FENCE_CR8);
    return false;
}

/*
 * The guest's one-shot timer stands at 0 and has just been masked. If it ran a moment ago (ran), its interrupt is either
 * pending or was lost by the masking, and is owed. If it stood at 0 before, the guest has had it, except where the
 * interrupt can be late (fence_init): there the guest may see one spurious tick, because it must not lose one.
 */
static void owe_expired(struct fence *f, bool ran)
{
    u8 vector = (u8)f->lvtt;

    if (vector < 16 || (!ran && (!timer_is_late || !lapic_read(LAPIC_TMICT))))
        return;
    if (lapic_bit(LAPIC_IRR, vector) || (!ran && lapic_bit(LAPIC_ISR, vector)))
        return;
    owe(f, vector);
}

/* The guest is in deadline mode: ours will be a deadline too, and its own is written back later. */
static void borrow_deadline(struct fence *f, u64 now)
{
    lapic_write(LAPIC_LVTT, f->lvtt | LVT_MASKED);
    u64 theirs = rdmsr(MSR_TSC_DEADLINE);
    /* A deadline that has fired would fire again when written; some CPUs go on showing it. */
    bool fired = !(f->lvtt & LVT_MASKED) && (theirs <= now || lapic_bit(LAPIC_IRR, (u8)f->lvtt));
    f->guest_deadline = fired ? 0 : theirs;
    f->loan = LOAN_DEADLINE;
    lapic_write(LAPIC_LVTT, (f->lvtt & ~0x100ffu) | TIMER_VECTOR);
}

/* Takes a timer that the guest has running, or whose interrupt it wants. */
static noinline void borrow_used(struct fence *f, u64 now)
{
    f->loan_tsc = now;
    if (LVTT_MODE(f->lvtt) == LVTT_DEADLINE) {
        borrow_deadline(f, now);
        return;
    }
    if (LVTT_MODE(f->lvtt) == LVTT_PERIODIC && (f->count || lapic_read(LAPIC_TMICT))) {
        f->loan = LOAN_VECTOR; /* another count would shift its phase */
        f->quiet_until = 0;
        lapic_write(LAPIC_LVTT, (f->lvtt & ~0x100ffu) | TIMER_VECTOR);
        return;
    }
    if (!(f->lvtt & LVT_MASKED)) { /* first mask, then look: it must not expire in between */
        bool ran = f->count;
        lapic_write(LAPIC_LVTT, f->lvtt | LVT_MASKED);
        f->count = lapic_read(LAPIC_TMCCT);
        if (!f->count)
            owe_expired(f, ran);
    }
    f->loan = f->count ? LOAN_COUNT : LOAN_IDLE;
    lapic_write(LAPIC_LVTT, TIMER_VECTOR);
}

static inline void program(struct fence *f, char *page, u64 now, u64 ticks)
{
    f->quiet_until = now + ticks / 2; /* far enough from the end for two clocks that differ a little */
    if (unlikely(f->loan == LOAN_DEADLINE)) {
        wrmsr(MSR_TSC_DEADLINE, now + ticks);
    } else {
        u64 n = counts(f, ticks) + 1;
        lapic_write_at(page, LAPIC_TMICT, n > ~0u ? ~0u : (u32)n);
    }
}

/* Looks at the guest's timer. true: it will be the watchdog, and needs no more than its class let through. */
static always_inline bool look_at_timer(struct cpu *cpu, char *page, u64 ticks)
{
    struct fence *f = &cpu->fence;
    u32 tdcr = lapic_read_at(page, LAPIC_TDCR);

    f->lvtt = lapic_read_at(page, LAPIC_LVTT);
    f->count = lapic_read_at(page, LAPIC_TMCCT);
    f->divide_shift = (((tdcr & 3) | ((tdcr >> 1) & 4)) + 1) & 7; /* AMD APM vol. 2, table 16-5 */
    if (!guest_timer_serves(cpu, ticks))
        return false;
    f->loan = LOAN_GUESTS;
    return true;
}

/* Any other case than those of fence_arm_timer(). */
static noinline void arm_slowly(struct cpu *cpu, char *page, u64 now, u64 ticks)
{
    struct fence *f = &cpu->fence;

    if (lapic_mode == LAPIC_OFF)
        return;
    if (f->loan == LOAN_GUESTS && f->up)
        write_cr8(FENCE_CR8);
    if (f->loan <= LOAN_GUESTS && !look_at_timer(cpu, page, ticks)) {
        u32 svr = lapic_read_at(page, LAPIC_SVR);
        if (!(svr & SVR_ENABLE)) { /* no interrupt would come; the LVT's masks stay as they are */
            f->lapic_disabled = true;
            lapic_write_at(page, LAPIC_SVR, svr | SVR_ENABLE);
        }
        borrow_used(f, now);
    }
    if (f->loan > LOAN_VECTOR)
        program(f, page, now, ticks);
}

void fence_arm_timer(struct cpu *cpu, u64 now, u64 ticks)
{
    struct fence *f = &cpu->fence;
    char *page = lapic_page;

    if (likely(page && f->loan == LOAN_NONE)) {
        if (look_at_timer(cpu, page, ticks))
            return;
        bool idle = !f->count && (f->lvtt & (LVT_MASKED | LVTT_MODES)) == LVT_MASKED;
        if (likely(idle && (lapic_read_at(page, LAPIC_SVR) & SVR_ENABLE))) {
            f->loan = LOAN_IDLE;
            lapic_write_at(page, LAPIC_LVTT, TIMER_VECTOR);
            program(f, page, now, ticks);
            return;
        }
    }
    arm_slowly(cpu, page, now, ticks);
}

/* An interrupt on TIMER_VECTOR is the borrowed timer's, not one that the guest uses that vector for. */
static bool is_own(const struct fence *f, u8 vector)
{
    return vector == TIMER_VECTOR && f->loan > LOAN_GUESTS && rdtsc() >= f->quiet_until;
}

void fence_interrupt(struct cpu *cpu, u8 vector)
{
    struct fence *f = &cpu->fence;

    if (is_own(f, vector)) {
        lapic_write(LAPIC_EOI, 0);
        cpu->timer_fired = true;
        if (f->loan == LOAN_VECTOR && !(f->lvtt & LVT_MASKED))
            owe(f, (u8)f->lvtt);
        return;
    }
    if (cpu->window) {
        cpu->window_vector = vector;
        return;
    }
    if (!lapic_bit(LAPIC_ISR, vector))
        return; /* spurious, whatever vector the guest's SVR gives it: an EOI would end another interrupt */
    if (lapic_bit(LAPIC_TMR, vector)) {
        f->eoi_level++;
        f->any_owed = true;
    } else {
        lapic_write(LAPIC_EOI, 0);
        owe(f, vector);
    }
    cpu->timer_fired = true; /* it may have been the guest's timer, or hold that back until its EOI: to be armed anew */
}

void fence_wait(struct cpu *cpu)
{
    cpu->nmi_seen = false;
    asm volatile("sti; hlt; cli" : : : "memory");
    if (cpu->timer_fired) {
        cpu->timer_fired = false;
        cpu->timer_at = ~0ull;
    }
}

/* The next interrupt is only recorded, whatever its vector: trap.c closes the window behind it. */
static void window_begin(struct cpu *cpu)
{
    cpu->window = true;
    cpu->window_vector = 256;
    trap_load_idt(true);
}

static int window_end(struct cpu *cpu)
{
    cpu->window = false;
    trap_load_idt(false);
    return cpu->window_vector < 256 ? cpu->window_vector : -1;
}

int fence_take_interrupt(struct cpu *cpu)
{
    window_begin(cpu);
    asm volatile("sti; nop; nop; cli" : : : "memory");
    return window_end(cpu);
}

int fence_wait_open(struct cpu *cpu, u64 ticks)
{
    window_begin(cpu);
    fence_arm_timer(cpu, rdtsc(), ticks);
    asm volatile("sti; hlt; cli" : : : "memory");
    int vector = window_end(cpu);
    fence_raise(cpu); /* return_timer needs it */
    fence_lower(cpu);
    return vector;
}

/* Whether the same few instructions always take the same time: an emulator whose clock counts them (QEMU's -icount). */
static bool time_counts_instructions(void)
{
    u64 first = 0;

    for (unsigned i = 0; i < 10; i++) {
        u64 start = rdtsc();
        lapic_read(LAPIC_TMCCT);
        u64 took = rdtsc() - start;
        if (i && took != first)
            return false;
        first = took;
    }
    return true;
}

/*
 * Where timers run in another thread than the CPU, the LAPIC's count can stand at 0 for milliseconds with the interrupt
 * still to come: on QEMU, unless its clock counts instructions. Polling for that finds it only now and then, so any
 * machine that is emulated counts as such a one.
 *
 * The BIOS lives on the timer's ticks: where they are on and LINT0 is not, the 8259s reach the CPU through the I/O
 * APIC's ExtINT pin, or the LAPIC ignores LINT0 (Bochs).
 */
void fence_init(void)
{
    pic_elsewhere = !pic_is_live() && !(inb(PIC1_IMR) & 1);
    timer_is_late = lapic_mode != LAPIC_OFF && (cpuid(1, 0).ecx & BIT(31)) && !time_counts_instructions();
}
