/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service that takes watch's place and does what the guest asks for: IN from a port with the number N in its low byte
 * is deed N. Where that ends it, its next instance gets the same request again and answers it.
 */
#include "../../../services/common/ready.h"
#include "deeds.h"
#include <vmm/log.h>
#include <vmm/serve.h>

#define SURVIVED 0x80u
#define NO_SUCH_DEED 0xffu

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    unsigned number = msg->addr & 0xff;
    struct weir_msg kept = *msg;

    (void)context;
    if (number >= ndeeds) {
        msg->data = NO_SUCH_DEED;
    } else if (msg->flags & WEIR_F_REPLAY) {
        vmm_log("deed %u (%s) was answered by the next instance", number, deeds[number].name);
        msg->data = number;
    } else {
        vmm_log("deed %u: %s", number, deeds[number].name);
        deeds[number].run();
        *msg = kept; /* the deed's system calls use the message page */
        msg->data = SURVIVED | number;
    }
    return WEIR_V_DONE;
}

int main(void)
{
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .io = io };

    return service_ready() == WEIR_OK ? (int)vmm_serve(&service) : 1;
}
