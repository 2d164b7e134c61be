/* SPDX-License-Identifier: BSD-2-Clause */
/* Services that fail are replaced and leave nothing behind; nonsense that they send changes nothing. */
#include "machine.h"
#include <vmm/memory.h>
#include <vmm/start.h>
#include <weir/service.h>

static struct {
    uint64_t free_pages, slots, next_slot;
} before;

/* libvmm's count of slots, which gives the lowest free one. */
static uint64_t next_slot(void)
{
    uint64_t slot = vmm_slot_alloc();

    vmm_slot_free(slot);
    return slot;
}
static struct fake_object *watch_port;
static uint64_t crashed_at;

static const struct weir_failure hang = { .kind = WEIR_FAIL_DEADLINE, .rip = 0x400200 };

/* Crashes watch `runs` times, each time when all is quiet again, and looks for leaks. */
static bool watch_crashes_again_and_again(void)
{
    struct fake_object *domain = newcomer();
    struct fake_object *watch = fake_domain_of("watch");

    if (domain) {
        if (stage) {
            CHECK(fake.now >= crashed_at + policy.services[6].backoff_ms * (FAKE_HZ / 1000), 1);
            CHECK(fake_block(domain)->instance, stage);
        }
        return report(domain);
    }
    if (!guest_runs() || !watch) {
        return false; /* waits for its backoff */
    }
    if (!stage) {
        watch_port = watch->slots[WEIR_SLOT_PORT].object;
        before.free_pages = fake.free_pages;
        before.slots = fake_slots_in_use();
        before.next_slot = next_slot();
    }
    CHECK(watch->slots[WEIR_SLOT_PORT].object == watch_port, 1);
    CHECK(fake.free_pages, before.free_pages);
    CHECK(fake_slots_in_use(), before.slots);
    CHECK(next_slot(), before.next_slot);
    if (stage++ == runs) {
        return enough();
    }
    crashed_at = fake.now;
    forget_domain(watch);
    fake_stop(watch, &hang);
    return false;
}

static void restarts_leak_nothing(void)
{
    boot_with(NULL, 0);
    busy_policy();
    policy.services[6].restart_limit = 1000;
    policy.services[6].backoff_ms = 7;
    runs = 900;
    CHECK(run_init(watch_crashes_again_and_again), FAKE_ENOUGH);
    expect_log("weir: service watch stopped: missed its deadline, rip 0x400200\nweir: service watch runs again (start 2)\n");
    CHECK(bound_devices(WEIR_BIND_FILTER), 1);
}

/* Whatever a restart wants and does not get, it leaves nothing behind, and the next try succeeds. */
static bool a_restart_fails_somewhere(void)
{
    static unsigned point;
    struct fake_object *domain = newcomer(), *watch = fake_domain_of("watch");

    if (domain) {
        return report(domain);
    }
    if (!guest_runs() || !watch) {
        return false;
    }
    if (point) {
        CHECK(fake.free_pages, before.free_pages);
        CHECK(fake_slots_in_use(), before.slots);
        if (fake.fail_at) { /* the point lies behind the last that a restart has */
            runs = point;
            return enough();
        }
    }
    before.free_pages = fake.free_pages;
    before.slots = fake_slots_in_use();
    fake.fail_at = ++point;
    forget_domain(watch);
    fake_stop(watch, &hang);
    return false;
}

static void restarts_that_fail_are_tried_again(void)
{
    boot_with(NULL, 0);
    busy_policy();
    policy.services[6].restart_limit = 1000;
    CHECK(run_init(a_restart_fails_somewhere), FAKE_ENOUGH);
    CHECK(runs > 15, 1);
    expect_log("weir: service watch can't be started: ");
}

static bool watch_crashes_beyond_its_limit(void)
{
    struct fake_object *domain = newcomer(), *watch = fake_domain_of("watch");

    if (domain) {
        return report(domain);
    }
    if (guest_runs() && watch) {
        forget_domain(watch);
        fake_stop(watch, &hang);
        stage++;
    }
    return false;
}

static void past_the_limit(uint32_t on_limit, enum fake_end end, unsigned floats)
{
    boot_with(NULL, 0);
    busy_policy();
    policy.services[6].on_limit = on_limit;
    policy.services[6].restart_limit = 3;
    CHECK(run_init(watch_crashes_beyond_its_limit), end);
    CHECK(stage, 4);
    expect_log("weir: service watch failed too often and stays down\n");
    CHECK(bound_devices(WEIR_BIND_FILTER), 0);
    CHECK(bound_devices(WEIR_BIND_FLOAT), floats);
    CHECK(fake_domain_of("watch") != NULL, 0);
}

static void past_its_limit_a_service_is_passed_by(void)
{
    past_the_limit(POLICY_LIMIT_PASS, FAKE_STUCK, 2);
}

static void past_its_limit_a_service_fails_closed(void)
{
    past_the_limit(POLICY_FAIL_CLOSED, FAKE_STUCK, 3);
}

static void past_its_limit_a_service_stops_the_machine(void)
{
    past_the_limit(POLICY_LIMIT_STOP, FAKE_HALTED, 3); /* shut until the machine has stopped */
    expect_log("weir: stopped: service watch is down for good");
}

static bool nonsense(void)
{
    static const struct weir_msg messages[] = {
        { .kind = WEIR_MSG_CALL, .vcpu = 99, .addr = WEIR_INIT_READY },
        { .kind = WEIR_MSG_CALL, .vcpu = 3, .addr = 77 },
        { .kind = WEIR_MSG_CALL, .vcpu = 3, .addr = WEIR_INIT_FAILED, .size = 65535 },
        { .kind = WEIR_MSG_CALL, .vcpu = 3, .addr = WEIR_INIT_FAILED, .size = 4096 },
        { .kind = WEIR_MSG_CALL, .vcpu = 3, .addr = WEIR_INIT_READY },
        { .kind = WEIR_MSG_NOTE, .data = ~0ull },
        { .kind = WEIR_MSG_HOOK, .addr = 99 },
        { .kind = WEIR_MSG_IO, .addr = 0x60, .size = 1 },
        { .kind = 9999 },
    };

    if (newcomer() || !guest_runs()) {
        return until_the_guest_runs();
    }
    if (stage == sizeof(messages) / sizeof(messages[0])) {
        return enough();
    }
    if (stage > 0 && messages[stage - 1].kind == WEIR_MSG_CALL) { /* the answer gives nothing away */
        CHECK(vmm_message()->size, 0);
    }
    *vmm_message() = messages[stage++];
    return true;
}

static void nonsense_changes_nothing(void)
{
    boot_with(NULL, 0);
    busy_policy();
    CHECK(run_init(nonsense), FAKE_ENOUGH);
    CHECK_TEXT(fake.log, "");
    CHECK(fake_domain_of("watch") != NULL, 1);
}

const struct scenario restart_scenarios[] = {
    SCENARIO(restarts_leak_nothing),
    SCENARIO(restarts_that_fail_are_tried_again),
    SCENARIO(past_its_limit_a_service_is_passed_by),
    SCENARIO(past_its_limit_a_service_fails_closed),
    SCENARIO(past_its_limit_a_service_stops_the_machine),
    SCENARIO(nonsense_changes_nothing),
    { 0 },
};
