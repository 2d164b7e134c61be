/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls as far as one service alone needs them; see host.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vmm/ring.h>
#include <vmm/time.h>
#include "host.h"

static const struct host *host;
static size_t next_event;
static uint64_t pages_left;
static bool request_held, serving;

static struct {
    enum weir_kind kind;
    int fd; /* of a memory object */
    uint64_t pages;
} slots[HOST_SLOTS];

static struct weir_msg *message(void)
{
    return (struct weir_msg *)HOST_MESSAGE_VA;
}

static char *transfer(void)
{
    return (char *)HOST_MESSAGE_VA + WEIR_PAGE;
}

void host_calls_begin(const struct host *h)
{
    host = h;
    pages_left = h->budget_pages;
    slots[WEIR_SLOT_SELF].kind = WEIR_DOMAIN;
    slots[WEIR_SLOT_PORT].kind = WEIR_PORT;
    slots[WEIR_SLOT_NOTE].kind = WEIR_NOTE;
    slots[WEIR_SLOT_CONSOLE].kind = WEIR_NOTE;
    slots[HOST_SLOT_INIT].kind = WEIR_PORT;
}

bool host_is_serving(void)
{
    return serving;
}

void host_print_log(void)
{
    static uint64_t position;
    uint64_t lost = 0, n;
    char text[256];

    while (host->log_ring && (n = weir_ring_read((void *)HOST_LOG_VA, HOST_LOG_BYTES, &position,
                                                 text, sizeof(text), &lost)) > 0) {
        fwrite(text, 1, n, stdout);
    }
    if (lost) {
        printf("(%lu bytes of log lost)\n", (unsigned long)lost);
    }
}

static _Noreturn void finish(int code)
{
    host_print_log();
    fflush(stdout);
    _exit(code);
}

static bool is_kind(uint64_t slot, enum weir_kind kind)
{
    return slot < HOST_SLOTS && slots[slot].kind == kind;
}

static uint64_t create(uint64_t kind, uint64_t slot, uint64_t pages)
{
    if (slot == 0 || slot >= HOST_SLOTS) {
        return WEIR_E_CAP;
    }
    if (slots[slot].kind != WEIR_NONE) {
        return WEIR_E_BUSY;
    }
    if (kind == WEIR_MEMORY) {
        int fd;
        if (pages == 0 || pages > pages_left) {
            return WEIR_E_MEMORY;
        }
        fd = memfd_create("memory", 0);
        if (fd < 0 || ftruncate(fd, (off_t)(pages * WEIR_PAGE)) != 0) {
            host_fail("no memory on this host");
        }
        pages_left -= pages;
        slots[slot].fd = fd;
        slots[slot].pages = pages;
    } else if (kind != WEIR_NOTE) {
        return WEIR_E_CALL;
    }
    slots[slot].kind = (enum weir_kind)kind;
    return WEIR_OK;
}

/* Unlike the kernel's, an object's mappings outlive it here. No program of ours relies on either.
 */
static uint64_t destroy(uint64_t slot, uint64_t code)
{
    if (slot == WEIR_SLOT_SELF) {
        finish((int)code);
    }
    if (slot >= HOST_SLOTS || slots[slot].kind == WEIR_NONE) {
        return WEIR_E_CAP;
    }
    if (slots[slot].kind == WEIR_MEMORY) {
        pages_left += slots[slot].pages;
        close(slots[slot].fd);
    }
    slots[slot].kind = WEIR_NONE;
    return WEIR_OK;
}

/* Mappings' lengths in pages, at their first page. */
static uint64_t lengths[HOST_HEAP_BYTES / WEIR_PAGE];

/* What was mapped by one call is unmapped by one call. */
static uint64_t unmap(uint64_t va, uint64_t pages)
{
    uint64_t page = (va - HOST_HEAP_VA) / WEIR_PAGE;

    if (va % WEIR_PAGE || page >= HOST_HEAP_BYTES / WEIR_PAGE || pages == 0 ||
        lengths[page] != pages) {
        return WEIR_E_RANGE;
    }
    lengths[page] = 0;
    return munmap((void *)va, pages * WEIR_PAGE) == 0 ? WEIR_OK : WEIR_E_RANGE;
}

static uint64_t map(const uint64_t regs[7])
{
    uint64_t slot = regs[2], va = regs[3], first = regs[4], pages = regs[5], prot = regs[6];
    int linux_prot = (prot & WEIR_P_READ ? PROT_READ : 0) | (prot & WEIR_P_WRITE ? PROT_WRITE : 0);
    void *want = (void *)va, *at;

    if (prot == 0) {
        return unmap(va, pages);
    }
    if (regs[1] != WEIR_SLOT_SELF || !is_kind(slot, WEIR_MEMORY)) {
        return WEIR_E_CAP;
    }
    if (va % WEIR_PAGE || pages == 0 || (prot & ~(uint64_t)(WEIR_P_READ | WEIR_P_WRITE)) ||
        prot == WEIR_P_WRITE) {
        return WEIR_E_ARG;
    }
    if (first > slots[slot].pages || pages > slots[slot].pages - first || va < HOST_HEAP_VA ||
        va + pages * WEIR_PAGE > HOST_HEAP_VA + HOST_HEAP_BYTES) {
        return WEIR_E_RANGE;
    }
    at = mmap(want, pages * WEIR_PAGE, linux_prot, MAP_SHARED | MAP_FIXED_NOREPLACE, slots[slot].fd,
              (off_t)(first * WEIR_PAGE));
    if (at != want) {
        return WEIR_E_BUSY;
    }
    lengths[(va - HOST_HEAP_VA) / WEIR_PAGE] = pages;
    return WEIR_OK;
}

/* Text as it is, anything else in hexadecimal. */
static void print_payload(const char *bytes, size_t n)
{
    bool text = true;

    for (size_t i = 0; i < n; i++) {
        text = text && isprint((unsigned char)bytes[i]);
    }
    printf(" payload ");
    for (size_t i = 0; i < n; i++) {
        printf(text ? "%c" : "%02x", (unsigned char)bytes[i]);
    }
}

static void print_reply(void)
{
    const struct weir_msg *reply = message();

    if (request_held) {
        host_print_log();
        printf("reply %zu: kind %u size %u data %lx", next_event - 1, reply->kind, reply->size,
               (unsigned long)reply->data);
        if (host->events[next_event - 1].msg.kind == WEIR_MSG_CALL && reply->size) {
            print_payload(transfer(), reply->size);
        }
        printf("\n");
    }
    request_held = false;
}

static uint64_t reply_wait(uint64_t port, uint64_t flags, uint64_t note, uint64_t deadline)
{
    const struct host_event *event;

    if (!is_kind(port, WEIR_PORT) || (note && !is_kind(note, WEIR_NOTE))) {
        return WEIR_E_CAP;
    }
    if (flags != 0) {
        return WEIR_E_ARG;
    }
    print_reply();
    if (next_event == host->nevents) {
        finish(0);
    }
    event = &host->events[next_event];
    if (event->what == HOST_TIMEOUT) {
        if (deadline == 0) {
            host_fail("event %zu is a timeout, but the service set no deadline", next_event);
        }
        next_event++;
        return WEIR_E_TIMEOUT;
    }
    next_event++;
    *message() = event->msg;
    if (event->payload) {
        memcpy(transfer(), event->payload, event->msg.size);
    }
    request_held = event->msg.kind != WEIR_MSG_NOTE;
    serving = true;
    return WEIR_OK;
}

/* Nobody signals: a wait ends at its deadline. */
static uint64_t wait_note(uint64_t note, uint64_t deadline)
{
    if (!is_kind(note, WEIR_NOTE)) {
        return WEIR_E_CAP;
    }
    if (deadline == 0) {
        host_fail("the service waits for ever");
    }
    while (vmm_now() < deadline) {
        __asm__ volatile("pause");
    }
    return WEIR_E_TIMEOUT;
}

static uint64_t trace(uint64_t op, uint64_t arg)
{
    if (op != WEIR_TRACE_LOG) {
        return WEIR_E_CALL;
    }
    if (arg > 240) {
        return WEIR_E_ARG;
    }
    fwrite(transfer(), 1, arg, stdout);
    return WEIR_OK;
}

/* Calls to init: printed and answered with nothing. */
static uint64_t call(uint64_t port)
{
    if (!is_kind(port, WEIR_PORT)) {
        return WEIR_E_CAP;
    }
    host_print_log();
    printf("call %lu: addr %lx payload %.*s\n", (unsigned long)port, (unsigned long)message()->addr,
           (int)message()->size, transfer());
    message()->kind = 0;
    message()->size = 0;
    return WEIR_OK;
}

uint64_t host_call(const uint64_t regs[7], uint64_t *value)
{
    *value = 0;
    switch (regs[0]) {
    case WEIR_CALL:
        return call(regs[1]);
    case WEIR_REPLY_WAIT:
        return reply_wait(regs[1], regs[2], regs[3], regs[4]);
    case WEIR_SIGNAL:
        return is_kind(regs[1], WEIR_NOTE) ? WEIR_OK : WEIR_E_CAP;
    case WEIR_WAIT:
        return wait_note(regs[1], regs[2]);
    case WEIR_CREATE:
        return create(regs[1], regs[2], regs[3]);
    case WEIR_DESTROY:
        return destroy(regs[1], regs[2]);
    case WEIR_MAP:
        return map(regs);
    case WEIR_TRACE:
        return trace(regs[1], regs[2]);
    default:
        return regs[0] < WEIR_CALLS ? WEIR_E_CAP : WEIR_E_CALL;
    }
}
