/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a disk is, as the guest may know it; disks that cannot be encrypted as the policy says; keys that are gone. */
#include "cases.h"
#include "crypt/crypt.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void identify_tells_what_there_is(void)
{
    const uint8_t *data;
    uint8_t sum = 0;

    begin(POLICY_ENCRYPT);
    data = model.memory + EVEN;
    driver_put(0, 0, ATA_IDENTIFY, 0, 0, EVEN, 512, 512);
    EXPECT("PxIS", driver_run(0, 1, false), IS_DHRS);
    EXPECT("DRAT", data[2 * 69 + 1] & 0x40, 0);
    EXPECT("RZAT", data[2 * 69] & 0x20, 0);
    EXPECT("TRUSTED COMPUTING", data[2 * 48], 0);
    EXPECT("SANITIZE", data[2 * 59 + 1], 0);
    EXPECT("NON-DATA, SEND and RECEIVE", data[2 * 77], 0);
    EXPECT("SCT without WRITE SAME", data[2 * 206], 0x39);
    for (unsigned i = 0; i < SECTOR; i++)
        sum = (uint8_t)(sum + data[i]);
    EXPECT("sum of all bytes", sum, 0);
    EXPECT("the rest is there", memcmp(model.memory + EVEN + 54, "OMED LIDKS", 10), 0);
    driver_put(0, 0, ATA_DSM, 0, 0, EVEN, 512, 512);
    model.port[0].logged = 0;
    EXPECT("PxIS of TRIM", driver_run(0, 1, false), IS_DHRS);
    EXPECT("TRIM is dropped", model.port[0].log[0], ATA_CHECK_POWER_MODE);
    model_end();
}

static void a_wrong_key_is_told(void)
{
    model_begin();
    rule(POLICY_ENCRYPT, 0, UINT64_MAX);
    model.tables.ranges[0].check_offset = 510;
    model.tables.ranges[0].check_bytes = 2;
    model.tables.ranges[0].check[0] = 0x55;
    model.tables.ranges[0].check[1] = 0xaa;
    EXPECT("does not start", model_start(0), false);
    EXPECT("and says why", strstr(storage.reason, "wrong key") != NULL, true);
    model_end();
    model_begin();
    rule(POLICY_ENCRYPT, 0, UINT64_MAX);
    model.tables.ranges[0] = (struct policy_storage_range){ 0, UINT64_MAX, 510, 2, { 0x55, 0xaa } };
    model.disk[0][510] = 0x55;
    model.disk[0][511] = 0xaa;
    model_cipher(0, model.disk[0]);
    EXPECT("starts", model_start(0), true);
    model_end();
    model_begin();
    rule(POLICY_ENCRYPT, 0, 7);
    model.tables.storage[0].nranges = 2;
    model.tables.nranges = 2;
    model.tables.ranges[1] = (struct policy_storage_range){ 8, UINT64_MAX, 0, 1, { 0x55 } };
    EXPECT("does not start where the second range's check fails", model_start(0), false);
    model_end();
    model_begin();
    rule(POLICY_ENCRYPT, MODEL_SECTORS - 1, UINT64_MAX);
    model.tables.ranges[0].check_offset = 1024; /* beyond the disk's end */
    model.tables.ranges[0].check_bytes = 2;
    EXPECT("does not start where the key cannot be checked", model_start(0), false);
    model_end();
    model_begin();
    rule(POLICY_ENCRYPT, 0, UINT64_MAX);
    model.tables.storage[0].fields = POLICY_BY_MODEL;
    memcpy(model.tables.storage[0].model, "ANOTHER", 8);
    model.tables.storage[0].require = 1;
    EXPECT("does not start without the disk", model_start(0), false);
    model_end();
}

static void a_range_beyond_the_disk_is_told(void)
{
    static const uint64_t beyond[][2] = { { MODEL_SECTORS, UINT64_MAX }, { 8, MODEL_SECTORS }, { 8, MODEL_SECTORS - 1 } };

    for (unsigned i = 0; i < 3; i++) {
        model_begin();
        rule(POLICY_ENCRYPT, beyond[i][0], beyond[i][1]);
        EXPECT("starts where the disk has all of the range", model_start(0), i == 2);
        EXPECT("and says why", strstr(storage.reason, "beyond its last sector") != NULL, i < 2);
        model_end();
    }
}

/* What the parts of a command are is known for 512 bytes only. */
static void large_sectors(void)
{
    model_begin();
    rule(POLICY_ENCRYPT, 0, UINT64_MAX);
    model.port[0].large = true;
    EXPECT("an encrypted disk does not start", model_start(0), false);
    EXPECT("and says why", strstr(storage.reason, "more than 512 bytes") != NULL, true);
    model_end();
    model_begin();
    rule(POLICY_READ_ONLY, 0, 0);
    model.port[0].large = true;
    EXPECT("a read-only one does", model_start(0), true);
    driver_start(0);
    driver_put(0, 0, 0x25, 0, 64, EVEN, 64 * SECTOR, 4096);
    EXPECT("PxIS", driver_run(0, 1, false), IS_DHRS);
    driver_put(0, 0, 0x25, 0, 300, EVEN, 300 * SECTOR, SECTOR);
    EXPECT("too many PRDs to pass on", driver_run(0, 1, false) & IS_TFES, IS_TFES);
    model_end();
}

/* The guest switched the machine off, and it runs on. */
static void keys_that_were_wiped_are_not_used(void)
{
    int status = 0;
    pid_t child;

    begin(POLICY_ENCRYPT);
    child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr);
        memset((void *)storage.keys, 0, sizeof(*storage.keys));
        driver_put(0, 0, 0x35, 0, 8, EVEN, 4096, 4096);
        (void)driver_run(0, 1, false);
        _exit(0);
    }
    EXPECT("the instance", waitpid(child, &status, 0), child);
    EXPECT("ends", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, true);
    model_end();
}

int main(void)
{
    identify_tells_what_there_is();
    a_wrong_key_is_told();
    a_range_beyond_the_disk_is_told();
    large_sectors();
    keys_that_were_wiped_are_not_used();
    printf("%u failures\n", failures);
    return failures != 0;
}
