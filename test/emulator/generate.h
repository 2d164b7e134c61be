/* SPDX-License-Identifier: BSD-2-Clause */
/* Random instructions and registers that reach memory often enough; the same for the same seed. */
#ifndef GENERATE_H
#define GENERATE_H

#include "machine.h"
#include "undefined.h"

/* A test: the bytes and what they were made of. */
struct test {
    uint64_t seed;
    struct encoding c;
    uint8_t code[18];
    struct weir_emu_state before;
};

extern uint64_t random_state; /* the seed; not 0 */
uint32_t next_random(void);

void random_encoding(struct encoding *c, unsigned bits);

/* t->c becomes bytes: prefixes, opcode, ModRM and what may follow. */
void encode(struct test *t);

/* Fills everything behind t->c.length with JMP to itself: a reference that missed an exception
 * stays there. */
void pad(struct test *t);

/* A state to run "t" in; kept in t->before as well. */
void random_registers(struct test *t, struct weir_emulation *e, uint64_t cr0);

#endif
