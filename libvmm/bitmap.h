/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of bits, for pages and slots. */
#ifndef VMM_BITMAP_H
#define VMM_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
    return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_put(uint64_t *map, size_t first, size_t count, bool value)
{
    for (size_t bit = first; bit < first + count; bit++) {
        if (value) {
            map[bit / 64] |= 1ull << (bit % 64);
        } else {
            map[bit / 64] &= ~(1ull << (bit % 64));
        }
    }
}

/* True if all of `count` bits from `first` on are `value`. */
static inline bool bitmap_all(const uint64_t *map, size_t first, size_t count, bool value)
{
    for (size_t bit = first; bit < first + count; bit++) {
        if (bitmap_test(map, bit) != value) {
            return false;
        }
    }
    return true;
}

/*
 * The first of `count` consecutive clear bits below `bits`, skipping whole words that are full;
 * `bits` itself if there are none. count is at least 1.
 */
static inline size_t bitmap_find_clear(const uint64_t *map, size_t bits, size_t count)
{
    size_t run = 0;

    for (size_t bit = 0; bit < bits; bit++) {
        if (bit % 64 == 0 && map[bit / 64] == UINT64_MAX) {
            run = 0;
            bit += 63;
        } else if (bitmap_test(map, bit)) {
            run = 0;
        } else if (++run == count) {
            return bit + 1 - count;
        }
    }
    return bits;
}

#endif
