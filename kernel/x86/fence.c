/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"

#include "apic.h"
#include "clock.h"
#include "core/log.h"
#include "insn.h"

#define PIC1_IMR 0x21
#define PIC2_IMR 0xa1
#define FENCE_CR8 14

static bool pic_elsewhere; /* the 8259s reach the CPU by another way than LINT0 */

/* Whether the 8259s can interrupt this CPU: no LAPIC, or its LINT0 is an unmasked ExtINT (mode 7). */
static bool pic_is_live(struct cpu *cpu)
{
    if (lapic_mode == LAPIC_OFF || pic_elsewhere)
        return true;
    return (lapic_read(cpu, LAPIC_LINT0) & (LVT_MASKED | 0x700)) == 0x700;
}

void fence_init(struct cpu *cpu)
{
    pic_elsewhere = !pic_is_live(cpu) && !(inb(PIC1_IMR) & 1);
}

void fence_raise(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    f->pic_masked = pic_is_live(cpu);
    if (f->pic_masked) {
        cpu->count.uncached += 4;
        f->imr[0] = inb(PIC1_IMR);
        f->imr[1] = inb(PIC2_IMR);
        outb(PIC1_IMR, 0xff);
        outb(PIC2_IMR, 0xff);
    }
    f->tpr = read_cr8();
    write_cr8(FENCE_CR8);
    f->up = true;
}

/*
 * Takes a TIMER_VECTOR that is already pending: left there, the guest would get a vector that it never set up. The
 * fence is up, and LVTT holds the guest's vector again or is masked, so that no other can follow.
 */
static inline void take_own_interrupt(void)
{
    asm volatile("sti; nop; nop; cli" : : : "memory");
}

/* Gives the LAPIC timer back as the guest would find it had it not been touched. The fence is up. */
static void return_timer(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    if (f->loan == LOAN_NONE)
        return;
    lapic_write(cpu, LAPIC_LVTT, f->loan == LOAN_VECTOR ? f->lvtt : f->lvtt | LVT_MASKED);
    take_own_interrupt();
    u64 passed = rdtsc() - f->loan_tsc;
    switch (f->loan) {
    case LOAN_NONE:
    case LOAN_VECTOR:
        break;
    case LOAN_IDLE:
        lapic_write(cpu, LAPIC_TMICT, 0);
        lapic_write(cpu, LAPIC_LVTT, f->lvtt);
        break;
    case LOAN_COUNT: {
        u64 counts = (passed * lapic_per_tsc_32 >> 32) / f->divider;
        lapic_write(cpu, LAPIC_LVTT, f->lvtt);
        lapic_write(cpu, LAPIC_TMICT, f->count > counts ? f->count - (u32)counts : 1);
        break;
    }
    case LOAN_DEADLINE:
        lapic_write(cpu, LAPIC_LVTT, f->lvtt);
        if (f->guest_deadline)
            wrmsr(MSR_TSC_DEADLINE, f->guest_deadline);
        break;
    }
    f->loan = LOAN_NONE;
}

static void post_owed(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    for (unsigned i = 0; i < 4; i++)
        while (f->owed[i]) {
            unsigned bit = (unsigned)__builtin_ctzll(f->owed[i]);
            f->owed[i] &= f->owed[i] - 1;
            lapic_self_ipi(cpu, (u8)(i * 64 + bit));
        }
    if (f->eoi_level) {
        f->eoi_level = false;
        lapic_write(cpu, LAPIC_EOI, 0);
    }
    f->any_owed = false;
}

void fence_lower(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    if (f->loan)
        return_timer(cpu);
    if (f->pic_masked) {
        cpu->count.uncached += 2;
        outb(PIC1_IMR, f->imr[0]);
        outb(PIC2_IMR, f->imr[1]);
    }
    write_cr8(f->tpr);
    f->up = false;
    cpu->timer_fired = false;
    if (unlikely(f->any_owed))
        post_owed(cpu);
}

static u32 divider(struct cpu *cpu)
{
    u32 v = lapic_read(cpu, LAPIC_TDCR);

    return 1u << ((((v & 3) | ((v >> 1) & 4)) + 1) & 7); /* AMD APM vol. 2, table 16-5 */
}

static void program(struct cpu *cpu, u64 ticks)
{
    u64 counts = (ticks * lapic_per_tsc_32 >> 32) / cpu->fence.divider + 1;

    lapic_write(cpu, LAPIC_LVTT, TIMER_VECTOR);
    lapic_write(cpu, LAPIC_TMICT, counts > ~0u ? ~0u : (u32)counts);
}

/* The guest uses deadline mode: ours is a deadline too, and its own is written back later. */
static void arm_deadline(struct cpu *cpu, u64 ticks)
{
    struct fence *f = &cpu->fence;
    u64 now = rdtsc(), theirs = rdmsr(MSR_TSC_DEADLINE);

    if (f->loan == LOAN_NONE) {
        f->loan = LOAN_DEADLINE;
        /* A past deadline has fired already, and would again when written. */
        f->guest_deadline = f->lvtt & LVT_MASKED ? theirs : theirs > now ? theirs : 0;
        lapic_write(cpu, LAPIC_LVTT, (f->lvtt & ~0x100ffu) | TIMER_VECTOR);
    }
    wrmsr(MSR_TSC_DEADLINE, now + ticks);
}

static void owe(struct fence *f, u8 vector)
{
    f->owed[vector / 64] |= BIT(vector % 64);
    f->any_owed = true;
}

static bool lapic_bit(struct cpu *cpu, u32 reg, u8 vector)
{
    return lapic_read(cpu, reg + (vector / 32u) * 16) & BIT(vector % 32);
}

/*
 * The guest's one-shot timer stands at 0. QEMU, whose timers run in a thread of their own, shows that before it raises
 * the interrupt, and forgets the interrupt when the timer is written to: the guest would sleep for ever. So where the
 * interrupt is neither pending nor in service it is owed. Had the guest taken it already, it sees one spurious tick.
 */
static void owe_expired(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;
    u8 vector = (u8)f->lvtt;

    if ((f->lvtt & LVT_MASKED) || vector < 16 || !lapic_read(cpu, LAPIC_TMICT))
        return;
    if (!lapic_bit(cpu, LAPIC_IRR, vector) && !lapic_bit(cpu, LAPIC_ISR, vector))
        owe(f, vector);
}

void fence_arm_timer(struct cpu *cpu, u64 ticks)
{
    struct fence *f = &cpu->fence;

    if (lapic_mode == LAPIC_OFF)
        return;
    if (f->loan == LOAN_NONE)
        f->lvtt = lapic_read(cpu, LAPIC_LVTT);
    if (LVTT_MODE(f->lvtt) == LVTT_DEADLINE) {
        arm_deadline(cpu, ticks);
        return;
    }
    if (f->loan == LOAN_VECTOR)
        return; /* the guest's own timer comes soon enough */
    if (f->loan == LOAN_NONE) {
        f->divider = divider(cpu);
        f->count = lapic_read(cpu, LAPIC_TMCCT);
        f->loan_tsc = rdtsc();
        bool live = !(f->lvtt & LVT_MASKED) && f->count;
        if (live && (LVTT_MODE(f->lvtt) == LVTT_PERIODIC ||
                     f->count < (ticks * lapic_per_tsc_32 >> 32) / f->divider)) {
            f->loan = LOAN_VECTOR;
            lapic_write(cpu, LAPIC_LVTT, (f->lvtt & ~0xffu) | TIMER_VECTOR);
            return;
        }
        f->loan = f->count ? LOAN_COUNT : LOAN_IDLE;
        if (!f->count)
            owe_expired(cpu);
    }
    program(cpu, ticks);
}

static void timer_interrupt(struct cpu *cpu)
{
    struct fence *f = &cpu->fence;

    lapic_write(cpu, LAPIC_EOI, 0);
    cpu->timer_fired = true;
    if (f->loan == LOAN_VECTOR) {
        owe(f, (u8)f->lvtt);
        if (LVTT_MODE(f->lvtt) == LVTT_ONE_SHOT)
            f->loan = LOAN_IDLE; /* it does not come again by itself */
    }
}

void fence_interrupt(struct cpu *cpu, u8 vector)
{
    struct fence *f = &cpu->fence;

    if (vector == TIMER_VECTOR && f->loan) {
        timer_interrupt(cpu);
        return;
    }
    if (cpu->window) {
        cpu->window_vector = vector;
        return;
    }
    if (vector == SPURIOUS_VECTOR)
        return;
    if (vector < 0xf0) {
        log_line("weir: interrupt %u came through the fence", vector);
        return;
    }
    if (lapic_bit(cpu, LAPIC_TMR, vector)) {
        f->eoi_level = true;
        f->any_owed = true;
    } else {
        lapic_write(cpu, LAPIC_EOI, 0);
        owe(f, vector);
    }
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

int fence_take_interrupt(struct cpu *cpu)
{
    cpu->window = true;
    cpu->window_vector = 256;
    asm volatile("sti; nop; nop; cli" : : : "memory");
    cpu->window = false;
    return cpu->window_vector < 256 ? cpu->window_vector : -1;
}

int fence_wait_open(struct cpu *cpu, u64 ticks)
{
    cpu->window = true;
    cpu->window_vector = 256;
    fence_arm_timer(cpu, ticks);
    asm volatile("sti; hlt; cli" : : : "memory");
    cpu->window = false;
    fence_raise(cpu); /* return_timer needs it */
    fence_lower(cpu);
    return cpu->window_vector < 256 ? cpu->window_vector : -1;
}
