/* SPDX-License-Identifier: BSD-2-Clause */
/* What pci does to a guest's configuration accesses, on the model of model.c: rules and running the tests. */
#include "units.h"

#include <string.h>

struct model m;
unsigned failures;
struct policy_tables tables;

struct policy_pci_match by_class(uint32_t value, uint32_t mask)
{
    return (struct policy_pci_match){
        .class_value = value, .class_mask = mask, .fields = POLICY_BY_CLASS};
}

struct policy_pci_match by_id(uint16_t vendor, uint16_t device)
{
    return (struct policy_pci_match){
        .vendor = vendor, .device = device, .fields = POLICY_BY_VENDOR | POLICY_BY_DEVICE};
}

struct policy_pci_match by_address(unsigned bus, unsigned devfn)
{
    return (struct policy_pci_match){.address = (uint16_t)(bus << 8 | devfn),
                                     .fields = POLICY_BY_ADDRESS};
}

void rule(enum policy_action action, struct policy_pci_match match)
{
    tables.pci[tables.npci++] = (struct policy_pci){
        .match = match, .line = tables.npci, .action = (uint8_t)action};
}

void bar_rule(enum policy_action action, uint8_t flags, unsigned bar, uint64_t first,
                     uint64_t last, struct policy_pci_match match)
{
    tables.mmio[tables.nmmio] = (struct policy_mmio){.first = first,
                                                     .last = last,
                                                     .pci = match,
                                                     .bar = (uint8_t)bar,
                                                     .line = 100 + tables.nmmio,
                                                     .action = (uint8_t)action,
                                                     .flags = flags};
    tables.nmmio++;
}

void nic_rule(void)
{
    bar_rule(POLICY_PASS, POLICY_F_LOG, 0, 0, UINT64_MAX, by_id(0x8086, 0x10d3));
    model_expect(&m, NIC, 0, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_expect(&m, NIC, 2, 0, 7, PCI_TO_NOBODY, 0); /* IOADDR and IODATA reach BAR 0 */
}

void start(void)
{
    EXPECT_HEX(model_start(&m, &tables), WEIR_OK);
}

void expect_hidden(unsigned bus, unsigned devfn, int device)
{
    struct device before = m.device[device];

    m.untouchable = 1u << device;
    for (unsigned reg = 0; reg < 256; reg++)
        for (unsigned size = 1; size <= 4 && (reg & 3) + size <= 4; size *= 2) {
            EXPECT_HEX(guest_read(&m, bus, devfn, reg, size),
                       size == 4 ? 0xffffffff : (1u << 8 * size) - 1);
            guest_write(&m, bus, devfn, reg, size, 0xa5a5a5a5);
        }
    for (unsigned reg = 0; reg < 4089; reg += 5)
        for (unsigned size = 1; size <= 8; size *= 2) {
            EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(bus, devfn, reg), size),
                       size == 8 ? ~0ull : (1ull << 8 * size) - 1);
            guest_ecam_write(&m, ECAM_AT(bus, devfn, reg), size, 0x5a5a5a5a5a5a5a5a);
        }
    m.untouchable = 0;
    EXPECT(memcmp(&before, &m.device[device], sizeof(before)) == 0);
}

static const struct unit_test *const groups[] = {config_tests, bar_tests, bridge_tests, restart_tests};

static void run(const struct unit_test *test)
{
    unsigned before = failures;

    memset(&tables, 0, sizeof(tables));
    model_init(&m);
    model_machine(&m);
    test->run();
    failures += m.failures;
    if (m.malformed)
        failures++, fprintf(stderr, "FAILED: %u malformed bindings\n", m.malformed);
    if (failures != before)
        fprintf(stderr, "FAILED: %s\n  again: test_pci_units %s\n", test->name, test->name);
}

/* units [NAME]: all of them, or the one. */
int main(int argc, char **argv)
{
    unsigned done = 0;

    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (const struct unit_test *test = groups[i]; test->name; test++)
            if (argc < 2 || strcmp(argv[1], test->name) == 0)
                run(test), done++;
    printf("%u tests, %u failures\n", done, failures);
    return done && !failures ? 0 : 1;
}
