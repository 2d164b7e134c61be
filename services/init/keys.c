/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"
#include "things.h"
#include <crypt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <vmm/memory.h>

static struct crypt_keys *keys;

/* The line of the first rule that uses the key, for messages. */
static unsigned line_of(const struct policy_tables *t, uint32_t key)
{
    unsigned line = 0;

    for (uint32_t i = 0; i < t->nstorage; i++) {
        const struct policy_storage *e = &t->storage[i];

        if (e->action == POLICY_ENCRYPT && e->key == key && (!line || e->line < line)) {
            line = e->line;
        }
    }
    return line;
}

/* Modules are mapped read-only; the raw key is zeroed through a mapping of its own. */
static enum weir_status wipe_module(const struct thing_memory *module)
{
    enum weir_status status;
    void *raw = vmm_window_open(module->slot, 0, 1, WEIR_P_READ | WEIR_P_WRITE, &status);

    if (!raw) {
        return status;
    }
    crypt_wipe(raw, WEIR_PAGE);
    vmm_window_close(module->slot, raw, 1);
    return WEIR_OK;
}

static enum weir_status bad(const struct policy_tables *t, uint32_t key, const char *what, char *reason, size_t bytes)
{
    (void)snprintf(reason, bytes, "%.64s:%u: key %s: %s", t->name, line_of(t, key), t->keys[key], what);
    return WEIR_E_ARG;
}

static enum weir_status make_one(const struct policy_tables *t, uint32_t key, char *reason, size_t bytes)
{
    const struct thing_memory *module = things_memory(t->keys[key]);
    char what[80];

    if (!module) {
        return bad(t, key, "there is no such boot module", reason, bytes);
    }
    if (module->bytes != CRYPT_KEY_BYTES) {
        (void)snprintf(what, sizeof(what), "the boot module has %" PRIu64 " bytes, a key has exactly %u",
                       module->bytes, CRYPT_KEY_BYTES);
        return bad(t, key, what, reason, bytes);
    }
    if (crypt_expand(module->va, &keys->key[key]) != WEIR_OK) {
        return bad(t, key, "its two halves are equal, which XTS does not allow", reason, bytes);
    }
    if (wipe_module(module) != WEIR_OK) {
        return bad(t, key, "the boot module could not be zeroed", reason, bytes);
    }
    return WEIR_OK;
}

enum weir_status keys_make(const struct policy_tables *t, char *reason, size_t bytes)
{
    const struct thing_memory *made;
    enum weir_status status = WEIR_OK;

    if (!t->nkeys) {
        return WEIR_OK;
    }
    made = things_make_secret("keys", sizeof(struct crypt_keys));
    if (!made) {
        (void)snprintf(reason, bytes, "out of memory for keys");
        return WEIR_E_MEMORY;
    }
    keys = made->va;
    for (uint32_t i = 0; i < t->nkeys && status == WEIR_OK; i++) {
        status = make_one(t, i, reason, bytes);
    }
    if (status != WEIR_OK) {
        crypt_wipe(keys, sizeof(*keys));
        return status;
    }
    keys->nkeys = t->nkeys;
    keys->magic = CRYPT_KEYS_MAGIC;
    return WEIR_OK;
}
