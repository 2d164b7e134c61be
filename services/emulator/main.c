/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emulator: one guest instruction at a time, as a pure function of what stands in the transfer page. It keeps nothing,
 * is given nothing, and starting it again in the middle of an instruction repeats nothing.
 */
#include "../common/ready.h"
#include <weir/emulate.h>

_Static_assert(sizeof(struct weir_emulation) == WEIR_TRANSFER_BYTES, "a request is the transfer page");

int main(void)
{
    struct weir_msg *msg = vmm_message();

    if (service_ready() != WEIR_OK) {
        return 1;
    }
    while (vmm_reply_wait(WEIR_SLOT_PORT, 0, 0, 0) == WEIR_OK) {
        if (msg->kind == WEIR_MSG_EMULATE) {
            weir_emulate(vmm_transfer());
        }
    }
    return 1;
}
