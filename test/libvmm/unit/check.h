/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that say what was expected and what came. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EQ(expected, got)                                                                    \
    do {                                                                                           \
        uint64_t expected_ = (uint64_t)(expected), got_ = (uint64_t)(got);                         \
        if (expected_ != got_) {                                                                   \
            fprintf(stderr, "%s:%d: %s: expected %llx (%s), got %llx\n", __FILE__, __LINE__, #got, \
                    (unsigned long long)expected_, #expected, (unsigned long long)got_);           \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_TEXT(expected, got)                                                              \
    do {                                                                                       \
        const char *expected_ = (expected), *got_ = (got);                                     \
        if (strcmp(expected_, got_) != 0) {                                                    \
            fprintf(stderr, "%s:%d: expected '%s', got '%s'\n", __FILE__, __LINE__, expected_, \
                    got_);                                                                     \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

/* A small generator (xorshift64*), the same numbers on each run. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

#endif
