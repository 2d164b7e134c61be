/* SPDX-License-Identifier: BSD-2-Clause */
/* A service that answers each kind of request in its own way; run.sh compares. */
#include <stdio.h>
#include <string.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

static uint8_t latch;

static enum weir_verdict on_io(void *context, struct weir_msg *msg)
{
    (void)context;
    if (msg->addr == 0x60) {
        return WEIR_V_DENY;
    }
    if (msg->flags & WEIR_F_WRITE) {
        latch = (uint8_t)msg->data;
        vmm_log("port %lx gets %x", (unsigned long)msg->addr, latch);
        return WEIR_V_DONE;
    }
    msg->data = latch;
    return WEIR_V_DONE;
}

static void on_call(void *context, struct weir_msg *msg)
{
    char *text = vmm_transfer();

    (void)context;
    vmm_log("a call of %u bytes", msg->size);
    for (unsigned i = 0; i < msg->size; i++) {
        text[i] = (char)(text[i] ^ 0x20);
    }
    msg->kind = WEIR_V_DONE;
    msg->data = msg->addr + 1;
}

static void on_bits(void *context, uint64_t bits)
{
    struct vmm_service *service = *(struct vmm_service **)context;

    vmm_log("bits %lx", (unsigned long)bits);
    service->deadline = 1;
}

static uint64_t on_timer(void *context)
{
    (void)context;
    vmm_log("timer");
    return 0;
}

int main(void)
{
    struct vmm_service service = {
        .port = WEIR_SLOT_PORT,
        .note = WEIR_SLOT_NOTE,
        .io = on_io,
        .call = on_call,
        .bits = on_bits,
        .timer = on_timer,
    };
    struct vmm_service *self = &service;
    struct weir_msg *msg = vmm_message();

    service.context = &self;
    msg->addr = 1;
    msg->size = 5;
    memcpy(vmm_transfer(), "ready", 5);
    if (vmm_call(vmm_capability("init", WEIR_PORT)) != WEIR_OK) {
        return 1;
    }
    printf("no such name: %lu %d\n", (unsigned long)vmm_capability("ini", WEIR_PORT),
           vmm_region("nothing") == NULL);
    return (int)vmm_serve(&service);
}
