/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pci_random ROUNDS [SEED]: guests made of random accesses; the fuzzer's target with a driver
 * that needs no clang. */
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1000;
    unsigned first = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 1;

    for (unsigned round = 0; round < rounds; round++) {
        uint8_t data[600];
        unsigned seed = first + round;
        const char *wrong;

        for (unsigned i = 0; i < sizeof(data); i++) {
            data[i] = (uint8_t)(rand_r(&seed) >> 7);
            if (i && rand_r(&seed) % 4 != 0)
                data[i] &= 0x1f; /* more of what the tables of guest.c hold */
        }
        wrong = guest_play(data, sizeof(data));
        if (wrong) {
            fprintf(stderr, "FAILED: %s\n  again: test_pci_random 1 %u\n", wrong, first + round);
            return 1;
        }
    }
    printf("%u guests, 0 failures\n", rounds);
    return 0;
}
