/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver.h"

uint32_t reg_read(unsigned port, unsigned reg)
{
    return (uint32_t)registers_read(&storage.hba[0], HBA_PORTS + port * HBA_PORT_BYTES + reg, 4);
}

void reg_write(unsigned port, unsigned reg, uint32_t value)
{
    registers_write(&storage.hba[0], HBA_PORTS + port * HBA_PORT_BYTES + reg, 4, value);
}
