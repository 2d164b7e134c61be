/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides of a log ring; include/weir/ring.h is the protocol. Free of system calls, tested on
 * the host. */
#ifndef VMM_RING_H
#define VMM_RING_H

#include <stddef.h>
#include <stdint.h>
#include <weir/ring.h>

/*
 * Makes the ring in a mapping of `bytes` bytes ready for its writer: a new one is initialized, one
 * that an earlier instance wrote goes on where it stands. Returns its capacity, 0 if the mapping is
 * too small.
 */
uint64_t weir_ring_open(struct weir_ring *ring, uint64_t bytes);

/*
 * Writes `bytes` bytes; of more than the capacity only the last. `capacity` is weir_ring_open()'s.
 * One writer at a time.
 */
void weir_ring_write(struct weir_ring *ring, uint64_t capacity, const char *text, uint64_t bytes);

/*
 * Copies at most `bytes` bytes from *position on and moves *position behind them; returns their
 * number, 0 when there is no more. `mapped` is the size of the reader's mapping. What was
 * overwritten before it could be read is skipped and its length added to *lost. Nothing that the
 * writer does makes this leave the mapping or the buffer; what an untrue writer hands out is untrue
 * text.
 */
uint64_t weir_ring_read(const struct weir_ring *ring, uint64_t mapped, uint64_t *position,
                        char *out, uint64_t bytes, uint64_t *lost);

#endif
