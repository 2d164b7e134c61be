/* SPDX-License-Identifier: BSD-2-Clause */
/* How often each instruction of host mode was executed: a file, mapped, live. tools/counters/profile.py reads it. */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_SLOTS (1u << 18)

struct profile_slot {
    uint64_t place; /* in the emulator's memory, so that instructions of different address spaces are told apart; 0: free */
    uint64_t rip, count;
};
_Static_assert(sizeof(struct profile_slot) == 24, "profile.py reads it");

/* path: made anew. false: see errno. */
bool profile_open(const char *path);
/* Where the executions of the instruction are counted; NULL: no profile, or the table is full. */
uint64_t *profile_counter(const void *place, uint64_t rip);

#endif
