/* SPDX-License-Identifier: BSD-2-Clause */
/* What the manuals leave undefined, and what libunicorn 2.0.1 (QEMU 5.0's TCG) gets wrong. */
#ifndef UNDEFINED_H
#define UNDEFINED_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/emulate.h>

/* An instruction as the test made it. */
struct encoding {
    unsigned bits;        /* 16, 32, 64 */
    unsigned map, opcode; /* map 1: after 0F */
    uint8_t modrm;
    bool opsize, addrsize, lock, repne, rep;
    uint8_t rex;
    unsigned length;
};

/* RFLAGS bits that the AMD APM vol. 3 leaves undefined after this instruction. */
uint64_t undefined_flags(const struct encoding *c, const struct weir_emu_state *before,
                         const uint8_t *code);

/* The result itself is undefined. */
bool undefined_result(const struct encoding *c, const struct weir_emu_state *before,
                      const uint8_t *code);

/* The reference is wrong or cannot run it; each case says why. */
bool reference_is_wrong(const struct encoding *c, const uint8_t *code);

/* Not an opcode: a prefix, or the escape to map 1. */
bool is_prefix(unsigned bits, unsigned opcode);

#endif
