/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of libvmm's: the fake machine's ports. */
#ifndef VMM_IO_H
#define VMM_IO_H

#include <stdint.h>

uint8_t vmm_in8(uint16_t port);
void vmm_out8(uint16_t port, uint8_t value);
uint32_t vmm_read32(const volatile void *address);
void vmm_write32(volatile void *address, uint32_t value);

#endif
