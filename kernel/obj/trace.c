/* SPDX-License-Identifier: BSD-2-Clause */
/* trace(): the kernel's log, counters and post-mortems for ring 3. */
#include "trace.h"

#include "account.h"
#include "core/log.h"
#include "core/string.h"
#include "domain.h"
#include "note.h"
#include "thread.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define LOG_LINE_MAX 240u

static struct note *claimer;

static void tell_claimer(void)
{
    note_signal(claimer, 1);
}

void trace_forget_note(const struct note *n)
{
    if (claimer == n) {
        claimer = NULL;
        log_flush();
    }
}

static struct result read_log(struct thread *t, u64 position)
{
    u64 *first = t->transfer;
    size_t n = log_read(&position, (char *)t->transfer + sizeof(*first), WEIR_TRANSFER_BYTES - sizeof(*first));

    *first = position;
    return VALUE(n);
}

static struct result claim(struct thread *t, u64 slot)
{
    struct result r = OK;
    struct note *n = object_find(t->domain, slot, note, NOTE, WEIR_R_SIGNAL, &r.status);

    if (!n)
        return r;
    if (claimer && claimer != n)
        return FAIL(WEIR_E_BUSY); /* console's note outlives its instances */
    claimer = n;
    return VALUE(log_claim(tell_claimer));
}

static struct result read_failure(struct thread *t, u64 slot)
{
    struct result r = OK;
    struct domain *d = object_find(t->domain, slot, domain, DOMAIN, WEIR_R_MANAGE, &r.status);

    if (!d)
        return r;
    struct weir_failure now = {.kind = WEIR_FAIL_NONE, .rip = d->threads ? d->threads->rip : 0, .tsc = rdtsc()};
    struct weir_failure *f = memcpy(t->transfer, d->stopped ? &d->failure : &now, sizeof(now));
    f->ticks = d->ticks;
    return r;
}

static struct result read_account(struct thread *t, u64 slot)
{
    struct result r = OK;
    struct domain *d = slot ? object_find(t->domain, slot, domain, DOMAIN, WEIR_R_MANAGE, &r.status) : NULL;

    if (slot && !d)
        return r;
    account(d, t->transfer);
    return OK;
}

struct result sys_trace(u64 op, u64 arg)
{
    struct cpu *cpu = this_cpu();
    struct thread *t = cpu->thread;

    switch (op) {
    case WEIR_TRACE_LOG:
        if (arg > LOG_LINE_MAX)
            return FAIL(WEIR_E_RANGE);
        log_text(t->transfer, arg);
        return OK;
    case WEIR_TRACE_READ:
        return read_log(t, arg);
    case WEIR_TRACE_CLAIM:
        return claim(t, arg);
    case WEIR_TRACE_COUNTERS:
        memcpy(t->transfer, &cpu->count, sizeof(cpu->count));
        return VALUE(sizeof(cpu->count));
    case WEIR_TRACE_FAILURE:
        return read_failure(t, arg);
    case WEIR_TRACE_ACCOUNT:
        return read_account(t, arg);
    default:
        return FAIL(WEIR_E_CALL);
    }
}
