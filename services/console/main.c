/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console: collects what the kernel and the services log, keeps it in a memory ring and writes it to Weir's UART. It
 * sleeps until somebody wrote something, so an idle machine has nothing to do for it.
 */
#include "../common/ready.h"
#include "merge.h"
#include "uart.h"
#include <stdbool.h>
#include <vmm/exit.h>
#include <vmm/ring.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

#define LOG_PREFIX "log."
#define POSITION_BYTES 8u /* before the text that WEIR_TRACE_READ gives */

struct log {
    const struct weir_start_region *region;
    struct merge_source source;
    uint64_t *position; /* in memory that a restart keeps */
};

static struct log logs[WEIR_CONSOLE_LOGS];
static unsigned nlogs;
static struct merge_source kernel;
static struct weir_console_ring *ring;
static uint64_t capacity;
static struct uart uart;
static bool have_uart;
static bool to_uart = true;
static uint64_t kernel_wrote; /* what stands before this in the kernel's log, the kernel wrote to the UART itself */
static enum policy_level level = POLICY_INFO;

static void line(void *context, const char *text, size_t bytes, enum policy_level grave)
{
    (void)context;
    weir_ring_write(&ring->ring, capacity, text, bytes);
    if (have_uart && to_uart && grave <= level) {
        uart_write(&uart, text, bytes);
    }
}

/* bytes of the kernel's log stand in the transfer page; position is up to where it was read before. */
static __attribute__((noinline)) void take_kernel(uint64_t position, uint64_t bytes)
{
    const char *transfer = vmm_transfer();
    char text[WEIR_TRANSFER_BYTES];
    uint64_t first, n;

    memcpy(&first, transfer, sizeof(first));
    memcpy(text, transfer + POSITION_BYTES, bytes);
    to_uart = first >= kernel_wrote;
    n = to_uart || kernel_wrote - first >= bytes ? bytes : kernel_wrote - first; /* the rest comes next time */
    if (first > position) {
        merge_lost(&kernel, first - position, line, NULL);
    }
    merge_feed(&kernel, text, n, line, NULL);
    to_uart = true;
    /* Pairs with init's acquire load: whoever sees the position may halt the machine. */
    __atomic_store_n(&ring->kernel_done, first + n, __ATOMIC_RELEASE);
}

/* Returns true if there was something. */
static bool drain_kernel(void)
{
    uint64_t position = ring->kernel_done;
    struct vmm_result r = vmm_trace(WEIR_TRACE_READ, position);

    if (r.status != WEIR_OK || !r.value || r.value > WEIR_TRANSFER_BYTES - POSITION_BYTES) {
        return false;
    }
    take_kernel(position, r.value);
    return true;
}

static __attribute__((noinline)) bool take_log(struct log *log)
{
    char text[512];
    uint64_t lost = 0, position = *log->position;
    uint64_t n = weir_ring_read((const struct weir_ring *)log->region->va, log->region->bytes, &position, text,
                                sizeof(text), &lost);

    if (lost) {
        merge_lost(&log->source, lost, line, NULL);
    }
    merge_feed(&log->source, text, n, line, NULL);
    *log->position = position;
    return n || lost;
}

/* The usual case, that there is nothing new, takes one look: the guest may be waiting for the line of another log. */
static bool drain_log(struct log *log)
{
    const struct weir_ring *r = (const struct weir_ring *)log->region->va;

    return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) != *log->position && take_log(log);
}

/* One piece of each in turn, so that a service that logs without end can't keep another's lines from coming out. */
static void drain(void)
{
    bool more;

    do {
        more = drain_kernel();
        for (unsigned i = 0; i < nlogs; i++) {
            more = drain_log(&logs[i]) || more;
        }
    } while (more);
}

static void find_logs(void)
{
    const struct weir_start *start = vmm_start();

    for (uint32_t i = 0; i < start->nregions && nlogs < WEIR_CONSOLE_LOGS; i++) {
        const struct weir_start_region *r = &start->regions[i];

        if (!strncmp(r->name, LOG_PREFIX, strlen(LOG_PREFIX))) {
            logs[nlogs].region = r;
            logs[nlogs].position = &ring->done[nlogs]; /* init gives the regions in the same order each time */
            merge_begin(&logs[nlogs++].source, r->name + strlen(LOG_PREFIX));
        }
    }
}

static void open_uart(void)
{
    uint64_t device = vmm_capability("uart", WEIR_DEVICE);

    if (device && vmm_device_ctl(device, WEIR_DEV_OPEN, 0, 0, 0) == WEIR_OK) {
        uart_begin(&uart, ring->uart);
        have_uart = true;
    }
}

static void begin(void)
{
    const struct weir_start_region *r = vmm_region("ring"), *t = vmm_region("tables");

    if (!r || r->bytes <= sizeof(*ring)) {
        vmm_fatal("no memory for the log");
    }
    ring = (struct weir_console_ring *)r->va;
    capacity = weir_ring_open(&ring->ring, r->bytes - offsetof(struct weir_console_ring, ring));
    if (t) {
        level = ((const struct policy_tables *)t->va)->console.level; /* init has validated it */
    }
    merge_begin(&kernel, "");
    find_logs();
    open_uart();
}

int main(void)
{
    struct vmm_result claim;
    uint64_t bits;

    begin();
    claim = vmm_trace(WEIR_TRACE_CLAIM, WEIR_SLOT_NOTE);
    kernel_wrote = claim.value;
    if (claim.status != WEIR_OK || service_ready() != WEIR_OK) {
        return 1;
    }
    do {
        drain();
    } while (vmm_wait(WEIR_SLOT_NOTE, 0, &bits) == WEIR_OK);
    return 1;
}
