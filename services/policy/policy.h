/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy library: text of a policy in, tables and callbacks out. The same sources make the
 * policy service and weir-check on a host. It has no memory but what its user gives it, no files,
 * no clock and no threads; one struct policy is used by one thread at a time. The same text gives
 * the same tables, byte for byte.
 */
#ifndef POLICY_H
#define POLICY_H

#include <weir/policy.h>

/* What policy_create needs at least, and what the service and weir-check give it. */
#define POLICY_MEMORY_MIN (512u << 10)
#define POLICY_MEMORY (2u << 20)

/* Bytes of stack below policy_load and policy_call: Lua nests at most 200 C calls. */
#define POLICY_STACK (256u << 10)

#define POLICY_TEXT_MAX (256u << 10)

struct policy;

struct policy_error {
    uint32_t line;  /* 1 where the policy has no line to blame */
    char text[512]; /* "name:line: reason", printable, one line */
};

/*
 * Where print() of a policy and errors of its callbacks go: one printable line, no newline at its
 * end, at most 1,023 bytes. May be called during policy_load and policy_call only.
 */
typedef void policy_sink(void *context, const char *line);

/*
 * Makes a policy without content in `memory` (16-byte aligned), which belongs to it until the
 * caller drops both: there is nothing to destroy. NULL if `bytes` is below POLICY_MEMORY_MIN. sink
 * may be NULL.
 */
must_check struct policy *policy_create(void *memory, size_t bytes, policy_sink *sink,
                                        void *context);

/*
 * Evaluates text once. `name` stands in messages and, without its folder, in the tables. On WEIR_OK
 * *out holds valid tables (generation 0) and the callbacks can be called. On WEIR_E_ARG *error says
 * why, *out is as it was, and p can only be dropped. A second load of the same p is refused with
 * WEIR_E_STATE.
 */
must_check enum weir_status policy_load(struct policy *p, const char *name, const char *text,
                                        size_t bytes, struct policy_tables *out,
                                        struct policy_error *error);

/*
 * Runs callback `id` of the kind for one access and says what to do. Never fails: a callback that
 * has an error, breaks a limit, answers nonsense or does not exist gives the rule's on_error (DENY
 * unless the policy says otherwise), with result->failed set and a line for the sink (the 1st, 2nd,
 * 4th, 8th ... failure of each callback).
 */
void policy_call(struct policy *p, enum policy_kind kind, uint32_t id,
                 const struct policy_event *event, struct policy_result *result);

/* Runs the policy's on.service_failed, if it has one; what it returns means nothing. */
void policy_service_failed(struct policy *p, const struct policy_failure *failure);

/* Prints valid tables, a line at a time, as `weir-check --tables` shows them. */
void policy_print(const struct policy_tables *t, policy_sink *sink, void *context);

#endif
