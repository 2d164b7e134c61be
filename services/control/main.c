/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control: Weir's end of weirctl (include/weir/control.h). It parses what the guest says, so that init need not, and it
 * never waits for anybody: init is asked by a note and answers by another, while the guest sees BUSY and goes on.
 */
#include "../common/ready.h"
#include "control.h"
#include <stdio.h>
#include <vmm/exit.h>
#include <vmm/serve.h>
#include <vmm/time.h>

#define ANSWER_BYTES (256u << 10)
#define HEADER 5u /* the text's length and whether it was done */
#define SILENCE_US 3000000u
#define RELOAD_US 8000000u /* a policy has to be evaluated first */

static const struct weir_start_region *text;
static struct control_request *ask;
static const struct control_status *published;
static struct control_status status; /* copies: what others write to may change under the reader */
static struct policy_tables tables;
static struct vmm_service service;
static uint64_t init;
static uint16_t port;

static enum control_state state = CONTROL_IDLE;
static char line[CONTROL_LINE];
static size_t line_bytes, text_bytes, answer_read;
static bool line_ends;
static struct parsed parsed;
static char answer[HEADER + ANSWER_BYTES];
static size_t answer_bytes;

/* ---- answers ---- */

static void finish(const struct out *o, bool done)
{
    uint32_t n = (uint32_t)o->used;

    memcpy(answer, &n, sizeof(n));
    answer[4] = !done;
    answer_bytes = HEADER + o->used;
    answer_read = 0;
    state = CONTROL_READY;
    service.deadline = 0;
}

static void refuse(const char *reason)
{
    struct out o = { .text = answer + HEADER, .room = ANSWER_BYTES };

    command_refuse(&parsed, reason, &o);
    finish(&o, false);
}

static void show(bool silent)
{
    const struct weir_start_region *ring = vmm_region("ring"), *symbols = vmm_region("symbols"), *t = vmm_region("tables");
    const struct weir_start *start = vmm_start();
    struct out o = { .text = answer + HEADER, .room = ANSWER_BYTES };
    struct view v = { .status = &status, .tables = &tables, .version = start->version, .now = vmm_now(),
                      .tsc_hz = start->tsc_hz, .init_is_silent = silent };
    struct vmm_result counters = vmm_trace(WEIR_TRACE_COUNTERS, 0);
    bool done;

    if (counters.status == WEIR_OK) {
        memcpy(v.counters, vmm_transfer(), counters.value < sizeof(v.counters) ? counters.value : sizeof(v.counters));
    }
    memcpy(&status, published, sizeof(status));
    if (policy_tables_copy(&tables, (const struct policy_tables *)t->va, NULL) != WEIR_OK) {
        refuse("the policy is being changed just now");
        return;
    }
    v.ring = (const struct weir_ring *)(ring->va + offsetof(struct weir_console_ring, ring));
    v.ring_bytes = ring->bytes - offsetof(struct weir_console_ring, ring);
    if (symbols) {
        v.symbols = (const char *)symbols->va;
        v.symbols_bytes = symbols->bytes;
    }
    done = command_answer(&parsed, &v, &o);
    if (o.used == o.room) {
        refuse("the answer is too long");
    } else {
        finish(&o, done);
    }
}

/* ---- asking init ---- */

static void ask_init(enum control_ask what, int which)
{
    ask->ask = what;
    ask->service = (uint32_t)which;
    ask->bytes = (uint32_t)text_bytes;
    memcpy(ask->name, parsed.argument, sizeof(ask->name));
    /* Not the number of a request that the guest gave up, which init may still answer. Pairs with init's acquire. */
    __atomic_store_n(&ask->seq, ask->seq + 1, __ATOMIC_RELEASE);
    state = CONTROL_BUSY;
    service.deadline = vmm_deadline(what == CONTROL_RELOAD ? RELOAD_US : SILENCE_US);
    (void)!vmm_signal(init, CONTROL_ASKED); /* one that does not reach init is its silence */
}

static void run(void)
{
    const char *reason;
    int which = 0;

    line[line_bytes] = '\0';
    if (!command_parse(line, &parsed, &reason)) {
        refuse(reason);
        return;
    }
    if (parsed.command == COMMAND_RESTART || (parsed.command == COMMAND_LOG && parsed.argument[0])) {
        bool log_of_init = parsed.command == COMMAND_LOG && !strcmp(parsed.argument, "init");

        which = log_of_init ? 0 : command_service(published, parsed.argument);
        if (which < 0) {
            refuse("there is no such service");
            return;
        }
    }
    ask_init(parsed.command == COMMAND_RESTART  ? CONTROL_RESTART
             : parsed.command == COMMAND_RELOAD ? CONTROL_RELOAD
                                                : CONTROL_STATUS,
             which);
}

static void bits(void *context, uint64_t which)
{
    (void)context;
    if ((which & CONTROL_ANSWERED) && state == CONTROL_BUSY &&
        __atomic_load_n(&published->answered, __ATOMIC_ACQUIRE) == ask->seq) { /* pairs with init's release */
        show(false);
    }
}

static uint64_t silence(void *context)
{
    (void)context;
    if (state == CONTROL_BUSY) {
        show(true);
    }
    return 0;
}

/* ---- the guest's side ---- */

static void take(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && state == CONTROL_TAKING; i++) {
        if (!line_ends && bytes[i] == '\n') {
            line_ends = true;
        } else if (!line_ends && line_bytes < sizeof(line) - 1) {
            line[line_bytes++] = (char)bytes[i];
        } else if (line_ends && text_bytes < text->bytes) {
            ((char *)text->va)[text_bytes++] = (char)bytes[i];
        } else {
            state = CONTROL_TOO_LONG;
        }
    }
}

static void give(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = state == CONTROL_READY && answer_read < answer_bytes ? (uint8_t)answer[answer_read++] : 0xff;
    }
}

static void command(uint8_t what)
{
    if (what == CONTROL_BEGIN) {
        state = CONTROL_TAKING;
        line_bytes = text_bytes = 0;
        line_ends = false;
        service.deadline = 0;
    } else if (what == CONTROL_RUN && state == CONTROL_TAKING) {
        run();
    }
}

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    bool rep = msg->flags & WEIR_F_REP, write = msg->flags & WEIR_F_WRITE;
    size_t n = !rep ? 1 : msg->count < WEIR_TRANSFER_BYTES ? msg->count : WEIR_TRANSFER_BYTES;
    uint8_t *data = rep ? vmm_transfer() : (void *)&msg->data;

    (void)context;
    if (msg->size != 1) {
        return WEIR_V_DENY;
    }
    if (msg->addr == port) {
        if (write) {
            take(data, n);
        } else {
            give(data, n);
        }
    } else if (write) {
        msg->count = 1;
        command(data[0]);
    } else {
        memset(data, state, n);
    }
    return WEIR_V_DONE;
}

int main(void)
{
    const struct weir_start_region *t = vmm_region("tables"), *a = vmm_region("ask"), *s = vmm_region("status");

    text = vmm_region("text");
    init = vmm_capability("init", WEIR_NOTE);
    if (!t || !a || !s || !text || !vmm_region("ring") || !init) {
        vmm_fatal("something is missing in the start block");
    }
    port = ((const struct policy_tables *)t->va)->control.port;
    ask = (struct control_request *)a->va;
    published = (const struct control_status *)s->va;
    service = (struct vmm_service){
        .port = WEIR_SLOT_PORT, .note = WEIR_SLOT_NOTE, .io = io, .bits = bits, .timer = silence
    };
    return service_ready() == WEIR_OK ? (int)vmm_serve(&service) : 1;
}
