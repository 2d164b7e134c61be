/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the instructions that counters.c cares about this is. */
#ifndef INSN_KIND_H
#define INSN_KIND_H

#include <stddef.h>
#include <stdint.h>

enum insn_kind {
    INSN_OTHER = 0,
    INSN_VMRUN,
    INSN_WRMSR,
    INSN_CR3_LOAD,
    INSN_INVLPG, /* and INVLPGA */
    INSN_PORT,   /* IN, OUT, INS, OUTS */
    INSN_RDTSC,
};

/* bytes: one whole instruction of 64-bit code, as fetched; size: how many. */
enum insn_kind insn_kind(const uint8_t *bytes, size_t size);

#endif
