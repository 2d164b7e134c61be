/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls as no library would make them, and the numbers for them: the same in every run from one state. */
#ifndef TEST_SERVICES_RAW_H
#define TEST_SERVICES_RAW_H

#include <stdint.h>

#define PAST 1u /* a deadline that makes any wait a poll */

/* xorshift64; *state is not 0. */
static inline uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any number with any arguments; returns enum weir_status. */
static inline uint64_t raw_call(uint64_t number, const uint64_t a[6])
{
    uint64_t status = number, value = a[2], rdi = a[0], rsi = a[1];
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];

    __asm__ volatile("syscall"
                     : "+a"(status), "+d"(value), "+D"(rdi), "+S"(rsi), "+r"(r10), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r11", "memory");
    return status;
}

#endif
