/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cases of several programs begin with: a rule for all disks of port 0, and the model started. */
#ifndef TEST_STORAGE_CASES_H
#define TEST_STORAGE_CASES_H

#include "driver.h"
#include "expect.h"

#define DATA 0xa00001u /* odd on purpose; storage clears bit 0 as the controller would */
#define EVEN (DATA - 1)

static inline void rule(uint8_t action, uint64_t first, uint64_t last)
{
    struct policy_tables *t = &model.tables;

    t->storage[t->nstorage++] =
        (struct policy_storage){ .line = 1, .action = action, .fields = POLICY_BY_PORT, .first_range = 0, .nranges = 1 };
    t->ranges[t->nranges++] = (struct policy_storage_range){ .first = first, .last = last };
    t->nkeys = 1;
}

static inline void begin(uint8_t action)
{
    model_begin();
    if (action)
        rule(action, 0, UINT64_MAX);
    EXPECT("starts", model_start(0), true);
    driver_start(0);
}

#endif
