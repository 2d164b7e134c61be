/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service tells init once it has started (include/weir/service.h). */
#ifndef SERVICES_READY_H
#define SERVICES_READY_H

#include <string.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/service.h>

/*
 * The service is set up and serves from now on. Where init has died meanwhile there is nobody to tell, and the guest needs
 * the service all the more. Context: before the first request; the message page is used.
 */
must_check static inline enum weir_status service_ready(void)
{
    struct weir_msg *msg = vmm_message();
    enum weir_status status;

    memset(msg, 0, sizeof(*msg));
    msg->kind = WEIR_MSG_CALL;
    msg->addr = WEIR_INIT_READY;
    status = vmm_call(vmm_capability("init", WEIR_PORT));
    return status == WEIR_E_GONE || status == WEIR_E_CAP ? WEIR_OK : status;
}

/* It can't be set up; reason is one printable line. init does not let it go on. */
must_check static inline enum weir_status service_failed(const char *reason)
{
    struct weir_msg *msg = vmm_message();
    size_t bytes = strlen(reason);

    memset(msg, 0, sizeof(*msg));
    msg->kind = WEIR_MSG_CALL;
    msg->addr = WEIR_INIT_FAILED;
    msg->size = (uint16_t)(bytes < WEIR_TRANSFER_BYTES ? bytes : WEIR_TRANSFER_BYTES);
    memcpy(vmm_transfer(), reason, msg->size);
    return vmm_call(vmm_capability("init", WEIR_PORT));
}

#endif
