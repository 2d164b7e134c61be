/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of encrypted disks: expanded, and their module zeroed; or refused. */
#include "machine.h"
#include <crypt.h>
#include <keys.h>

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
    CHECK(fake.slots[things_memory("keys")->slot].object->secret, true);
    CHECK(fake.slots[things_make_memory("other", 1)->slot].object->secret, false);
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

const struct scenario key_scenarios[] = {
    SCENARIO(a_key_is_expanded_and_its_module_zeroed),
    SCENARIO(a_key_that_is_missing),
    SCENARIO(a_key_of_the_wrong_length),
    SCENARIO(a_key_with_a_byte_too_many),
    SCENARIO(an_empty_key),
    SCENARIO(a_key_with_equal_halves),
    { 0 },
};
