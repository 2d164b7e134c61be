/* SPDX-License-Identifier: BSD-2-Clause */
/* A failed expectation is printed with its place and counted; main returns expect_failures(). */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int expect_failed;

#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            expect_failed++;                                                        \
        }                                                                           \
    } while (0)

#define EXPECT_NUMBER(got, wanted)                                                            \
    do {                                                                                      \
        uint64_t got_ = (uint64_t)(got), wanted_ = (uint64_t)(wanted);                        \
        if (got_ != wanted_) {                                                                \
            fprintf(stderr, "%s:%d: %s is %llXh, expected %llXh\n", __FILE__, __LINE__, #got, \
                    (unsigned long long)got_, (unsigned long long)wanted_);                   \
            expect_failed++;                                                                  \
        }                                                                                     \
    } while (0)

#define EXPECT_TEXT(got, part)                                                              \
    do {                                                                                    \
        if (!strstr(got, part)) {                                                           \
            fprintf(stderr, "%s:%d: \"%s\" lacks \"%s\"\n", __FILE__, __LINE__, got, part); \
            expect_failed++;                                                                \
        }                                                                                   \
    } while (0)

static inline int expect_failures(void)
{
    return expect_failed ? 1 : 0;
}

#endif
