/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log ring: text from one writer to readers who can't disturb it, in memory shared between two services. Newer text
 * overwrites older; the writer never waits and never fails. Positions count bytes since the ring was made and never go
 * back, also not over a restart of the writer, which goes on where the ring stands.
 *
 * Writer (one at a time; libvmm's vmm_log): reserved = position after the new text (release), then the text, then
 * head = reserved (release). Reader: head (acquire), copies text up to it, then reserved (acquire fence before): what
 * is older than reserved - capacity may have been overwritten under it and is dropped. Readers hold the ring mapped
 * read-only and keep their position themselves; they take nothing in it for granted (weir_ring_read, libvmm/ring.c).
 */
#ifndef WEIR_RING_H
#define WEIR_RING_H

#include <stdint.h>

#define WEIR_RING_MAGIC 0x676e695272696557ull /* "WeirRing" */

struct weir_ring {
    uint64_t magic;
    uint64_t capacity; /* bytes of text, a power of two; the mapping's size less this header decides, not this */
    uint64_t reserved;
    uint64_t head;
    uint64_t unused[4];
    char text[];
};
_Static_assert(sizeof(struct weir_ring) == 64, "crosses address spaces");

/* The largest power of two that fits into a mapping of `bytes` behind the header, 0 if there is none. */
static inline uint64_t weir_ring_capacity(uint64_t bytes)
{
    uint64_t capacity = 1;

    if (bytes <= sizeof(struct weir_ring)) {
        return 0;
    }
    while (capacity * 2 <= bytes - sizeof(struct weir_ring)) {
        capacity *= 2;
    }
    return capacity;
}

#endif
