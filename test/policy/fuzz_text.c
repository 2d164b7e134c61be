/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text: it is refused with a printable reason, or it makes tables that the validator accepts,
 * the same ones twice, and callbacks that can be called.
 */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static _Alignas(16) uint8_t memory[POLICY_MEMORY];
static struct policy_tables tables, again;

static void sink(void *context, const char *line)
{
    (void)context;
    for (; *line; line++)
        if ((unsigned char)*line < 0x20)
            abort();
}

static void call_all(struct policy *p)
{
    static const struct policy_event events[] = {
        {.address = 0x60, .size = 1, .flags = POLICY_E_WRITE | POLICY_E_VALUE, .value = 0xff},
        {.address = UINT64_MAX, .size = 8, .rip = UINT64_MAX},
    };

    for (uint32_t id = 0; id < tables.callbacks && id < 8; id++) {
        for (unsigned i = 0; i < 2 * POLICY_KINDS; i++) {
            struct policy_result result = {.action = 99};

            policy_call(p, (enum policy_kind)(i / 2), id, &events[i % 2], &result);
            if (result.action != POLICY_PASS && result.action != POLICY_DENY &&
                result.action != POLICY_VALUE)
                abort();
            if (result.failed && result.action == POLICY_VALUE)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct policy_error error = {0};
    const char *reason;
    struct policy *p = policy_create(memory, sizeof(memory), sink, NULL);

    if (policy_load(p, "fuzz", (const char *)data, bytes, &tables, &error) != WEIR_OK) {
        if (error.line == 0 || strncmp(error.text, "fuzz:", 5) != 0)
            abort();
        sink(NULL, error.text);
        return 0;
    }
    if (policy_tables_copy(&again, &tables, &reason) != WEIR_OK)
        abort();
    policy_print(&again, sink, NULL);
    call_all(p);
    p = policy_create(memory, sizeof(memory), sink, NULL);
    if (policy_load(p, "fuzz", (const char *)data, bytes, &again, &error) != WEIR_OK ||
        memcmp(&again, &tables, sizeof(tables)) != 0)
        abort();
    return 0;
}
