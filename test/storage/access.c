/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver.h"

uint32_t reg_read(unsigned port, unsigned reg)
{
    return model_access(false, HBA_PORTS + port * HBA_PORT_BYTES + reg, 0);
}

void reg_write(unsigned port, unsigned reg, uint32_t value)
{
    (void)model_access(true, HBA_PORTS + port * HBA_PORT_BYTES + reg, value);
}
