/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init's whole life on the host: its own sources on a kernel that is a few hundred lines (kernel.c). Each scenario runs
 * in a process of its own, because init begins only once.
 */
#include "../check.h"
#include "kernel.h"
#include "keys.h"
#include "things.h"
#include <crypt.h>
#include <elf.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <weir/policy.h>
#include <weir/service.h>

int init_main(void); /* main() of services/init/main.c */

void vmm_slots_begin(const struct weir_start *start);

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* a scenario ends by a jump out of init, whatever init holds */
}

static struct policy_tables policy;     /* what the policy service publishes */
static const char *policy_error;        /* or what it says instead */
static unsigned stage, runs;

/* ---- the machine -------------------------------------------------------------------------------------------------- */

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
} program __attribute__((aligned(4096)));

static void make_program(void)
{
    program.header = (Elf64_Ehdr){ .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
                                   .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
                                   .e_entry = 0x400100, .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
                                   .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
    program.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000,
                                        .p_filesz = 0x200, .p_memsz = 0x200 };
    program.segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x402000,
                                        .p_memsz = 0x3000 };
}

/* One module more, if it has a name. */
static struct {
    const char *name;
    const void *data;
    uint64_t bytes;
} extra_module;

static void boot_with(const char *without, uint64_t cut)
{
    static const char *const modules[] = { "policy", "pci", "console", "emulator", "watch", "storage", "control" };
    uint8_t file[WEIR_PAGE] = { 0 };

    fake_begin();
    make_program();
    memcpy(file, &program, sizeof(program) < sizeof(file) ? sizeof(program) : sizeof(file));
    for (unsigned i = 0; i < 7; i++) {
        if (!without || strcmp(modules[i], without)) {
            fake_region(modules[i], file, cut && !strcmp(modules[i], "watch") ? cut : sizeof(file));
        }
    }
    if (!without || strcmp(without, "policy.lua")) {
        fake_region("policy.lua", "-- nothing\n", 11);
    }
    fake_region("e820", file, 24);
    if (extra_module.name) {
        fake_region(extra_module.name, extra_module.data, extra_module.bytes);
    }
    vmm_slots_begin(&fake.start); /* what libvmm does before main() */
}

/* What the policy service makes of a policy that says nothing. */
static void default_policy(void)
{
    static const char *const names[] = { "console", "control", "emulator", "pci", "policy", "storage", "watch" };

    memset(&policy, 0, sizeof(policy));
    policy.magic = POLICY_MAGIC;
    policy.abi = POLICY_ABI;
    policy.bytes = sizeof(policy);
    policy.generation = 1;
    strcpy(policy.name, "policy.lua");
    policy.boot.drive = 0x80;
    policy.console = (struct policy_console){ .level = POLICY_INFO, .uart = POLICY_UART_AUTO, .ring_kib = 64 };
    policy.nservices = 7;
    for (unsigned i = 0; i < 7; i++) {
        policy.services[i] = (struct policy_service){ .deadline_ms = 100, .restart_limit = 5, .window_s = 60,
                                                      .backoff_ms = 10, .on_limit = POLICY_FAIL_CLOSED };
        strcpy(policy.services[i].name, names[i]);
    }
}

/* Logs port 60h, denies 70h, logs MSR 10h, and has something for pci. */
static void busy_policy(void)
{
    default_policy();
    policy.nio = 2;
    policy.io[0] = (struct policy_io){ .first = 0x60, .last = 0x60, .action = POLICY_PASS, .flags = POLICY_F_LOG,
                                       .line = 1 };
    policy.io[1] = (struct policy_io){ .first = 0x200, .last = 0x207, .action = POLICY_DENY, .line = 2 };
    policy.npci = 1;
    policy.pci[0] = (struct policy_pci){ .match = { .class_value = 0x0c0300, .class_mask = 0xffff00,
                                                    .fields = POLICY_BY_CLASS }, .line = 3, .action = POLICY_HIDE };
}

static bool call_init(const struct fake_object *domain, uint64_t what, const char *text)
{
    struct weir_msg *m = vmm_message();
    uint64_t slot = fake_block(domain)->caps[0].slot;

    CHECK_TEXT(fake_block(domain)->caps[0].name, "init");
    CHECK(domain->slots[slot].rights, WEIR_R_CALL);
    *m = (struct weir_msg){ .kind = WEIR_MSG_CALL, .vcpu = (uint16_t)domain->slots[slot].badge, .addr = what };
    if (text) {
        m->size = (uint16_t)strlen(text);
        memcpy(vmm_transfer(), text, m->size);
    }
    return true;
}

/* Services start as they should: each new one reports, in the order of its thread. */
#define REPORTED 16u
static struct fake_object *reported[REPORTED];

static unsigned place_of(const struct fake_object *domain)
{
    unsigned i = 0;

    while (i < REPORTED && reported[i] != domain) {
        i++;
    }
    return i;
}

static void remember(struct fake_object *domain)
{
    reported[place_of(NULL)] = domain;
}

static void forget_domain(const struct fake_object *domain)
{
    reported[place_of(domain)] = NULL;
}

static struct fake_object *newcomer(void)
{
    struct fake_object *thread;

    for (unsigned n = 0; (thread = fake_object(WEIR_THREAD, n)); n++) {
        if (place_of(thread->domain) == REPORTED) {
            return thread->domain;
        }
    }
    return NULL;
}

static bool report(struct fake_object *domain)
{
    uint64_t prot;

    remember(domain);
    if (!strcmp(fake_block(domain)->name, "policy")) {
        if (policy_error) {
            return call_init(domain, WEIR_INIT_FAILED, policy_error);
        }
        memcpy(fake_region_of(domain, "tables", &prot), &policy, sizeof(policy));
    }
    return call_init(domain, WEIR_INIT_READY, NULL);
}

static bool guest_runs(void)
{
    struct fake_object *vcpu = fake_object(WEIR_VCPU, 0);

    return vcpu && vcpu->running;
}

static bool enough(void)
{
    longjmp(fake.end, FAKE_ENOUGH);
}

/* The default: everyone reports; once the guest runs it is enough. */
static bool until_the_guest_runs(void)
{
    struct fake_object *domain = newcomer();

    return domain ? report(domain) : guest_runs() ? enough() : false;
}

static enum fake_end run_init(bool (*script)(void))
{
    enum fake_end end;

    fake.script = script;
    end = (enum fake_end)setjmp(fake.end);
    if (!end) {
        init_main();
    }
    return end;
}

static unsigned bound_devices(uint64_t mode)
{
    struct fake_object *d;
    unsigned count = 0;

    for (unsigned n = 0; (d = fake_object(WEIR_DEVICE, n)); n++) {
        count += d->mode == mode;
    }
    return count;
}

static void expect_log(const char *text)
{
    if (!strstr(fake.log, text)) {
        check_string(__FILE__, __LINE__, "the log", fake.log, text);
    }
    check_count++;
}

/* ---- starting ----------------------------------------------------------------------------------------------------- */

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

static void refused(const char *text)
{
    char line[512];

    CHECK(run_init(until_the_guest_runs), FAKE_HALTED);
    (void)snprintf(line, sizeof(line), "weir: refused: %s\n", text);
    CHECK_TEXT(fake.log, line);
    CHECK(guest_runs(), 0);
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

/* ---- keys of encrypted disks ---- */

static uint8_t raw_key[CRYPT_KEY_BYTES];

static void boot_with_key(const char *name, uint64_t bytes)
{
    uint8_t module[2 * CRYPT_KEY_BYTES] = { 0 };

    for (unsigned i = 0; i < sizeof(raw_key); i++) {
        raw_key[i] = (uint8_t)(i * 37 + 11);
    }
    memcpy(module, raw_key, sizeof(raw_key));
    extra_module.name = name;
    extra_module.data = module;
    extra_module.bytes = bytes;
    boot_with(NULL, 0);
    default_policy();
    memset(policy.name, 0, sizeof(policy.name));
    strcpy(policy.name, "my.lua");
    policy.nkeys = policy.nstorage = policy.nranges = 1;
    strcpy(policy.keys[0], "disk.key");
    policy.ranges[0].last = UINT64_MAX;
    policy.storage[0] = (struct policy_storage){ .action = POLICY_ENCRYPT, .nranges = 1, .line = 7 };
}

/* Where the module added last stands. */
static uint8_t *last_module(void)
{
    return (uint8_t *)(uintptr_t)fake.start.regions[fake.start.nregions - 1].va;
}

static void a_key_is_expanded_and_its_module_zeroed(void)
{
    static const uint8_t zero[WEIR_PAGE];
    const struct crypt_keys *keys;
    struct crypt_key expected;
    char reason[100];

    boot_with_key("disk.key", CRYPT_KEY_BYTES);
    CHECK(things_begin(), WEIR_OK);
    CHECK(keys_make(&policy, reason, sizeof(reason)), WEIR_OK);
    CHECK(crypt_expand(raw_key, &expected), WEIR_OK);
    keys = things_memory("keys")->va;
    CHECK(keys->magic, CRYPT_KEYS_MAGIC);
    CHECK(keys->nkeys, 1);
    CHECK(memcmp(&keys->key[0], &expected, sizeof(expected)), 0);
    CHECK(memcmp(last_module(), zero, WEIR_PAGE), 0);
    keys_wipe();
    CHECK(memcmp(keys, zero, sizeof(*keys) < sizeof(zero) ? sizeof(*keys) : sizeof(zero)), 0);
}

static void a_key_that_is_missing(void)
{
    boot_with_key("disk.kex", CRYPT_KEY_BYTES);
    refused("my.lua:7: key disk.key: there is no such boot module");
}

static void a_key_of_the_wrong_length(void)
{
    boot_with_key("disk.key", 63);
    refused("my.lua:7: key disk.key: the boot module has 63 bytes, a key has exactly 64");
}

static void a_key_with_a_byte_too_many(void)
{
    boot_with_key("disk.key", 65);
    refused("my.lua:7: key disk.key: the boot module has 65 bytes, a key has exactly 64");
}

static void an_empty_key(void)
{
    boot_with_key("disk.key", 0);
    refused("my.lua:7: key disk.key: the boot module has 0 bytes, a key has exactly 64");
}

static void a_key_with_equal_halves(void)
{
    boot_with_key("disk.key", CRYPT_KEY_BYTES);
    memcpy(last_module() + 32, raw_key, 32);
    refused("my.lua:7: key disk.key: its two halves are equal, which XTS does not allow");
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

/* ---- restarting --------------------------------------------------------------------------------------------------- */

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

/* ---- nonsense ----------------------------------------------------------------------------------------------------- */

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

#define SCENARIO(name) { #name, name }
static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    SCENARIO(default_policy_binds_nothing_but_the_uart),
    SCENARIO(without_a_uart_nothing_is_bound),
    SCENARIO(services_get_what_they_need_and_no_more),
    SCENARIO(a_missing_module),
    SCENARIO(a_missing_policy),
    SCENARIO(a_truncated_module),
    SCENARIO(a_policy_with_an_error),
    SCENARIO(an_unknown_option),
    SCENARIO(a_key_is_expanded_and_its_module_zeroed),
    SCENARIO(a_key_that_is_missing),
    SCENARIO(a_key_of_the_wrong_length),
    SCENARIO(a_key_with_a_byte_too_many),
    SCENARIO(an_empty_key),
    SCENARIO(a_key_with_equal_halves),
    SCENARIO(tables_that_are_not_valid),
    SCENARIO(a_drive_that_cannot_be),
    SCENARIO(a_service_that_does_not_start),
    SCENARIO(a_service_that_is_never_ready),
    SCENARIO(a_missing_guest_disk),
    SCENARIO(no_memory_at_any_point),
    SCENARIO(restarts_leak_nothing),
    SCENARIO(restarts_that_fail_are_tried_again),
    SCENARIO(past_its_limit_a_service_is_passed_by),
    SCENARIO(past_its_limit_a_service_fails_closed),
    SCENARIO(past_its_limit_a_service_stops_the_machine),
    SCENARIO(nonsense_changes_nothing),
};

int main(void)
{
    unsigned failed = 0, n = sizeof(scenarios) / sizeof(scenarios[0]);

    for (unsigned i = 0; i < n; i++) {
        int status;
        pid_t child;

        fflush(stdout);
        child = fork();
        if (!child) {
            scenarios[i].run();
            exit(check_end());
        }
        waitpid(child, &status, 0);
        printf("%s: %s\n", scenarios[i].name, status ? "FAILED" : "ok");
        failed += status != 0;
    }
    printf("%u scenarios, %u failed\n", n, failed);
    return failed != 0;
}
