/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"
#include "../common/sha256.h"
#include "reload.h"
#include "service.h"
#include "supervise.h"
#include "things.h"
#include <stdio.h>
#include <string.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>

_Static_assert((int)SERVICE_STARTING == CONTROL_S_STARTING && (int)SERVICE_RUNNING == CONTROL_S_RUNS &&
                   (int)SERVICE_WAITING == CONTROL_S_WAITS && (int)SERVICE_DOWN == CONTROL_S_DOWN,
               "what is published");
_Static_assert(SERVICES <= CONTROL_SERVICES, "every service is published");

static struct control_status *status;
static const volatile struct control_request *request;

void ask_policy_changed(void)
{
    const struct thing_memory *text = things_memory("policy.lua");

    sha256(text->va, text->bytes, status->policy_hash);
}

static void publish_service(struct control_service *out, const struct service *s)
{
    struct weir_account a = { 0 };

    if (s->domain && vmm_trace(WEIR_TRACE_ACCOUNT, s->domain).status == WEIR_OK) {
        memcpy(&a, vmm_transfer(), sizeof(a));
    }
    (void)snprintf(out->name, sizeof(out->name), "%s", s->spec->name);
    out->state = s->state;
    out->starts = s->instance;
    out->failures = s->failures;
    out->asked = s->asked;
    out->pages = a.pages;
    out->pages_limit = a.pages_limit;
    out->capabilities = a.capabilities;
    out->ticks = s->ticks + a.ticks;
    out->failure = s->last;
}

static void publish(void)
{
    const struct thing_memory *storage = things_memory("storage.state");

    if (vmm_trace(WEIR_TRACE_ACCOUNT, 0).status == WEIR_OK) {
        memcpy(&status->account, vmm_transfer(), sizeof(status->account));
    }
    if (storage) {
        memcpy(&status->storage, storage->va, sizeof(status->storage));
    }
    status->nservices = SERVICES;
    for (unsigned i = 0; i < SERVICES; i++) {
        publish_service(&status->service[i], &services[i]);
    }
}

enum weir_status ask_begin(void)
{
    const struct thing_memory *s = things_make_memory("control.status", sizeof(*status));
    const struct thing_memory *a = things_make_memory("control.ask", sizeof(*request));

    if (!s || !a || !things_make_memory("control.text", CONTROL_TEXT)) {
        return WEIR_E_MEMORY;
    }
    status = s->va;
    request = a->va;
    status->started = vmm_now();
    ask_policy_changed();
    publish();
    return WEIR_OK;
}

static enum weir_status restart(uint32_t id)
{
    enum weir_status result = id < SERVICES ? supervise_restart(&services[id]) : WEIR_E_RANGE;
    const char *why = result == WEIR_E_RANGE                  ? "there is no such service"
                      : services[id].state == SERVICE_DOWN    ? "failed too often and is down for good"
                      : services[id].state == SERVICE_WAITING ? "can't be started now; the log says why"
                                                              : "is not needed by this policy and does not run";

    if (result != WEIR_OK) {
        (void)snprintf(status->reason, sizeof(status->reason), "%s%s%s", id < SERVICES ? services[id].spec->name : "",
                       id < SERVICES ? " " : "", why);
    }
    return result;
}

static uint64_t seq;       /* of the request that is being worked on */
static uint64_t reloading; /* of the last one for another policy */

static void ask_finish(enum weir_status result, const char *reason)
{
    publish();
    status->result = result;
    if (reason != status->reason) {
        (void)snprintf(status->reason, sizeof(status->reason), "%s", reason);
    }
    __atomic_store_n(&status->answered, seq, __ATOMIC_RELEASE); /* pairs with control's acquire */
    if (services[SERVICE_CONTROL].note) {
        (void)!vmm_signal(services[SERVICE_CONTROL].note, CONTROL_ANSWERED);
    }
}

void ask_reloaded(enum weir_status result, const char *reason)
{
    if (seq == reloading) {
        ask_finish(result, reason);
    } else {
        publish();
    }
}

/* The text may change under init until it has its own copy. true: an answer comes later. */
static bool reload(uint32_t bytes, const char *name, const char **reason)
{
    const struct thing_memory *text = things_memory("control.text");

    *reason = "the text is too long";
    return bytes <= text->bytes && reload_start(text->va, bytes, name, reason) == WEIR_OK;
}

void ask_answer(void)
{
    enum weir_status result = WEIR_OK;
    char name[sizeof(request->name)];
    const char *reason = "";
    uint64_t asked;

    if (!status) {
        return;
    }
    asked = __atomic_load_n(&request->seq, __ATOMIC_ACQUIRE); /* pairs with control's release */
    if (asked == seq) {
        return;
    }
    seq = asked;
    status->reason[0] = '\0';
    switch (request->ask) {
    case CONTROL_RESTART:
        result = restart(request->service);
        reason = status->reason;
        break;
    case CONTROL_RELOAD:
        for (size_t i = 0; i < sizeof(name); i++) {
            name[i] = request->name[i];
        }
        name[sizeof(name) - 1] = '\0';
        if (reload(request->bytes, name, &reason)) {
            reloading = seq;
            return;
        }
        result = WEIR_E_BUSY;
        break;
    case CONTROL_STATUS:
        break;
    default:
        result = WEIR_E_CALL;
    }
    ask_finish(result, reason);
}
