/* SPDX-License-Identifier: BSD-2-Clause */
/* Expectations: a failing one says what it expected and got, and where; the test goes on. */
#ifndef TEST_KERNEL_CHECK_H
#define TEST_KERNEL_CHECK_H

#include <stdint.h>
#include <stdio.h>

static unsigned check_failures, check_count;
static const char *check_case = ""; /* what is being tried, for the message */

static inline void check_number(const char *file, int line, const char *what, uint64_t got, uint64_t expected)
{
    check_count++;
    if (got == expected || check_failures++ > 20)
        return;
    printf("%s:%d: %s%s%s: expected 0x%llx, got 0x%llx\n", file, line, check_case, *check_case ? ": " : "", what,
           (unsigned long long)expected, (unsigned long long)got);
}

#define CHECK(got, expected) check_number(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(expected))

/* main's result. */
static inline int check_end(void)
{
    printf("%u checks, %u failed\n", check_count, check_failures);
    return check_failures || !check_count;
}

/* xorshift64*: the same numbers in every run. */
static inline uint64_t next_random(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15;

    s ^= s >> 12, s ^= s << 25, s ^= s >> 27;
    return s * 0x2545f4914f6cdd1dull;
}

#endif
