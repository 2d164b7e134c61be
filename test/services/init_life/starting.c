/* SPDX-License-Identifier: BSD-2-Clause */
/* init starts the services, binds devices and boots the guest; or says why not. */
#include "machine.h"
#include <sys/wait.h>
#include <unistd.h>
#include <vmm/start.h>
#include <weir/service.h>

static void default_policy_binds_nothing_but_the_uart(void)
{
    struct fake_object *uart;

    boot_with(NULL, 0);
    default_policy();
    CHECK(run_init(until_the_guest_runs), FAKE_ENOUGH);
    CHECK_TEXT(fake.log, "");
    CHECK(fake.boot.drive, 0x80);
    CHECK(fake.boot.swap, 0);
    CHECK(fake_domain_of("policy") != NULL, 1);
    CHECK(fake_domain_of("console") != NULL, 1);
    CHECK(fake_domain_of("emulator") != NULL, 1);
    CHECK(fake_domain_of("watch") != NULL, 0);
    CHECK(fake_domain_of("pci") != NULL, 0);
    CHECK(bound_devices(WEIR_BIND_FLOAT), 1);
    CHECK(bound_devices(WEIR_BIND_FORWARD) + bound_devices(WEIR_BIND_FILTER), 0);
    uart = fake_object(WEIR_DEVICE, 4); /* behind the three roots and the one given to console */
    CHECK(uart->first, 0x2f8);
    CHECK(uart->last, 0x2ff);
    CHECK(fake_object(WEIR_VCPU, 0)->emulator == fake_domain_of("emulator")->slots[WEIR_SLOT_PORT].object, 1);
    CHECK(fake.refusals, 0);
}

static void without_a_uart_nothing_is_bound(void)
{
    boot_with(NULL, 0);
    fake.uart = false;
    default_policy();
    CHECK(run_init(until_the_guest_runs), FAKE_ENOUGH);
    CHECK(bound_devices(WEIR_BIND_FLOAT), 0);
    CHECK(fake_block(fake_domain_of("console"))->ncaps, 1);
}

static void services_get_what_they_need_and_no_more(void)
{
    static const char *const all[] = { "policy", "console", "emulator", "watch", "pci" };
    uint64_t prot = 0;

    boot_with(NULL, 0);
    busy_policy();
    strcpy(fake.start.cmdline, "boot=usb");
    CHECK(run_init(until_the_guest_runs), FAKE_ENOUGH);
    CHECK(fake.boot.swap, 0x81);
    CHECK(bound_devices(WEIR_BIND_FILTER), 1);
    CHECK(bound_devices(WEIR_BIND_FLOAT), 2);
    for (unsigned i = 0; i < 5; i++) {
        struct fake_object *d = fake_domain_of(all[i]);

        CHECK(d != NULL, 1);
        CHECK(d->slots[WEIR_SLOT_SELF].object == d, 1);
        CHECK(d->slots[WEIR_SLOT_PORT].rights, WEIR_R_RECEIVE);
        CHECK(d->slots[WEIR_SLOT_PORT].object->deadline_us, 100000);
        CHECK(d->slots[WEIR_SLOT_NOTE].rights, WEIR_R_WAIT | WEIR_R_SIGNAL);
        CHECK(d->slots[WEIR_SLOT_CONSOLE].rights, WEIR_R_SIGNAL);
        CHECK(fake_region_of(d, "log", &prot) != NULL, 1);
        CHECK(prot, WEIR_P_READ | WEIR_P_WRITE);
        for (uint32_t c = 0; c < fake_block(d)->ncaps; c++) { /* nobody may hand on or control what is not theirs */
            const struct fake_cap *cap = &d->slots[fake_block(d)->caps[c].slot];

            CHECK(cap->object->kind, fake_block(d)->caps[c].kind);
            CHECK(cap->rights & WEIR_R_MANAGE && strcmp(all[i], "pci"), 0);
        }
        if (strcmp(all[i], "emulator")) {
            CHECK(fake_region_of(d, "tables", &prot) != NULL, 1);
            CHECK(prot & WEIR_P_WRITE && strcmp(all[i], "policy"), 0);
        }
    }
    /* policy writes to tables that nobody else reads. */
    CHECK(fake_region_of(fake_domain_of("policy"), "tables", &prot) ==
              fake_region_of(fake_domain_of("watch"), "tables", &prot), 0);
    CHECK_TEXT(fake_region_of(fake_domain_of("policy"), "policy.lua", &prot), "-- nothing\n");
    CHECK(prot, WEIR_P_READ);
    fake_region_of(fake_domain_of("console"), "log.watch", &prot);
    CHECK(prot, WEIR_P_READ);
    CHECK(fake.refusals, 0);
}

static void a_missing_module(void)
{
    boot_with("watch", 0);
    refused("boot module watch is missing");
}

static void a_missing_policy(void)
{
    boot_with("policy.lua", 0);
    refused("boot module policy.lua is missing");
}

static void a_truncated_module(void)
{
    boot_with(NULL, 0x1ff);
    CHECK(run_init(until_the_guest_runs), FAKE_HALTED);
    expect_log("weir: refused: boot module watch: ");
}

static void a_policy_with_an_error(void)
{
    boot_with(NULL, 0);
    policy_error = "policy.lua:3: no such key\n\x1b[1m";
    refused("policy.lua:3: no such key??[1m");
}

static void an_unknown_option(void)
{
    boot_with(NULL, 0);
    strcpy(fake.start.cmdline, "log=com9");
    refused("command line: unknown value in log=com9");
}

static void tables_that_are_not_valid(void)
{
    boot_with(NULL, 0);
    default_policy();
    policy.nio = POLICY_MAX_IO + 1;
    CHECK(run_init(until_the_guest_runs), FAKE_HALTED);
    expect_log("weir: refused: the policy service made tables that are not valid: ");
}

static void a_drive_that_cannot_be(void)
{
    boot_with(NULL, 0);
    default_policy();
    policy.boot = (struct policy_boot){ .disk = 0x82, .drive = 0x81, .line = 9 };
    CHECK(run_init(until_the_guest_runs), FAKE_HALTED);
    expect_log("weir: refused: policy.lua:9: guest.boot: ");
}

static bool watch_crashes_at_its_start(void)
{
    struct fake_object *domain = newcomer();

    if (domain && !strcmp(fake_block(domain)->name, "watch")) {
        struct weir_failure f = { .kind = WEIR_FAIL_EXCEPTION, .vector = 14, .address = 0x10, .rip = 0x400123 };

        remember(domain);
        fake_stop(domain, &f);
        return false;
    }
    return until_the_guest_runs();
}

static void a_service_that_does_not_start(void)
{
    boot_with(NULL, 0);
    busy_policy();
    CHECK(run_init(watch_crashes_at_its_start), FAKE_HALTED);
    CHECK_TEXT(fake.log, "weir: service watch stopped: page fault at 0x10 (read), rip 0x400123\n"
                         "weir: refused: service watch does not start\n");
}

static bool nobody_reports(void)
{
    return false;
}

static void a_service_that_is_never_ready(void)
{
    uint64_t start;

    boot_with(NULL, 0);
    start = fake.now;
    CHECK(run_init(nobody_reports), FAKE_HALTED);
    CHECK_TEXT(fake.log, "weir: service policy stopped: was not ready in time\n"
                         "weir: refused: service policy does not start\n");
    CHECK(fake.now - start, 20 * FAKE_HZ);
}

static bool no_disk(void)
{
    if (!newcomer() && guest_runs()) {
        *vmm_message() = (struct weir_msg){ .kind = WEIR_MSG_HOOK, .addr = WEIR_HOOK_BOOT_FAILED, .data = 0x01 };
        return true;
    }
    return until_the_guest_runs();
}

static void a_missing_guest_disk(void)
{
    boot_with(NULL, 0);
    default_policy();
    CHECK(run_init(no_disk), FAKE_HALTED);
    CHECK_TEXT(fake.log, "weir: refused: no guest disk (the BIOS knows no such drive)\n");
}

/* Memory that is used up anywhere on the way is a refusal, never a crash. */
static void no_memory_at_any_point(void)
{
    for (unsigned n = 1; n < 1000; n++) {
        int status;
        pid_t child = fork();

        if (!child) {
            enum fake_end end;

            boot_with(NULL, 0);
            busy_policy();
            fake.fail_at = n;
            end = run_init(until_the_guest_runs);
            _exit(end == FAKE_ENOUGH ? 2 : end == FAKE_HALTED && strstr(fake.log, "weir: refused: ") ? 0 : 1);
        }
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
            CHECK(n > 100, 1); /* it got through: all points have been tried */
            return;
        }
        CHECK(status, 0);
    }
    CHECK(0, 1);
}

const struct scenario start_scenarios[] = {
    SCENARIO(default_policy_binds_nothing_but_the_uart),
    SCENARIO(without_a_uart_nothing_is_bound),
    SCENARIO(services_get_what_they_need_and_no_more),
    SCENARIO(a_missing_module),
    SCENARIO(a_missing_policy),
    SCENARIO(a_truncated_module),
    SCENARIO(a_policy_with_an_error),
    SCENARIO(an_unknown_option),
    SCENARIO(tables_that_are_not_valid),
    SCENARIO(a_drive_that_cannot_be),
    SCENARIO(a_service_that_does_not_start),
    SCENARIO(a_service_that_is_never_ready),
    SCENARIO(a_missing_guest_disk),
    SCENARIO(no_memory_at_any_point),
    { 0 },
};
