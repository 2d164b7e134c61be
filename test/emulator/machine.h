/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel will be to the emulator, in small: performs the accesses it asks for on a flat
 * memory without paging, and checks that it keeps to the contract of weir/emulate.h.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/emulate.h>

#define MACHINE_BYTES 0x200000u

enum outcome {
    MACHINE_DONE,
    MACHINE_PAGE_FAULT,  /* an access outside the memory */
    MACHINE_EXCEPTION,
    MACHINE_SOFT_INT,
    MACHINE_FETCH,
    MACHINE_UNSUPPORTED,
    MACHINE_BROKEN,      /* the emulator broke the contract; "complaint" says how */
};

struct machine {
    struct weir_emulation *e;
    uint8_t *memory;       /* MACHINE_BYTES */
    uint64_t origin;       /* linear address of the first */
    struct { uint64_t addr; unsigned bytes; } written[WEIR_EMU_LOG + 1];
    unsigned writes;
    const char *complaint;
};

/* What a test port reads; written values are remembered in out_port, out_value. */
uint32_t port_value(uint16_t port, unsigned size);
extern uint16_t out_port;
extern uint32_t out_value;
extern unsigned out_count;

/* Runs e->code from e->state to its end: one instruction, of a REP instruction one step. */
enum outcome machine_run(struct machine *m);

/* Sets "e" to a state without surprises in code of "bits" 16 (real mode), 32 or 64 at "rip". */
void machine_reset(struct weir_emulation *e, unsigned bits, uint64_t rip);

#endif
