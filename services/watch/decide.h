/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of one access of the guest: the policy's rule for it, carried out. Pure; tested on the host. */
#ifndef WATCH_DECIDE_H
#define WATCH_DECIDE_H

#include <weir/message.h>
#include <weir/policy.h>

/* A rule of any of the tables. */
struct watch_rule {
    enum policy_kind kind; /* of the table it stands in */
    enum policy_action action;
    unsigned flags; /* enum policy_flag */
    uint16_t callback;
    uint32_t line;
    uint64_t value;
    uint32_t index; /* in its table */
    uint32_t limit; /* of its log lines in a second, 0: none */
};

/* Asks the policy service about one access. */
typedef void watch_ask(void *context, const struct policy_request *request, struct policy_result *result);

/* Finds the rule that msg->aux stands for (WEIR_COOKIE_BAR, weir/service.h); false: there is none. */
bool watch_find(const struct policy_tables *t, const struct weir_msg *msg, struct watch_rule *rule);

/*
 * Decides and leaves the value of an answered read, or the value to be written instead, in msg->data, for string I/O in
 * `elements` (the transfer page). msg->count may come back smaller: then only so many elements are decided.
 */
enum weir_verdict watch_decide(const struct policy_tables *t, const struct watch_rule *rule, struct weir_msg *msg,
                               void *elements, watch_ask *ask, void *context);

#endif
