/* SPDX-License-Identifier: BSD-2-Clause */
#include "fpu.h"

#include "core/string.h"
#include "cpu.h"
#include "insn.h"
#include "obj/domain.h"
#include "obj/thread.h"
#include "vm/vcpu.h"

#define SERVICE_XCR0 3ull /* x87 and SSE */
#define MXCSR_RESET 0x1f80u
#define FCW_RESET 0x37fu

static void save(void *area)
{
    if (cpu_features.xsave)
        asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void restore(const void *area)
{
    if (cpu_features.xsave)
        asm volatile("xrstor64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

static void load_xcr0(u64 value)
{
    if (cpu_features.xsave && xgetbv(0) != value)
        xsetbv(0, value);
}

/* Puts away what the registers hold now. */
static void save_owner(struct cpu *cpu)
{
    if (cpu->fpu_owner == cpu->vcpu && cpu->vcpu) {
        cpu->vcpu->xcr0 = cpu_features.xsave ? xgetbv(0) : 0;
        save(cpu->vcpu->fpu);
    } else if (cpu->fpu_owner) {
        save(((struct thread *)cpu->fpu_owner)->fpu);
    }
}

void fpu_give_to_thread(struct cpu *cpu, struct thread *t)
{
    if (!t->fpu) {
        u8 *area = block_alloc(t->domain, PAGE_SIZE);
        if (!area) {
            domain_fail(t, &(struct weir_failure){.kind = WEIR_FAIL_EXCEPTION, .vector = VECTOR_NM});
            return;
        }
        *(u16 *)area = FCW_RESET;
        *(u32 *)(area + 24) = MXCSR_RESET;
        t->fpu = area;
    }
    clts();
    cpu->ts = false;
    save_owner(cpu);
    load_xcr0(SERVICE_XCR0);
    restore(t->fpu);
    cpu->fpu_owner = t;
}

void fpu_give_to_guest(struct cpu *cpu, struct vcpu *v)
{
    if (cpu->ts) {
        clts();
        cpu->ts = false;
    }
    save_owner(cpu);
    load_xcr0(v->xcr0);
    restore(v->fpu);
    cpu->fpu_owner = v;
}

void fpu_forget(struct cpu *cpu, struct thread *t)
{
    if (cpu->fpu_owner == t)
        cpu->fpu_owner = NULL;
    if (t->fpu)
        block_free(t->domain, t->fpu, PAGE_SIZE);
}
