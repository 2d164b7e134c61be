/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of storage: it dies when the guest writes to offset A4h of a controller, a register of the vendor's
 * that nobody else touches (AHCI 1.3.1, 3).
 */
#include <vmm/serve.h>
#include <weir/abi.h>

#define DEATH 0xa4u

static vmm_access_handler *storage_mmio;

enum weir_status __real_vmm_serve(struct vmm_service *service);
enum weir_status __wrap_vmm_serve(struct vmm_service *service);

static enum weir_verdict mmio(void *context, struct weir_msg *msg)
{
    if (msg->flags & WEIR_F_WRITE && msg->addr % WEIR_PAGE == DEATH) {
        __builtin_trap();
    }
    return storage_mmio(context, msg);
}

enum weir_status __wrap_vmm_serve(struct vmm_service *service)
{
    storage_mmio = service->mmio;
    service->mmio = mmio;
    return __real_vmm_serve(service);
}
