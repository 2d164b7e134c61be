/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In watch's place: random system calls, on all that it was given and on what it was not. IN makes a batch and gives 1, so
 * that the guest can count them; 0: an instance died in that batch, and the next one answers without making calls.
 */
#include "../../services/common/ready.h"
#include "../services/raw.h"
#include <stdbool.h>
#include <vmm/serve.h>

#define BATCH 1000u
#define BASIC_SLOTS 4u /* enum weir_slot: without them it can neither answer nor be ended */

static uint64_t state;

/* Slots that hold something (1 to 4, 32 on), own new ones, numbers of kinds and operations, addresses, nonsense. */
static uint64_t argument(void)
{
    uint64_t r = random_bits(&state);

    switch (r % 8) {
    case 0:
        return 1 + (r >> 8) % 4;
    case 1:
    case 2:
        return 32 + (r >> 8) % 32;
    case 3:
        return (r >> 8) % 12;
    case 4:
        return ((r >> 8) % 4096) * WEIR_PAGE;
    case 5:
        return 1ull << (r >> 8) % 64;
    case 6:
        return 0 - (r >> 8) % 5000;
    default:
        return r;
    }
}

static bool allowed(uint64_t number, uint64_t a[6])
{
    if (number == WEIR_CALL) {
        return false; /* would be an honest call to init or policy */
    }
    if (number == WEIR_REPLY_WAIT) {
        a[1] |= WEIR_RW_NO_REPLY; /* it holds the guest's request and means to answer */
        a[3] = PAST;
    } else if (number == WEIR_WAIT) {
        a[1] = PAST;
    } else if ((number == WEIR_DESTROY && a[0] == WEIR_SLOT_SELF) || (number == WEIR_REVOKE && a[1] <= BASIC_SLOTS)) {
        return random_bits(&state) % 64 == 0; /* now and then */
    }
    return number != WEIR_TRACE || a[0] != WEIR_TRACE_LOG; /* would only fill the log */
}

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    struct weir_msg kept = *msg;
    bool again = msg->flags & WEIR_F_REPLAY;

    (void)context;
    for (unsigned made = 0; !again && made < BATCH;) {
        uint64_t number = random_bits(&state) % (WEIR_CALLS + 1);
        uint64_t a[6] = { argument(), argument(), argument(), argument(), argument(), argument() };

        if (allowed(number, a)) {
            (void)raw_call(number, a);
            made++;
        }
    }
    *msg = kept;
    msg->data = !again;
    return WEIR_V_DONE;
}

int main(void)
{
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .io = io };

    state = 0x9e3779b97f4a7c15ull * (vmm_start()->instance + 1u);
    return service_ready() == WEIR_OK ? (int)vmm_serve(&service) : 1;
}
