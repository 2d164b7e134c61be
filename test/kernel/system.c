/* SPDX-License-Identifier: BSD-2-Clause */
#include "system.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "obj/init.h"
#include "obj/sched.h"
#include "vm/a20.h"
#include "vm/npt.h"
#include "vm/vcpu_ops.h"
#include "x86/clock.h"
#include "x86/fence.h"
#include "x86/fpu.h"

typedef struct result (*handler)(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
extern void *const syscall_table[WEIR_CALLS];
noreturn void thread_resume_short(struct thread *t);
noreturn void thread_resume_full(struct thread *t);

struct domain *init_domain;
u64 tsc_per_us = 1;
static jmp_buf out;
static struct ran ran;

void thread_resume_short(struct thread *t)
{
    ran = (struct ran){RESUMED, {0, 0}, t};
    longjmp(out, 1);
}

void thread_resume_full(struct thread *t)
{
    thread_resume_short(t);
}

void fence_wait(struct cpu *cpu)
{
    (void)cpu;
    ran = (struct ran){IDLE, {0, 0}, NULL};
    longjmp(out, 1);
}

struct ran system_call(struct thread *t, enum weir_call call, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
    ready_remove(this_cpu(), t);
    this_cpu()->thread = t;
    this_cpu()->ring3 = true;
    t->full = false;
    if (!setjmp(out)) {
        struct result r = ((handler)syscall_table[call])(a, b, c, d, e, f);
        ran = (struct ran){RETURNED, r, t};
    }
    return ran;
}

struct ran system_schedule(void)
{
    if (!setjmp(out))
        schedule(this_cpu());
    return ran;
}

struct domain *system_init(void)
{
    struct domain *d = domain_create(NULL, 1000, 32);
    u64 status;
    struct thread *t = d ? thread_create(d, d, this_cpu(), 0x1000, 0x2000, 0x10000, &status) : NULL;

    if (!t) {
        fprintf(stderr, "no memory for a domain\n");
        exit(2);
    }
    init_domain = d;
    return d;
}

struct object *system_object(struct domain *d, u64 slot)
{
    return d->caps[slot].object;
}

/* The guest's side, which no test here starts. */
static void intercept_io(u16 first, u16 last, bool on)
{
    (void)first, (void)last, (void)on;
}

static void intercept_msr(u32 first, u32 last, bool on)
{
    (void)first, (void)last, (void)on;
}

static const struct vcpu_ops ops = {.intercept_io = intercept_io, .intercept_msr = intercept_msr};
const struct vcpu_ops *vcpu_ops = &ops;

struct vcpu *vcpu_create(struct domain *d, struct cpu *cpu, struct port *port)
{
    (void)d, (void)cpu, (void)port;
    return NULL;
}

#define NEVER(name, ...) \
    name(__VA_ARGS__)    \
    {                    \
        panic(#name);    \
    }
void NEVER(vcpu_destroy, struct vcpu *v __attribute__((unused)))
void NEVER(vcpu_enter, struct cpu *c __attribute__((unused)), struct vcpu *v __attribute__((unused)))
void NEVER(vcpu_fill_message, struct vcpu *v __attribute__((unused)), struct thread *t __attribute__((unused)))
void NEVER(vcpu_reply, struct vcpu *v __attribute__((unused)), struct thread *t __attribute__((unused)))
void NEVER(vcpu_request_gone, struct vcpu *v __attribute__((unused)), bool closed __attribute__((unused)))
void NEVER(fence_raise, struct cpu *c __attribute__((unused)))
void NEVER(halt_forever, void)
void NEVER(host_outb, u16 p __attribute__((unused)), u8 v __attribute__((unused)))
struct result NEVER(sys_vcpu_ctl, u64 s __attribute__((unused)), u64 o __attribute__((unused)),
                    u64 a __attribute__((unused)))

void vcpu_forget_port(struct port *p)
{
    (void)p;
}

void fence_arm_timer(struct cpu *cpu, u64 now, u64 ticks)
{
    (void)cpu, (void)now, (void)ticks;
}

bool npt_prepare(u64 first, u64 last)
{
    return first <= last;
}

void a20_intercept(void)
{
}

void npt_hook(u64 first, u64 last)
{
    (void)first, (void)last;
}

void fpu_forget(struct cpu *cpu, struct thread *t)
{
    (void)cpu, (void)t;
}

void log_text(const char *text, size_t bytes)
{
    (void)text, (void)bytes;
}

size_t log_read(u64 *position, char *to, size_t bytes)
{
    (void)position, (void)to, (void)bytes;
    return 0;
}

u64 log_claim(void (*notify)(void))
{
    (void)notify;
    return 0;
}

void log_flush(void)
{
}
