/* SPDX-License-Identifier: BSD-2-Clause */
/* Expectations of the host tests here: a failing one says what it expected and got, and the test goes on. */
#ifndef TEST_SERVICES_CHECK_H
#define TEST_SERVICES_CHECK_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One pair for all files of a test. */
unsigned check_failures __attribute__((weak)), check_count __attribute__((weak));

static inline void check_number(const char *file, int line, const char *what, uint64_t got, uint64_t expected)
{
    check_count++;
    if (got != expected) {
        check_failures++;
        printf("%s:%d: %s: expected 0x%" PRIx64 ", got 0x%" PRIx64 "\n", file, line, what, expected, got);
    }
}

static inline void check_string(const char *file, int line, const char *what, const char *got, const char *expected)
{
    check_count++;
    if (strcmp(got, expected)) {
        check_failures++;
        printf("%s:%d: %s: expected\n  \"%s\"\n  got\n  \"%s\"\n", file, line, what, expected, got);
    }
}

#define CHECK(got, expected) check_number(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(expected))
#define CHECK_TEXT(got, expected) check_string(__FILE__, __LINE__, #got, got, expected)

/* main's result. */
static inline int check_end(void)
{
    printf("%u checks, %u failed\n", check_count, check_failures);
    return check_failures || !check_count;
}

#endif
