/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service that takes watch's place and fails in every way there is. Ports 5000h on: IN from 5000h + N does N at once.
 * All other ports it lets pass, and fails at every 150th request in the next way; the next instance passes that request.
 */
#include "../../services/common/ready.h"
#include <stdbool.h>
#include <stdlib.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/time.h>

#define OWN_PORTS 0x5000u
#define REPLAYED 0x80u
#define EVERY 150u
#define SECOND 1000000u

static struct vmm_service service;
static uint64_t policy;
static bool sleeps_later, wakes_later;

static void fault(void)
{
    static volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x10;

    *nowhere = 1;
}

static void end(void)
{
    vmm_exit(42);
}

static void loop(void)
{
    for (;;) {
        __asm__ volatile("pause");
    }
}

/* Sleeps with the request in its hands. */
static void hold(void)
{
    uint64_t bits;

    (void)!vmm_wait(WEIR_SLOT_NOTE, 0, &bits);
}

static void eat(void)
{
    while (calloc(1, 65536)) {
    }
    abort();
}

/* Answers, and then never comes for the next request: see later(). */
static void loop_later(void)
{
    service.deadline = vmm_now();
}

static void sleep_later(void)
{
    sleeps_later = true;
    service.deadline = vmm_now();
}

/* Answers, and wakes after 50 ms. */
static void wake_later(void)
{
    wakes_later = true;
    service.deadline = vmm_now() + SECOND / 20;
}

static uint64_t later(void *context)
{
    (void)context;
    if (wakes_later) {
        vmm_log("moody: awake");
        return 0;
    }
    if (sleeps_later) {
        hold();
    }
    loop();
    return 0;
}

static void (*const deeds[])(void) = { fault, end, loop, hold, eat, loop_later, sleep_later, wake_later };
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    uint32_t *count = context;
    unsigned which = (unsigned)(msg->addr - OWN_PORTS);

    if (msg->addr >= OWN_PORTS && msg->addr < OWN_PORTS + DEEDS) {
        struct weir_msg kept = *msg;
        bool again = msg->flags & WEIR_F_REPLAY;

        vmm_log("moody: %s %u at %llu", again ? "replay" : "deed", which, (unsigned long long)vmm_now());
        if (!again) {
            deeds[which]();
            *msg = kept;
            msg->data = which;
        } else {
            msg->data = which | REPLAYED;
        }
        return WEIR_V_DONE;
    }
    if (++*count >= EVERY && !(msg->flags & WEIR_F_REPLAY)) {
        which = (vmm_start()->instance + (unsigned)(vmm_now() >> 20)) % 2; /* quick ways: the BIOS waits for ticks */
        vmm_log("moody: way %u port 0x%llx rip 0x%llx", which, (unsigned long long)msg->addr,
                (unsigned long long)msg->rip);
        deeds[which]();
    }
    return WEIR_V_PASS;
}

int main(void)
{
    static uint32_t count;

    policy = vmm_capability("policy", WEIR_PORT);
    service = (struct vmm_service){ .port = WEIR_SLOT_PORT, .io = io, .timer = later, .context = &count };
    return service_ready() == WEIR_OK ? (int)vmm_serve(&service) : 1;
}
