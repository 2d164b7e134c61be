/* SPDX-License-Identifier: BSD-2-Clause */
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

static void access(const struct vmm_service *service, vmm_access_handler *handler,
                   enum weir_verdict without, struct weir_msg *msg)
{
    msg->kind = (uint16_t)(handler ? handler(service->context, msg) : without);
}

/* The write that came before this access. The flag ends here: notes leave it as it is. */
static __attribute__((noinline)) void posted(struct vmm_service *service, struct weir_msg *msg)
{
    msg->flags &= (uint16_t)~WEIR_F_POSTED;
    (void)service->mmio(service->context, msg + 1);
}

static void dispatch(struct vmm_service *service, struct weir_msg *msg)
{
    switch (msg->kind) {
    case WEIR_MSG_IO:
        access(service, service->io, WEIR_V_PASS, msg);
        break;
    case WEIR_MSG_MMIO:
        access(service, service->mmio, WEIR_V_PASS, msg);
        break;
    case WEIR_MSG_MSR:
        access(service, service->msr, WEIR_V_PASS, msg);
        break;
    case WEIR_MSG_HOOK:
        access(service, service->hook, WEIR_V_DONE, msg);
        break;
    case WEIR_MSG_NOTE:
        service->bits(service->context, msg->data);
        break;
    case WEIR_MSG_CALL:
        if (service->call) {
            service->call(service->context, msg);
            break;
        }
        /* fall through */
    default:
        msg->kind = WEIR_V_DENY;
        msg->size = 0;
    }
}

enum weir_status vmm_serve(struct vmm_service *service)
{
    struct weir_msg *msg = vmm_message();

    for (;;) {
        enum weir_status status =
            vmm_reply_wait(service->port, 0, service->note, service->deadline);
        if (status == WEIR_OK) {
            if (__builtin_expect(msg->flags & WEIR_F_POSTED, 0))
                posted(service, msg);
            dispatch(service, msg);
        } else if (status == WEIR_E_TIMEOUT && service->deadline) {
            service->deadline = service->timer(service->context);
        } else {
            return status;
        }
    }
}
