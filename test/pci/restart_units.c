/* SPDX-License-Identifier: BSD-2-Clause */
/* A new instance goes on where the old one ended; damaged state; more CPUs. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

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

const struct unit_test restart_tests[] = {
    UNIT_TEST(a_new_instance_goes_on_where_the_old_one_died),
    UNIT_TEST(damaged_saved_state_is_survived),
    UNIT_TEST(with_more_cpus_nothing_is_passed),
    {0},
};
