/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of physical memory is the guest's RAM: the only thing that a command list may name. From the memory map that the
 * guest sees, in which Weir is no RAM.
 */
#include "storage.h"
#include <weir/e820.h>
#include <weir/abi.h>

#define RANGES 40u
#define E820_RESERVED 2u
#define E820_ACPI 3u
#define E820_NVS 4u
#define MIB (1ull << 20)
#define FIRMWARE_BYTES (4 * MIB) /* what firmware may keep for itself at the end of low RAM */

static struct {
    struct {
        uint64_t first, end;
    } range[RANGES];
    unsigned n, last;
    uint8_t *view;
} ram;

static void add(uint64_t first, uint64_t end)
{
    first &= ~4095ull;
    end = (end + 4095) & ~4095ull;
    if (ram.n && ram.range[ram.n - 1].end >= first && ram.range[ram.n - 1].first <= first) {
        if (ram.range[ram.n - 1].end < end)
            ram.range[ram.n - 1].end = end;
    } else if (ram.n < RANGES && first < end) {
        ram.range[ram.n].first = first;
        ram.range[ram.n++].end = end;
    }
}

/*
 * BIOSes keep their own buffers and command lists in RAM that they reserve: right at the end of RAM (SeaBIOS's
 * ZoneHigh), and in the shadow RAM from C0000h on. Above 1 MiB a reserved entry counts where it continues RAM and is
 * small; larger ones may be stolen memory or the ECAM.
 */
static bool is_firmware_ram(const struct weir_e820 *e)
{
    return e->type == E820_RESERVED && e->base > MIB && e->bytes <= FIRMWARE_BYTES && ram.n &&
           ram.range[ram.n - 1].end == e->base;
}

void memory_begin(const struct weir_e820 *map, size_t n, uint8_t *view)
{
    bool shadow = false;

    ram.n = ram.last = 0;
    ram.view = view;
    for (size_t i = 0; i < n; i++) {
        const struct weir_e820 *e = &map[i];

        if (e->base >= MIB && !shadow) {
            add(0xc0000, MIB);
            shadow = true;
        }
        if (e->bytes == 0 || e->base + e->bytes < e->base)
            continue;
        if (e->type == WEIR_E820_RAM) /* whole pages of it */
            add((e->base + 4095) & ~4095ull, (e->base + e->bytes) & ~4095ull);
        else if (e->type == E820_ACPI || e->type == E820_NVS || is_firmware_ram(e))
            add(e->base, e->base + e->bytes);
    }
}

bool memory_range(unsigned i, uint64_t *first, uint64_t *bytes)
{
    if (i >= ram.n)
        return false;
    *first = ram.range[i].first;
    *bytes = ram.range[i].end - ram.range[i].first;
    return true;
}

uint8_t *memory_at(uint64_t address, uint64_t bytes)
{
    unsigned i = ram.last;

    if (i >= ram.n || address < ram.range[i].first || address >= ram.range[i].end) {
        for (i = 0; i < ram.n && (address < ram.range[i].first || address >= ram.range[i].end); i++)
            ;
        if (i == ram.n)
            return NULL;
        ram.last = i;
    }
    return bytes <= ram.range[i].end - address ? ram.view + address : NULL;
}

/* Eight bytes at a time: this is where a plain request spends its time. */
void memory_copy(void *to, const void *from, size_t bytes)
{
    size_t words = bytes / 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    bytes &= 7;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}
