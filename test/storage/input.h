/* SPDX-License-Identifier: BSD-2-Clause */
/* A fuzzer's bytes, taken as numbers; zeros when they are used up. */
#ifndef STORAGE_TEST_INPUT_H
#define STORAGE_TEST_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
    const uint8_t *p;
    size_t left;
};

static inline uint32_t take(struct input *in, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes && in->left; i++, in->left--)
        v |= (uint32_t)*in->p++ << 8 * i;
    return v;
}

#endif
