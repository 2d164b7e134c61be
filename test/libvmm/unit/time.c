/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks and microseconds at odd frequencies, up to where they saturate. */
#include <vmm/memory.h>
#include <vmm/syscall.h>
#include <vmm/time.h>
#include "../../../libvmm/internal.h"
#include "check.h"

static unsigned waits;

/* vmm_sleep_until()'s: a note in slot 77, and a kernel that wakes it a little early once. */
uint64_t vmm_slot_alloc(void)
{
    return 77;
}

void vmm_slot_free(uint64_t slot)
{
    CHECK_EQ(77, slot);
}

struct vmm_result vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b,
                                     uint64_t c, uint64_t d)
{
    CHECK_EQ(WEIR_NOTE, kind);
    CHECK_EQ(77, slot);
    CHECK_EQ(0, a | b | c | d);
    return (struct vmm_result){ WEIR_OK, 0 };
}

struct vmm_result vmm_syscall_wait(uint64_t note, uint64_t deadline)
{
    CHECK_EQ(77, note);
    if (waits++ > 0) {
        while (vmm_now() < deadline) {
        }
    }
    return (struct vmm_result){ WEIR_E_TIMEOUT, 0 };
}

static void frequencies_scale(void)
{
    vmm_time_begin(1000000000);
    CHECK_EQ(0, vmm_ticks(0));
    CHECK_EQ(5000, vmm_ticks(5));
    CHECK_EQ(5, vmm_microseconds(5999));
    CHECK_EQ(123, vmm_nanoseconds(123));
    vmm_time_begin(2893299000);
    CHECK_EQ(2893299000, vmm_ticks(1000000));
    CHECK_EQ(86400000000, vmm_microseconds(2893299000ull * 86400));
    CHECK_EQ(86400000000000, vmm_nanoseconds(2893299000ull * 86400));
    vmm_time_begin(1); /* nonsense of a start block still divides */
    CHECK_EQ(0, vmm_ticks(999999));
    CHECK_EQ(1, vmm_ticks(1000000));
}

static void too_much_saturates(void)
{
    vmm_time_begin(3000000000);
    CHECK_EQ(UINT64_MAX, vmm_ticks(UINT64_MAX));
    CHECK_EQ(UINT64_MAX / 3000 * 3000, vmm_ticks(UINT64_MAX / 3000));
    CHECK_EQ(UINT64_MAX, vmm_deadline(UINT64_MAX));
    CHECK_EQ(UINT64_MAX, vmm_deadline(UINT64_MAX / 3000));
    CHECK_EQ(0, vmm_deadline(0) == 0);
    vmm_time_begin(1);
    CHECK_EQ(UINT64_MAX, vmm_microseconds(UINT64_MAX / 2));
}

int main(void)
{
    uint64_t deadline;

    frequencies_scale();
    too_much_saturates();
    vmm_time_begin(1000000000);
    deadline = vmm_deadline(1000);
    vmm_sleep_until(deadline);
    CHECK_EQ(1, vmm_now() >= deadline);
    CHECK_EQ(2, waits);
    return 0;
}
