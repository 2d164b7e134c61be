/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: no sequence of accesses gets past the rules. */
#include <stdlib.h>

#include "guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (guest_play(data, size))
        abort();
    return 0;
}
