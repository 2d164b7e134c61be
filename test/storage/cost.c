/* SPDX-License-Identifier: BSD-2-Clause */
/* cost REQUESTS: so many 4 KiB reads and as many writes with NCQ, on the model, for cost.py to count instructions. */
#include "driver.h"
#include <stdlib.h>

#define DATA 0x400000u
#define BYTES 4096u

int main(int argc, char **argv)
{
    unsigned requests = argc == 2 ? (unsigned)atoi(argv[1]) : 0;

    model_begin();
    if (!model_start(0))
        return 1;
    driver_start(0);
    for (unsigned i = 0; i < 2 * requests; i++) {
        driver_put(0, i % SLOTS, i % 2 ? ATA_WRITE_FPDMA : ATA_READ_FPDMA, i % 1000, BYTES / SECTOR, DATA, BYTES, BYTES);
        if (driver_run(0, 1u << i % SLOTS, true) != IS_SDBS)
            return 1;
    }
    model_end();
    return requests == 0;
}
