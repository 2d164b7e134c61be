/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart.h"
#include <vmm/io.h>

#define SCRATCH 7u

bool uart_present(uint16_t port)
{
    static const uint8_t patterns[] = { 0x5a, 0xa5 };
    uint8_t before = vmm_in8((uint16_t)(port + SCRATCH));
    bool present = true;

    for (unsigned i = 0; i < sizeof(patterns); i++) {
        vmm_out8((uint16_t)(port + SCRATCH), patterns[i]);
        present = present && vmm_in8((uint16_t)(port + SCRATCH)) == patterns[i];
    }
    vmm_out8((uint16_t)(port + SCRATCH), before);
    return present;
}
