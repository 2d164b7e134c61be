/* SPDX-License-Identifier: BSD-2-Clause */
/* The BIOS memory calls: E820h (ACPI 6.5, 15.1), E801h, 88h, INT 12h; ordinary and odd ones. */
#include "memmap.h"

#define SMAP 0x534d4150
#define GUARD 0xa5

/* In low memory, reachable from 16-bit code; the bytes behind an answer must stay untouched. */
static u8 buffer[64] __attribute__((aligned(16)));

static struct bios_regs e820(bios_call call, u32 ebx, u32 ecx, u32 edx)
{
    struct bios_regs r = { .eax = 0xe820, .ebx = ebx, .ecx = ecx, .edx = edx };

    memset(buffer, GUARD, sizeof(buffer));
    r.es = (u16)((u64)buffer >> 4);
    call(0x15, &r);
    return r;
}

static unsigned untouched_from(unsigned from)
{
    for (unsigned i = from; i < sizeof(buffer); i++) {
        if (buffer[i] != GUARD)
            return i;
    }
    return 0;
}

/* The whole map by calls with ECX=size; EBX=0 ends it, or CF behind the last entry. */
static unsigned read_map(const char *mode, bios_call call, u32 size, struct e820_entry *map)
{
    unsigned n = 0, beyond;
    u32 ebx = 0;

    do {
        struct bios_regs r = e820(call, ebx, size, SMAP);

        if (r.flags & BIOS_CF)
            break;
        rt_check(r.eax == SMAP, "%s: E820 returns EAX=%x", mode, r.eax);
        rt_check(r.ecx >= 20 && r.ecx <= size, "%s: E820 returns ECX=%u of %u", mode, r.ecx, size);
        beyond = untouched_from(size);
        rt_check(!beyond, "%s: E820 wrote byte %u of a buffer of %u", mode, beyond, size);
        memset(&map[n], 0, sizeof(map[n]));
        memcpy(&map[n], buffer, 20);
        n++;
        ebx = r.ebx;
    } while (ebx && n < E820_MAX);
    rt_check(n > 0 && n < E820_MAX, "%s: %u E820 entries", mode, n);
    return n;
}

/*
 * Calls no sane loader makes. The answers are printed and digested; none may write outside 24
 * bytes.
 */
static u64 odd_calls(const char *mode, bios_call call)
{
    static const struct {
        u32 ebx, ecx, edx;
    } odd[] = {
        { 0, 24, 0 }, { 0, 24, 0x50414d53 }, { 0, 20, SMAP ^ 1 }, { 0, 0, SMAP }, { 0, 19, SMAP },
        { 0, 1, SMAP }, { 0, 0xffffffff, SMAP }, { 0, 1024, SMAP }, { 1, 24, SMAP },
        { 2, 20, SMAP },
        { 63, 24, SMAP }, { 255, 24, SMAP }, { 256, 24, SMAP }, { 65536, 24, SMAP },
        { 0x7fffffff, 24, SMAP }, { 0x80000000, 24, SMAP }, { 0xffffffff, 24, SMAP },
        { 0xfffffff0, 20, SMAP }, { 0x0ccccccd, 24, SMAP },
    };
    u64 digest = RT_DIGEST_START;

    for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct bios_regs r = e820(call, odd[i].ebx, odd[i].ecx, odd[i].edx);
        bool cf = r.flags & BIOS_CF;
        unsigned beyond = untouched_from(24);

        rt_printf("e820.odd %s ebx %x ecx %x edx %x: cf %u eax %x ebx %x ecx %x\n", mode,
                  odd[i].ebx, odd[i].ecx, odd[i].edx, cf, r.eax, r.ebx, r.ecx);
        rt_check(!beyond, "%s: odd E820 call %u wrote byte %u", mode, i, beyond);
        rt_check(cf || odd[i].edx == SMAP, "%s: E820 accepts the signature %x", mode, odd[i].edx);
        digest = rt_digest_u64(digest, cf);
        digest = rt_digest(digest, &r, offsetof(struct bios_regs, ds));
        digest = rt_digest(digest, buffer, sizeof(buffer));
    }
    return digest;
}

/* The RAM of the map from start on without a gap, in bytes; entries may lie in any order. */
static u64 contiguous_ram(const struct memory_answers *a, u64 start)
{
    u64 end = start;
    bool grown = true;

    while (grown) {
        grown = false;
        for (unsigned i = 0; i < a->entries; i++) {
            const struct e820_entry *e = &a->map[i];

            if (e->type == E820_RAM && e->base <= end && e->base + e->length > end) {
                end = e->base + e->length;
                grown = true;
            }
        }
    }
    return end - start;
}

static void check_map(const char *mode, const struct memory_answers *a)
{
    for (unsigned i = 0; i < a->entries; i++) {
        const struct e820_entry *e = &a->map[i];

        rt_printf("e820 %s %016lx %016lx %u\n", mode, e->base, e->length, e->type);
        rt_check(e->length && e->base + e->length > e->base, "%s: entry %u is empty", mode, i);
        for (unsigned j = 0; j < i; j++) {
            const struct e820_entry *o = &a->map[j];

            rt_check(e->base + e->length <= o->base || o->base + o->length <= e->base,
                     "%s: entries %u and %u overlap", mode, j, i);
        }
    }
}

/*
 * What the older calls claim must be RAM by the map, else they give away (or hide) something.
 * Bochs' own BIOS rounds INT 12h and E801 up; parameter 15 says that such a BIOS is known.
 */
static void check_older(const char *mode, const struct memory_answers *a)
{
    u64 at_1m = contiguous_ram(a, 0x100000), at_16m = contiguous_ram(a, 0x1000000);

    if (rt_param[15])
        return;
    rt_check(a->e801[0] * 1024ull <= at_1m, "%s: E801 AX=%x beyond the map's %lx", mode,
             a->e801[0], at_1m);
    rt_check(a->e801[1] * 65536ull <= at_16m, "%s: E801 BX=%x beyond the map's %lx", mode,
             a->e801[1], at_16m);
    rt_check(a->e801[1] || at_16m < 65536, "%s: E801 BX=0 with RAM at 16 MiB", mode);
    rt_check(a->e801[0] == a->e801[2] && a->e801[1] == a->e801[3], "%s: E801 AX,BX are not CX,DX",
             mode);
    rt_check(a->int15_88 * 1024ull <= at_1m && a->int15_88, "%s: 88h AX=%x beyond the map's %lx",
             mode, a->int15_88, at_1m);
    rt_check(a->int12 * 1024ull == contiguous_ram(a, 0), "%s: INT 12h %u KiB, map %lx", mode,
             a->int12, contiguous_ram(a, 0));
}

void ask_memory(const char *mode, bios_call call, struct memory_answers *a)
{
    static struct e820_entry map24[E820_MAX];
    struct bios_regs r;
    unsigned n;

    a->entries = read_map(mode, call, 20, a->map);
    n = read_map(mode, call, 24, map24);
    rt_check(n == a->entries && !memcmp(map24, a->map, n * sizeof(map24[0])),
             "%s: E820 differs between ECX=20 and 24", mode);
    check_map(mode, a);
    a->odd = odd_calls(mode, call);

    r = (struct bios_regs){ .eax = 0xe801 };
    call(0x15, &r);
    rt_check(!(r.flags & BIOS_CF), "%s: E801 fails", mode);
    a->e801[0] = (u16)r.eax;
    a->e801[1] = (u16)r.ebx;
    a->e801[2] = (u16)r.ecx;
    a->e801[3] = (u16)r.edx;
    r = (struct bios_regs){ .eax = 0x8800 };
    call(0x15, &r);
    rt_check(!(r.flags & BIOS_CF), "%s: 88h fails", mode);
    a->int15_88 = (u16)r.eax;
    r = (struct bios_regs){ 0 };
    call(0x12, &r);
    a->int12 = (u16)r.eax;
    rt_printf("e801 %s %x %x %x %x\n88 %s %x\nint12 %s %u\n", mode, a->e801[0], a->e801[1],
              a->e801[2], a->e801[3], mode, a->int15_88, mode, a->int12);
    check_older(mode, a);
}
