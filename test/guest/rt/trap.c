/* SPDX-License-Identifier: BSD-2-Clause */
/* The long-mode IDT, the handler table, and GUARDED()'s record of what an instruction raised. */
#include "io.h"

struct gate {
    u16 offset_low, selector, attributes, offset_mid;
    u32 offset_high, zero;
} __attribute__((packed));
_Static_assert(sizeof(struct gate) == 16, "AMD APM vol. 2, 4.8.4");

struct rt_descriptor {
    u16 limit;
    u64 base;
} __attribute__((packed));

struct tss64 {
    u32 reserved0;
    u64 rsp0, rsp1, rsp2, reserved1, ist[7], reserved2;
    u16 reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss64) == 104, "AMD APM vol. 2, 12.2.5");

extern u8 rt_stubs[];
extern u64 rt_gdt[];
void rt_trap_init(void);
void rt_load_tss(void);
void rt_trap(struct trap *trap);

static struct gate idt[256] __attribute__((aligned(4096))); /* one page, which a program may map once more */
struct rt_descriptor rt_idtr __attribute__((section(".data"))) = { sizeof(idt) - 1, 0 };
static struct tss64 tss;
static u8 ring0_stack[4096] __attribute__((aligned(16)));
static rt_handler handlers[256];

volatile struct rt_fault rt_fault;
volatile u64 rt_resume;

void rt_set_handler(u8 vector, rt_handler handler)
{
    handlers[vector] = handler;
}

static void unexpected(struct trap *t)
{
    rt_resume = 0;
    rt_printf("guest: unexpected vector %x error %lx at %lx:%lx rsp %lx cr2 %lx\n",
              (u32)t->vector, t->error, t->cs, t->rip, t->rsp, read_cr2());
    rt_end(rt_failures + 1);
}

void rt_trap(struct trap *t)
{
    if (handlers[t->vector]) {
        handlers[t->vector](t);
        return;
    }
    if (t->vector >= 32 || !rt_resume)
        unexpected(t);
    rt_fault.vector = t->vector;
    rt_fault.error = t->error;
    rt_fault.rip = t->rip;
    rt_fault.cr2 = t->vector == 14 ? read_cr2() : 0;
    t->rip = rt_resume;
    if (t->cs & 3) {            /* rt_run()'s resume code takes its own stack */
        t->cs = SEL_CODE64;
        t->ss = SEL_DATA;
    }
}

/* Also after rt_v86(), which leaves its own TSS in TR: an available descriptor, then LTR. */
void rt_load_tss(void)
{
    u64 base = (u64)&tss;

    rt_gdt[SEL_TSS64 / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40
                            | (base >> 24 & 0xff) << 56;
    rt_gdt[SEL_TSS64 / 8 + 1] = base >> 32;
    asm volatile("ltr %w0" : : "r"(SEL_TSS64) : "memory");
}

void rt_trap_init(void)
{
    for (unsigned i = 0; i < 256; i++) {
        u64 stub = (u64)rt_stubs + i * 16;

        idt[i] = (struct gate){ (u16)stub, SEL_CODE64, 0x8e00, (u16)(stub >> 16), 0, 0 };
    }
    rt_idtr.base = (u64)idt;
    asm volatile("lidt %0" : : "m"(rt_idtr));

    tss.rsp0 = (u64)ring0_stack + sizeof(ring0_stack);
    tss.iomap = sizeof(tss);
    rt_load_tss();
}
