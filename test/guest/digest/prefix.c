/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prefixed CPUID, RDMSR, IN and VMMCALL: the hypervisor has to find the instruction's length by
 * itself where the CPU does not report it. Then the same across a page boundary, with the second
 * page absent or not.
 */
#include "digest.h"

static const struct prefix {
    u8 bytes, code[15];
} prefixes[] = {
    { 0, { 0 } }, { 1, { 0x66 } }, { 1, { 0x67 } }, { 1, { 0xf2 } }, { 1, { 0xf3 } },
    { 1, { 0x40 } },
    { 1, { 0x48 } }, { 1, { 0x4f } }, { 1, { 0x2e } }, { 1, { 0x64 } },
    { 2, { 0x66, 0x48 } }, { 2, { 0x48, 0x66 } }, { 2, { 0xf2, 0x4f } },
    { 3, { 0x66, 0xf3, 0x67 } },
    { 6, { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 } },
    { 13, { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 } },
    { 14, { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 } },
};

static const struct base {
    const char *name;
    u64 rax, rcx;
    u8 bytes, code[3];
} bases[] = {
    { "cpuid", 0x80000008, 0, 2, { 0x0f, 0xa2 } },
    { "rdmsr", 0, 0xc0000081, 2, { 0x0f, 0x32 } },
    { "rdmsr.efer", 0, MSR_EFER, 2, { 0x0f, 0x32 } },
    { "in", 0, 0, 2, { 0xe4, 0xe4 } },
    { "in.eax", 0, 0, 2, { 0xe5, 0xe4 } },
    { "wbinvd", 0, 0, 2, { 0x0f, 0x09 } },
    { "vmmcall", 0, 0, 3, { 0x0f, 0x01, 0xd9 } },
};

static unsigned compose(u8 *code, const struct prefix *p, const struct base *b)
{
    memcpy(code, p->code, p->bytes);
    memcpy(code + p->bytes, b->code, b->bytes);
    return (unsigned)p->bytes + b->bytes;
}

static void record_run(const struct base *b, u64 key, u64 entry)
{
    struct rt_regs r = { .rax = b->rax, .rcx = b->rcx, .rbx = ~0ull, .rdx = ~0ull, .rflags = 2 };

    rt_run(entry, &r, false);
    record_fault(b->name, key, entry);
    if (b->rcx == MSR_EFER)
        r.rax &= ~EFER_SVME;
    record_regs(b->name, key, &r, 0x8d5);
}

/*
 * LOCK before these is #UD, ahead of any intercept; QEMU 7.2 executes them as if it were not
 * there, and exits with it. Either will do, but a hypervisor must not get stuck on it.
 */
void section_lock(void)
{
    static const struct prefix lock = { 1, { 0xf0 } };
    u8 code[20];

    section("lock");
    for (unsigned b = 0; b < COUNT(bases); b++) {
        unsigned bytes = compose(code, &lock, &bases[b]);

        code[bytes] = 0xc3;
        memcpy((u8 *)SCRATCH, code, bytes + 1);
        record_run(&bases[b], 0, SCRATCH);
    }
}

/* The instruction starts `before` bytes in front of the boundary between two 4 KiB pages. */
static void crossing(const struct base *b, const struct prefix *p, unsigned before, bool present)
{
    u8 code[20], *second = (u8 *)SCRATCH + 0x5000;
    unsigned bytes = compose(code, p, b);
    u64 page = rt_vpage(0, SCRATCH + 0x4000, PTE_P | PTE_W);

    code[bytes++] = 0xc3;
    memcpy(second - before, code, bytes);
    rt_vpage(1, SCRATCH + 0x5000, present ? PTE_P | PTE_W : 0);
    record_run(b, (u64)before << 8 | present, page + 4096 - before);
}

void section_prefix(void)
{
    u8 code[20];

    section("prefix");
    for (unsigned b = 0; b < COUNT(bases); b++) {
        for (unsigned p = 0; p < COUNT(prefixes); p++) {
            unsigned bytes = compose(code, &prefixes[p], &bases[b]);

            code[bytes] = 0xc3;
            memcpy((u8 *)SCRATCH, code, bytes + 1);
            record_run(&bases[b], p, SCRATCH);
        }
    }

    section("crossing");
    for (unsigned b = 0; b < COUNT(bases); b++) {
        for (unsigned p = 0; p < COUNT(prefixes); p++) {
            unsigned bytes = (unsigned)prefixes[p].bytes + bases[b].bytes;

            for (unsigned before = 1; before <= bytes && bytes <= 15; before++) {
                crossing(&bases[b], &prefixes[p], before, true);
                crossing(&bases[b], &prefixes[p], before, false);
            }
        }
    }
}
