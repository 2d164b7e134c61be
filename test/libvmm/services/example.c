/* SPDX-License-Identifier: BSD-2-Clause */
/* The service of doc/services.md, word for word: example.sh compares. */
#include "../common/ready.h"
#include <vmm/serve.h>

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    (void)context;
    if (msg->flags & WEIR_F_WRITE) {
        return WEIR_V_PASS;             /* the kernel writes it to the port */
    }
    msg->data = 0x42;                   /* what the guest reads */
    return WEIR_V_DONE;
}

int main(void)
{
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .io = io };

    return service_ready() == WEIR_OK ? (int)vmm_serve(&service) : 1;
}
