/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest of a service that is ended again and again (crash_guest.c), and what ends it (crash.c). */
#ifndef TEST_STORAGE_CRASH_H
#define TEST_STORAGE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

/* Deterministic. */
uint32_t crash_random(uint32_t below);
_Noreturn void crash_fail(const char *what, uint64_t expected, uint64_t got);

/* An access of the guest's to a port's register. It is made once; the service may be asked about it more than once. */
uint32_t crash_access(bool write, uint32_t offset, uint32_t value);

struct guest_counts {
    uint32_t commands, errors, vendor, vendor_failed;
};

/* rounds of commands on both ports, everything that comes back checked, and what is on the disks at the end. */
struct guest_counts guest_run(unsigned rounds);

#endif
