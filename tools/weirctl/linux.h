/* SPDX-License-Identifier: BSD-2-Clause */
/* The few system calls of Linux that weirctl makes (x86-64), so that it needs no library of the guest's. */
#ifndef WEIRCTL_LINUX_H
#define WEIRCTL_LINUX_H

#include <stddef.h>
#include <stdint.h>

enum { LINUX_READ = 0, LINUX_WRITE = 1, LINUX_OPEN = 2, LINUX_NANOSLEEP = 35, LINUX_EXIT = 60, LINUX_FLOCK = 73,
       LINUX_IOPERM = 173 };

#define O_RDONLY 0
#define O_RDWR_CREAT 0102
#define LOCK_EX 2

static inline long linux_call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
    return value;
}

static inline void out_bytes(uint16_t port, const void *from, size_t n)
{
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}

static inline void in_bytes(uint16_t port, void *to, size_t n)
{
    __asm__ volatile("rep insb" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}

#endif
