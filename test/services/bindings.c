/* SPDX-License-Identifier: BSD-2-Clause */
/* From policy tables to what the kernel is told to intercept. */
#include "bindings.h"
#include "check.h"
#include "uart.h"
#include <stdlib.h>

static struct policy_tables *tables(void)
{
    return calloc(1, sizeof(struct policy_tables));
}

static struct binding *make(const struct policy_tables *t, uint16_t uart, size_t *n)
{
    struct binding *out = calloc(BINDINGS_MAX, sizeof(*out));

    *n = bindings_make(t, uart, out);
    return out;
}

static void nothing_named_binds_only_the_uart(void)
{
    struct policy_tables *t = tables();
    size_t n;
    struct binding *b = make(t, 0x2f8, &n);

    CHECK(n, 1);
    CHECK(b[0].first, 0x2f8);
    CHECK(b[0].last, 0x2ff);
    CHECK(b[0].mode, WEIR_BIND_FLOAT);
    CHECK(b[0].owner, BINDING_NOBODY);
    CHECK(bindings_have(b, n, BINDING_WATCH), 0);
    CHECK(bindings_need_pci(t), 0);
    free(b);
    free(make(t, 0, &n));
    CHECK(n, 0);
    free(t);
}

/* Each rule: how it is bound, and whether watch sees it. */
static void each_rule_costs_no_more_than_it_must(void)
{
    static const struct {
        uint8_t action, flags, mode, owner;
    } cases[] = {
        { POLICY_DENY, 0, WEIR_BIND_FLOAT, BINDING_NOBODY },
        { POLICY_DENY, POLICY_F_LOG, WEIR_BIND_FORWARD, BINDING_WATCH },
        { POLICY_PASS, POLICY_F_LOG, WEIR_BIND_FILTER, BINDING_WATCH },
        { POLICY_CALL, 0, WEIR_BIND_FORWARD, BINDING_WATCH },
        { POLICY_CALL, POLICY_F_LOG, WEIR_BIND_FORWARD, BINDING_WATCH },
        { POLICY_CALL, POLICY_F_READ_FIRST, WEIR_BIND_FILTER, BINDING_WATCH },
        { POLICY_READ_ONLY, 0, WEIR_BIND_READ_ONLY, BINDING_NOBODY },
        { POLICY_READ_ONLY, POLICY_F_LOG, WEIR_BIND_FILTER, BINDING_WATCH },
        { POLICY_READ_ONLY, POLICY_F_WRITE_FAULT, WEIR_BIND_FILTER, BINDING_WATCH },
        { POLICY_VALUE, 0, WEIR_BIND_VALUE, BINDING_NOBODY },
        { POLICY_VALUE, POLICY_F_LOG, WEIR_BIND_FORWARD, BINDING_WATCH },
        { POLICY_VALUE, POLICY_F_WRITE_FAULT, WEIR_BIND_FORWARD, BINDING_WATCH },
    };
    struct policy_tables *t = tables();
    size_t n, count = sizeof(cases) / sizeof(cases[0]);
    struct binding *b;

    t->nmsr = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        t->msr[i] = (struct policy_msr){ .first = (uint32_t)i * 16, .last = (uint32_t)i * 16 + 3, .value = 0x1000 + i,
                                         .action = cases[i].action, .flags = cases[i].flags, .line = 7 };
    }
    b = make(t, 0, &n);
    CHECK(n, count);
    for (size_t i = 0; i < count; i++) {
        CHECK(b[i].space, BINDING_MSR);
        CHECK(b[i].first, i * 16);
        CHECK(b[i].last, i * 16 + 3);
        CHECK(b[i].mode, cases[i].mode);
        CHECK(b[i].owner, cases[i].owner);
        CHECK(b[i].line, 7);
        /* Forwarded: the rule's index comes back with each access; constant: the value. */
        CHECK(b[i].argument, cases[i].owner ? i : cases[i].mode == WEIR_BIND_VALUE ? 0x1000 + i : 0);
    }
    free(b);
    free(t);
}

static void ranges_of_bars_are_left_to_pci(void)
{
    struct policy_tables *t = tables();
    size_t n;
    struct binding *b;

    t->nmmio = 3;
    t->mmio[0] = (struct policy_mmio){ .first = 0xfed00000, .last = 0xfed003ff, .bar = POLICY_NO_BAR,
                                       .action = POLICY_PASS, .flags = POLICY_F_LOG };
    t->mmio[1] = (struct policy_mmio){ .first = 0, .last = 0xff, .bar = 5, .action = POLICY_DENY };
    t->mmio[2] = (struct policy_mmio){ .first = 0xfee00000, .last = 0xfee00fff, .bar = POLICY_NO_BAR,
                                       .action = POLICY_CALL };
    b = make(t, 0, &n);
    CHECK(n, 2);
    CHECK(b[0].first, 0xfed00000);
    CHECK(b[0].argument, 0);
    CHECK(b[1].first, 0xfee00000);
    CHECK(b[1].argument, 2);
    CHECK(bindings_need_bars(t), 1);
    CHECK(bindings_need_pci(t), 1);
    t->nmmio = 1;
    CHECK(bindings_need_pci(t), 0);
    t->npci = 1;
    CHECK(bindings_need_bars(t), 0);
    CHECK(bindings_need_pci(t), 1);
    free(b);
    free(t);
}

/* The sanitizer watches the end of the list. */
static void full_tables_fit(void)
{
    struct policy_tables *t = tables();
    size_t n;

    t->nio = POLICY_MAX_IO;
    t->nmmio = POLICY_MAX_MMIO;
    t->nmsr = POLICY_MAX_MSR;
    t->control.port = 0x5658;
    for (size_t i = 0; i < POLICY_MAX_MMIO; i++) {
        t->mmio[i].bar = POLICY_NO_BAR;
    }
    free(make(t, 0x3e8, &n));
    CHECK(n, BINDINGS_MAX);
    free(t);
}

static void the_command_line_decides_over_the_policy_where_the_log_goes(void)
{
    struct policy_console automatic = { .uart = POLICY_UART_AUTO }, none = { .uart = POLICY_UART_NONE },
                          com3 = { .uart = 0x3e8 };

    CHECK(uart_wanted(OPTIONS_LOG_POLICY, &automatic), 0x2f8);
    CHECK(uart_wanted(OPTIONS_LOG_POLICY, &none), 0);
    CHECK(uart_wanted(OPTIONS_LOG_POLICY, &com3), 0x3e8);
    CHECK(uart_wanted(OPTIONS_LOG_NONE, &com3), 0);
    CHECK(uart_wanted(OPTIONS_LOG_COM2, &none), 0x2f8);
}

int main(void)
{
    nothing_named_binds_only_the_uart();
    each_rule_costs_no_more_than_it_must();
    ranges_of_bars_are_left_to_pci();
    full_tables_fit();
    the_command_line_decides_over_the_policy_where_the_log_goes();
    return check_end();
}
