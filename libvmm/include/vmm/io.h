/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hardware from ring 3: ports that WEIR_DEV_OPEN gave the domain (others raise #GP and stop the
 * service), and device memory behind a window (vmm_window_open() with WEIR_P_UNCACHED).
 */
#ifndef VMM_IO_H
#define VMM_IO_H

#include <stdint.h>

static inline uint8_t vmm_in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t vmm_in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t vmm_in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void vmm_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void vmm_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void vmm_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t vmm_read8(const volatile void *address)
{
    return *(const volatile uint8_t *)address;
}

static inline uint16_t vmm_read16(const volatile void *address)
{
    return *(const volatile uint16_t *)address;
}

static inline uint32_t vmm_read32(const volatile void *address)
{
    return *(const volatile uint32_t *)address;
}

static inline uint64_t vmm_read64(const volatile void *address)
{
    return *(const volatile uint64_t *)address;
}

static inline void vmm_write8(volatile void *address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

static inline void vmm_write16(volatile void *address, uint16_t value)
{
    *(volatile uint16_t *)address = value;
}

static inline void vmm_write32(volatile void *address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static inline void vmm_write64(volatile void *address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

#endif
