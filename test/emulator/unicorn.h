/* SPDX-License-Identifier: BSD-2-Clause */
/* libunicorn as the reference: one instruction from the same state on the same memory. */
#ifndef UNICORN_REFERENCE_H
#define UNICORN_REFERENCE_H

#include "machine.h"

#define REFERENCE_CODE 18

struct reference {
    uint8_t *memory; /* MACHINE_BYTES */
    struct { uint64_t addr; unsigned bytes; } written[256];
    unsigned writes;
    uint64_t cr0;    /* that it starts with */
    int vector;      /* of an exception, -1 for none */
};

/* "bits": 16 (real mode), 32, 64. NULL if libunicorn cannot start. */
struct reference *reference_open(unsigned bits);

/*
 * Runs "code" (REFERENCE_CODE bytes) at "rip" from "state", which it then changes, until
 * linear address "until". Not by count: for that libunicorn translates everything anew each time,
 * a hundred times slower. A REP instruction runs to its end.
 */
enum outcome reference_run(struct reference *r, struct weir_emu_state *state, const uint8_t *code,
                           uint64_t until);

#endif
