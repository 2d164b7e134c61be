/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine that init starts on in these scenarios, its policies, and services that report as they should. */
#include "machine.h"
#include <elf.h>
#include <stdlib.h>
#include <vmm/start.h>
#include <weir/service.h>

int init_main(void); /* main() of services/init/main.c */

void vmm_slots_begin(const struct weir_start *start);

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* a scenario ends by a jump out of init, whatever init holds */
}

struct policy_tables policy;
const char *policy_error;
struct extra_module extra_module;
unsigned stage, runs;

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

void boot_with(const char *without, uint64_t cut)
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
void default_policy(void)
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
void busy_policy(void)
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

void remember(struct fake_object *domain)
{
    reported[place_of(NULL)] = domain;
}

void forget_domain(const struct fake_object *domain)
{
    reported[place_of(domain)] = NULL;
}

struct fake_object *newcomer(void)
{
    struct fake_object *thread;

    for (unsigned n = 0; (thread = fake_object(WEIR_THREAD, n)); n++) {
        if (place_of(thread->domain) == REPORTED) {
            return thread->domain;
        }
    }
    return NULL;
}

bool report(struct fake_object *domain)
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

bool guest_runs(void)
{
    struct fake_object *vcpu = fake_object(WEIR_VCPU, 0);

    return vcpu && vcpu->running;
}

bool enough(void)
{
    longjmp(fake.end, FAKE_ENOUGH);
}

/* The default: everyone reports; once the guest runs it is enough. */
bool until_the_guest_runs(void)
{
    struct fake_object *domain = newcomer();

    return domain ? report(domain) : guest_runs() ? enough() : false;
}

enum fake_end run_init(bool (*script)(void))
{
    enum fake_end end;

    fake.script = script;
    end = (enum fake_end)setjmp(fake.end);
    if (!end) {
        init_main();
    }
    return end;
}

unsigned bound_devices(uint64_t mode)
{
    struct fake_object *d;
    unsigned count = 0;

    for (unsigned n = 0; (d = fake_object(WEIR_DEVICE, n)); n++) {
        count += d->mode == mode;
    }
    return count;
}

void expect_log(const char *text)
{
    if (!strstr(fake.log, text)) {
        check_string(__FILE__, __LINE__, "the log", fake.log, text);
    }
    check_count++;
}

void refused(const char *text)
{
    char line[512];

    CHECK(run_init(until_the_guest_runs), FAKE_HALTED);
    (void)snprintf(line, sizeof(line), "weir: refused: %s\n", text);
    CHECK_TEXT(fake.log, line);
    CHECK(guest_runs(), 0);
}
