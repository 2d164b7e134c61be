/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything a CPU has of its own. A CPU's block is 64 KiB, aligned to that: struct cpu first, then its stacks with
 * unmapped guard pages between them, so any stack pointer leads to the struct without GS (which is the guest's while
 * an exit is handled).
 *
 *   0000 struct cpu   2000 guard   3000 kernel stack   6000 guard   7000 NMI stack   8000 guard
 *   9000 #DF stack    a000 guard   b000 #MC stack      c000 guard ...
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "layout.h"
#include "types.h"

struct thread;
struct vcpu;

#define TIMER_VECTOR 0xf0   /* class F: comes through the fence (x86/fence.c) */
#define EXIT_COUNTERS 64

enum lapic_mode { LAPIC_OFF, LAPIC_XAPIC, LAPIC_X2APIC };

/* How the LAPIC timer serves as watchdog (x86/fence.c). From LOAN_VECTOR on it is changed and must be given back. */
enum timer_loan { LOAN_NONE, LOAN_GUESTS, LOAN_VECTOR, LOAN_IDLE, LOAN_COUNT, LOAN_DEADLINE };

/* What the fence around ring 3 has changed and must give back. */
struct fence {
    bool up;
    bool pic_masked;
    u8 imr;           /* of the first 8259 */
    u64 tpr;          /* the guest's CR8 */
    u64 owed[4];      /* vectors of the guest taken meanwhile, posted again as self-IPIs */
    u8 eoi_level;     /* how many level-triggered ones were taken: EOI just before entry */
    bool any_owed;
    bool lapic_disabled; /* by the guest in SVR; enabled for the loan */
    enum timer_loan loan;
    u32 lvtt, count;  /* the guest's LVTT and remaining count when the loan began */
    u32 divide_shift; /* of the LAPIC timer: 0 to 7 */
    u64 loan_tsc;     /* when the loan began */
    u64 quiet_until;  /* TSC before which the borrowed timer cannot have fired */
    u64 guest_deadline; /* to be written back, 0: none */
};

/* What WEIR_TRACE_COUNTERS gives (include/weir/exits.h). */
struct exit_counters {
    u64 entries, exits[EXIT_COUNTERS];
};

struct cpu {
    u64 kernel_rsp;          /* assembly: see layout.h */
    u64 user_rsp;
    struct thread *thread;   /* runs in ring 3, or ran last */
    u32 id;
    bool ring3;              /* host state is loaded and the fence up: ring 3 may run */
    bool nmi_seen;           /* an NMI came in host mode; the guest's unless kick is set */
    bool ts;                 /* CR0.TS as last written in host mode */
    u32 kick;                /* another CPU wants this one out of the guest */
    u64 cr3;                 /* of this CPU's own page table, with the window */
    u64 loaded_cr3;
    struct vcpu *vcpu;
    void *fpu_owner;         /* the vcpu or thread whose extended state is in the registers; NULL: nobody's */
    struct thread *ready_first; /* runnable threads, oldest first; this CPU only */
    struct thread *timers;   /* threads waiting with a deadline, soonest first; this CPU only */
    u64 slice_end;           /* TSC at which background work has to let the guest run; 0: no limit */
    u64 background_at;       /* TSC from which it may have its next slice */
    u64 timer_at;            /* TSC for which the borrowed timer is programmed, ~0: it isn't */
    u64 stuck_at;            /* TSC at which it is asked who keeps the guest waiting (obj/stuck.c); ~0: nobody */
    u64 stuck_since;
    bool timer_fired;        /* the borrowed timer, since it was programmed */
    bool window;             /* an interrupt window of the kernel's own: the vector is only recorded */
    u16 window_vector;       /* what came in it, 256: nothing */
    struct fence fence;
    u64 window_tag[WINDOW_SLOTS];
    u64 *window_pd;
    u64 window_changes;      /* counts the slots that were given other memory */
    u64 host_state_pa;       /* VMSAVE area of ring 3's host state (SVM) */
    u64 gdt[7];
    struct tss *tss;
    struct exit_counters count;
};
CHECK_OFFSET(struct cpu, kernel_rsp, CPU_OFF_KERNEL_RSP);
CHECK_OFFSET(struct cpu, user_rsp, CPU_OFF_USER_RSP);
CHECK_OFFSET(struct cpu, thread, CPU_OFF_THREAD);
CHECK_OFFSET(struct cpu, nmi_seen, CPU_OFF_NMI_SEEN);
_Static_assert(sizeof(struct cpu) <= 0x2000, "struct cpu ends before the guard page");

/* The 64-bit TSS (AMD APM vol. 2, 12.2.5). The domain's I/O permission bitmap stands in the next pages. */
struct tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 iomap_base;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "64-bit TSS");

#define IST_NMI 1
#define IST_DF 2
#define IST_MC 3

/* The CPU this code runs on. */
static inline struct cpu *this_cpu(void)
{
    u64 rsp;
    asm("mov %%rsp, %0" : "=r"(rsp));
    return (struct cpu *)((rsp - 1) & ~(u64)(CPU_BLOCK - 1));
}

/* CPU features that the kernel uses when they are there; found once at boot. */
struct cpu_features {
    bool smep, smap, fsgsbase, xsave, pdpe1gb;
    u32 xsave_bytes;  /* of all components that XCR0 can enable */
    u32 address_bits; /* physical */
};
extern struct cpu_features cpu_features;

void cpu_find_features(void);
/* Fills the block of CPU id and loads GDT, IDT, TSS, control registers and SYSCALL MSRs on this CPU. */
void cpu_init(struct cpu *cpu, u32 id);
extern u8 boot_cpu_block[CPU_BLOCK];

#endif
