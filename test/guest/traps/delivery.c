/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events whose delivery faults: by the stack of the interrupt stack table, the gate, the IDT's page or its limit. The
 * fault's handler repairs that and returns; what comes then depends on the event. And the same with memory that only
 * the hypervisor has to bring first, which nobody may notice.
 */
#include "traps.h"

#define STACK_PAGE 8
#define IDT_PAGE 10
#define PF_PAGE 12 /* absent: what the event #PF reads */
#define IST_BROKEN 1
#define IST_GOOD 2

struct descriptor {
    u16 limit;
    u64 base;
} __attribute__((packed));

extern u64 rt_gdt[];
extern struct descriptor rt_idtr;

static u8 good_stack[4096] __attribute__((aligned(16)));

enum event { INT_N, INT3, UD, DE, GP, PF, DB, INTERRUPT, NMI, EVENTS };
static const struct {
    const char *name, *code;
    u8 bytes, vector;
} events[EVENTS] = {
    [INT_N] = {"int n", "\xcd\x40\x90", 3, 0x40},
    [INT3] = {"int3", "\xcc\x90", 2, 3},
    [UD] = {"ud", "\x0f\x0b\x90", 3, 6},
    [DE] = {"de", "\x31\xc9\xf7\xf1\x90", 5, 0},
    [GP] = {"gp", "\x8e\xd9\x90", 3, 13}, /* MOV DS,CX with CX=FFF8h */
    [PF] = {"pf", "\x8a\x06\x90", 3, 14},
    [DB] = {"db", "\x90\x90", 2, 1},
    [INTERRUPT] = {"interrupt", "\xfb\x90\x90\x90\xfa", 5, VECTOR},
    [NMI] = {"nmi", "", 0, 2},
};

enum breakage { STACK_ABSENT, STACK_READ_ONLY, STACK_NOT_CANONICAL, GATE_ABSENT, IDT_SHORT, FRESH, BREAKAGES };

static volatile u64 *ist(unsigned n)
{
    u64 low = rt_gdt[SEL_TSS64 / 8];
    u64 tss = (low >> 16 & 0xffffff) | (low >> 56) << 24 | rt_gdt[SEL_TSS64 / 8 + 1] << 32;

    return (u64 *)(tss + 28 + 8 * n); /* at 24h: IST1; packed, so not aligned */
}

/* The second doubleword of a gate's first half: IST 2:0, type, DPL, P. */
static u16 *attributes(u8 vector)
{
    return (u16 *)(rt_idtr.base + vector * 16ull + 4);
}

static void load_idt(u64 base, u16 limit)
{
    struct descriptor d = {limit, base};

    asm volatile("lidt %0" : : "m"(d));
}

static enum breakage broken;
static u8 under_test;

static void repair(void)
{
    rt_vpage(STACK_PAGE, FRAMES, PTE_P | PTE_W);
    *ist(IST_BROKEN) = RT_VPAGES + (STACK_PAGE + 1) * 4096;
    *attributes(under_test) |= 0x8000;
    load_idt(rt_idtr.base, rt_idtr.limit);
}

static void spoil(void)
{
    switch (broken) {
    case STACK_ABSENT:
        rt_vpage(STACK_PAGE, 0, 0);
        break;
    case STACK_READ_ONLY:
        rt_vpage(STACK_PAGE, FRAMES, PTE_P);
        break;
    case STACK_NOT_CANONICAL:
        *ist(IST_BROKEN) = 0x8000000000001000;
        break;
    case GATE_ABSENT:
        *attributes(under_test) &= 0x7fff;
        break;
    case IDT_SHORT:
        load_idt(rt_idtr.base, (u16)(under_test * 16 + 14));
        break;
    default: /* a mapping that no shadow or TLB has seen */
        rt_vpage(STACK_PAGE, FRAMES, PTE_P | PTE_W);
        rt_vpage(IDT_PAGE, rt_idtr.base, PTE_P);
        load_idt(RT_VPAGES + IDT_PAGE * 4096, rt_idtr.limit);
    }
}

/* The event itself, or what came instead of it. */
static void handler(struct trap *t)
{
    note(t->vector, t->error, in_code(t->rip));
    if (t->vector == 14)
        note(0x1000, read_cr2() - RT_VPAGES, 0);
    if (t->vector == VECTOR)
        end_of_interrupt();
    t->rflags &= ~(FLAG_TF | 0x200);
    repair();
    if ((t->vector == under_test && t->vector != 2) || t->vector == 8) /* the end, or its instruction would come again */
        t->rip = rt_resume;
}

static void deliver(enum event e)
{
    struct rt_regs r = {.rcx = 0xfff8, .rsi = RT_VPAGES + PF_PAGE * 4096, .rflags = e == DB ? 2 | FLAG_TF : 2};

    under_test = events[e].vector;
    repair();
    *attributes(under_test) |= IST_BROKEN;
    rt_vpage(PF_PAGE, 0, 0);
    if (e == INTERRUPT)
        send_interrupt();
    spoil();
    if (e == NMI)
        send_nmi();
    else
        run_code(events[e].code, events[e].bytes, &r);
    repair();
    *attributes(under_test) &= (u16)~7;
    if (e == INTERRUPT) { /* one whose delivery has failed is lost, and in service */
        note(0x2000, mmio_read32(LAPIC + 0x140) >> (VECTOR & 31) & 1, 0);
        end_of_interrupt();
        end_of_interrupt();
    }
    flush_log(events[e].name, broken);
}

void section_delivery(void)
{
    static const int vectors[] = {0, 1, 2, 3, 6, 8, 10, 11, 12, 13, 14, 0x40, VECTOR, -1};

    section("delivery");
    lapic_start();
    set_handlers(vectors, handler);
    *ist(IST_GOOD) = (u64)good_stack + sizeof(good_stack);
    *attributes(8) |= IST_GOOD;
    for (broken = 0; broken < BREAKAGES; broken++) {
        for (enum event e = 0; e < EVENTS; e++) {
            bool again = e == PF && broken >= STACK_NOT_CANONICAL && broken < FRESH;
            if ((broken != IDT_SHORT || events[e].vector >= 14) && !(rt_param[1] && again)) /* #GP must have its gate */
                deliver(e);
        }
    }
    *attributes(8) &= (u16)~7;
    set_handlers(vectors, NULL);
    lapic_end();
}
