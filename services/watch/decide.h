/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of one access of the guest: the policy's rule for it, carried out. Pure; tested on the host. */
#ifndef WATCH_DECIDE_H
#define WATCH_DECIDE_H

#include <weir/message.h>
#include <weir/policy.h>
#include <weir/service.h>

/* A rule of any of the tables. */
struct watch_rule {
    const struct policy_rule *rule; /* NULL: there is none */
    enum policy_kind kind;          /* of the table it stands in */
    uint32_t index;                 /* in that table */
};

/* Asks the policy service about one access. */
typedef void watch_ask(void *context, const struct policy_request *request, struct policy_result *result);

/* The rule that msg->aux stands for (WEIR_COOKIE_BAR, weir/service.h). Returned in registers: every access comes here. */
static inline struct watch_rule watch_find(const struct policy_tables *t, const struct weir_msg *msg)
{
    uint32_t i = (uint32_t)msg->aux;

    if (msg->kind == WEIR_MSG_IO && msg->aux < t->nio) {
        return (struct watch_rule){ POLICY_RULE(&t->io[i]), POLICY_KIND_IO, i };
    }
    if (msg->kind == WEIR_MSG_MSR && msg->aux < t->nmsr) {
        return (struct watch_rule){ POLICY_RULE(&t->msr[i]), POLICY_KIND_MSR, i };
    }
    /* A BAR of ports has its rule among those for memory, too. */
    if ((msg->aux & WEIR_COOKIE_BAR || msg->kind == WEIR_MSG_MMIO) && (msg->aux & ~WEIR_COOKIE_BAR) < t->nmmio) {
        return (struct watch_rule){ POLICY_RULE(&t->mmio[i]), POLICY_KIND_MMIO, i };
    }
    return (struct watch_rule){ NULL, POLICY_KIND_IO, 0 };
}

/*
 * Decides and leaves the value of an answered read, or the value to be written instead, in msg->data, for string I/O in
 * `elements` (the transfer page). msg->count may come back smaller: then only so many elements are decided.
 */
enum weir_verdict watch_decide(const struct policy_tables *t, struct watch_rule rule, struct weir_msg *msg,
                               void *elements, watch_ask *ask, void *context);

#endif
