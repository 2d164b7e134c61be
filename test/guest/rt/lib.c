/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory functions, digests, BIOS calls and the start of every program. */
#include "io.h"

extern u8 rt_bios16_vector;
extern struct bios_regs rt_bios_regs;
extern struct v86_stats rt_v86_stats;
extern u32 rt_v86_target;
extern u64 rt_pdpt[];
void rt_bios16(void);
void rt_v86_enter(void);
void rt_trap_init(void);
void rt_load_tss(void);
void rt_main(void);

void *memset(void *to, int c, size_t bytes)
{
    void *start = to;

    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(c) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *start = to;

    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const u8 *x = a, *y = b;

    for (; bytes; bytes--, x++, y++) {
        if (*x != *y)
            return *x < *y ? -1 : 1;
    }
    return 0;
}

u64 rt_digest(u64 digest, const void *data, size_t bytes)
{
    const u8 *p = data;

    while (bytes--)
        digest = (digest ^ *p++) * 0x100000001b3ull;
    return digest;
}

u64 rt_digest_u64(u64 digest, u64 value)
{
    return rt_digest(digest, &value, sizeof(value));
}

void rt_bios(u8 vector, struct bios_regs *regs)
{
    *(volatile u8 *)&rt_bios16_vector = vector;
    rt_bios_regs = *regs;
    rt_real(rt_bios16);
    asm volatile("" : : : "memory");
    *regs = rt_bios_regs;
}

struct v86_stats rt_bios_v86(u8 vector, struct bios_regs *regs)
{
    struct v86_stats stats;

    *(volatile u8 *)&rt_bios16_vector = vector;
    rt_bios_regs = *regs;
    stats = rt_v86(rt_bios16);
    *regs = rt_bios_regs;
    return stats;
}

struct v86_stats rt_v86(void (*fn16)(void))
{
    rt_v86_target = (u32)(u64)fn16;
    rt_prot32(rt_v86_enter);
    asm volatile("" : : : "memory");
    rt_load_tss();
    return rt_v86_stats;
}

void *rt_phys(u64 phys)
{
    static u64 window[512] __attribute__((aligned(4096)));
    const u64 gib = 1ull << 30;

    if (phys < 4 * gib)
        return (void *)phys;
    for (unsigned i = 0; i < 512; i++)
        window[i] = (phys & ~(gib - 1)) + i * 0x200000ull + 0x87;
    rt_pdpt[4] = (u64)window + 7;
    write_cr3(read_cr3());
    return (void *)(4 * gib + (phys & (gib - 1)));
}

u64 rt_vpage_table[512] __attribute__((aligned(4096)));

u64 rt_vpage(unsigned index, u64 phys, u64 flags)
{
    static u64 directory[512] __attribute__((aligned(4096)));
    u64 address = RT_VPAGES + index * 4096ull;

    directory[0] = (u64)rt_vpage_table + 7;
    rt_pdpt[RT_VPAGES >> 30] = (u64)directory + 7;
    rt_vpage_table[index] = phys | flags;
    invlpg(address);
    return address;
}

unsigned rt_e820(struct e820_entry *map, unsigned max)
{
    static struct e820_entry low;       /* the BSS lies below 512 KiB: reachable as segment:0 */
    struct bios_regs r = { 0 };
    unsigned n = 0;

    do {
        low.attributes = 1;
        r.eax = 0xe820;
        r.ecx = sizeof(low);
        r.edx = 0x534d4150;
        r.es = (u16)((u64)&low >> 4);
        r.edi = (u64)&low & 15;
        rt_bios(0x15, &r);
        if (r.flags & BIOS_CF || r.eax != 0x534d4150 || n == max)
            break;
        map[n++] = low;
    } while (r.ebx);
    return n;
}

void rt_main(void)
{
    const u16 com1 = 0x3f8;

    out8(com1 + 1, 0);
    out8(com1 + 3, 0x80);
    out8(com1 + 0, 1);
    out8(com1 + 1, 0);
    out8(com1 + 3, 3);
    out8(com1 + 2, 7);
    out8(com1 + 4, 3);
    rt_printf("\nguest %s\n", guest_name);
    rt_trap_init();
    guest_main();
    rt_end(rt_failures);
}
