/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ring 3 itself pays, measured from a service in watch's place: a system call that fails, and a call of another
 * service (policy, as shipped, which answers a request of no bytes with none) and back. `./weir bench` boots it with
 * -icount, where a TSC tick is an instruction, and reads the lines from Weir's log.
 */
#include "../../services/common/ready.h"
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>

#define SAMPLES 1000u

static uint32_t samples[SAMPLES];

static inline uint64_t tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return low | (uint64_t)high << 32;
}

static void sort(void)
{
    for (unsigned i = 1; i < SAMPLES; i++) {
        for (unsigned j = i; j && samples[j] < samples[j - 1]; j--) {
            uint32_t kept = samples[j];
            samples[j] = samples[j - 1];
            samples[j - 1] = kept;
        }
    }
}

/* Times what STATEMENT does, the empty pair of RDTSCs subtracted, and logs the result under NAME. */
#define MEASURE(name, statement)                                                                            \
    do {                                                                                                    \
        for (unsigned i_ = 0; i_ < SAMPLES; i_++) {                                                         \
            uint64_t start_ = tsc();                                                                        \
            statement;                                                                                      \
            samples[i_] = (uint32_t)(tsc() - start_ - empty);                                               \
        }                                                                                                   \
        sort();                                                                                             \
        vmm_log("bench " name " median %u p99 %u samples %u", samples[SAMPLES / 2],                         \
                samples[SAMPLES * 99 / 100], SAMPLES);                                                      \
    } while (0)

static uint64_t empty_pair(void)
{
    uint64_t least = ~0ull;

    for (unsigned i = 0; i < 16; i++) {
        uint64_t start = tsc(), ticks = tsc() - start;
        least = ticks < least ? ticks : least;
    }
    return least;
}

int main(void)
{
    struct vmm_service service = { .port = WEIR_SLOT_PORT };
    uint64_t policy = vmm_capability("policy", WEIR_PORT), empty = empty_pair();
    struct weir_msg *msg = vmm_message();
    unsigned wrong = 0;

    if (!policy || service_ready() != WEIR_OK) {
        vmm_fatal("no policy to call");
    }
    *msg = (struct weir_msg){ .kind = WEIR_MSG_CALL };
    MEASURE("syscall.fail", wrong += vmm_signal(0, 1) != WEIR_E_CAP);
    MEASURE("ipc.call_reply", wrong += vmm_call(policy) != WEIR_OK || msg->size);
    if (wrong) {
        vmm_fatal("a call did not answer as it should");
    }
    return (int)vmm_serve(&service);
}
