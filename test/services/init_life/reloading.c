/* SPDX-License-Identifier: BSD-2-Clause */
/* Another policy while the guest runs, and what may come between: failures, and more requests. */
#include "machine.h"
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/control.h>

#define PORT 0x5658u

static struct fake_object *in_force; /* policy's instance */
static bool waits;
static uint64_t free_pages, slots;

static void *region(const char *service, const char *name)
{
    uint64_t prot;

    return fake_region_of(fake_domain_of(service), name, &prot);
}

static const struct control_status *status(void)
{
    return region("control", "status");
}

/* What control does when the guest wants that. */
static bool reload(void)
{
    struct control_request *request = region("control", "ask");

    request->ask = CONTROL_RELOAD;
    request->bytes = 7;
    memcpy(region("control", "text"), "-- new\n", 7);
    strcpy(request->name, "new.lua");
    request->seq++;
    *vmm_message() = (struct weir_msg){ .kind = WEIR_MSG_NOTE, .data = CONTROL_ASKED };
    return true;
}

static void boot(void)
{
    boot_with(NULL, 0);
    busy_policy();
    policy.control.port = PORT;
}

/* A candidate that is READY takes the place of policy's instance, and pci is started anew. */
static bool still_starting(void)
{
    struct fake_object *domain = newcomer();
    bool candidate = domain && !policy_error && guest_runs() && !strcmp(fake_block(domain)->name, "policy");

    if (candidate) {
        forget_domain(in_force);
        forget_domain(fake_domain_of("pci"));
    }
    if (domain && (candidate || !in_force)) {
        in_force = domain;
    }
    return domain && report(domain);
}

static unsigned changes(void)
{
    const char *at = fake.log;
    unsigned n = 0;

    while ((at = strstr(at, "weir: policy policy.lua is in force"))) {
        at++, n++;
    }
    return n;
}

/* Twice, with what there is counted in between; pci is started anew by each. */
static bool two_reloads(void)
{
    if (still_starting()) {
        return true;
    }
    if (!guest_runs()) {
        return false;
    }
    CHECK(status()->answered, stage);
    if (stage) {
        CHECK(status()->result, WEIR_OK);
        CHECK_TEXT(status()->reason, "");
    }
    if (stage == 2) {
        CHECK(fake.free_pages, free_pages);
        CHECK(fake_slots_in_use(), slots);
        return enough();
    }
    free_pages = fake.free_pages;
    slots = fake_slots_in_use();
    stage++;
    return reload();
}

static void reloads_leak_nothing(void)
{
    boot();
    CHECK(run_init(two_reloads), FAKE_ENOUGH);
    CHECK(changes(), 2);
}

/* The policy in force fails while the next is being evaluated: its next start is not due when the change comes. */
static bool policy_fails_meanwhile(void)
{
    static const struct weir_failure crash = { .kind = WEIR_FAIL_EXCEPTION, .vector = 6, .rip = 0x400100 };
    struct fake_object *domain = newcomer();

    if (stage == 1 && domain) { /* the candidate, which has not reported */
        stage = 2;
        fake_stop(in_force, &crash);
        return false;
    }
    if (still_starting()) {
        return true;
    }
    if (!guest_runs()) {
        return false;
    }
    if (!stage) {
        stage = 1;
        return reload();
    }
    if (!waits) { /* until all that is due has come */
        waits = true;
        CHECK(status()->answered, 1);
        return false;
    }
    return enough();
}

static void policy_fails_while_another_is_evaluated(void)
{
    boot();
    CHECK(run_init(policy_fails_meanwhile), FAKE_STUCK); /* nothing is due any more */
    CHECK(status()->result, WEIR_OK);
    CHECK(status()->service[0].state, CONTROL_S_RUNS);
    CHECK(changes(), 1);
}

static void policy_is_lost_while_another_is_evaluated(void)
{
    boot();
    policy.services[4].restart_limit = 0;
    CHECK(run_init(policy_fails_meanwhile), FAKE_STUCK);
    CHECK(status()->result, WEIR_E_ARG);
    CHECK_TEXT(status()->reason, "service policy is down for good");
    CHECK(status()->service[0].state, CONTROL_S_DOWN);
}

/* A guest that does not wait for the answer asks again while init waits for pci, which the change starts anew. */
static bool asked_again_meanwhile(void)
{
    struct fake_object *domain = newcomer();

    if (stage == 1 && domain && !strcmp(fake_block(domain)->name, "pci")) {
        stage = 2;
        return reload();
    }
    if (still_starting()) {
        return true;
    }
    if (!guest_runs()) {
        return false;
    }
    return stage++ ? enough() : reload();
}

static void a_reload_within_another_is_refused(void)
{
    boot();
    CHECK(run_init(asked_again_meanwhile), FAKE_ENOUGH);
    CHECK(stage, 3);
    CHECK(changes(), 1);
    CHECK(status()->answered, 2);
    CHECK(status()->result, WEIR_E_BUSY); /* not the word on the first, which came in force behind it */
    CHECK_TEXT(status()->reason, "another policy is being evaluated");
    CHECK(status()->service[4].state, CONTROL_S_RUNS);
}

static bool a_policy_with_an_error(void)
{
    if (still_starting()) {
        return true;
    }
    if (!guest_runs()) {
        return false;
    }
    if (stage++) {
        CHECK(fake.free_pages, free_pages);
        CHECK(fake_slots_in_use(), slots);
        return enough();
    }
    free_pages = fake.free_pages;
    slots = fake_slots_in_use();
    policy_error = "new.lua:3: nonsense";
    return reload();
}

static void an_error_in_a_policy_is_all_that_happens(void)
{
    boot();
    CHECK(run_init(a_policy_with_an_error), FAKE_ENOUGH);
    CHECK(status()->result, WEIR_E_ARG);
    CHECK_TEXT(status()->reason, "new.lua:3: nonsense");
    expect_log("the policy stays as it is: new.lua:3: nonsense\n");
}

static bool an_empty_policy(void)
{
    if (still_starting()) {
        return true;
    }
    if (!guest_runs()) {
        return false;
    }
    if (stage++) {
        return enough();
    }
    reload();
    ((struct control_request *)region("control", "ask"))->bytes = 0;
    return true;
}

static void an_empty_policy_is_refused_as_such(void)
{
    boot();
    CHECK(run_init(an_empty_policy), FAKE_ENOUGH);
    CHECK(status()->result, WEIR_E_BUSY);
    CHECK_TEXT(status()->reason, "the policy is empty");
}

const struct scenario reload_scenarios[] = {
    SCENARIO(reloads_leak_nothing),
    SCENARIO(policy_fails_while_another_is_evaluated),
    SCENARIO(policy_is_lost_while_another_is_evaluated),
    SCENARIO(a_reload_within_another_is_refused),
    SCENARIO(an_error_in_a_policy_is_all_that_happens),
    SCENARIO(an_empty_policy_is_refused_as_such),
    { 0 },
};
