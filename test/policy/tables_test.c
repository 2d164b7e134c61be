/* SPDX-License-Identifier: BSD-2-Clause */
/* The validator against tables with one thing wrong in them, and the look-ups against a slow one.
 */
#include <stdlib.h>
#include <weir/policy.h>

#include "expect.h"
#include "policy.h"

static _Alignas(16) uint8_t memory[POLICY_MEMORY];
static struct policy_tables good, t, copy;

static void load(const char *text)
{
    struct policy_error error = {0};
    struct policy *p = policy_create(memory, sizeof(memory), NULL, NULL);

    if (policy_load(p, "test.lua", text, strlen(text), &good, &error) != WEIR_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
}

/* After this change the tables are refused, with this reason. */
#define REFUSED(change, because)                                                       \
    do {                                                                               \
        const char *reason_ = "";                                                      \
        t = good;                                                                      \
        change;                                                                        \
        if (policy_tables_copy(&copy, &t, &reason_) == WEIR_OK) {                      \
            fprintf(stderr, "%s:%d: accepted with %s\n", __FILE__, __LINE__, #change); \
            expect_failed++;                                                           \
        }                                                                              \
        EXPECT_TEXT(reason_, because);                                                 \
    } while (0)

static void header_and_settings(void)
{
    REFUSED(t.magic ^= 1, "version");
    REFUSED(t.abi++, "version");
    REFUSED(t.bytes--, "version");
    REFUSED(t.nio = POLICY_MAX_IO + 1, "count");
    REFUSED(t.nmmio = POLICY_MAX_MMIO + 1, "count");
    REFUSED(t.nmmio_absolute = t.nmmio + 1, "count");
    REFUSED(t.nmsr = UINT32_MAX, "count");
    REFUSED(t.npci = POLICY_MAX_PCI + 1, "count");
    REFUSED(t.nservices = POLICY_MAX_SERVICES + 1, "count");
    REFUSED(t.callbacks = POLICY_MAX_CALLBACKS + 1, "count");
    REFUSED(memset(t.name, 'x', sizeof(t.name)), "name");
    REFUSED(t.nstorage = POLICY_MAX_STORAGE + 1, "count");
    REFUSED(t.nranges = POLICY_MAX_STORAGE_RANGES + 1, "count");
    REFUSED(t.nkeys = POLICY_MAX_KEYS + 1, "count");
    REFUSED(t.name[0] = 0, "name");
    REFUSED(t.name[0] = '\n', "name");
    REFUSED(t.name[sizeof(t.name) - 1] = 'x', "name");
    REFUSED(t.boot.disk = 1, "guest.boot");
    REFUSED(t.boot.partition = 5, "guest.boot");
    REFUSED(t.boot.drive = 0, "guest.boot");
    REFUSED(t.boot.reserved = 1, "guest.boot");
    REFUSED(t.console.level = POLICY_LEVELS, "console");
    REFUSED(t.console.ring_kib = 48, "console");
    REFUSED(t.console.ring_kib = 0, "console");
    REFUSED(t.console.ring_kib = 2048, "console");
    REFUSED(t.console.uart = 0xfff9, "UART");
    REFUSED(t.console.uart = 1, "UART");
    REFUSED(memcpy(t.services[1].name, t.services[0].name, 16), "twice");
    REFUSED(memset(t.services[1].name, 'x', 16), "service");
    REFUSED(t.services[0].deadline_ms = 0, "service");
    REFUSED(t.services[0].deadline_ms = 10001, "service");
    REFUSED(t.services[0].restart_limit = 1001, "service");
    REFUSED(t.services[0].window_s = 0, "service");
    REFUSED(t.services[0].backoff_ms = 60001, "service");
    REFUSED(t.services[0].on_limit = POLICY_ON_LIMITS, "service");
}

static void rules(void)
{
    REFUSED(t.io[0].last = t.io[1].first, "ascending");
    REFUSED(t.io[0].first = (uint16_t)(t.io[0].last + 1), "ascending");
    REFUSED(t.io[0].action = POLICY_ACTIONS, "bad action");
    REFUSED(t.io[0].action = POLICY_HIDE, "bad action");
    REFUSED(t.io[0].action = POLICY_VALUE, "bad action");
    REFUSED(t.io[0].flags |= 0x80, "bad action");
    REFUSED(t.io[0].flags |= POLICY_F_WRITE_FAULT, "bad action");
    REFUSED(t.io[0].flags |= POLICY_F_ERROR_PASS, "bad action");
    REFUSED(t.io[0].callback = 1, "bad action");
    REFUSED((t.io[0].action = POLICY_PASS, t.io[0].flags = 0), "without effect");
    REFUSED(t.io[0].limit = 1, "bad limit");
    REFUSED((t.io[0].flags |= POLICY_F_LOG, t.io[0].limit = POLICY_MAX_LOG_LIMIT + 1), "bad limit");
    REFUSED(t.io[t.nio - 1].callback = (uint16_t)t.callbacks, "bad action");
    REFUSED(t.callbacks = 0, "bad action");
    REFUSED(t.io[t.nio - 1].last = 0xcf8, "reserved");
    REFUSED(t.mmio[0].bar = 0, "do not come first");
    REFUSED(t.mmio[1].bar = POLICY_NO_BAR, "do not come first");
    REFUSED(t.nmmio_absolute = 0, "do not come first");
    REFUSED(t.mmio[0].pci.fields = POLICY_BY_VENDOR, "PCI match");
    REFUSED(t.mmio[0].last = 1ull << 52, "reserved");
    REFUSED(t.mmio[0].first = t.mmio[0].last + 1, "bad range");
    REFUSED(t.mmio[0].reserved[2] = 1, "bad range");
    REFUSED(t.mmio[0].limit = 1, "bad limit");
    REFUSED(t.mmio[0].action = POLICY_READ_ONLY, "bad action");
    REFUSED(t.mmio[0].action = POLICY_PASS, "without effect");
    REFUSED(t.mmio[1].bar = 6, "bad BAR");
    REFUSED(t.mmio[1].pci.fields = 0, "bad BAR");
    REFUSED(t.mmio[1].pci.fields = 0x10, "bad BAR");
    REFUSED(t.mmio[1].pci.fields = POLICY_BY_DEVICE, "bad BAR");
    REFUSED(t.mmio[1].pci.vendor = 1, "bad BAR");
    REFUSED(t.mmio[1].pci.device = 1, "bad BAR");
    REFUSED(t.mmio[1].pci.class_mask = 1, "bad BAR");
    REFUSED(t.msr[0].last = t.msr[1].first, "ascending");
    REFUSED(t.msr[0].value = 1, "without effect");
    REFUSED(t.msr[0].action = POLICY_HIDE, "bad action");
    REFUSED(t.msr[0].limit = 1, "bad limit");
    REFUSED(t.msr[0].reserved = 1, "bad limit");
    REFUSED((t.msr[0].first = t.msr[0].last = 0x10), "reserved");
    REFUSED(t.pci[0].match.class_value |= 1u << 31, "bad match");
    REFUSED(t.pci[0].match.class_mask = 0x1ffffff, "bad match");
    REFUSED(t.pci[0].match.class_mask = 0, "bad match");
    REFUSED(t.pci[0].match.fields = 0, "bad match");
    REFUSED(t.pci[0].match.address = 1, "bad match");
    REFUSED(t.pci[0].action = POLICY_DENY, "bad action");
    REFUSED(t.pci[0].flags = POLICY_F_LOG, "bad action");
    REFUSED(t.pci[0].reserved = 1, "bad action");
}

static void storage_rules(void)
{
    REFUSED(t.keys[0][0] = 0, "bad key name");
    REFUSED(memset(t.keys[0], 'x', POLICY_KEY_NAME), "bad key name");
    REFUSED(memcpy(t.keys[1], t.keys[0], POLICY_KEY_NAME), "a key twice");
    REFUSED(t.storage[0].key = 2, "value out of range");
    REFUSED(t.storage[0].trim = POLICY_TRIMS, "value out of range");
    REFUSED(t.storage[0].require = 2, "value out of range");
    REFUSED(t.storage[0].nranges = 0, "no such ranges");
    REFUSED(t.storage[0].first_range = (uint16_t)t.nranges, "no such ranges");
    REFUSED(t.storage[0].first_range = UINT16_MAX, "no such ranges");
    REFUSED(t.storage[0].nranges = UINT16_MAX, "no such ranges");
    REFUSED(t.nranges = 0, "no such ranges");
    REFUSED(t.ranges[0].last = t.ranges[1].first, "not ascending");
    REFUSED(t.ranges[0].first = t.ranges[0].last + 1, "not ascending");
    REFUSED(t.ranges[0].check_bytes = POLICY_CHECK_BYTES + 1, "out of it");
    REFUSED(t.ranges[0].check_bytes = UINT8_MAX, "out of it");
    REFUSED(t.ranges[0].check_bytes = 0, "out of it");
    REFUSED(t.ranges[0].check_bytes = 1, "out of it"); /* a byte that is left over */
    REFUSED(t.ranges[0].check_offset = 2 * 512 - 1, "out of it");
    REFUSED(t.ranges[1].check_offset = 1, "out of it");
    REFUSED(t.storage[0].action = POLICY_HIDE, "bad action");
    REFUSED(t.storage[0].action = POLICY_ACTIONS, "bad action");
    REFUSED(t.storage[0].action = POLICY_DENY, "value out of range");
    REFUSED(t.storage[1].key = 1, "value out of range");
    REFUSED(t.storage[1].first_range = 1, "value out of range");
    REFUSED(t.storage[0].reserved[1] = 1, "bad match");
    REFUSED(t.storage[0].fields = 0x80, "bad match");
    REFUSED(t.storage[0].fields &= (uint8_t)~POLICY_BY_MODEL, "bad match");
    REFUSED(t.storage[1].fields |= POLICY_SERIAL_PREFIX, "bad match");
    REFUSED(t.storage[1].fields |= POLICY_BY_MODEL, "bad match");
    REFUSED(t.storage[1].port = 32, "bad match");
    REFUSED(t.storage[0].port = 1, "bad match");
    REFUSED(t.storage[0].model[0] = ' ', "bad match");
    REFUSED(t.storage[0].model[1] = '\n', "bad match");
    REFUSED(t.storage[0].model[39] = 'x', "bad match");
}

static void disks(void)
{
    struct policy_storage_disk d = policy_find_storage(&good, "QEMU HARDDISK   ", "QM00001", 3);
    uint64_t until;

    EXPECT(d.encrypt == &good.storage[2] && d.read_only && !d.deny);
    d = policy_find_storage(&good, "QEMU HARDDISK", "   SECRET 1  ", 2);
    EXPECT(d.encrypt == &good.storage[0] && !d.read_only && !d.deny);
    d = policy_find_storage(&good, "QEMU", "SECRET 12", 2);
    EXPECT(!d.encrypt && !d.read_only && !d.deny);
    d = policy_find_storage(&good, "QEMU HARDDISKS", "SECRET", 2);
    EXPECT(!d.encrypt && !d.deny);
    d = policy_find_storage(&good, "", "BAD DISK", 31);
    EXPECT(!d.encrypt && d.deny);

    const struct policy_storage *e = &good.storage[0];

    EXPECT(!policy_storage_range_find(&good, e, 0, &until) && until == 9);
    EXPECT(policy_storage_range_find(&good, e, 10, &until) == &good.ranges[e->first_range]);
    EXPECT(until == 11);
    EXPECT(policy_storage_range_find(&good, e, 11, NULL) == &good.ranges[e->first_range]);
    EXPECT(!policy_storage_range_find(&good, e, 12, &until) && until == 19);
    EXPECT(policy_storage_range_find(&good, e, 1ull << 40, &until) ==
           &good.ranges[e->first_range + 1u]);
    EXPECT(until == UINT64_MAX);
}

/* Each access against a walk over all entries. */
static void look_ups(void)
{
    for (uint32_t port = 0; port < 0x10000; port++) {
        for (unsigned size = 1; size <= 4; size *= 2) {
            const struct policy_io *wanted = NULL;

            for (uint32_t i = 0; i < good.nio; i++) {
                const struct policy_io *e = &good.io[i];

                if (e->last < port || e->first > port + size - 1)
                    continue;
                if (!wanted || (e->action == POLICY_DENY && wanted->action != POLICY_DENY))
                    wanted = e;
            }
            EXPECT(policy_find_io(&good, (uint16_t)port, size) == wanted);
        }
    }
    EXPECT(policy_find_mmio(&good, 0xfed00000 - 1, 1) == NULL);
    EXPECT(policy_find_mmio(&good, 0xfed00000 - 1, 2) == &good.mmio[0]);
    EXPECT(policy_find_mmio(&good, 0xfed003ff, 8) == &good.mmio[0]);
    EXPECT(policy_find_mmio(&good, 0xfed00400, 8) == NULL);
    EXPECT(policy_find_mmio(&good, UINT64_MAX, 8) == NULL);
    EXPECT(policy_find_mmio(&good, 0, 8) == NULL);
    EXPECT(policy_find_msr(&good, 0x19f) == NULL);
    EXPECT(policy_find_msr(&good, 0x1a0) == &good.msr[0]);
    EXPECT(policy_find_msr(&good, 0x1a1) == &good.msr[0]);
    EXPECT(policy_find_msr(&good, 0x1a2) == &good.msr[1]);
    EXPECT(policy_find_msr(&good, UINT32_MAX) == NULL);
    EXPECT(policy_find_service(&good, "watch") && !policy_find_service(&good, "init"));
}

static void pci_rules(void)
{
    const struct policy_pci *rule = policy_find_pci(&good, 0x00e8, 0x8086, 0x2934, 0x0c0300);

    EXPECT(rule && rule->action == POLICY_HIDE);
    rule = policy_find_pci(&good, 0x00ef, 0x8086, 0x293a, 0x0c0320);
    EXPECT(rule && rule->action == POLICY_PASS); /* by address, before the class */
    rule = policy_find_pci(&good, 0x0100, 0x1b36, 0x000d, 0x0c0330);
    EXPECT(rule && rule->action == POLICY_READ_ONLY); /* by device, before the class */
    EXPECT(!policy_find_pci(&good, 0x0100, 0x1b36, 0x000e, 0x020000));
    EXPECT(!policy_find_pci(&good, 0x0100, 0x1b37, 0x000d, 0x0c0500));
}

/* Nothing may follow from a pointer to tables that failed, so the copy of what is good is equal. */
static void copy_is_exact(void)
{
    const char *reason = NULL;

    EXPECT(policy_tables_copy(&copy, &good, &reason) == WEIR_OK);
    EXPECT(memcmp(&copy, &good, sizeof(good)) == 0);
    t = good;
    t.magic = 0;
    EXPECT(policy_tables_copy(&copy, &t, NULL) == WEIR_E_ARG);
}

int main(void)
{
    load("io.deny{ports = '60h-6Fh'} io.log{ports = '61h'} io.allow{ports = '6Eh'}\n"
         "io.log{ports = '70h, 71h'} io.deny{ports = '72h-73h'} io.log{ports = 0xFFFF}\n"
         "on.io('C00h-C0Fh', function() end) console{uart = 'none'}\n"
         "mmio.deny{address = 0xFED00000, size = 0x400} mmio.deny{pci = '00:1f.2', bar = 5}\n"
         "msr.deny{msrs = '1A0h-1A1h'} msr.value{msrs = '1A2h', value = 7}\n"
         "pci.hide{class = 12, subclass = 3} pci.allow{address = '00:1d.7'}\n"
         "pci.read_only{vendor = 0x1B36, device = 0x000D}\n"
         "storage.encrypt{match = {model = 'QEMU HARDDISK', serial = 'SECRET*'},\n"
         "key = module('a.key'), ranges = {{first = 10, last = 11,\n"
         "check = {offset = 510, bytes = '55AA'}}, '20-'}}\n"
         "storage.read_only{match = {port = 3}}\n"
         "storage.encrypt{match = {model = 'QEMU HARDDISK'}, key = module('b.key')}\n"
         "storage.deny{match = {model = '*', serial = 'BAD DISK'}, }\n");
    /* Serials first: the checks below want the rule that encrypts in front. */
    struct policy_storage denied = good.storage[0];

    EXPECT(denied.action == POLICY_DENY);
    memmove(&good.storage[0], &good.storage[1], 3 * sizeof(denied));
    good.storage[3] = denied;
    /* The last entries are the callback's for the checks above. */
    good.nio--;
    EXPECT(good.io[good.nio - 1].action == POLICY_CALL);
    struct policy_pci by_address = good.pci[0];

    copy_is_exact();
    header_and_settings();
    look_ups();
    pci_rules();
    storage_rules();
    disks();
    /* rules() wants a class rule first. */
    good.pci[0] = good.pci[2];
    good.pci[2] = by_address;
    rules();
    return expect_failures();
}
