/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch: the accesses that the policy passes, denies, changes, logs or wants a Lua callback for. This is the example of
 * doc/services.md: everything a device service needs, and nothing else. It touches no FPU or SSE register, so that the
 * kernel need not switch the guest's.
 */
#include "../common/ready.h"
#include "decide.h"
#include "rate.h"
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/time.h>

static const struct policy_tables *tables; /* init's copy: validated, and nobody can write to it */
static uint64_t policy, second;

/* Each rule has its own limit of lines, so that one that is flooded can't hide another's. */
static struct rate io_rates[POLICY_MAX_IO], mmio_rates[POLICY_MAX_MMIO], msr_rates[POLICY_MAX_MSR];
static struct rate *const rates[POLICY_KINDS] = { io_rates, mmio_rates, msr_rates };

static bool result_is_sound(const struct weir_msg *reply, const struct policy_result *r)
{
    return reply->size == sizeof(*r) &&
           (r->action == POLICY_PASS || r->action == POLICY_DENY || r->action == POLICY_VALUE);
}

/*
 * Asks policy. If policy dies meanwhile the call waits for its next instance; if policy is down for good, the rule's
 * on_error decides. The request that this thread holds stands in the same message page, so it is kept aside.
 */
static void ask(void *context, const struct policy_request *request, struct policy_result *result)
{
    bool *error_pass = context;
    struct weir_msg *msg = vmm_message(), kept = *msg;
    enum weir_status status;

    *msg = (struct weir_msg){ .kind = WEIR_MSG_CALL, .size = sizeof(*request) };
    memcpy(vmm_transfer(), request, sizeof(*request));
    status = vmm_call(policy);
    memcpy(result, vmm_transfer(), sizeof(*result));
    if (status != WEIR_OK || !result_is_sound(msg, result)) {
        *result = (struct policy_result){ .action = *error_pass ? POLICY_PASS : POLICY_DENY, .failed = 1 };
    }
    *msg = kept;
}

static void write_line(struct watch_rule rule, const struct weir_msg *msg, bool value, enum weir_verdict v)
{
    static const char *const kinds[POLICY_KINDS] = { "io", "mmio", "msr" };
    static const char *const verdicts[WEIR_VERDICTS] = { "answered", "passed", "denied", "replaced", "faulted" };
    const char *direction = msg->flags & WEIR_F_WRITE ? "write" : "read";

    if (msg->flags & WEIR_F_REP) {
        vmm_log("%s %s 0x%llx size %u count %u rip 0x%llx %s (line %u)", kinds[rule.kind], direction,
                (unsigned long long)msg->addr, msg->size, msg->count, (unsigned long long)msg->rip, verdicts[v],
                rule.rule->line);
    } else if (value) {
        vmm_log("%s %s 0x%llx size %u value 0x%llx rip 0x%llx %s (line %u)", kinds[rule.kind], direction,
                (unsigned long long)msg->addr, msg->size, (unsigned long long)msg->data,
                (unsigned long long)msg->rip, verdicts[v], rule.rule->line);
    } else {
        vmm_log("%s %s 0x%llx size %u rip 0x%llx %s (line %u)", kinds[rule.kind], direction,
                (unsigned long long)msg->addr, msg->size, (unsigned long long)msg->rip, verdicts[v], rule.rule->line);
    }
}

static void log_access(struct watch_rule rule, const struct weir_msg *msg, enum weir_verdict verdict)
{
    uint32_t hidden;
    bool allowed = rate_allows(&rates[rule.kind][rule.index], rule.rule->limit, vmm_now(), second, &hidden);

    if (hidden) {
        vmm_log("%u more accesses not shown (line %u)", hidden, rule.rule->line);
    }
    if (allowed) {
        write_line(rule, msg, msg->flags & (WEIR_F_WRITE | WEIR_F_DATA) || verdict == WEIR_V_DONE, verdict);
    }
}

/* All but what passes; apart from access(), which then needs no stack. */
static __attribute__((noinline)) enum weir_verdict decide(struct watch_rule rule, struct weir_msg *msg)
{
    bool error_pass = rule.rule->flags & POLICY_F_ERROR_PASS;

    return watch_decide(tables, rule, msg, vmm_transfer(), ask, &error_pass);
}

static enum weir_verdict access(void *context, struct weir_msg *msg)
{
    struct watch_rule rule = watch_find(tables, msg);
    enum weir_verdict verdict = WEIR_V_PASS;

    (void)context;
    if (!rule.rule) {
        return WEIR_V_PASS; /* init and pci bind rules that exist; whatever this is, it is not the policy's */
    }
    if (rule.rule->action != POLICY_PASS) {
        verdict = decide(rule, msg);
    }
    if (rule.rule->flags & POLICY_F_LOG) {
        log_access(rule, msg, verdict);
    }
    return verdict;
}

int main(void)
{
    const struct weir_start_region *region = vmm_region("tables");
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .io = access, .mmio = access, .msr = access };

    if (!region) {
        vmm_fatal("no tables");
    }
    tables = (const struct policy_tables *)region->va;
    policy = vmm_capability("policy", WEIR_PORT);
    second = vmm_start()->tsc_hz;
    if (service_ready() != WEIR_OK) {
        return 1;
    }
    return (int)vmm_serve(&service);
}
