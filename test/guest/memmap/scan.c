/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Search of physical memory for the markers that the build names (CMakeLists.txt gives each as the
 * complements of its bytes, so that this program holds none of them in clear). Two controls planted
 * in RAM must be found, everything else found is a failure.
 *
 * RAM is read word by word. A hole or a reserved range may be open bus, where each read costs an
 * exit under a hypervisor: after 16 pages that hold one repeated word, only every eighth word is
 * read, and a page in which one differs is read in full.
 */
#include "memmap.h"

#define PAGE 4096ull
#define CONSTANT_PAGES 16

static const u8 marker_a[] = { GUEST_MARKER_A };
static const u8 marker_b[] = { GUEST_MARKER_B };
static const struct marker {
    const u8 *inverted;
    u64 bytes;
} markers[] = { { marker_a, sizeof(marker_a) }, { marker_b, sizeof(marker_b) } };
#define MARKERS (sizeof(markers) / sizeof(markers[0]))

static u64 control[MARKERS];
static unsigned control_found[MARKERS], hits;

static bool has_byte(u64 word, u8 byte)
{
    const u64 ones = ~0ull / 255;
    u64 x = word ^ (ones * byte);

    return (x - ones) & ~x & (ones << 7);
}

static bool matches(const u8 *at, const struct marker *m)
{
    for (u64 i = 0; i < m->bytes; i++) {
        if ((at[i] ^ m->inverted[i]) != 0xff)
            return false;
    }
    return true;
}

static void report(unsigned m, u64 phys)
{
    if (phys == control[m]) {
        control_found[m]++;
        return;
    }
    if (++hits <= 100)
        rt_printf("hit %u %016lx\n", m, phys);
}

/* Candidates for the first byte of a marker within one aligned word that holds one. */
static void examine_word(const u8 *at, u64 phys, u64 end)
{
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned m = 0; m < MARKERS; m++) {
            if (phys + i + markers[m].bytes <= end && matches(at + i, &markers[m]))
                report(m, phys + i);
        }
    }
}

/* Returns true if all words of [phys, phys+bytes) are the same. bytes is a multiple of 8. */
static bool scan_words(u64 phys, u64 bytes, u64 end)
{
    const u8 first_a = (u8)~marker_a[0], first_b = (u8)~marker_b[0];
    const u64 *p = rt_phys(phys);
    u64 first = *p, differ = 0;

    for (u64 i = 0; i < bytes / 8; i++) {
        u64 word = p[i];

        differ |= word ^ first;
        if (word && (has_byte(word, first_a) || has_byte(word, first_b)))
            examine_word((const u8 *)&p[i], phys + i * 8, end);
    }
    return !differ;
}

static bool sampled_constant(u64 phys)
{
    const u64 *p = rt_phys(phys);
    u64 first = *p, differ = 0;

    for (unsigned i = 0; i < PAGE / 8; i += 8)
        differ |= p[i + (i / 8) % 8] ^ first;
    return !differ;
}

static void scan_range(const char *what, u64 start, u64 end, bool ram)
{
    unsigned before = hits, constant = 0;
    u64 skimmed = 0;

    start = (start + 7) & ~7ull;
    for (u64 at = start; at < end;) {
        u64 bytes = PAGE - at % PAGE;

        if (bytes > end - at)
            bytes = (end - at) & ~7ull;
        if (!bytes)
            break;
        if (!ram && constant >= CONSTANT_PAGES && bytes == PAGE && sampled_constant(at))
            skimmed++;
        else
            constant = scan_words(at, bytes, end) ? constant + 1 : 0;
        at += bytes;
    }
    rt_printf("scan %s %016lx %016lx skimmed %lu hits %u\n", what, start, end, skimmed,
              hits - before);
}

/* Writes marker m at phys, unaligned on purpose. */
static void plant(unsigned m, u64 phys)
{
    volatile u8 *p = rt_phys(phys);

    control[m] = phys;
    for (u64 i = 0; i < markers[m].bytes; i++)
        p[i] = (u8)~markers[m].inverted[i];
}

static u64 top_of_low_ram(const struct e820_entry *map, unsigned entries)
{
    u64 top = 0;

    for (unsigned i = 0; i < entries; i++) {
        u64 end = map[i].base + map[i].length;

        if (map[i].type == E820_RAM && end <= 1ull << 32 && end > top)
            top = end;
    }
    return top;
}

static bool covered(const struct e820_entry *map, unsigned entries, u64 at, u64 *next)
{
    *next = ~0ull;
    for (unsigned i = 0; i < entries; i++) {
        if (at >= map[i].base && at < map[i].base + map[i].length) {
            *next = map[i].base + map[i].length;
            return true;
        }
        if (map[i].base > at && map[i].base < *next)
            *next = map[i].base;
    }
    return false;
}

/*
 * What no entry names between 0 and the top of RAM below 4 GiB: a hypervisor's region, the VGA
 * hole.
 */
static void scan_gaps(const struct e820_entry *map, unsigned entries, u64 top)
{
    u64 next;

    for (u64 at = 0; at < top; at = next) {
        if (!covered(map, entries, at, &next))
            scan_range("gap", at, next < top ? next : top, false);
    }
}

void scan_memory(const struct e820_entry *map, unsigned entries)
{
    u64 top = top_of_low_ram(map, entries);

    plant(0, top - PAGE - 3);
    plant(1, 0x100000 + 5);
    for (unsigned i = 0; i < entries; i++) {
        bool ram = map[i].type == E820_RAM;

        if (ram || map[i].base < 1ull << 32)
            scan_range(ram ? "ram" : "reserved", map[i].base, map[i].base + map[i].length, ram);
    }
    scan_gaps(map, entries, top);
    for (unsigned m = 0; m < MARKERS; m++)
        rt_check(control_found[m] == 1, "control %u was found %u times", m, control_found[m]);
    rt_check(!hits, "%u markers found in memory", hits);
}
