/* SPDX-License-Identifier: BSD-2-Clause */
/* What GCC calls before the loads and stores of code that is compiled with -fsanitize=thread. */
#include "stores.h"

#define CALL(name, ...)     \
    void name(__VA_ARGS__); \
    void name(__VA_ARGS__)
#define ACCESSES(bytes)                                                       \
    CALL(__tsan_write##bytes, void *at) { crash_store(at, 0); }               \
    CALL(__tsan_read##bytes, void *at) { (void)at; }                          \
    CALL(__tsan_unaligned_write##bytes, void *at) { crash_store(at, 0); }     \
    CALL(__tsan_unaligned_read##bytes, void *at) { (void)at; }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
CALL(__tsan_write_range, void *at, unsigned long bytes) { crash_store(at, (uint32_t)bytes); }
CALL(__tsan_read_range, void *at, unsigned long bytes) { (void)at, (void)bytes; }
CALL(__tsan_init, void) { }
CALL(__tsan_func_entry, void *pc) { (void)pc; }
CALL(__tsan_func_exit, void) { }

uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order);
uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order)
{
    return __atomic_load_n(at, order);
}

uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order)
{
    return __atomic_load_n(at, order);
}

void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order);
void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order)
{
    crash_store((void *)(uintptr_t)at, 0);
    __atomic_store_n(at, value, order);
}
