/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"
#include <string.h>

/* A write that changes nothing and says nothing. DENY would do for ports and memory, but is #GP for an MSR. */
static enum weir_verdict swallow(const struct policy_rule *rule)
{
    return rule->flags & POLICY_F_WRITE_FAULT ? WEIR_V_FAULT : WEIR_V_DONE;
}

static uint64_t mask(unsigned size)
{
    return size < 8 ? (1ull << 8 * size) - 1 : ~0ull;
}

/* What asking needs, and what it must put back. */
struct asking {
    const struct policy_tables *tables;
    struct watch_rule rule;
    watch_ask *ask;
    void *context;
};

/* One access of msg->size bytes with this value; *value gets the callback's if it gave one. */
static enum policy_action ask_one(const struct asking *a, const struct weir_msg *msg, bool known, uint64_t *value)
{
    struct policy_request request = {
        .kind = a->rule.kind, .callback = a->rule.rule->callback, .generation = a->tables->generation
    };
    struct policy_result result;

    request.event = (struct policy_event){
        .address = msg->addr,
        .value = known ? *value & mask(msg->size) : 0,
        .rip = msg->rip,
        .size = msg->size,
        .flags = (msg->flags & WEIR_F_WRITE ? POLICY_E_WRITE : 0u) | (known ? POLICY_E_VALUE : 0u),
    };
    a->ask(a->context, &request, &result);
    if (result.action == POLICY_VALUE) {
        *value = result.value & mask(msg->size);
    }
    return result.action;
}

static enum weir_verdict verdict_of(enum policy_action action, bool write)
{
    switch (action) {
    case POLICY_PASS:
        return WEIR_V_PASS;
    case POLICY_VALUE:
        return write ? WEIR_V_REPLACE : WEIR_V_DONE;
    default:
        return WEIR_V_DENY;
    }
}

/*
 * INS whose elements the hardware gave already: the callback sees each, and all are answered at once. The elements are
 * worked on in a copy, because asking uses the transfer page.
 */
static enum weir_verdict call_elements(const struct asking *a, struct weir_msg *msg, uint8_t *elements)
{
    uint8_t copy[WEIR_TRANSFER_BYTES];
    uint32_t count = msg->count <= sizeof(copy) / msg->size ? msg->count : (uint32_t)(sizeof(copy) / msg->size);

    memcpy(copy, elements, (size_t)count * msg->size);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value = 0;
        enum policy_action action;

        memcpy(&value, copy + i * msg->size, msg->size);
        action = ask_one(a, msg, true, &value);
        if (action == POLICY_DENY) {
            value = ~0ull;
        }
        memcpy(copy + i * msg->size, &value, msg->size);
    }
    memcpy(elements, copy, (size_t)count * msg->size);
    msg->count = count;
    return WEIR_V_DONE;
}

static enum weir_verdict call(const struct asking *a, struct weir_msg *msg, uint8_t *elements)
{
    bool write = msg->flags & WEIR_F_WRITE, data = msg->flags & WEIR_F_DATA;
    enum policy_action action;

    if (!msg->size || msg->size > sizeof(msg->data)) {
        return WEIR_V_DENY; /* the kernel sends no such access */
    }
    if (!(msg->flags & WEIR_F_REP)) {
        return verdict_of(ask_one(a, msg, write || data, &msg->data), write);
    }
    if (data) {
        return call_elements(a, msg, elements);
    }
    /* Each element may have a verdict of its own: one now, the guest's instruction then goes on with the rest. */
    msg->count = 1;
    msg->data = 0;
    memcpy(&msg->data, elements, msg->size);
    action = ask_one(a, msg, write, &msg->data);
    memcpy(elements, &msg->data, msg->size);
    return verdict_of(action, write);
}

static enum weir_verdict answer_value(uint64_t value, struct weir_msg *msg, void *elements)
{
    msg->data = value & mask(msg->size);
    if (msg->flags & WEIR_F_REP && msg->size <= sizeof(msg->data)) {
        for (uint32_t i = 0; i < msg->count && (i + 1u) * msg->size <= WEIR_TRANSFER_BYTES; i++) {
            memcpy((uint8_t *)elements + i * msg->size, &msg->data, msg->size);
        }
    }
    return WEIR_V_DONE;
}

enum weir_verdict watch_decide(const struct policy_tables *t, struct watch_rule rule, struct weir_msg *msg,
                               void *elements, watch_ask *ask, void *context)
{
    bool write = msg->flags & WEIR_F_WRITE;

    switch (rule.rule->action) {
    case POLICY_PASS:
        return WEIR_V_PASS;
    case POLICY_READ_ONLY:
        return write ? swallow(rule.rule) : WEIR_V_PASS;
    case POLICY_VALUE: /* MSRs only */
        return write ? swallow(rule.rule) : answer_value(t->msr[rule.index].value, msg, elements);
    case POLICY_CALL:
        return call(&(struct asking){ t, rule, ask, context }, msg, elements);
    default:
        return WEIR_V_DENY;
    }
}
