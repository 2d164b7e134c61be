/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC as a clock. Its frequency comes with the start block. */
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/memory.h>
#include <vmm/time.h>
#include "internal.h"

static uint64_t hz = 1;

void vmm_time_begin(uint64_t tsc_hz)
{
    hz = tsc_hz;
}

/* value * multiplier / divisor without overflow on the way; saturates. divisor is not 0. */
static uint64_t scale(uint64_t value, uint64_t multiplier, uint64_t divisor)
{
    unsigned __int128 product = (unsigned __int128)value * multiplier;
    uint64_t high = (uint64_t)(product >> 64), quotient, remainder;

    if (high >= divisor) {
        return UINT64_MAX;
    }
    __asm__("divq %4"
            : "=a"(quotient), "=d"(remainder)
            : "a"((uint64_t)product), "d"(high), "r"(divisor)
            : "cc");
    return quotient;
}

uint64_t vmm_ticks(uint64_t us)
{
    return scale(us, hz, 1000000);
}

uint64_t vmm_microseconds(uint64_t ticks)
{
    return scale(ticks, 1000000, hz);
}

uint64_t vmm_nanoseconds(uint64_t ticks)
{
    return scale(ticks, 1000000000, hz);
}

void vmm_sleep_until(uint64_t deadline)
{
    static uint64_t note; /* nobody signals it: only its deadline ends the wait */
    uint64_t bits;

    if (!note) {
        uint64_t slot = vmm_slot_alloc();
        if (slot && vmm_create_note(slot) == WEIR_OK) {
            note = slot;
        } else if (slot) {
            vmm_slot_free(slot);
        }
    }
    while (vmm_now() < deadline) {
        /* Without a slot for the note this polls, which the watchdog bounds. */
        if (!note || vmm_wait(note, deadline, &bits) != WEIR_E_TIMEOUT) {
            __asm__ volatile("pause");
        }
    }
}
