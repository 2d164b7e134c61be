/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the ECAM, and the ports that end the machine, in ACPI tables: sound ones, and every kind of damage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pci.h"

/* Physical memory: the first MiB, and a piece that the tables lie in. */
#define HIGH 0x7ffe0000ull
static uint8_t low[1 << 20], high[0x10000];
static unsigned failures, reads;

#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "FAILED: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                             \
        }                                                                           \
    } while (0)

static bool read_memory(void *context, uint64_t address, void *to, size_t bytes)
{
    (void)context;
    reads++;
    if (address + bytes < address)
        return false;
    if (address + bytes <= sizeof(low)) {
        memcpy(to, low + address, bytes);
        return true;
    }
    if (address >= HIGH && address + bytes <= HIGH + sizeof(high)) {
        memcpy(to, high + (address - HIGH), bytes);
        return true;
    }
    return false;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    memcpy(at, &value, bytes);
}

static void seal(uint8_t *table, size_t bytes, size_t checksum)
{
    uint8_t sum = 0;

    table[checksum] = 0;
    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + table[i]);
    table[checksum] = (uint8_t)-sum;
}

static uint8_t *table(uint64_t at, const char *signature, uint32_t bytes)
{
    uint8_t *t = high + (at - HIGH);

    memset(t, 0, bytes);
    memcpy(t, signature, 4);
    put(t + 4, bytes, 4);
    return t;
}

static void rsdp(uint64_t at, unsigned revision)
{
    uint8_t *r = low + at;

    memset(r, 0, 36);
    memcpy(r, "RSD PTR ", 8);
    r[15] = (uint8_t)revision;
    put(r + 16, HIGH + 0x1000, 4);
    put(r + 20, 36, 4);
    put(r + 24, HIGH + 0x2000, 8);
    seal(r, 20, 8);
    seal(r, 36, 32);
}

static void mcfg_entry(uint8_t *t, unsigned i, uint64_t base, unsigned segment, unsigned first,
                       unsigned last)
{
    put(t + 44 + 16 * i, base, 8);
    put(t + 52 + 16 * i, segment, 2);
    t[54 + 16 * i] = (uint8_t)first;
    t[55 + 16 * i] = (uint8_t)last;
}

static void machine(unsigned revision)
{
    uint8_t *t;

    memset(low, 0, sizeof(low));
    memset(high, 0, sizeof(high));
    rsdp(0xf5a40, revision);
    t = table(HIGH + 0x1000, "RSDT", 44);
    put(t + 36, HIGH + 0x3000, 4);
    put(t + 40, HIGH + 0x4000, 4);
    seal(t, 44, 9);
    t = table(HIGH + 0x2000, "XSDT", 52);
    put(t + 36, HIGH + 0x3000, 8);
    put(t + 44, HIGH + 0x4000, 8);
    seal(t, 52, 9);
    t = table(HIGH + 0x3000, "FACP", 116);
    seal(t, 116, 9);
    t = table(HIGH + 0x4000, "MCFG", 44 + 3 * 16);
    mcfg_entry(t, 0, 0xb0000000, 0, 0, 255);
    mcfg_entry(t, 1, 0xa0000000, 1, 0, 63);
    mcfg_entry(t, 2, 0x12345, 0, 0, 255); /* unaligned: not believed */
    seal(t, 44 + 3 * 16, 9);
}

static unsigned find(struct pci_ecam out[PCI_MAX_ECAM], unsigned *others)
{
    reads = 0;
    memset(out, 0, sizeof(*out) * PCI_MAX_ECAM);
    return pci_find_ecam(read_memory, NULL, out, others);
}

static void expect_found(void)
{
    struct pci_ecam e[PCI_MAX_ECAM];
    unsigned others;

    EXPECT(find(e, &others) == 1);
    EXPECT(e[0].base == 0xb0000000 && e[0].start_bus == 0 && e[0].end_bus == 255);
    EXPECT(others == 1);
}

static void expect_nothing(void)
{
    struct pci_ecam e[PCI_MAX_ECAM];

    EXPECT(find(e, NULL) == 0);
}

static void test_sound_tables(void)
{
    machine(0);
    expect_found();
    machine(2);
    expect_found();
    high[0x1000] = 'X'; /* with an XSDT nobody looks at the RSDT */
    expect_found();
    machine(2);
    low[0xf5a40 + 24] ^= 1; /* extended checksum wrong: the RSDT it is */
    expect_found();
    machine(2);
    memcpy(low + 0x9fc00, low + 0xf5a40, 36);
    memset(low + 0xf5a40, 0, 36);
    put(low + 0x40e, 0x9fc0, 2);
    expect_found();
}

static void test_damaged_tables(void)
{
    uint8_t *t = high + 0x4000;

    machine(0);
    low[0xf5a40 + 3] ^= 1;
    expect_nothing();
    machine(0);
    low[0xf5a40 + 16] ^= 1; /* RSDP's checksum */
    expect_nothing();
    machine(0);
    t[46] ^= 1; /* MCFG's checksum */
    expect_nothing();
    machine(0);
    put(t + 4, 0xffffffff, 4);
    expect_nothing();
    machine(0);
    put(t + 4, 35, 4);
    expect_nothing();
    machine(0);
    put(t + 4, 44 + 15, 4); /* an entry that is cut off */
    seal(t, 44 + 15, 9);
    expect_nothing();
    machine(0);
    put(high + 0x1000 + 4, 0x20000, 4);
    expect_nothing();
    machine(0);
    mcfg_entry(t, 0, 0xb0000000, 0, 9, 8);
    seal(t, 44 + 3 * 16, 9);
    expect_nothing();
    machine(0);
    mcfg_entry(t, 0, 0xfffffffffff00000, 0, 0, 255);
    seal(t, 44 + 3 * 16, 9);
    expect_nothing();
    machine(0);
    put(high + 0x1000 + 40, HIGH + 0x1000, 4); /* the RSDT lists itself */
    seal(high + 0x1000, 44, 9);
    expect_nothing();
}

/* A FADT that says everything, of so many bytes; returns it unsealed. */
static uint8_t *fadt(uint32_t bytes)
{
    uint8_t *t;

    machine(2);
    t = table(HIGH + 0x3000, "FACP", bytes);
    put(t + 64, 0x404, 4); /* PM1a_CNT_BLK */
    put(t + 112, 1u << 10, 4); /* RESET_REG_SUP */
    t[116] = 1; /* RESET_REG: I/O */
    put(t + 120, 0xcf9, 8);
    t[128] = 0x0e;
    if (bytes >= 268) {
        t[172] = t[184] = t[244] = 1; /* X_PM1a_CNT_BLK, X_PM1b_CNT_BLK, SLEEP_CONTROL_REG */
        put(t + 176, 0x404, 8);
        put(t + 188, 0x504, 8);
        put(t + 248, 0x600, 8);
    }
    return t;
}

static unsigned ends(struct pci_end out[PCI_MAX_ENDS], uint32_t bytes)
{
    seal(high + 0x3000, bytes, 9);
    return pci_find_ends(read_memory, NULL, out);
}

static bool is(const struct pci_end *e, unsigned port, uint32_t mask, uint32_t value)
{
    return e->port == port && e->mask == mask && e->value == value;
}

static void test_ends(void)
{
    struct pci_end e[PCI_MAX_ENDS];
    uint8_t *t;

    (void)fadt(268);
    EXPECT(ends(e, 268) == 6); /* the X_ register is the other one again */
    EXPECT(is(&e[0], 0x404, 0x2000, 0x2000) && is(&e[1], 0x405, 0x20, 0x20));
    EXPECT(is(&e[2], 0x504, 0x2000, 0x2000) && is(&e[3], 0x505, 0x20, 0x20));
    EXPECT(is(&e[4], 0x600, 0x20, 0x20) && is(&e[5], 0xcf9, 0xff, 0x0e));
    (void)fadt(132);
    EXPECT(ends(e, 132) == 3); /* ACPI 1.0's has no more */
    t = fadt(268);
    t[116] = 0; /* a reset register in memory */
    put(t + 188, 0x10000, 8);
    put(t + 64, 0, 4);
    put(t + 176, 0xffffffffffffffff, 8);
    EXPECT(ends(e, 268) == 1 && is(&e[0], 0x600, 0x20, 0x20));
    t = fadt(268);
    put(t + 112, 0, 4);
    EXPECT(ends(e, 268) == 5);
    t = fadt(268);
    put(t + 64, 0x1004, 4);
    put(t + 68, 0x2004, 4);
    EXPECT(ends(e, 268) == PCI_MAX_ENDS);
    high[0x3000 + 64] ^= 1; /* checksum */
    EXPECT(pci_find_ends(read_memory, NULL, e) == 0);
    machine(0);
    EXPECT(pci_find_ends(read_memory, NULL, e) == 0);
}

/* Bytes changed at random, checksums made right again: what comes out is always within bounds. */
static void test_random_damage(void)
{
    unsigned seed = 7;

    for (unsigned round = 0; round < 4000; round++) {
        struct pci_ecam e[PCI_MAX_ECAM];
        struct pci_end end[PCI_MAX_ENDS];
        unsigned n, others;

        machine(rand_r(&seed) % 3);
        for (unsigned i = rand_r(&seed) % 8; i > 0; i--) {
            unsigned where = rand_r(&seed);

            if (where % 3 == 0)
                low[0xf5a40 + where % 36] = (uint8_t)rand_r(&seed);
            else
                high[0x1000 * (1 + where % 4) + 4 + (where >> 8) % 80] = (uint8_t)rand_r(&seed);
        }
        seal(low + 0xf5a40, 20, 8);
        seal(low + 0xf5a40, 36, 32);
        for (unsigned i = 1; i <= 4; i++) {
            uint32_t bytes;

            memcpy(&bytes, high + 0x1000 * i + 4, 4);
            if (bytes >= 36 && bytes < 0x1000)
                seal(high + 0x1000 * i, bytes, 9);
        }
        EXPECT(pci_find_ends(read_memory, NULL, end) <= PCI_MAX_ENDS);
        n = find(e, &others);
        EXPECT(n <= PCI_MAX_ECAM && reads < 40000);
        for (unsigned i = 0; i < n; i++)
            EXPECT(e[i].base && !(e[i].base & 0xfffff) && !(e[i].base >> 51) &&
                   e[i].start_bus <= e[i].end_bus);
    }
}

int main(void)
{
    test_sound_tables();
    test_damaged_tables();
    test_ends();
    test_random_damage();
    printf("%u failures\n", failures);
    return failures != 0;
}
