/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports and configuration registers: what is hidden, read-only or bare. */
#include <string.h>

#include "units.h"

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

const struct unit_test config_tests[] = {
    UNIT_TEST(ports_that_are_no_config_access_have_their_bare_effect),
    UNIT_TEST(bare_functions_read_and_write_as_without_weir),
    UNIT_TEST(hide_by_class),
    UNIT_TEST(hide_by_vendor_and_device),
    UNIT_TEST(hide_by_address),
    UNIT_TEST(a_hidden_function_0_leaves_the_others_reachable),
    UNIT_TEST(hidden_bridge_hides_what_is_behind_it),
    UNIT_TEST(renumbering_buses_does_not_unhide),
    UNIT_TEST(mode_switch_and_hot_plug_are_judged_at_each_access),
    UNIT_TEST(unaligned_accesses_that_touch_a_hidden_function),
    UNIT_TEST(low_bits_of_cf8_open_no_other_register),
    UNIT_TEST(read_only_drops_writes_and_answers_sizing),
    UNIT_TEST(read_only_answers_sizing_with_decoding_off_too),
    UNIT_TEST(the_ecam_follows_pciexbar),
    UNIT_TEST(a_pciexbar_that_is_locked_leaves_the_ecam_hooked),
    UNIT_TEST(amd_extended_bits_where_they_count),
    UNIT_TEST(amd_extended_bits_where_they_mean_nothing),
    {0},
};
