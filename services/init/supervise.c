/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervise.h"
#include "ask.h"
#include "guest.h"
#include "guest_boot.h"
#include "reload.h"
#include "report.h"
#include "say.h"
#include "things.h"
#include <stdio.h>
#include <string.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>
#include <weir/service.h>

#define REASON 600u
#define START_US 20000000u  /* a start that takes longer has failed: before the guest runs, */
#define RESTART_US 5000000u /* and while it waits for the service */
#define DEADLINE_US 5000000u /* of init: a guest may wait for a service that waits for init while it starts several others */

static bool guest_runs;
static uint64_t told; /* failures that policy was told of; its memory is not asked */

enum weir_status supervise_begin(void)
{
    service_home.port = vmm_slot_alloc();
    service_home.note = vmm_slot_alloc();
    service_home.ready_us = START_US;
    service_home.generation = 1;
    if (!service_home.port || !service_home.note) {
        return WEIR_E_MEMORY;
    }
    if (vmm_create_note(service_home.note) != WEIR_OK) {
        return WEIR_E_MEMORY;
    }
    return vmm_create_port(service_home.port, DEADLINE_US, 0);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

/* For on.service_failed. policy is told, not asked: whatever its function does, nobody waits for it. */
static void tell_policy(const struct service *s, const char *why, uint64_t rip)
{
    const struct thing_memory *m = things_memory("policy.events");
    struct policy_events *events = m ? m->va : NULL;
    struct policy_failure f = { .rip = rip, .restarts = s->failures, .down = s->state == SERVICE_DOWN };

    if (!events) {
        return;
    }
    (void)snprintf(f.service, sizeof(f.service), "%s", s->spec->name);
    (void)snprintf(f.reason, sizeof(f.reason), "%s", why);
    events->failure[told % POLICY_FAILURES] = f;
    __atomic_store_n(&events->told, ++told, __ATOMIC_RELEASE); /* pairs with policy's acquire */
    if (services[SERVICE_POLICY].note) {
        (void)!vmm_signal(services[SERVICE_POLICY].note, 1);
    }
}

static void give_up(struct service *s)
{
    say("service %s failed too often and stays down", s->spec->name);
    service_retire(s);
    guest_without((enum service_id)(s - services));
}

/* What became of an instance is known and said; now: again, later, or never. */
static void failed(struct service *s, const char *why, uint64_t rip)
{
    service_stop(s);
    if (s == &services[SERVICE_CANDIDATE]) {
        reload_failed(why);
        return;
    }
    s->failures++;
    if (!guest_runs) {
        refuse("service %s does not start", s->spec->name);
    }
    if (limit_failure(&s->history, &s->rule, vmm_now(), vmm_start()->tsc_hz, &s->due)) {
        s->state = SERVICE_WAITING;
    } else {
        give_up(s);
    }
    tell_policy(s, why, rip);
}

static void stopped(struct service *s)
{
    struct weir_failure f;
    char why[REASON];

    if (!s->domain) {
        return; /* the bit was older than the end that init itself made of it */
    }
    if (vmm_trace(WEIR_TRACE_FAILURE, s->domain).status != WEIR_OK) {
        return;
    }
    memcpy(&f, vmm_transfer(), sizeof(f));
    if (f.kind == WEIR_FAIL_NONE) {
        return; /* the bit belonged to the instance before this one */
    }
    s->last = f;
    report_failure(&f, why, sizeof(why));
    say("service %s stopped: %s", s->spec->name, why);
    why[strcspn(why, ",")] = '\0'; /* the addresses are for people */
    failed(s, why, f.rip);
}

static void restart(struct service *s)
{
    enum weir_status status = service_start(s);

    if (status != WEIR_OK) {
        say("service %s can't be started: %s", s->spec->name, vmm_status_name(status));
        failed(s, "can't be started", 0);
    }
}

static void due(struct service *s)
{
    if (s->state == SERVICE_WAITING) {
        restart(s);
    } else {
        say("service %s stopped: was not ready in time", s->spec->name);
        failed(s, "was not ready in time", 0);
    }
}

enum weir_status supervise_restart(struct service *s)
{
    if (s->state == SERVICE_IDLE || s->state == SERVICE_DOWN) {
        return WEIR_E_STATE;
    }
    if (s->state != SERVICE_WAITING) {
        s->asked++;
        service_stop(s);
        say("service %s is started anew, as weirctl asked", s->spec->name);
    }
    restart(s);
    return s->state == SERVICE_STARTING ? WEIR_OK : WEIR_E_MEMORY;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void ready(struct service *s)
{
    if (s->state != SERVICE_STARTING) {
        return;
    }
    if (s == &services[SERVICE_CANDIDATE]) {
        reload_ready();
        return;
    }
    s->state = SERVICE_RUNNING;
    if (guest_runs) {
        say("service %s runs again (start %u)", s->spec->name, s->instance);
    }
}

static void cannot(struct service *s, const char *text, size_t bytes)
{
    if (s->state != SERVICE_STARTING) {
        return;
    }
    if (!guest_runs) {
        refuse("%.*s", (int)bytes, text);
    }
    char why[REASON];

    (void)snprintf(why, sizeof(why), "%.*s", (int)bytes, text);
    say("service %s stopped: %s", s->spec->name, why);
    failed(s, why, 0);
}

/* The reply, in the same message, goes out with the next wait. */
static void answer_call(struct weir_msg *msg)
{
    uint16_t badge = msg->vcpu, bytes = msg->size;

    if (badge < SERVICE_SLOTS && bytes <= WEIR_TRANSFER_BYTES) {
        if (msg->addr == WEIR_INIT_READY) {
            ready(&services[badge]);
        } else if (msg->addr == WEIR_INIT_FAILED) {
            char text[REASON];
            size_t n = bytes < sizeof(text) ? bytes : sizeof(text);

            memcpy(text, vmm_transfer(), n); /* say() uses the transfer page */
            cannot(&services[badge], text, n);
        }
    }
    memset(msg, 0, sizeof(*msg));
}

static void answer(struct weir_msg *msg)
{
    switch (msg->kind) {
    case WEIR_MSG_CALL:
        answer_call(msg);
        break;
    case WEIR_MSG_NOTE: {
        uint64_t bits = msg->data;

        for (unsigned i = 0; i < SERVICE_SLOTS; i++) {
            bool was_candidate = i == SERVICE_POLICY && bits >> SERVICE_CANDIDATE & 1; /* when the domain was made */

            if (bits >> i & 1 || was_candidate) {
                stopped(&services[i]);
            }
        }
        if (bits & CONTROL_ASKED) {
            ask_answer();
        }
        break;
    }
    case WEIR_MSG_HOOK:
        if (msg->addr == WEIR_HOOK_BOOT_FAILED) {
            refuse("%s", guest_boot_failure((uint8_t)msg->data));
        }
        msg->kind = WEIR_V_DONE;
        break;
    default: /* an access that no device is bound for: as if there were no Weir */
        msg->kind = WEIR_V_PASS;
    }
}

static uint64_t next_due(void)
{
    uint64_t next = 0;

    for (unsigned i = 0; i < SERVICE_SLOTS; i++) {
        const struct service *s = &services[i];

        if ((s->state == SERVICE_STARTING || s->state == SERVICE_WAITING) && (!next || s->due < next)) {
            next = s->due;
        }
    }
    return next;
}

static void one_event(void)
{
    enum weir_status status = vmm_reply_wait(service_home.port, 0, service_home.note, next_due());

    if (status == WEIR_OK) {
        answer(vmm_message());
        return;
    }
    if (status != WEIR_E_TIMEOUT) {
        stop_machine("init can't wait: %s", vmm_status_name(status));
    }
    for (unsigned i = 0; i < SERVICE_SLOTS; i++) {
        struct service *s = &services[i];

        if ((s->state == SERVICE_STARTING || s->state == SERVICE_WAITING) && s->due <= vmm_now()) {
            due(s);
        }
    }
}

void supervise_start(struct service *s)
{
    enum weir_status status = service_start(s);

    if (status != WEIR_OK) {
        refuse("service %s can't be started: %s", s->spec->name, vmm_status_name(status));
    }
    while (s->state == SERVICE_STARTING) {
        one_event();
    }
}

bool supervise_again(struct service *s)
{
    if (s->state == SERVICE_DOWN) {
        return false;
    }
    service_stop(s);
    if (service_start(s) != WEIR_OK) {
        s->state = SERVICE_WAITING; /* without memory now; it is tried again */
        s->due = vmm_deadline(START_US);
        return false;
    }
    while (s->state == SERVICE_STARTING) {
        one_event();
    }
    return s->state == SERVICE_RUNNING;
}

void supervise_forever(void)
{
    guest_runs = true;
    service_home.ready_us = RESTART_US;
    for (;;) {
        one_event();
    }
}
