/* SPDX-License-Identifier: BSD-2-Clause */
/* Log rings. The order of accesses is include/weir/ring.h's; each fence names the one it pairs
 * with. */
#include <stdatomic.h>
#include <string.h>
#include <vmm/ring.h>

uint64_t weir_ring_open(struct weir_ring *ring, uint64_t bytes)
{
    uint64_t capacity = weir_ring_capacity(bytes);

    if (capacity == 0) {
        return 0;
    }
    if (ring->magic != WEIR_RING_MAGIC) {
        ring->head = 0;
        ring->reserved = 0;
        ring->magic = WEIR_RING_MAGIC;
    }
    ring->capacity = capacity;
    return capacity;
}

/* Copies into or out of the ring's text at a position, around its end. n <= capacity. */
static void copy_in(struct weir_ring *ring, uint64_t capacity, uint64_t position, const char *text,
                    uint64_t n)
{
    uint64_t at = position & (capacity - 1), first = n < capacity - at ? n : capacity - at;

    memcpy(ring->text + at, text, first);
    memcpy(ring->text, text + first, n - first);
}

static void copy_out(const struct weir_ring *ring, uint64_t capacity, uint64_t position, char *out,
                     uint64_t n)
{
    uint64_t at = position & (capacity - 1), first = n < capacity - at ? n : capacity - at;

    memcpy(out, ring->text + at, first);
    memcpy(out + first, ring->text, n - first);
}

void weir_ring_write(struct weir_ring *ring, uint64_t capacity, const char *text, uint64_t bytes)
{
    uint64_t skipped = bytes > capacity ? bytes - capacity : 0;
    uint64_t start = __atomic_load_n(&ring->head, __ATOMIC_RELAXED); /* only this side writes it */
    uint64_t end = start + bytes;

    /* The text must not become visible before `reserved`: pairs with the acquire fence in
     * weir_ring_read(). */
    __atomic_store_n(&ring->reserved, end, __ATOMIC_RELAXED);
    atomic_thread_fence(memory_order_release);
    copy_in(ring, capacity, start + skipped, text + skipped, bytes - skipped);
    /* The text is complete where this is seen: pairs with the acquire load of head in
     * weir_ring_read(). */
    __atomic_store_n(&ring->head, end, __ATOMIC_RELEASE);
}

uint64_t weir_ring_read(const struct weir_ring *ring, uint64_t mapped, uint64_t *position,
                        char *out, uint64_t bytes, uint64_t *lost)
{
    uint64_t capacity = weir_ring_capacity(mapped), head, n, reserved, oldest;

    if (capacity == 0) {
        return 0;
    }
    for (;;) {
        head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        if (head <= *position || bytes == 0) {
            return 0;
        }
        if (head - *position > capacity) {
            *lost += head - capacity - *position;
            *position = head - capacity;
        }
        n = head - *position < bytes ? head - *position : bytes;
        copy_out(ring, capacity, *position, out, n);
        /* A writer that has begun to overwrite these bytes has moved `reserved` before. */
        atomic_thread_fence(memory_order_acquire);
        reserved = __atomic_load_n(&ring->reserved, __ATOMIC_RELAXED);
        oldest = reserved > capacity ? reserved - capacity : 0;
        if (oldest <= *position) {
            *position += n;
            return n;
        }
        /* Bounded: a true writer has moved on, an untrue one is not followed past its head. */
        if (oldest > head) {
            oldest = head;
        }
        *lost += oldest - *position;
        *position = oldest;
    }
}
