/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map's functions, by hand and, with random maps, against an array that holds each unit's type. */
#include <string.h>

#include "boot/boot.h"
#include "check.h"

#define MAX 24
#define UNITS 64

static void check_entry(const struct weir_e820 *e, u64 base, u64 bytes, u32 type)
{
    CHECK(e->base, base);
    CHECK(e->bytes, bytes);
    CHECK(e->type, type);
}

static void set_by_hand(void)
{
    struct weir_e820 map[MAX] = {{0, 100, 1, 1}, {200, 100, 1, 1}, {300, 50, 2, 1}};
    u32 n = 3;

    check_case = "in the middle of an entry";
    CHECK(e820_set(map, &n, MAX, 220, 10, 2), true);
    CHECK(n, 5);
    check_entry(&map[0], 0, 100, 1);
    check_entry(&map[1], 200, 20, 1);
    check_entry(&map[2], 220, 10, 2);
    check_entry(&map[3], 230, 70, 1);
    check_entry(&map[4], 300, 50, 2);
    check_case = "from the middle of one over a hole to that of another";
    CHECK(e820_set(map, &n, MAX, 50, 160, 4), true);
    CHECK(n, 6);
    check_entry(&map[0], 0, 50, 1);
    check_entry(&map[1], 50, 160, 4);
    check_entry(&map[2], 210, 10, 1);
    check_case = "exactly one entry";
    CHECK(e820_set(map, &n, MAX, 210, 10, 3), true);
    CHECK(n, 6);
    check_entry(&map[2], 210, 10, 3);
    check_case = "over all";
    CHECK(e820_set(map, &n, MAX, 0, 1000, 2), true);
    CHECK(n, 1);
    check_entry(&map[0], 0, 1000, 2);
    check_case = "";
}

/* A map without room is left as it is; one entry less and the same call succeeds. */
static void full_map(void)
{
    struct weir_e820 map[MAX + 1], before[MAX + 1];
    u32 n = 9;

    for (u32 i = 0; i < 10; i++)
        map[i] = (struct weir_e820){i * 100, 50, 1, 1};
    memcpy(before, map, sizeof(map));
    check_case = "full";
    CHECK(e820_set(map, &n, 10, 110, 10, 2), false);
    CHECK(n, 9);
    CHECK(memcmp(map, before, sizeof(map)), 0);
    n = 8;
    CHECK(e820_set(map, &n, 10, 110, 10, 2), true);
    CHECK(n, 10);
    check_case = "full, entries overlap";
    n = 8;
    for (u32 i = 0; i < 10; i++)
        map[i] = (struct weir_e820){i, 1000, 1, 1};
    map[10].base = 0xdead;
    bool fits = e820_set(map, &n, 10, 500, 10, 2);
    CHECK(n <= 10, true);
    CHECK(map[10].base, 0xdead);
    if (!fits)
        CHECK(n, 8);
    check_case = "";
}

static void random_sets(void)
{
    for (unsigned round = 0; round < 20000; round++) {
        struct weir_e820 map[MAX];
        u8 model[UNITS] = {0};
        u32 n = 0;
        for (unsigned step = 0; step < 20; step++) {
            u64 first = next_random() % UNITS, units = 1 + next_random() % (UNITS - first);
            u32 type = 1 + next_random() % 4;
            if (round & 1)
                units = 1 + units % 5 % (UNITS - first);
            struct weir_e820 before[MAX];
            u32 n_before = n;
            memcpy(before, map, sizeof(map));
            if (e820_set(map, &n, MAX, first * PAGE_SIZE, units * PAGE_SIZE, type)) {
                memset(model + first, (int)type, units);
            } else {
                CHECK(n_before + 2 > MAX, true);
                CHECK(n, n_before);
                CHECK(memcmp(before, map, n * sizeof(map[0])), 0);
            }
            u8 got[UNITS] = {0};
            for (u32 i = 0; i < n; i++) {
                CHECK(map[i].bytes > 0, true);
                if (i)
                    CHECK(map[i].base >= map[i - 1].base + map[i - 1].bytes, true);
                memset(got + map[i].base / PAGE_SIZE, (int)map[i].type, map[i].bytes / PAGE_SIZE);
            }
            CHECK(memcmp(got, model, sizeof(got)), 0);
        }
        u64 from = next_random() % UNITS, limit = from + next_random() % (UNITS + 1 - from), at = from;
        while (at < limit && model[at] == 1)
            at++;
        CHECK(weir_e820_ram_from(map, n, from * PAGE_SIZE, limit * PAGE_SIZE), (at - from) * PAGE_SIZE);
    }
}

/* Whether a block of 32 MiB at base fits, said by unit of 1 MiB. */
static bool fits(const u8 *model, u64 base_mib)
{
    for (u64 i = base_mib; i < base_mib + 32; i++)
        if (model[i] != 1)
            return false;
    return true;
}

static void random_regions(void)
{
    static struct boot_info info;
    static u8 model[4096];

    for (unsigned round = 0; round < 3000; round++) {
        memset(model, 0, sizeof(model));
        info.nmap = info.nmodules = 0;
        for (unsigned i = 0, steps = 1 + next_random() % 12; i < steps; i++) {
            u64 first = next_random() % 4096, mib = 1 + next_random() % (4096 - first);
            u32 type = i == 0 || next_random() % 3 ? WEIR_E820_RAM : E820_RESERVED;
            if (i && mib > 200)
                mib = 1 + mib % 200;
            CHECK(e820_set(info.map, &info.nmap, BOOT_MAP, first * MIB, mib * MIB, type), true);
            memset(model + first, (int)type, mib);
        }
        for (; info.nmodules < 4; info.nmodules++) {
            u64 first = next_random() % 4090;
            info.modules[info.nmodules].start = first * MIB;
            info.modules[info.nmodules].bytes = 3 * MIB;
            memset(model + first, 9, 3);
        }
        u64 keep = next_random() % 4000, expected = 0;
        memset(model + keep, 9, 20);
        for (u64 mib = 4096 - 32; mib >= 16 && !expected; mib -= 2)
            if (fits(model, mib))
                expected = mib;
        CHECK(e820_find_region(&info, 32 * MIB, 2 * MIB, keep * MIB, (keep + 20) * MIB), expected * MIB);
    }
}

int main(void)
{
    set_by_hand();
    full_map();
    random_sets();
    random_regions();
    return check_end();
}
