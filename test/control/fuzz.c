/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest at control's two ports: bytes and strings of any width and length, commands in any order, requests that
 * are half there, too long or given up, while init answers early, late, twice or not at all, and the log holds anything.
 * Beside it stands what include/weir/control.h says of the two ports, written once more; ASan watches the memory.
 */
#include "../storage/input.h"
#include "json.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <vmm/exit.h>
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>
#include <weir/control.h>
#include <weir/exits.h>
#include <weir/policy.h>
#include <weir/ring.h>

#define PORT 0x5658u
#define RING_BYTES 4096u
#define HEADER 5u

int control_main(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EXPECT(what)                                                  \
    do {                                                              \
        if (!(what)) {                                                \
            fprintf(stderr, "line %d: %s\n", __LINE__, #what);        \
            abort();                                                  \
        }                                                             \
    } while (0)

/* ---- the machine around control ---- */

static struct vmm_service *service;
static uint8_t *transfer;
static uint64_t now = 1, signals; /* of init's note */
static struct control_request *ask;
static struct control_status *status;
static struct policy_tables *tables;
static struct weir_console_ring *ring;
static char *text, *symbols;

static const char symbol_text[] = "@watch\n401000 main\n402000 io\n@policy\n401000 main\n";

const struct weir_start *vmm_start(void)
{
    static const struct weir_start start = { .tsc_hz = 1000000000, .version = "0.1 svm npt" };

    return &start;
}

uint64_t vmm_capability(const char *name, enum weir_kind kind)
{
    (void)name;
    return kind;
}

const struct weir_start_region *vmm_region(const char *name)
{
    static struct weir_start_region regions[] = {
        { .name = "tables", .bytes = sizeof(*tables) }, { .name = "ask", .bytes = sizeof(*ask) },
        { .name = "status", .bytes = sizeof(*status) }, { .name = "text", .bytes = CONTROL_TEXT },
        { .name = "ring", .bytes = sizeof(*ring) + RING_BYTES }, { .name = "symbols", .bytes = sizeof(symbol_text) - 1 },
    };
    void *const memory[] = { tables, ask, status, text, ring, symbols };

    for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        if (!strcmp(regions[i].name, name)) {
            regions[i].va = (uintptr_t)memory[i];
            return &regions[i];
        }
    }
    return NULL;
}

struct weir_msg *vmm_message(void)
{
    static struct weir_msg message;

    return &message;
}

void *vmm_transfer(void)
{
    return transfer;
}

uint64_t vmm_now(void)
{
    return now++;
}

uint64_t vmm_deadline(uint64_t us)
{
    return now + us * 1000;
}

void vmm_fatal(const char *format, ...)
{
    (void)format;
    abort();
}

struct vmm_result vmm_syscall_call(uint64_t port)
{
    (void)port; /* READY */
    return (struct vmm_result){ WEIR_OK, 0 };
}

struct vmm_result vmm_syscall_signal(uint64_t note, uint64_t bits)
{
    EXPECT(note == WEIR_NOTE && bits == CONTROL_ASKED);
    signals++;
    return (struct vmm_result){ WEIR_OK, 0 };
}

struct vmm_result vmm_syscall_trace(uint64_t op, uint64_t arg)
{
    uint64_t bytes = (WEIR_COUNT_EXITS + WEIR_EXIT_REASONS) * sizeof(uint64_t);

    EXPECT(op == WEIR_TRACE_COUNTERS && arg == 0);
    memset(transfer, 0x11, bytes);
    return (struct vmm_result){ WEIR_OK, bytes };
}

enum weir_status vmm_serve(struct vmm_service *s)
{
    service = s;
    return WEIR_OK;
}

static void make_tables(void)
{
    static const char *const names[] = { "console", "control", "emulator", "pci", "policy", "storage", "watch" };

    tables->magic = POLICY_MAGIC;
    tables->abi = POLICY_ABI;
    tables->bytes = sizeof(*tables);
    tables->generation = 1;
    strcpy(tables->name, "a\"b\\c.lua");
    tables->boot.drive = 0x80;
    tables->console = (struct policy_console){ .level = POLICY_INFO, .uart = POLICY_UART_AUTO, .ring_kib = 64 };
    tables->control = (struct policy_control){ .port = PORT, .line = 1 };
    tables->nservices = status->nservices = 7;
    for (unsigned i = 0; i < 7; i++) {
        tables->services[i] = (struct policy_service){ .deadline_ms = 100, .window_s = 60 };
        strcpy(tables->services[i].name, names[i]);
        strcpy(status->service[i].name, names[i]);
        status->service[i].state = i % 5;
        status->service[i].failure = (struct weir_failure){ .kind = i, .rip = 0x401010, .stack = { 0x402020, 0x500000 } };
    }
}

static void begin(void)
{
    transfer = malloc(WEIR_TRANSFER_BYTES); /* each on its own, so that ASan sees both ends */
    ask = calloc(1, sizeof(*ask));
    status = calloc(1, sizeof(*status));
    tables = calloc(1, sizeof(*tables));
    ring = calloc(1, sizeof(*ring) + RING_BYTES);
    text = malloc(CONTROL_TEXT);
    symbols = malloc(sizeof(symbol_text) - 1);
    memcpy(symbols, symbol_text, sizeof(symbol_text) - 1);
    make_tables();
    EXPECT(control_main() == WEIR_OK && service);
}

/* ---- what the ports should do ---- */

static struct {
    uint8_t state;
    bool line_ends, json;
    char line[CONTROL_LINE];
    size_t line_bytes, text_bytes;
    uint32_t sum;        /* of the text */
    uint64_t read, left; /* of the answer */
    uint32_t length;
    char answer[300u << 10];
} guest;

static void took(uint8_t byte)
{
    if (guest.state != CONTROL_TAKING)
        return;
    if (guest.line_ends && guest.text_bytes < CONTROL_TEXT) {
        guest.text_bytes++;
        guest.sum = guest.sum * 31 + byte;
    } else if (guest.line_ends) {
        guest.state = CONTROL_TOO_LONG;
    } else if (byte == '\n') {
        guest.line_ends = true;
    } else if (guest.line_bytes < CONTROL_LINE - 1) {
        guest.line[guest.line_bytes++] = (char)byte;
    } else {
        guest.state = CONTROL_TOO_LONG;
    }
}

/* A new answer, all of which has yet to be read. */
static void answered(void)
{
    guest.state = CONTROL_READY;
    guest.read = guest.length = 0;
}

static void check_request(void)
{
    uint32_t sum = 0;

    EXPECT(ask->ask >= CONTROL_STATUS && ask->ask <= CONTROL_RELOAD && ask->service < 7);
    EXPECT(memchr(ask->name, 0, sizeof(ask->name)) && ask->bytes == guest.text_bytes);
    for (size_t i = 0; i < guest.text_bytes; i++)
        sum = sum * 31 + (uint8_t)text[i];
    EXPECT(sum == guest.sum);
}

static void commanded(uint8_t what, uint64_t signals_before)
{
    if (what == CONTROL_BEGIN) {
        memset(&guest, 0, offsetof(__typeof__(guest), answer));
        guest.state = CONTROL_TAKING;
    } else if (what == CONTROL_RUN && guest.state == CONTROL_TAKING) {
        guest.json = !strncmp(guest.line, "json ", 5);
        if (signals != signals_before) {
            guest.state = CONTROL_BUSY;
            check_request();
        } else { /* refused */
            answered();
        }
        return;
    }
    EXPECT(signals == signals_before);
}

static void check_answer(void)
{
    const char *end = guest.answer + HEADER + guest.length;

    EXPECT((uint8_t)guest.answer[4] <= 1);
    if (!guest.length)
        EXPECT(!guest.json); /* a log of nothing */
    else
        EXPECT(end[-1] == '\n');
    if (guest.json)
        EXPECT(json_value(guest.answer + HEADER, end) == end - 1);
}

static void gave(uint8_t byte)
{
    if (guest.state != CONTROL_READY || (guest.read >= HEADER && guest.read == HEADER + guest.length)) {
        EXPECT(byte == 0xff);
        return;
    }
    EXPECT(guest.read < sizeof(guest.answer));
    guest.answer[guest.read++] = (char)byte;
    if (guest.read == HEADER)
        memcpy(&guest.length, guest.answer, sizeof(guest.length));
    if (guest.read >= HEADER && guest.read == HEADER + guest.length)
        check_answer();
}

/* ---- accesses ---- */

static void access(uint16_t port, uint16_t size, bool write, bool rep, uint32_t count, uint64_t data)
{
    struct weir_msg *m = vmm_message();
    uint64_t signals_before = signals;
    uint8_t first = rep ? transfer[0] : (uint8_t)data;
    uint32_t n = rep ? count : 1;

    *m = (struct weir_msg){ .kind = WEIR_MSG_IO, .size = size, .addr = port, .data = data, .count = count,
                            .flags = (uint16_t)((write ? WEIR_F_WRITE : 0) | (rep ? WEIR_F_REP : 0)) };
    for (uint32_t i = 0; write && size == 1 && port == PORT && i < n; i++)
        took(rep ? transfer[i] : first);
    if (service->io(service->context, m) != WEIR_V_DONE) {
        EXPECT(size != 1 && signals == signals_before);
        return;
    }
    EXPECT(size == 1);
    if (write && port == PORT + 1) {
        EXPECT(m->count == 1);
        commanded(first, signals_before);
        return;
    }
    EXPECT(signals == signals_before);
    for (uint32_t i = 0; !write && i < n; i++) {
        uint8_t byte = rep ? transfer[i] : (uint8_t)m->data;

        if (port == PORT)
            gave(byte);
        else
            EXPECT(byte == guest.state);
    }
}

static void out(uint8_t what)
{
    access(PORT + 1, 1, true, false, 1, what);
}

static void say(const char *line)
{
    size_t n = strlen(line);

    memcpy(transfer, line, n);
    access(PORT, 1, true, true, (uint32_t)n, 0);
}

/* `count` elements that repeat a few of the input's bytes. */
static void string(struct input *in, uint16_t size, uint32_t count)
{
    uint32_t few = 1 + take(in, 1) % 40;
    uint8_t bytes[40];

    for (uint32_t i = 0; i < few; i++)
        bytes[i] = (uint8_t)take(in, 1);
    for (uint32_t i = 0; i < WEIR_TRANSFER_BYTES; i++)
        transfer[i] = bytes[i % few];
    access(PORT + take(in, 1) % 8 / 7, size, true, true, count, 0);
}

static void read_all(void)
{
    for (unsigned i = 0; i < 80; i++)
        access(PORT, 1, false, true, WEIR_TRANSFER_BYTES, 0);
    EXPECT(guest.state != CONTROL_READY || guest.read == HEADER + guest.length);
}

/* init's word on the request, or on an older one, or a note without one. */
static void init_answers(struct input *in)
{
    unsigned how = take(in, 1);

    if (how & 1) {
        status->result = how >> 1 & 7;
        snprintf(status->reason, sizeof(status->reason), "p.lua:%u: \"%c\"", how, (char)(take(in, 1) | 1));
    }
    if (how & 0x30)
        status->answered = ask->seq - (how >> 6);
    service->bits(service->context, CONTROL_ANSWERED | take(in, 1));
    if (guest.state == CONTROL_BUSY && status->answered == ask->seq)
        answered();
}

static void time_passes(void)
{
    if (service->deadline) {
        now = service->deadline;
        service->deadline = service->timer(service->context);
        if (guest.state == CONTROL_BUSY)
            answered();
    }
}

static void log_grows(struct input *in)
{
    uint32_t n = take(in, 2) % (RING_BYTES + 9), few = 1 + take(in, 1) % 30;
    char line[30];

    for (uint32_t i = 0; i < few; i++)
        line[i] = (char)take(in, 1);
    for (uint32_t i = 0; i < n; i++)
        ring->ring.text[ring->ring.head++ % weir_ring_capacity(sizeof(struct weir_ring) + RING_BYTES)] = line[i % few];
    if (few == 30)
        ring->ring.head = (uint64_t)take(in, 4) << 32 | take(in, 4);
}

static const char *const lines[] = {
    "json status\n", "text ps\n", "json ps\n", "json stat\n", "json log\n", "text log watch\n", "json log init\n",
    "json show\n", "json restart watch\n", "text restart init\n", "json reload \"x\\\t.lua\n-- \n", "text reload x\n",
    "json", " restart", " ", "\n", "reload ",
};

/* As weirctl does it, with an init that is well. */
static void converse(const char *line)
{
    out(CONTROL_BEGIN);
    say(line);
    out(CONTROL_RUN);
    if (guest.state == CONTROL_BUSY) {
        status->answered = ask->seq;
        service->bits(service->context, CONTROL_ANSWERED);
        answered();
    }
    read_all();
}

static void one(struct input *in)
{
    unsigned what = take(in, 1);
    static const uint16_t sizes[] = { 0, 2, 4, 8 };

    switch (what & 15) {
    case 0 ... 1:
        say(lines[take(in, 1) % (sizeof(lines) / sizeof(lines[0]))]);
        break;
    case 2:
        converse(lines[take(in, 1) % (sizeof(lines) / sizeof(lines[0]))]);
        break;
    case 3:
        out(CONTROL_BEGIN);
        break;
    case 4 ... 5:
        out(CONTROL_RUN);
        break;
    case 6:
        out((uint8_t)take(in, 1));
        break;
    case 7:
        string(in, 1, 1 + take(in, 2) % WEIR_TRANSFER_BYTES);
        break;
    case 8:
        access(PORT + (what >> 4 & 1), sizes[what >> 5 & 3], what >> 7, take(in, 1) & 1, take(in, 1), take(in, 4));
        break;
    case 9:
        access(PORT, 1, true, false, 1, take(in, 1));
        break;
    case 10:
        access(PORT + (what >> 4 & 1), 1, false, what >> 5 & 1, 1 + take(in, 2) % WEIR_TRANSFER_BYTES, 0);
        break;
    case 11:
        for (unsigned i = 0; what >> 4 == 0 && i < 70; i++) /* more than there is room for */
            string(in, 1, WEIR_TRANSFER_BYTES);
        break;
    case 12:
        init_answers(in);
        break;
    case 13:
        time_passes();
        break;
    case 14:
        log_grows(in);
        break;
    default:
        read_all();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };

    if (!service)
        begin();
    memset(ring, 0, sizeof(*ring) + RING_BYTES);
    status->answered = 0;
    out(CONTROL_BEGIN);
    while (in.left)
        one(&in);
    return 0;
}
