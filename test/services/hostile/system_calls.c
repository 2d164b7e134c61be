/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that make no sense, by the thousand. The kernel is to refuse them and to be as before. */
#include "deeds.h"
#include "../raw.h"
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/abi.h>

#define CALLS 20000u
#define EMPTY_SLOT 60u

static uint64_t state = 0x9e3779b97f4a7c15ull;

static uint64_t odd_value(void)
{
    static const uint64_t values[] = { 0, 1, 2, 7, 8, 31, 32, 60, 61, 62, 63, 64, 4095, 4096, 0x1000, 0x200000, 0x210000,
                                       0x400000, 0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffff80000000,
                                       1ull << 63, ~0ull, ~0ull - 1, 0xffffffff, 0x100000000 };
    uint64_t r = random_bits(&state);

    return r & 1 ? values[r / 2 % (sizeof(values) / sizeof(values[0]))] : r & 2 ? r >> 40 : r;
}

/* A call that would block is made to poll. */
static void tame(uint64_t number, uint64_t a[6])
{
    if (number == WEIR_REPLY_WAIT) {
        a[3] = PAST;
    } else if (number == WEIR_WAIT) {
        a[1] = PAST;
    }
}

/* No object is ever named: everything has to be refused. */
void deed_random_calls(void)
{
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t a[6] = { EMPTY_SLOT + random_bits(&state) % 1000, odd_value(), odd_value(), odd_value(), odd_value(),
                          odd_value() };
        uint64_t number = random_bits(&state) % 32;

        if (number == WEIR_TRACE || number == WEIR_CREATE || number == WEIR_REVOKE) {
            number = WEIR_CALLS; /* those need no object */
        }
        tame(number, a);
        if (raw_call(number, a) == WEIR_OK) {
            __builtin_trap();
        }
    }
}

/* May destroy its own domain, unmap its own code, or survive. */
void deed_random_calls_any(void)
{
    state ^= vmm_start()->instance * 0x2545f4914f6cdd1dull;
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t a[6] = { random_bits(&state) % 40, odd_value(), odd_value(), odd_value(), odd_value(), odd_value() };
        uint64_t number = random_bits(&state) % (WEIR_CALLS + 2);

        if (number == WEIR_CALL) {
            continue; /* to the policy service, which has better things to do */
        }
        tame(number, a);
        (void)raw_call(number, a);
    }
}

/* More than a payload can be; policy, which it goes to, tells a request by its size and answers with 0. */
void deed_call_with_too_large_a_payload(void)
{
    *vmm_message() = (struct weir_msg){ .kind = WEIR_MSG_CALL, .size = UINT16_MAX };
    if (vmm_call(vmm_capability("policy", WEIR_PORT)) != WEIR_OK || vmm_message()->size) {
        __builtin_trap();
    }
}

/* Every operation on every slot the service has, with a first argument that is wrong for it. */
void deed_use_every_slot(void)
{
    static const uint64_t calls[] = { WEIR_VCPU_CTL, WEIR_DEVICE_CTL, WEIR_GRANT };

    for (unsigned c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
        for (uint64_t slot = 0; slot < 64; slot++) {
            for (uint64_t op = 0; op < 16; op++) {
                uint64_t a[6] = { slot, op, EMPTY_SLOT, ~0ull, 0, 0 };

                if (raw_call(calls[c], a) == WEIR_OK) {
                    __builtin_trap();
                }
            }
        }
    }
}
