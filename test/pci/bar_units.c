/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules for a BAR follow it: moves, sizing, back doors, functions that come and grow. */
#include <string.h>

#include "units.h"

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

static void test_registers_of_ahci_are_storages_but_for_is(void)
{
    uint64_t base;

    tables.nstorage = 1;
    bar_rule(POLICY_DENY, 0, 5, 0, UINT64_MAX, by_class(0x010600, 0xffff00)); /* counts for nothing */
    model_expect(&m, AHCI, 5, 0, 7, PCI_TO_STORAGE, 0);
    model_expect(&m, AHCI, 5, 12, UINT64_MAX, PCI_TO_STORAGE, 0);
    model_expect(&m, AHCI, 4, 0x10, 0x17, PCI_TO_NOBODY, 0);
    start();
    base = model_bar(&m, AHCI, 5);
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, base)->last, base + 7);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, base + 8));
    EXPECT(!model_hook_at(&m, PCI_MEMORY, base + 11));
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, base + 0x100)->base, base);
    guest_write(&m, 0, DEVFN(0x1f, 2), 0x24, 4, 0xfe000000);
    EXPECT(!model_hook_at(&m, PCI_MEMORY, 0xfe000008));
    EXPECT_HEX(model_hook_at(&m, PCI_MEMORY, 0xfe00000c)->base, 0xfe000000);
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

const struct unit_test bar_tests[] = {
    UNIT_TEST(a_moved_bar_stays_hooked),
    UNIT_TEST(sizing_a_decoded_bar_does_not_move_it),
    UNIT_TEST(a_reset_ends_sizing),
    UNIT_TEST(many_moves_fill_nothing_up),
    UNIT_TEST(a_place_that_cannot_be_hooked_is_not_taken),
    UNIT_TEST(ram_under_a_bar_is_left_alone),
    UNIT_TEST(the_first_bar_rule_that_matches_decides),
    UNIT_TEST(io_bars_follow),
    UNIT_TEST(index_data_pair_of_ahci_is_shut),
    UNIT_TEST(registers_of_ahci_are_storages_but_for_is),
    UNIT_TEST(index_data_pair_in_config_space_is_shut),
    UNIT_TEST(virtio_window_is_shut),
    UNIT_TEST(a_function_that_appears_later_is_hooked_before_it_decodes),
    UNIT_TEST(resizable_bar_is_hooked_at_its_new_size),
    UNIT_TEST(the_owner_is_told),
    UNIT_TEST(a_bar_rule_that_cannot_be_kept_stops_the_start),
    {0},
};
