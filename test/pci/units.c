/* SPDX-License-Identifier: BSD-2-Clause */
/* What pci does to a guest's configuration accesses, on the model of model.c. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static struct model m;
static struct policy_tables tables;
static unsigned failures;

#define EXPECT(condition)                                                                    \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "FAILED: %s:%d: %s (log: %s)\n", __FILE__, __LINE__, #condition, \
                    m.log);                                                                  \
            failures++;                                                                      \
        }                                                                                    \
    } while (0)

#define EXPECT_HEX(got, want)                                                                   \
    do {                                                                                        \
        unsigned long long got_ = (got), want_ = (want);                                        \
        if (got_ != want_) {                                                                    \
            fprintf(stderr, "FAILED: %s:%d: %s: expected %llx, got %llx (log: %s)\n", __FILE__, \
                    __LINE__, #got, want_, got_, m.log);                                        \
            failures++;                                                                         \
        }                                                                                       \
    } while (0)

/* ---- rules ---- */

static struct policy_pci_match by_class(uint32_t value, uint32_t mask)
{
    return (struct policy_pci_match){
        .class_value = value, .class_mask = mask, .fields = POLICY_BY_CLASS};
}

static struct policy_pci_match by_id(uint16_t vendor, uint16_t device)
{
    return (struct policy_pci_match){
        .vendor = vendor, .device = device, .fields = POLICY_BY_VENDOR | POLICY_BY_DEVICE};
}

static struct policy_pci_match by_address(unsigned bus, unsigned devfn)
{
    return (struct policy_pci_match){.address = (uint16_t)(bus << 8 | devfn),
                                     .fields = POLICY_BY_ADDRESS};
}

static void rule(enum policy_action action, struct policy_pci_match match)
{
    tables.pci[tables.npci++] = (struct policy_pci){
        .match = match, .line = tables.npci, .action = (uint8_t)action};
}

static void bar_rule(enum policy_action action, uint8_t flags, unsigned bar, uint64_t first,
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

static void start(void)
{
    EXPECT_HEX(model_start(&m, &tables), WEIR_OK);
}

#define ECAM_AT(bus, devfn, reg) \
    (MODEL_ECAM + ((uint64_t)(bus) << 20) + ((uint64_t)(devfn) << 12) + (reg))

/* ---- ports ---- */

static enum weir_verdict port(bool write, uint16_t at, unsigned size, uint64_t *data)
{
    return pci_port_access(&m.pci, write, at, size, data);
}

static void test_ports_that_are_no_config_access_have_their_bare_effect(void)
{
    uint64_t data = 6, before;

    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    m.latch = 0x80001234 & ~3u;
    for (unsigned at = 0xcf5; at <= 0xcfb; at++)
        for (unsigned size = 1; size <= 4; size *= 2) {
            before = data = 0x80000806;
            if (at + size > 0xcfc || at + size <= 0xcf8 || (at == 0xcf8 && size == 4))
                continue;
            EXPECT_HEX(port(true, (uint16_t)at, size, &data), WEIR_V_PASS);
            EXPECT_HEX(port(false, (uint16_t)at, size, &data), WEIR_V_PASS);
            EXPECT_HEX(data, before);
        }
    guest_out(&m, 0xcf9, 1, 6); /* the reset register */
    EXPECT_HEX(m.last_port, 0xcf9);
    EXPECT_HEX(m.last_value, 6);
    EXPECT_HEX(m.latch, 0x80001234 & ~3u);
    data = 0x80000800;
    EXPECT_HEX(port(true, 0xcf8, 4, &data), WEIR_V_PASS);
    EXPECT_HEX(port(false, 0xcf8, 4, &data), WEIR_V_PASS);
    data = 0x80000803;
    EXPECT_HEX(port(true, 0xcf8, 4, &data), WEIR_V_REPLACE);
    EXPECT_HEX(data, 0x80000800);
    m.latch = 0x0000e800; /* disabled: CFCh is a port like any other */
    EXPECT_HEX(port(true, 0xcfc, 4, &data), WEIR_V_PASS);
    EXPECT_HEX(port(false, 0xcfd, 1, &data), WEIR_V_PASS);
}

static void test_bare_functions_read_and_write_as_without_weir(void)
{
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0, 4), 0x10d38086);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 1, 1), 0x80);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 2, 2), 0x10d3);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(4, 0), 0, 4), 0xffffffff);
    guest_write(&m, 0, DEVFN(2, 0), 0x3c, 1, 0x55);
    EXPECT_HEX(model_get(&m, NIC, 0x3c, 1), 0x55);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0);
    EXPECT_HEX(model_get(&m, NIC, 0x04, 2), 0);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    EXPECT_HEX(m.binds, 1); /* the ECAM */
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(2, 0), 0), 8), model_get(&m, NIC, 0, 8));
}

/* ---- hide ---- */

static void expect_hidden(unsigned bus, unsigned devfn, int device)
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

static void test_hide_by_class(void)
{
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    expect_hidden(0, DEVFN(0x1d, 0), UHCI);
    expect_hidden(0, DEVFN(0x1d, 1), UHCI2);
    expect_hidden(0, DEVFN(0x1d, 7), EHCI);
    expect_hidden(2, DEVFN(5, 0), DEEP);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 0), 0, 4), 0x29188086);
}

static void test_hide_by_vendor_and_device(void)
{
    rule(POLICY_PASS, by_id(0x8086, 0x2935)); /* the first that matches decides */
    rule(POLICY_HIDE, by_id(0x8086, 0x2935));
    rule(POLICY_HIDE, by_id(0x8086, 0x10d3));
    start();
    expect_hidden(0, DEVFN(2, 0), NIC);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1d, 1), 0, 4), 0x29358086);
}

static void test_hide_by_address(void)
{
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    start();
    expect_hidden(2, DEVFN(5, 0), DEEP);
}

static void test_a_hidden_function_0_leaves_the_others_reachable(void)
{
    rule(POLICY_HIDE, by_class(0x060100, 0xffff00));
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 0), 0, 4), PCI_PLACEHOLDER_ID);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 0), 0x0e, 1), 0x80);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 0), 0x08, 4), 0xff000000);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 0), 0x10, 4), 0);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 2), 0, 4), 0x29228086);
    m.untouchable = 1u << LPC;
    guest_write(&m, 0, DEVFN(0x1f, 0), 0x3c, 1, 0xff);
}

static void test_hidden_bridge_hides_what_is_behind_it(void)
{
    rule(POLICY_HIDE, by_address(0, DEVFN(3, 0)));
    start();
    expect_hidden(0, DEVFN(3, 0), BRIDGE);
    expect_hidden(1, DEVFN(0, 0), BEHIND);
    expect_hidden(1, DEVFN(1, 0), INNER);
    expect_hidden(2, DEVFN(5, 0), DEEP);
}

static void test_renumbering_buses_does_not_unhide(void)
{
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    start();
    guest_write(&m, 1, DEVFN(1, 0), 0x18, 4, 0x00070701);
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00070600);
    EXPECT_HEX(guest_read(&m, 6, DEVFN(0, 0), 0, 4), 0x10001af4);
    expect_hidden(7, DEVFN(5, 0), DEEP);
}

static void test_mode_switch_and_hot_plug_are_judged_at_each_access(void)
{
    rule(POLICY_HIDE, by_class(0x010600, 0xffff00));
    model_put(&m, AHCI, 0x0a, 1, 0x01);
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 2), 0, 4), 0x29228086);
    model_put(&m, AHCI, 0x0a, 1, 0x06);
    expect_hidden(0, DEVFN(0x1f, 2), AHCI);
    m.device[AHCI].present = false;
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 2), 0, 4), 0xffffffff);
}

static void test_unaligned_accesses_that_touch_a_hidden_function(void)
{
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    m.untouchable = 1u << UHCI;
    guest_out(&m, 0xcf8, 4, 0x8000e804);
    guest_out(&m, 0xcfa, 4, 0x44332211); /* bytes CFAh, CFBh are ports, CFCh, CFDh configuration */
    EXPECT_HEX(m.other_writes, 1);
    EXPECT_HEX(m.last_port, 0xcfa);
    EXPECT_HEX(m.last_value, 0x2211);
    guest_out(&m, 0xcff, 4, 0x44332211);
    EXPECT_HEX(m.other_writes, 3);
    EXPECT_HEX(m.last_port, 0xd02);
    EXPECT_HEX(guest_in(&m, 0xcfd, 4), 0xffffffff);
    guest_out(&m, 0xcf8, 4, 0x80001004); /* the same to a function that is not hidden */
    guest_out(&m, 0xcfb, 2, 0x0742);
    EXPECT_HEX(model_get(&m, NIC, 4, 1), 0x07 & 0x47);
    guest_out(&m, 0xcf8, 4, 0x80001000);
    EXPECT_HEX(guest_in(&m, 0xcfd, 2), 0xd380);
    /* from the end of one function's page into the next */
    m.untouchable = 1u << UHCI2;
    model_put(&m, UHCI, 0xffc, 4, 0);
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(0x1d, 0), 0xffe), 4), 0xffffffff);
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(0x1d, 0), 0xffe), 8, 0);
}

static void test_low_bits_of_cf8_open_no_other_register(void)
{
    m.keeps_low_bits = true;
    rule(POLICY_READ_ONLY, by_class(0x020000, 0xffff00));
    start();
    m.latch = 0x80001003; /* as if firmware had left it */
    EXPECT_HEX(guest_in(&m, 0xcfc, 1), 0x86);
    EXPECT_HEX(m.latch, 0x80001000);
    guest_out(&m, 0xcf8, 4, 0x80001002);
    EXPECT_HEX(guest_in(&m, 0xcfc, 2), 0x8086);
}

/* ---- read-only ---- */

static void test_read_only_drops_writes_and_answers_sizing(void)
{
    struct device before;

    rule(POLICY_READ_ONLY, by_class(0x020000, 0xffff00));
    start();
    before = m.device[NIC];
    m.untouchable = 1u << NIC;
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    guest_write(&m, 0, DEVFN(2, 0), 0x14, 4, 0xffffffff);
    guest_write(&m, 0, DEVFN(2, 0), 0x18, 4, 0xffffffff);
    guest_write(&m, 0, DEVFN(2, 0), 0x1c, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x04, 2), 7);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(2, 0), 0x10), 8), 0xfffffffffffe0004);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x18, 4), 0xffe1);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x1c, 4), 0);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfeb80004);
    guest_write(&m, 0, DEVFN(2, 0), 0x14, 4, 0);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfeb80004);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xe0000000);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfeb80004);
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(2, 0), 0xcc), 4, 3);
    EXPECT(memcmp(&before, &m.device[NIC], sizeof(before)) == 0);
}

static void test_read_only_answers_sizing_with_decoding_off_too(void)
{
    rule(POLICY_READ_ONLY, by_class(0x020000, 0xffff00));
    model_put(&m, NIC, 4, 2, 0);
    start();
    m.untouchable = 1u << NIC;
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
}

/* ---- BARs ---- */

static void nic_rule(void)
{
    bar_rule(POLICY_PASS, POLICY_F_LOG, 0, 0, UINT64_MAX, by_id(0x8086, 0x10d3));
    model_expect(&m, NIC, 0, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_expect(&m, NIC, 2, 0, 7, PCI_TO_NOBODY, 0); /* IOADDR and IODATA reach BAR 0 */
}

static void test_a_moved_bar_stays_hooked(void)
{
    nic_rule();
    start();
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, 0xfeb80000)->last, 0xfeb9ffff);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfe000000);
    model_check(&m, true);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfeb80000));
    guest_write(&m, 0, DEVFN(2, 0), 0x12, 2, 0xfc00); /* 16 bits of it */
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfc000000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x13, 1, 0xfb);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfb000000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x14, 4, 0x8); /* above 4 GiB, decoded all the while */
    EXPECT_HEX(model_bar(&m, NIC, 0), 0x8fb000000);
    model_check(&m, true);
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(2, 0), 0x10), 8, 0x9c0000004);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0x9c0000000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0);
    model_check(&m, true);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0x9c0000000));
    EXPECT(!model_hook_at(&m, PCI_PORTS, 0xc040));
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 1, 3);
    model_check(&m, true);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0x9c0000000) != NULL);
    EXPECT_HEX(model_hook_at(&m, PCI_PORTS, 0xc040)->to, PCI_TO_NOBODY);
}

static void test_sizing_a_decoded_bar_does_not_move_it(void)
{
    nic_rule();
    start();
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfeb80000);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 1, 0);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    guest_write(&m, 0, DEVFN(2, 0), 0x13, 1, 0xfd); /* part of what it believes in */
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfdfe0004);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfdfe0000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfeb80000);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfeb80004);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0); /* and as Linux does it, decoding off */
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfffe0000);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfeb80000);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 3);
    model_check(&m, true);
}

static void test_a_reset_ends_sizing(void)
{
    nic_rule();
    start();
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 0xfffe0004);
    guest_write(&m, 0, DEVFN(2, 0), 0xcc, 2, 3);
    guest_write(&m, 0, DEVFN(2, 0), 0xcc, 2, 0);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0x10, 4), 4);
}

static void test_many_moves_fill_nothing_up(void)
{
    nic_rule();
    start();
    for (unsigned i = 0; i < 2 * PCI_SAVED_HOOKS; i++)
        guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xe0000000 + (i << 17));
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xe3fe0000);
    model_check(&m, true);
}

static void test_a_place_that_cannot_be_hooked_is_not_taken(void)
{
    nic_rule();
    start();
    m.refuse_first = 0xe0000000;
    m.refuse_last = 0xe0000fff;
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xe0000000);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xfeb80000);
    EXPECT(m.logs > 0);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xe0000000);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0xe0000000); /* not decoded there */
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 7);
    EXPECT_HEX(model_get(&m, NIC, 4, 2), 0);
    model_check(&m, true);
}

static void test_ram_under_a_bar_is_left_alone(void)
{
    nic_rule();
    start();
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0x7ffe0000);
    EXPECT_HEX(model_bar(&m, NIC, 0), 0x7ffe0000);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0x7ffe0000));
    m.failures = 0;
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0x000a0000);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xa0000) != NULL);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0x00080000); /* RAM up to 9FFFFh */
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0x80000));
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xa0000));
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfeb80000);
    model_check(&m, true);
}

static void test_the_first_bar_rule_that_matches_decides(void)
{
    bar_rule(POLICY_PASS, 0, 0, 0x100, 0x1ff, by_id(0x8086, 0x10d3));
    bar_rule(POLICY_DENY, 0, 0, 0x0, 0x17f, by_id(0x8086, 0x10d3));
    bar_rule(POLICY_PASS, POLICY_F_LOG, 0, 0x80, 0xfffff, by_class(0x020000, 0xff0000));
    model_expect(&m, NIC, 0, 0x0, 0xff, PCI_TO_WATCH, 1);
    model_expect(&m, NIC, 0, 0x200, 0x1ffff, PCI_TO_WATCH, 2);
    model_expect(&m, NIC, 2, 0, 7, PCI_TO_NOBODY, 0);
    m.device[BEHIND].present = false; /* class 02 as well */
    start();
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfeb80100));
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfeb801ff));
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    model_check(&m, true);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfe000100));
}

static void test_io_bars_follow(void)
{
    bar_rule(POLICY_DENY, 0, 2, 0, UINT64_MAX, by_id(0x8086, 0x10d3));
    model_expect(&m, NIC, 2, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    start();
    EXPECT_HEX(model_hook_at(&m, PCI_PORTS, 0xc040)->last, 0xc05f);
    guest_write(&m, 0, DEVFN(2, 0), 0x18, 4, 0xd001);
    EXPECT_HEX(model_bar(&m, NIC, 2), 0xd000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(2, 0), 0x18, 4,
                0xce1); /* CE0h to CFFh: the configuration ports stay what they are */
    EXPECT_HEX(model_hook_at(&m, PCI_PORTS, 0xce0)->last, 0xcf7);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 2);
    model_check(&m, true);
    EXPECT(!model_hook_at(&m, PCI_PORTS, 0xce0));
}

static void test_index_data_pair_of_ahci_is_shut(void)
{
    bar_rule(POLICY_CALL, 0, 5, 0, UINT64_MAX, by_class(0x010600, 0xffff00));
    model_expect(&m, AHCI, 5, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_expect(&m, AHCI, 4, 0x10, 0x17, PCI_TO_NOBODY, 0);
    start();
    EXPECT(!model_hook_at(&m, PCI_PORTS, 0xc08f));
    EXPECT(!model_hook_at(&m, PCI_PORTS, 0xc098));
    guest_write(&m, 0, DEVFN(0x1f, 2), 0x20, 4, 0xe001);
    EXPECT_HEX(model_hook_at(&m, PCI_PORTS, 0xe010)->first, 0xe010);
    model_check(&m, true);
}

static void test_index_data_pair_in_config_space_is_shut(void)
{
    bar_rule(POLICY_CALL, 0, 5, 0, UINT64_MAX, by_class(0x010600, 0xffff00));
    model_put(&m, AHCI, 0xac, 4, 0xf);
    model_put(&m, AHCI, 0xb0, 8, 0x1122334455667788);
    memset(&m.device[AHCI].mask[0xb0], 0xff, 8);
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 2), 0xb4, 4), 0xffffffff);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1f, 2), 0xac, 4), 0xf);
    guest_write(&m, 0, DEVFN(0x1f, 2), 0xb0, 2, 0);
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(0x1f, 2), 0xb0), 8, 0);
    EXPECT_HEX(model_get(&m, AHCI, 0xb0, 8), 0x1122334455667788);
}

static void test_virtio_window_is_shut(void)
{
    bar_rule(POLICY_PASS, POLICY_F_LOG, 1, 0, UINT64_MAX, by_address(1, DEVFN(0, 0)));
    model_add_capability(&m, BEHIND, 0x40, 9);
    model_put(&m, BEHIND, 0x43, 1, 5);
    model_put(&m, BEHIND, 0x50, 4, 0x12345678);
    memset(&m.device[BEHIND].mask[0x48], 0xff, 12);
    model_add_capability(&m, BEHIND, 0x60, 9);
    model_put(&m, BEHIND, 0x63, 1, 1);
    start();
    EXPECT_HEX(guest_read(&m, 1, DEVFN(0, 0), 0x50, 4), 0xffffffff);
    guest_write(&m, 1, DEVFN(0, 0), 0x50, 4, 0);
    EXPECT_HEX(model_get(&m, BEHIND, 0x50, 4), 0x12345678);
    guest_write(&m, 1, DEVFN(0, 0), 0x48, 4, 0x20);
    EXPECT_HEX(model_get(&m, BEHIND, 0x48, 4), 0x20);
}

static void test_a_bar_behind_bridges_stays_hooked_whatever_they_do(void)
{
    bar_rule(POLICY_DENY, 0, 0, 0, UINT64_MAX, by_class(0x0c0330, 0xffffff));
    model_expect(&m, DEEP, 0, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    start();
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4,
                0); /* no bus numbers: out of reach for configuration, not for memory */
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfe800000) != NULL);
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00090500);
    guest_write(&m, 5, DEVFN(1, 0), 0x18, 4, 0x00090905);
    guest_write(&m, 9, DEVFN(5, 0), 0x10, 4, 0xfd000000);
    EXPECT_HEX(model_bar(&m, DEEP, 0), 0xfd000000);
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(3, 0), 0x3e, 2, 0x40); /* secondary bus reset */
    guest_write(&m, 0, DEVFN(3, 0), 0x3e, 2, 0);
    EXPECT_HEX(model_get(&m, DEEP, 4, 2), 0);
    guest_write(&m, 5, DEVFN(1, 0), 0x18, 4, 0x00090905);
    guest_write(&m, 9, DEVFN(5, 0), 0x10, 4, 0xfc000000);
    model_check(&m, true);
    guest_write(&m, 9, DEVFN(5, 0), 0x04, 2, 2);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfc000000) != NULL);
    model_check(&m, true);
}

static void test_a_secondary_bus_reset_ends_hooks_once_it_shows(void)
{
    bar_rule(POLICY_DENY, 0, 1, 0, UINT64_MAX, by_address(1, DEVFN(0, 0)));
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    model_expect(&m, BEHIND, 1, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_add_bridge(&m, -1, DEVFN(4, 0), 8, 8);
    model_add(&m, (int)m.devices - 1, DEVFN(5, 0), 0x43221234, 0x020000);
    start();
    guest_write(&m, 0, DEVFN(3, 0), 0x3e, 2, 0x40);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfea00000) != NULL); /* nothing answers there now */
    guest_write(&m, 0, DEVFN(3, 0), 0x3e, 2, 0);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfea00000));
    model_check(&m, true);
    guest_write(&m, 0, DEVFN(4, 0), 0x18, 4, 0x00020200); /* the inner bridge has lost bus 2 */
    EXPECT_HEX(guest_read(&m, 2, DEVFN(5, 0), 0, 4), 0x43221234);
}

static void test_a_function_is_hooked_when_its_bus_gets_a_number(void)
{
    bar_rule(POLICY_DENY, 0, 1, 0, UINT64_MAX, by_id(0x1af4, 0x1000));
    model_expect(&m, BEHIND, 1, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_put(&m, BRIDGE, 0x18, 4, 0);
    m.expects = 0; /* nothing can be done about it before */
    start();
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00020100);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfea00000) != NULL);
}

static void test_a_rule_for_a_bus_without_bridge_means_its_number(void)
{
    rule(POLICY_HIDE, by_address(9, DEVFN(5, 0)));
    start();
    EXPECT_HEX(guest_read(&m, 2, DEVFN(5, 0), 0, 4), 0x000d1b36);
    guest_write(&m, 1, DEVFN(1, 0), 0x18, 4, 0x00090901);
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00090100);
    EXPECT_HEX(guest_read(&m, 9, DEVFN(5, 0), 0, 4), 0xffffffff);
}

static void test_a_hidden_bridge_without_bus_numbers_hides_nothing_else(void)
{
    model_add_bridge(&m, -1, DEVFN(4, 0), 0, 0xff);
    rule(POLICY_HIDE, by_address(0, DEVFN(4, 0)));
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(4, 0), 0, 4), 0xffffffff);
    EXPECT_HEX(guest_read(&m, 1, DEVFN(0, 0), 0, 4), 0x10001af4);
}

static void test_overlapping_bridges_do_not_pass_for_another_device(void)
{
    bar_rule(POLICY_DENY, 0, 0, 0, UINT64_MAX, by_id(0x1234, 0x4321));
    rule(POLICY_HIDE, by_address(8, DEVFN(5, 0)));
    model_add_bridge(&m, -1, DEVFN(4, 0), 8, 8);
    model_add(&m, (int)m.devices - 1, DEVFN(0, 0), 0x43211234, 0x020000);
    model_add_bar(&m, (int)m.devices - 1, 0, 0, 4096, 0xfe900000);
    model_put(&m, (int)m.devices - 1, 4, 2, 2);
    model_expect(&m, (int)m.devices - 1, 0, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    start();
    guest_write(&m, 0, DEVFN(4, 0), 0x18, 4,
                0x00010100); /* bus 1 is answered by what is behind the other bridge */
    guest_write(&m, 1, DEVFN(0, 0), 0x3c, 1, 0);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfe900000) != NULL);
    guest_write(&m, 0, DEVFN(4, 0), 0x18, 4, 0x00020200);
    EXPECT_HEX(guest_read(&m, 2, DEVFN(5, 0), 0, 4),
               0xffffffff); /* the second of two routes is the hidden one */
}

static void test_overlapping_bridges_free_nothing(void)
{
    bar_rule(POLICY_DENY, 0, 1, 0, UINT64_MAX, by_address(1, DEVFN(0, 0)));
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    model_expect(&m, BEHIND, 1, 0, UINT64_MAX, PCI_TO_WATCH, 0);
    model_add_bridge(&m, -1, DEVFN(4, 0), 8, 8);
    model_add(&m, (int)m.devices - 1, DEVFN(0, 0), 0x43211234, 0x020000);
    model_add(&m, (int)m.devices - 2, DEVFN(5, 0), 0x43221234, 0x020000);
    start();
    guest_write(&m, 0, DEVFN(4, 0), 0x18, 4, 0x00010100);
    guest_write(&m, 1, DEVFN(0, 0), 0x04, 2, 2);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfea00000) != NULL);
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00050500);
    guest_write(&m, 1, DEVFN(0, 0), 0x04, 2, 0); /* now another function */
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfea00000) != NULL);
    guest_write(&m, 0, DEVFN(4, 0), 0x18, 4, 0x00020200);
    EXPECT_HEX(guest_read(&m, 2, DEVFN(5, 0), 0, 4), 0x43221234);
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00020100); /* and both: the stricter counts */
    EXPECT_HEX(guest_read(&m, 2, DEVFN(5, 0), 0, 4), 0xffffffff);
}

static void test_a_function_that_appears_later_is_hooked_before_it_decodes(void)
{
    bar_rule(POLICY_DENY, 0, 2, 0, 0xfff, by_class(0x030000, 0xff0000));
    model_expect(&m, VGA, 2, 0, 0xfff, PCI_TO_WATCH, 0);
    m.device[VGA].present = false;
    model_put(&m, VGA, 4, 2, 0);
    start();
    m.device[VGA].present = true;
    guest_write(&m, 0, DEVFN(1, 0), 0x18, 4, 0xfe000000);
    guest_write(&m, 0, DEVFN(1, 0), 0x04, 2, 2);
    EXPECT(model_hook_at(&m, PCI_MEMORY, 0xfe000000) != NULL);
    model_check(&m, true);
}

static void test_resizable_bar_is_hooked_at_its_new_size(void)
{
    bar_rule(POLICY_DENY, 0, 0, 0, UINT64_MAX, by_class(0x030000, 0xff0000));
    model_add_bar(&m, VGA, 0, 0x0, 1 << 20, 0xfd000000);
    model_put(&m, VGA, 0x100, 4, 0x00010015);
    model_put(&m, VGA, 0x108, 4, 1 << 5 | 0 << 8);
    memset(&m.device[VGA].mask[0x109], 0x3f, 1);
    start();
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, 0xfd000000)->last, 0xfd0fffff);
    m.refuse_first = m.refuse_last = 0xfd400000;
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(1, 0), 0x109), 1,
                     4); /* while it is decoded: 16 MiB are not to be had */
    EXPECT_HEX(model_get(&m, VGA, 0x109, 1), 0);
    m.refuse_first = m.refuse_last = 0;
    guest_write(&m, 0, DEVFN(1, 0), 0x04, 2, 0);
    guest_ecam_write(&m, ECAM_AT(0, DEVFN(1, 0), 0x108), 4, 4 << 8);
    guest_write(&m, 0, DEVFN(1, 0), 0x04, 2, 2);
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, 0xfd000000)->last, 0xfdffffff);
}

static void test_the_owner_is_told(void)
{
    nic_rule();
    start();
    guest_write(&m, 0, DEVFN(2, 0), 0xcc, 2, 3);
    EXPECT_HEX(m.events, 1);
    EXPECT_HEX(m.event[0].kind, PCI_EVENT_POWER);
    EXPECT_HEX(m.event[0].devfn, DEVFN(2, 0));
    EXPECT_HEX(m.event[0].after, 3);
    guest_write(&m, 0, DEVFN(2, 0), 0xcc, 2, 0); /* D3hot to D0 resets it */
    EXPECT_HEX(m.events, 3);
    EXPECT_HEX(m.event[1].kind, PCI_EVENT_COMMAND);
    EXPECT_HEX(m.event[1].before, 7);
    EXPECT_HEX(m.event[2].kind, PCI_EVENT_POWER);
    model_check(&m, true);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfeb80000));
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfeb80000);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 2); /* where it was: not moved */
    EXPECT_HEX(m.event[m.events - 1].kind, PCI_EVENT_COMMAND);
    EXPECT_HEX(m.event[m.events - 2].kind, PCI_EVENT_POWER);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 0);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    guest_write(&m, 0, DEVFN(2, 0), 0x04, 2, 2);
    EXPECT_HEX(m.event[m.events - 2].kind, PCI_EVENT_MOVED);
    EXPECT_HEX(m.event[m.events - 2].before, 0xfeb80000);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfd800000);
    EXPECT_HEX(m.event[m.events - 1].kind, PCI_EVENT_MOVED);
    EXPECT_HEX(m.event[m.events - 1].before, 0xfe000000);
    EXPECT_HEX(m.event[m.events - 1].after, 0xfd800000);
    model_put(&m, NIC, 0x0a, 1, 0x80);
    guest_write(&m, 0, DEVFN(2, 0), 0x3c, 1, 0);
    EXPECT_HEX(m.event[m.events - 1].kind, PCI_EVENT_IDENTITY);
    model_check(&m, true);
}

static void test_a_bar_rule_that_cannot_be_kept_stops_the_start(void)
{
    nic_rule();
    m.refuse_first = m.refuse_last = 0xfeb81234;
    EXPECT_HEX(model_start(&m, &tables), WEIR_E_STATE);
    EXPECT(strstr(m.log, "policy line 100") != NULL);
    EXPECT_HEX(m.binds, m.unbinds + 1); /* the ECAM */
}

/* ---- the ECAM and AMD's extended bits ---- */

static void test_the_ecam_follows_pciexbar(void)
{
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    guest_write(&m, 0, 0, 0x60, 4, 0xc0000001);
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, 0xc0000000)->to, PCI_TO_SELF);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, MODEL_ECAM));
    EXPECT_HEX(guest_ecam_read(&m, 0xc0000000 + (DEVFN(0x1d, 0) << 12), 4), 0xffffffff);
    EXPECT_HEX(guest_ecam_read(&m, 0xc0000000 + (DEVFN(2, 0) << 12), 4), 0x10d38086);
    guest_write(&m, 0, 0, 0x60, 4, 0xc0000000);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xc0000000));
    guest_write(&m, 0, 0, 0x60, 4, 0xd0000001);
    EXPECT_HEX(guest_ecam_read(&m, 0xd0000000 + (DEVFN(0x1d, 0) << 12), 4), 0xffffffff);
    m.refuse_first = m.refuse_last = 0xe0000000;
    guest_write(&m, 0, 0, 0x60, 4, 0xe0000001);
    EXPECT_HEX(model_get(&m, HOST, 0x60, 4), 0xd0000001);
    EXPECT_HEX(guest_ecam_read(&m, 0xd0000000 + (DEVFN(0x1d, 0) << 12), 4), 0xffffffff);
}

static void test_a_pciexbar_that_is_locked_leaves_the_ecam_hooked(void)
{
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    memset(&m.device[HOST].mask[0x60], 0, 8);
    guest_write(&m, 0, 0, 0x60, 4, 0xc0000001);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xc0000000));
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(0x1d, 0), 0), 4), 0xffffffff);
}

static void extended_access(bool counts)
{
    m.extended_bits = counts;
    nic_rule();
    start();
    model_put(&m, NIC, 0x410, 4, 0x11223344);
    memset(&m.device[NIC].mask[0x410], 0xff, 4);
    guest_out(&m, 0xcf8, 4, 0x84001010);
    guest_out(&m, 0xcfc, 4, 0xfe000000);
    EXPECT_HEX(m.latch, 0x84001010);
    EXPECT_HEX(model_bar(&m, NIC, 0), counts ? 0xfeb80000 : 0xfe000000);
    EXPECT_HEX(model_get(&m, NIC, 0x410, 4), counts ? 0xfe000000 : 0x11223344);
    model_check(&m, true);
    guest_out(&m, 0xcfc, 4, 0xffffffff); /* sizing, or all ones for register 410h */
    EXPECT_HEX(guest_in(&m, 0xcfc, 4), counts ? 0xffffffff : 0xfffe0004);
    EXPECT_HEX(model_get(&m, NIC, 0x410, 4), counts ? 0xffffffff : 0x11223344);
}

static void test_amd_extended_bits_where_they_count(void)
{
    extended_access(true);
}

static void test_amd_extended_bits_where_they_mean_nothing(void)
{
    extended_access(false);
}

/* ---- restart, more CPUs ---- */

static jmp_buf died;

static void fall_dead(void)
{
    longjmp(died, 1);
}

/* The kernel keeps a dead domain's bindings in force until the next instance takes them over. */
static void die(void)
{
    memset(m.orphan, 1, sizeof(m.orphan));
}

static void test_a_new_instance_goes_on_where_the_old_one_died(void)
{
    nic_rule();
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    start();
    guest_write(&m, 0, DEVFN(3, 0), 0x18, 4, 0x00070600);
    guest_write(&m, 6, DEVFN(1, 0), 0x18, 4, 0x00070706);
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    m.die = fall_dead;
    for (int after = 0; after < 60; after++) {
        guest_out(&m, 0xcf8, 4, 0x80001010);
        m.die_after = after;
        if (!setjmp(died))
            guest_out(&m, 0xcfc, 4, 0xfd000000);
        m.die_after = -1;
        die();
        start();
        EXPECT_HEX(m.latch, 0x80001010); /* the guest's, although it was borrowed */
        guest_out(&m, 0xcfc, 4, 0xfd000000);
        EXPECT_HEX(model_bar(&m, NIC, 0), 0xfd000000);
        model_check(&m, true);
        expect_hidden(7, DEVFN(5, 0), DEEP);
        guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    }
    m.die_after = 0;
    if (!setjmp(died)) {
        guest_read(&m, 0, DEVFN(2, 0), 0, 4);
        EXPECT(!"reached"); /* the loop above did kill it */
    }
    m.die_after = -1;
}

static void test_damaged_saved_state_is_survived(void)
{
    unsigned seed = 1;

    nic_rule();
    rule(POLICY_HIDE, by_address(2, DEVFN(5, 0)));
    rule(POLICY_READ_ONLY, by_class(0x0c0300, 0xffff00));
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 8; i < sizeof(m.saved); i++)
            if (rand_r(&seed) % 3 == 0)
                ((uint8_t *)&m.saved)[i] = (uint8_t)rand_r(&seed);
        m.saved.magic = PCI_SAVED_MAGIC;
        m.started = false;
        memset(m.bound, 0, sizeof(m.bound));
        (void)model_start(&m, &tables);
        (void)guest_read(&m, 0, DEVFN(2, 0), 0x10, 4);
    }
    m.failures = 0; /* wrong sizes mean wrong hooks; no crash and no nonsense to the kernel is what
                       counts here */
    EXPECT_HEX(m.malformed, 0);
}

static void test_with_more_cpus_nothing_is_passed(void)
{
    m.pci.exclusive = true;
    nic_rule();
    rule(POLICY_HIDE, by_class(0x0c0300, 0xffff00));
    start();
    EXPECT_HEX(guest_read(&m, 0, DEVFN(2, 0), 0, 4), 0x10d38086);
    EXPECT_HEX(guest_read(&m, 0, DEVFN(0x1d, 0), 0, 4), 0xffffffff);
    EXPECT_HEX(guest_in(&m, 0xcf8, 4), 0x8000e800);
    guest_out(&m, 0xcf9, 1, 6);
    EXPECT_HEX(m.last_port, 0xcf9);
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(2, 0), 0), 4), 0x10d38086);
    EXPECT_HEX(guest_ecam_read(&m, ECAM_AT(0, DEVFN(2, 0), 0), 8), model_get(&m, NIC, 0, 8));
    guest_write(&m, 0, DEVFN(2, 0), 0x10, 4, 0xfe000000);
    model_check(&m, true);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"ports-that-are-no-config-access-have-their-bare-effect",
     test_ports_that_are_no_config_access_have_their_bare_effect},
    {"bare-functions-read-and-write-as-without-weir",
     test_bare_functions_read_and_write_as_without_weir},
    {"hide-by-class", test_hide_by_class},
    {"hide-by-vendor-and-device", test_hide_by_vendor_and_device},
    {"hide-by-address", test_hide_by_address},
    {"a-hidden-function-0-leaves-the-others-reachable",
     test_a_hidden_function_0_leaves_the_others_reachable},
    {"hidden-bridge-hides-what-is-behind-it", test_hidden_bridge_hides_what_is_behind_it},
    {"renumbering-buses-does-not-unhide", test_renumbering_buses_does_not_unhide},
    {"mode-switch-and-hot-plug-are-judged-at-each-access",
     test_mode_switch_and_hot_plug_are_judged_at_each_access},
    {"unaligned-accesses-that-touch-a-hidden-function",
     test_unaligned_accesses_that_touch_a_hidden_function},
    {"low-bits-of-cf8-open-no-other-register", test_low_bits_of_cf8_open_no_other_register},
    {"read-only-drops-writes-and-answers-sizing", test_read_only_drops_writes_and_answers_sizing},
    {"read-only-answers-sizing-with-decoding-off-too",
     test_read_only_answers_sizing_with_decoding_off_too},
    {"a-moved-bar-stays-hooked", test_a_moved_bar_stays_hooked},
    {"sizing-a-decoded-bar-does-not-move-it", test_sizing_a_decoded_bar_does_not_move_it},
    {"a-reset-ends-sizing", test_a_reset_ends_sizing},
    {"many-moves-fill-nothing-up", test_many_moves_fill_nothing_up},
    {"a-place-that-cannot-be-hooked-is-not-taken", test_a_place_that_cannot_be_hooked_is_not_taken},
    {"ram-under-a-bar-is-left-alone", test_ram_under_a_bar_is_left_alone},
    {"the-first-bar-rule-that-matches-decides", test_the_first_bar_rule_that_matches_decides},
    {"io-bars-follow", test_io_bars_follow},
    {"index-data-pair-of-ahci-is-shut", test_index_data_pair_of_ahci_is_shut},
    {"index-data-pair-in-config-space-is-shut", test_index_data_pair_in_config_space_is_shut},
    {"virtio-window-is-shut", test_virtio_window_is_shut},
    {"a-bar-behind-bridges-stays-hooked-whatever-they-do",
     test_a_bar_behind_bridges_stays_hooked_whatever_they_do},
    {"a-secondary-bus-reset-ends-hooks-once-it-shows",
     test_a_secondary_bus_reset_ends_hooks_once_it_shows},
    {"a-function-is-hooked-when-its-bus-gets-a-number",
     test_a_function_is_hooked_when_its_bus_gets_a_number},
    {"a-rule-for-a-bus-without-bridge-means-its-number",
     test_a_rule_for_a_bus_without_bridge_means_its_number},
    {"a-hidden-bridge-without-bus-numbers-hides-nothing-else",
     test_a_hidden_bridge_without_bus_numbers_hides_nothing_else},
    {"overlapping-bridges-do-not-pass-for-another-device",
     test_overlapping_bridges_do_not_pass_for_another_device},
    {"overlapping-bridges-free-nothing", test_overlapping_bridges_free_nothing},
    {"a-function-that-appears-later-is-hooked-before-it-decodes",
     test_a_function_that_appears_later_is_hooked_before_it_decodes},
    {"resizable-bar-is-hooked-at-its-new-size", test_resizable_bar_is_hooked_at_its_new_size},
    {"the-owner-is-told", test_the_owner_is_told},
    {"a-bar-rule-that-cannot-be-kept-stops-the-start",
     test_a_bar_rule_that_cannot_be_kept_stops_the_start},
    {"the-ecam-follows-pciexbar", test_the_ecam_follows_pciexbar},
    {"a-pciexbar-that-is-locked-leaves-the-ecam-hooked",
     test_a_pciexbar_that_is_locked_leaves_the_ecam_hooked},
    {"amd-extended-bits-where-they-count", test_amd_extended_bits_where_they_count},
    {"amd-extended-bits-where-they-mean-nothing", test_amd_extended_bits_where_they_mean_nothing},
    {"a-new-instance-goes-on-where-the-old-one-died",
     test_a_new_instance_goes_on_where_the_old_one_died},
    {"damaged-saved-state-is-survived", test_damaged_saved_state_is_survived},
    {"with-more-cpus-nothing-is-passed", test_with_more_cpus_nothing_is_passed},
};

/* units [NAME]: all of them, or the one. */
int main(int argc, char **argv)
{
    unsigned run = 0;

    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        unsigned before = failures;

        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
            continue;
        memset(&tables, 0, sizeof(tables));
        model_init(&m);
        model_machine(&m);
        tests[i].run();
        failures += m.failures;
        if (m.malformed)
            failures++, fprintf(stderr, "FAILED: %u malformed bindings\n", m.malformed);
        if (failures != before)
            fprintf(stderr, "FAILED: %s\n  again: test_pci_units %s\n", tests[i].name,
                    tests[i].name);
        run++;
    }
    printf("%u tests, %u failures\n", run, failures);
    return run && !failures ? 0 : 1;
}
