/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts what is not as expected, and goes on. */
#ifndef STORAGE_TEST_EXPECT_H
#define STORAGE_TEST_EXPECT_H

#include <stdio.h>

static unsigned failures;

#define EXPECT(what, got, wanted)                                                                                        \
    do {                                                                                                                 \
        unsigned long long got_ = (unsigned long long)(got), wanted_ = (unsigned long long)(wanted);                     \
        if (got_ != wanted_) {                                                                                           \
            printf("%s:%d: %s: expected 0x%llx, got 0x%llx\n", __FILE__, __LINE__, what, wanted_, got_);                 \
            failures++;                                                                                                  \
        }                                                                                                                \
    } while (0)

#endif
