/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy service: the only place where Lua runs. Evaluates the policy's text once, publishes
 * its tables and then runs callbacks that watch asks for. It holds no right but to its own memory.
 */
#include <string.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>

#include "../common/ready.h"
#include "policy.h"

static _Alignas(16) uint8_t memory[POLICY_MEMORY];
static struct policy_tables tables;
static struct policy_events *events; /* init's, which it shares */
static uint32_t generation;          /* of the text: every instance that gets it has the same */

static void log_line(void *context, const char *line)
{
    (void)context;
    vmm_log_bytes(line, strlen(line));
    vmm_log_bytes("\n", 1);
}

/* The name for messages: "policy=NAME" on Weir's command line, else the module's. */
static const char *policy_name(void)
{
    static const char word[] = "policy=";
    static char name[sizeof(vmm_start()->cmdline)];
    const char *at = vmm_start()->cmdline;

    while (*at) {
        size_t bytes = strcspn(at, " ");

        if (bytes > strlen(word) && strncmp(at, word, strlen(word)) == 0) {
            memcpy(name, at + strlen(word), bytes - strlen(word));
            return name;
        }
        at += bytes;
        at += strspn(at, " ");
    }
    return "policy.lua";
}

/* watch asks about one access. A request that is none gets no answer in it, which watch notices. */
static void call(void *context, struct weir_msg *msg)
{
    struct policy_request request;
    struct policy_result result = {.action = POLICY_DENY, .failed = 1};

    if (msg->size != sizeof(request)) {
        msg->size = 0;
        return;
    }
    memcpy(&request, vmm_transfer(), sizeof(request));
    if (request.generation == generation && request.kind < POLICY_KINDS)
        policy_call(context, (enum policy_kind)request.kind, request.callback, &request.event,
                    &result);
    memcpy(vmm_transfer(), &result, sizeof(result));
    msg->size = sizeof(result);
}

/* Failures of services that init told about. Counted before they are handled: an instance that dies of one is not asked
 * again. */
static void failures(void *context, uint64_t bits)
{
    uint64_t told = __atomic_load_n(&events->told, __ATOMIC_ACQUIRE); /* pairs with init's release */

    (void)bits;
    if (told - events->done > POLICY_FAILURES)
        events->done = told - POLICY_FAILURES; /* the older ones are overwritten */
    while (events->done != told) {
        struct policy_failure failure = events->failure[events->done % POLICY_FAILURES];

        events->done++;
        policy_service_failed(context, &failure);
    }
}

static struct policy *evaluate(const struct weir_start_region *text, struct policy_error *error)
{
    struct policy *p = policy_create(memory, sizeof(memory), log_line, NULL);

    if (!p)
        vmm_fatal("the arena is too small");
    if (policy_load(p, policy_name(), (const char *)text->va, text->bytes, &tables, error) !=
        WEIR_OK)
        return NULL;
    tables.generation = generation;
    return p;
}

int main(void)
{
    const struct weir_start_region *text = vmm_region("policy.lua"), *out = vmm_region("tables"),
                                   *shared = vmm_region("events");
    struct vmm_service service = {.port = WEIR_SLOT_PORT, .call = call};
    struct policy_error error;

    if (!text || !out || out->bytes < sizeof(tables))
        vmm_fatal("no text, or no room for the tables");
    generation = vmm_start()->generation;
    if (shared && shared->bytes >= sizeof(*events)) {
        events = (struct policy_events *)shared->va;
        service.note = WEIR_SLOT_NOTE;
        service.bits = failures;
    }
    service.context = evaluate(text, &error);
    if (!service.context)
        return service_failed(error.text) == WEIR_OK ? 0 : 1;
    memcpy((void *)out->va, &tables, sizeof(tables));
    if (service_ready() != WEIR_OK)
        return 1;
    return (int)vmm_serve(&service);
}
