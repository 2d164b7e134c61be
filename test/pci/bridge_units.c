/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules for a BAR behind bridges, and buses that get their numbers late, twice or never. */
#include "units.h"

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

const struct unit_test bridge_tests[] = {
    UNIT_TEST(a_bar_behind_bridges_stays_hooked_whatever_they_do),
    UNIT_TEST(a_secondary_bus_reset_ends_hooks_once_it_shows),
    UNIT_TEST(a_function_is_hooked_when_its_bus_gets_a_number),
    UNIT_TEST(a_rule_for_a_bus_without_bridge_means_its_number),
    UNIT_TEST(a_hidden_bridge_without_bus_numbers_hides_nothing_else),
    UNIT_TEST(overlapping_bridges_do_not_pass_for_another_device),
    UNIT_TEST(overlapping_bridges_free_nothing),
    {0},
};
