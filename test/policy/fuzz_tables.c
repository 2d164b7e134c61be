/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables from hostile shared memory: good ones with bytes of the fuzzer's choice written anywhere.
 * What the validator accepts can be looked up and printed without any access outside of it.
 */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char text[] =
    "io.deny{ports = '60h-6Fh'} io.log{ports = '61h'} on.io('70h-71h', function() end)\n"
    "mmio.deny{address = 0xFED00000, size = 0x400} mmio.log{pci = '00:1f.2', bar = 5}\n"
    "msr.deny{msrs = '1A0h-1A1h'} msr.value{msrs = '1A2h', value = 7}\n"
    "pci.hide{class = 12, subclass = 3} pci.allow{address = '00:1d.7'}\n"
    "storage.encrypt{match = {model = 'QEMU*', serial = 'S'}, key = module('k'),\n"
    "ranges = {'1-5, 9-', {first = 7, check = {offset = 3, bytes = '55'}, last = 7}}}\n"
    "storage.deny{match = {port = 3}}\n";

static _Alignas(16) uint8_t memory[POLICY_MEMORY];
static struct policy_tables good, shared, copy;

static void sink(void *context, const char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || (unsigned char)*line > 0x7e)
            abort();
    (void)context;
}

static void look_up(const struct policy_tables *t)
{
    for (uint32_t port = 0; port < 0x10000; port += 0x11) {
        const struct policy_io *e = policy_find_io(t, (uint16_t)port, 4);

        if (e && (e < t->io || e >= t->io + t->nio || e->first > port + 3 || e->last < port))
            abort();
    }
    for (uint64_t address = 0; address < 1ull << 33; address += 0x1100000) {
        const struct policy_mmio *e = policy_find_mmio(t, address, 8);

        if (e && (e < t->mmio || e >= t->mmio + t->nmmio_absolute || e->last < address))
            abort();
    }
    for (uint32_t i = 0; i < 0x300; i++)
        if (policy_find_msr(t, i) && policy_find_msr(t, i)->first > i)
            abort();
    for (uint32_t i = 0; i < 0x10000; i += 0x101)
        policy_find_pci(t, (uint16_t)i, (uint16_t)(i * 7), (uint16_t)(i * 3), i);
    policy_find_service(t, "watch");
    for (unsigned port = 0; port < 40; port++) {
        const struct policy_storage *e =
            policy_find_storage(t, port & 1 ? "QEMU HARDDISK" : "", port & 2 ? " S " : "Q", port)
                .encrypt;

        if (e && (e < t->storage || e >= t->storage + t->nstorage || e->key >= t->nkeys))
            abort();
        for (uint64_t sector = 0; e && sector < 20; sector++) {
            const struct policy_storage_range *r = policy_storage_range_find(t, e, sector, NULL);

            if (r && (r < t->ranges || r >= t->ranges + t->nranges || r->first > sector))
                abort();
        }
    }
}

/* The input is a list of {offset (3 bytes), count, bytes}. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct policy_error error;
    const char *reason = NULL;

    if (!good.magic) {
        struct policy *p = policy_create(memory, sizeof(memory), NULL, NULL);

        if (policy_load(p, "fuzz", text, sizeof(text) - 1, &good, &error) != WEIR_OK)
            abort();
    }
    shared = good;
    while (bytes > 4) {
        size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % sizeof(shared);
        size_t n = data[3];

        data += 4;
        bytes -= 4;
        if (n > bytes)
            n = bytes;
        if (n > sizeof(shared) - at)
            n = sizeof(shared) - at;
        memcpy((uint8_t *)&shared + at, data, n);
        data += n;
        bytes -= n;
    }
    if (policy_tables_copy(&copy, &shared, &reason) != WEIR_OK) {
        if (!reason)
            abort();
        return 0;
    }
    look_up(&copy);
    policy_print(&copy, sink, NULL);
    return 0;
}
