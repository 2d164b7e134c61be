/* SPDX-License-Identifier: BSD-2-Clause */
/* What watch does with an access. */
#include "check.h"
#include "decide.h"
#include <stdlib.h>
#include <weir/service.h>

static struct policy_tables *t;
static uint8_t *page; /* of its own, so that the sanitizer sees its end */

/* A policy service that says what it is told to say and keeps what it was asked. */
static struct {
    struct policy_request asked[WEIR_TRANSFER_BYTES];
    struct policy_result answers[WEIR_TRANSFER_BYTES];
    unsigned n;
} policy;

static void ask(void *context, const struct policy_request *request, struct policy_result *result)
{
    CHECK(context == &policy, 1);
    policy.asked[policy.n] = *request;
    *result = policy.answers[policy.n++];
    memset(page, 0xee, WEIR_TRANSFER_BYTES); /* the real one uses the transfer page */
}

static void begin(void)
{
    memset(t, 0, sizeof(*t));
    memset(&policy, 0, sizeof(policy));
    memset(page, 0, WEIR_TRANSFER_BYTES);
    t->generation = 5;
}

static enum weir_verdict run(struct weir_msg *msg)
{
    struct watch_rule rule = watch_find(t, msg);

    CHECK(rule.rule != NULL, 1);
    return watch_decide(t, rule, msg, page, ask, &policy);
}

static void the_cookie_names_the_rule(void)
{
    struct weir_msg m = { .kind = WEIR_MSG_IO, .aux = 1 };
    struct watch_rule r;

    begin();
    t->nio = 2;
    t->io[1] = (struct policy_io){ .action = POLICY_CALL, .callback = 9, .line = 12, .limit = 3 };
    t->nmmio = 1;
    t->mmio[0] = (struct policy_mmio){ .action = POLICY_DENY, .line = 13, .limit = 4 };
    t->nmsr = 1;
    t->msr[0] = (struct policy_msr){ .action = POLICY_VALUE, .value = 77, .line = 14, .limit = 5 };
    r = watch_find(t, &m);
    CHECK(r.rule != NULL, 1);
    CHECK(r.rule->line, 12);
    CHECK(r.rule->callback, 9);
    CHECK(r.rule->limit, 3);
    m.aux = 2;
    CHECK(watch_find(t, &m).rule == NULL, 1);
    m.aux = WEIR_COOKIE_BAR;
    r = watch_find(t, &m);
    CHECK(r.rule != NULL, 1); /* a BAR of ports: the rule stands in mmio all the same */
    CHECK(r.rule->line, 13);
    CHECK(r.kind, POLICY_KIND_MMIO);
    CHECK(r.rule->limit, 4);
    m.aux = WEIR_COOKIE_BAR | 1;
    CHECK(watch_find(t, &m).rule == NULL, 1);
    m.aux = ~0ull;
    CHECK(watch_find(t, &m).rule == NULL, 1);
    m.kind = WEIR_MSG_MSR;
    m.aux = 0;
    r = watch_find(t, &m);
    CHECK(r.rule != NULL, 1);
    CHECK(t->msr[r.index].value, 77);
    CHECK(r.rule->limit, 5);
    m.kind = WEIR_MSG_CALL;
    CHECK(watch_find(t, &m).rule == NULL, 1);
}

static void rules_without_a_callback(void)
{
    static const struct {
        uint8_t action, flags;
        enum weir_verdict read, write;
    } cases[] = {
        { POLICY_PASS, 0, WEIR_V_PASS, WEIR_V_PASS },
        { POLICY_DENY, 0, WEIR_V_DENY, WEIR_V_DENY },
        { POLICY_READ_ONLY, 0, WEIR_V_PASS, WEIR_V_DONE },
        { POLICY_READ_ONLY, POLICY_F_WRITE_FAULT, WEIR_V_PASS, WEIR_V_FAULT },
        { POLICY_VALUE, 0, WEIR_V_DONE, WEIR_V_DONE },
        { POLICY_VALUE, POLICY_F_WRITE_FAULT, WEIR_V_DONE, WEIR_V_FAULT },
        { 99, 0, WEIR_V_DENY, WEIR_V_DENY },
    };

    begin();
    t->nmsr = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_msg r = { .kind = WEIR_MSG_MSR, .size = 8 }, w = r;

        t->msr[0] = (struct policy_msr){ .action = cases[i].action, .flags = cases[i].flags, .value = 0x123456789a };
        w.flags = WEIR_F_WRITE;
        CHECK(run(&r), cases[i].read);
        CHECK(run(&w), cases[i].write);
        CHECK(r.data, cases[i].action == POLICY_VALUE ? 0x123456789a : 0);
    }
    CHECK(policy.n, 0);
}

static void a_callback_decides(void)
{
    static const struct {
        uint32_t action;
        uint16_t flags;
        enum weir_verdict verdict;
        uint64_t data;
    } cases[] = {
        { POLICY_PASS, 0, WEIR_V_PASS, 0x12345678 },
        { POLICY_PASS, WEIR_F_WRITE, WEIR_V_PASS, 0x12345678 },
        { POLICY_DENY, 0, WEIR_V_DENY, 0x12345678 },
        { POLICY_VALUE, 0, WEIR_V_DONE, 0xbeef },
        { POLICY_VALUE, WEIR_F_WRITE, WEIR_V_REPLACE, 0xbeef },
        { POLICY_HIDE, 0, WEIR_V_DENY, 0x12345678 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_msg m = { .kind = WEIR_MSG_IO, .size = 2, .flags = cases[i].flags, .addr = 0x60,
                              .data = 0x12345678, .rip = 0xabc };
        const struct policy_request *q = &policy.asked[0];

        begin();
        t->nio = 1;
        t->io[0] = (struct policy_io){ .action = POLICY_CALL, .callback = 3 };
        policy.answers[0] = (struct policy_result){ .action = cases[i].action, .value = 0xdeadbeef };
        CHECK(run(&m), cases[i].verdict);
        CHECK(m.data, cases[i].data);
        CHECK(policy.n, 1);
        CHECK(q->kind, POLICY_KIND_IO);
        CHECK(q->callback, 3);
        CHECK(q->generation, 5);
        CHECK(q->event.address, 0x60);
        CHECK(q->event.rip, 0xabc);
        CHECK(q->event.size, 2);
        CHECK(q->event.flags, cases[i].flags ? POLICY_E_WRITE | POLICY_E_VALUE : 0);
        CHECK(q->event.value, cases[i].flags ? 0x5678 : 0); /* only what was written, nothing of a read */
    }
}

static void a_read_that_was_done_shows_its_value(void)
{
    struct weir_msg m = { .kind = WEIR_MSG_IO, .size = 1, .flags = WEIR_F_DATA, .data = 0x1c };

    begin();
    t->nio = 1;
    t->io[0] = (struct policy_io){ .action = POLICY_CALL };
    policy.answers[0].action = POLICY_PASS;
    CHECK(run(&m), WEIR_V_PASS);
    CHECK(m.data, 0x1c);
    CHECK(policy.asked[0].event.flags, POLICY_E_VALUE);
    CHECK(policy.asked[0].event.value, 0x1c);
}

/* OUTS: each element may get a verdict of its own, so one is decided and the rest comes again. */
static void a_string_write_goes_element_by_element(void)
{
    struct weir_msg m = { .kind = WEIR_MSG_IO, .size = 2, .count = 4, .flags = WEIR_F_REP | WEIR_F_WRITE };
    uint16_t data[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };

    begin();
    t->nio = 1;
    t->io[0] = (struct policy_io){ .action = POLICY_CALL };
    memcpy(page, data, sizeof(data));
    policy.answers[0] = (struct policy_result){ .action = POLICY_VALUE, .value = 0x99 };
    CHECK(run(&m), WEIR_V_REPLACE);
    CHECK(m.count, 1);
    CHECK(policy.asked[0].event.value, 0x1111);
    CHECK(page[0], 0x99);
    CHECK(page[1], 0);
    CHECK(policy.n, 1);
    m.count = 3;
    memcpy(page, data + 1, 6);
    policy.answers[1].action = POLICY_PASS;
    CHECK(run(&m), WEIR_V_PASS);
    CHECK(page[0], 0x22); /* PASS writes the guest's own data, which asking had overwritten */
    CHECK(m.count, 1);
}

/* INS that was done: a second IN would give something else, so all elements are decided at once. */
static void a_string_read_that_was_done_is_answered_whole(void)
{
    struct weir_msg m = { .kind = WEIR_MSG_IO, .size = 1, .count = 3, .flags = WEIR_F_REP | WEIR_F_DATA };

    begin();
    t->nio = 1;
    t->io[0] = (struct policy_io){ .action = POLICY_CALL };
    memcpy(page, "abc", 3);
    policy.answers[0].action = POLICY_PASS;
    policy.answers[1].action = POLICY_DENY;
    policy.answers[2] = (struct policy_result){ .action = POLICY_VALUE, .value = 'z' };
    CHECK(run(&m), WEIR_V_DONE);
    CHECK(m.count, 3);
    CHECK(policy.n, 3);
    CHECK(policy.asked[1].event.value, 'b');
    CHECK(page[0], 'a');
    CHECK(page[1], 0xff);
    CHECK(page[2], 'z');
}

/* The kernel sends nothing like these; if it did, nothing of ours would be overrun. */
static void odd_sizes_and_counts_stay_inside_the_page(void)
{
    static const struct {
        uint16_t size;
        uint32_t count;
    } cases[] = { { 0, 1 }, { 8, 4096 }, { 1, ~0u }, { 4, 1025 }, { 9, 1 }, { 0xffff, 2 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned flags = 0; flags < 32; flags++) {
            for (unsigned action = 0; action < POLICY_ACTIONS; action++) {
                struct weir_msg m = { .kind = WEIR_MSG_MSR, .size = cases[i].size, .count = cases[i].count,
                                      .flags = (uint16_t)flags };

                begin();
                t->nmsr = 1;
                t->msr[0] = (struct policy_msr){ .action = (uint8_t)action, .value = ~0ull };
                CHECK(run(&m) < WEIR_VERDICTS, 1);
            }
        }
    }
}

int main(void)
{
    t = malloc(sizeof(*t));
    page = malloc(WEIR_TRANSFER_BYTES);
    the_cookie_names_the_rule();
    rules_without_a_callback();
    a_callback_decides();
    a_read_that_was_done_shows_its_value();
    a_string_write_goes_element_by_element();
    a_string_read_that_was_done_is_answered_whole();
    odd_sizes_and_counts_stay_inside_the_page();
    free(t);
    free(page);
    return check_end();
}
