/* SPDX-License-Identifier: BSD-2-Clause */
/* Short names for what every kernel file uses. */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define must_check __attribute__((warn_unused_result))
#define noreturn __attribute__((__noreturn__))
#define noinline __attribute__((noinline))
#define always_inline inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CHECK_OFFSET(type, member, at) _Static_assert(offsetof(type, member) == (at), #type "." #member)

#define PAGE_SIZE 4096ul
#define PAGE_MASK (PAGE_SIZE - 1)
#define MIB (1ul << 20)
#define GIB (1ul << 30)

#define BIT(n) (1ull << (n))

#endif
