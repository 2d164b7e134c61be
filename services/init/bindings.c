/* SPDX-License-Identifier: BSD-2-Clause */
#include "bindings.h"

#define UART_PORTS 8u

/* Is a read done whatever watch will say? Then it is done first, and the log line, or the callback, has its value. */
static bool reads_first(unsigned action, unsigned flags)
{
    return action == POLICY_PASS || action == POLICY_READ_ONLY || (action == POLICY_CALL && flags & POLICY_F_READ_FIRST);
}

/* A rule that the kernel can carry out by itself never costs a switch to ring 3. */
static void choose(struct binding *b, unsigned action, unsigned flags, uint64_t value, size_t index)
{
    bool told = flags & POLICY_F_LOG;

    b->owner = BINDING_NOBODY;
    b->argument = 0;
    if (!told && action == POLICY_DENY) {
        b->mode = WEIR_BIND_FLOAT;
    } else if (!told && action == POLICY_READ_ONLY && !(flags & POLICY_F_WRITE_FAULT)) {
        b->mode = WEIR_BIND_READ_ONLY;
    } else if (!told && action == POLICY_VALUE && !(flags & POLICY_F_WRITE_FAULT)) {
        b->mode = WEIR_BIND_VALUE;
        b->argument = value;
    } else {
        b->mode = reads_first(action, flags) ? WEIR_BIND_FILTER : WEIR_BIND_FORWARD;
        b->owner = BINDING_WATCH;
        b->argument = index;
    }
}

static size_t make_io(const struct policy_tables *t, struct binding *out)
{
    for (size_t i = 0; i < t->nio; i++) {
        const struct policy_io *r = &t->io[i];

        out[i] = (struct binding){ .space = BINDING_IO, .first = r->first, .last = r->last, .line = r->line };
        choose(&out[i], r->action, r->flags, 0, i);
    }
    return t->nio;
}

static size_t make_mmio(const struct policy_tables *t, struct binding *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->nmmio; i++) {
        const struct policy_mmio *r = &t->mmio[i];

        if (r->bar != POLICY_NO_BAR) {
            continue;
        }
        out[n] = (struct binding){ .space = BINDING_MMIO, .first = r->first, .last = r->last, .line = r->line };
        choose(&out[n++], r->action, r->flags, 0, i);
    }
    return n;
}

static size_t make_msr(const struct policy_tables *t, struct binding *out)
{
    for (size_t i = 0; i < t->nmsr; i++) {
        const struct policy_msr *r = &t->msr[i];

        out[i] = (struct binding){ .space = BINDING_MSR, .first = r->first, .last = r->last, .line = r->line };
        choose(&out[i], r->action, r->flags, r->value, i);
    }
    return t->nmsr;
}

size_t bindings_make(const struct policy_tables *t, uint16_t uart, struct binding *out)
{
    size_t n = 0;

    if (uart) {
        out[n++] = (struct binding){ .space = BINDING_IO, .first = uart, .last = uart + UART_PORTS - 1,
                                     .mode = WEIR_BIND_FLOAT };
    }
    if (t->control.port) {
        out[n++] = (struct binding){ .space = BINDING_IO, .first = t->control.port, .last = t->control.port + 1u,
                                     .line = t->control.line, .mode = WEIR_BIND_FORWARD, .owner = BINDING_CONTROL };
    }
    n += make_io(t, out + n);
    n += make_mmio(t, out + n);
    n += make_msr(t, out + n);
    return n;
}

bool bindings_need_bars(const struct policy_tables *t)
{
    for (size_t i = 0; i < t->nmmio; i++) {
        if (t->mmio[i].bar != POLICY_NO_BAR) {
            return true;
        }
    }
    return false;
}

bool bindings_need_pci(const struct policy_tables *t)
{
    return t->npci || t->nstorage || bindings_need_bars(t);
}

bool bindings_have(const struct binding *list, size_t n, enum binding_owner owner)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].owner == owner) {
            return true;
        }
    }
    return false;
}
