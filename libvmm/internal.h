/* SPDX-License-Identifier: BSD-2-Clause */
/* What libvmm's files know of each other. */
#ifndef VMM_INTERNAL_H
#define VMM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vmm/status.h>

/* Once, before main(); those of memory start anew with nothing allocated. */
_Noreturn void vmm_begin(const struct weir_start *start);
void vmm_memory_begin(const struct weir_start *start); /* calls the next two */
void vmm_slots_begin(const struct weir_start *start);
void vmm_pages_begin(uint64_t va, uint64_t bytes);
void vmm_time_begin(uint64_t tsc_hz);

/* Changes the protection of allocated pages; prot may be 0, which keeps the contents. */
must_check enum weir_status vmm_pages_protect(void *va, size_t pages, uint64_t prot);

/* True if all of these pages were given out by vmm_pages_alloc() and not freed since. */
bool vmm_pages_owned(const void *va, size_t pages);

/* Random bytes of the CPU; false if it has no generator. */
bool vmm_random(void *out, size_t bytes);

/* 16 bytes for the stack protector: random where the CPU can, else at least different at each
 * start. */
void vmm_random_canary(uint64_t out[2]);

/* Nanoseconds since the TSC was 0. */
uint64_t vmm_nanoseconds(uint64_t ticks);

/* Answers musl's system calls (libvmm/musl/include/syscall_arch.h): a result or -errno. */
long vmm_linux_call(long n, long a, long b, long c, long d, long e, long f);

#endif
