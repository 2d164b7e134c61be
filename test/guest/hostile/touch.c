/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and writes of all physical address space below 4 GiB that is not usable RAM: what the
 * memory map leaves out, and what it reserves. Below the top of RAM a gap is where a hypervisor
 * hides: every page of it is tried, none may keep a value. Device windows (PCI BARs, APICs, HPET,
 * flash) are left alone: writing there is legal and does what it does.
 */
#include "hostile.h"

#define GIB4 (1ull << 32)
#define PAGE 4096ull

static struct e820_entry map[E820_MAX];
static unsigned entries;

static struct window {
    u64 base, end;
} windows[64] = {
    { 0, 0x100000 }, { 0xfec00000, 0xfec01000 }, { 0xfed00000, 0xfed00400 },
    { 0xfee00000, 0xfee01000 },
    { 0xfed40000, 0xfed45000 }, { 0xffc00000, GIB4 },
};
static unsigned windows_n = 6;

static u32 config_read(u32 address)
{
    out32(0xcf8, 0x80000000 | address);
    return in32(0xcfc);
}

static void config_write(u32 address, u32 value)
{
    out32(0xcf8, 0x80000000 | address);
    out32(0xcfc, value);
}

/* Adds the memory BARs of one function; decoding is off while their sizes are read. */
static void add_bars(u32 function)
{
    unsigned bars = (config_read(function | 0xc) >> 16 & 0x7f) ? 2 : 6;
    u32 command = config_read(function | 4);

    config_write(function | 4, command & 0xfffc);
    for (unsigned i = 0; i < bars; i++) {
        u32 address = function | (0x10 + i * 4), bar = config_read(address), size;

        config_write(address, ~0u);
        size = ~(config_read(address) & ~15u) + 1;
        config_write(address, bar);
        if (!(bar & 1) && (bar & ~15u) && size && windows_n < 64)
            windows[windows_n++] = (struct window){ bar & ~15u, (u64)(bar & ~15u) + size };
        if ((bar & 7) == 4)
            i++;
    }
    config_write(function | 4, command & 0xffff);
}

static void find_windows(void)
{
    for (u32 function = 0; function < 0x10000; function += 0x100) {
        if (config_read(function) != 0xffffffff)
            add_bars(function);
    }
}

static bool in_window(u64 at)
{
    for (unsigned i = 0; i < windows_n; i++) {
        if (at + PAGE > windows[i].base && at < windows[i].end)
            return true;
    }
    return false;
}

/* The type of the page at `at` by the map, 0 if none, and where that ends. */
static u32 type_at(u64 at, u64 *end)
{
    *end = GIB4;
    for (unsigned i = 0; i < entries; i++) {
        u64 base = map[i].base, last = base + map[i].length;

        if (at >= base && at < last) {
            *end = last;
            return map[i].type;
        }
        if (base > at && base < *end)
            *end = base;
    }
    return 0;
}

static u64 top_of_ram(void)
{
    u64 top = 0;

    for (unsigned i = 0; i < entries; i++) {
        if (map[i].type == E820_RAM && map[i].base < GIB4 && map[i].base + map[i].length > top)
            top = map[i].base + map[i].length;
    }
    return top;
}

/* Writes by all sizes and an atomic; true if the page keeps what was written. */
static bool write_page(u64 at)
{
    volatile u64 *p = (u64 *)at;
    u64 old = *p, pattern = 0x5aa5123456789abcull ^ at;
    bool kept;

    *p = pattern;
    kept = *p == pattern;
    *(volatile u8 *)(at + 4095) = (u8)pattern;
    *(volatile u16 *)(at + 1) = (u16)pattern;
    *(volatile u32 *)(at + 2047) = (u32)pattern;
    asm volatile("lock xaddq %0, %1" : "+r"(pattern), "+m"(*p) : : "memory");
    asm volatile("lock incl %0" : "+m"(*(volatile u32 *)(at + 64)) : : "memory");
    asm volatile("rep stosb" : : "D"(at + 100), "a"(0x33), "c"(16) : "memory", "cc");
    asm volatile("rep movsb" : : "S"(at), "D"(at + 200), "c"(16) : "memory", "cc");
    *p = old;
    return kept;
}

/* Reserved memory may be the firmware's: reads of every size, and the value read written back. */
static void reread_page(u64 at)
{
    volatile u64 *p = (u64 *)at;

    *p = *p;
    (void)*(volatile u8 *)(at + 4095);
    (void)*(volatile u32 *)(at + 2047);
}

static void touch_range(u64 start, u64 end, u32 type, bool below_top)
{
    u64 step = below_top ? PAGE : (end - start > 1 << 24 ? 1 << 20 : PAGE), touched = 0, kept = 0;

    for (u64 at = start & ~(PAGE - 1); at < end; at += step) {
        if (in_window(at))
            continue;
        touched++;
        if (type)
            reread_page(at);
        else
            kept += write_page(at);
    }
    rt_printf("hostile %s %016lx %016lx pages %lu kept %lu\n", type ? "reserved" : "hole", start,
              end, touched, kept);
    rt_check(!kept, "%lu pages of a hole behave as memory", kept);
}

/* String I/O to and from a hole, and from RAM into one. */
static void string_io(u64 hole, u64 top)
{
    asm volatile("rep insb" : : "D"(hole), "d"(0xe4), "c"(100) : "memory", "cc");
    asm volatile("rep outsb" : : "S"(hole), "d"(0xe4), "c"(100) : "memory", "cc");
    if (top < GIB4 && !in_window(top))
        asm volatile("rep insl" : : "D"(top - 10), "d"(0xe4), "c"(5) : "memory", "cc");
    rt_printf("hostile string I/O into holes\n");
}

u64 find_hole(void)
{
    u64 end, at;

    if (!entries) {
        entries = rt_e820(map, E820_MAX);
        find_windows();
    }
    for (at = 0x100000; at < GIB4; at = end) {
        if (type_at(at, &end))
            continue;
        for (u64 page = (at + PAGE - 1) & ~(PAGE - 1); page + PAGE <= end; page += 1 << 20) {
            if (!in_window(page))
                return page;
        }
    }
    return 0;
}

void touch_memory(void)
{
    u64 end, top, hole = find_hole();

    top = top_of_ram();
    rt_printf("hostile windows %u, top of RAM %lx, a hole %lx\n", windows_n, top, hole);
    for (u64 at = 0; at < GIB4; at = end) {
        u32 type = type_at(at, &end);

        if (type != E820_RAM)
            touch_range(at, end, type, at < top);
    }
    string_io(hole, top);
}
