/* SPDX-License-Identifier: BSD-2-Clause */
#include "say.h"
#include "things.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>
#include <weir/service.h>

#define LINE 720u
#define TRACE_BYTES 240u      /* WEIR_TRACE_LOG takes no more at once */
#define DRAIN_US 2000000u     /* how long console may take for the last words */
#define DRAIN_STEP_US 1000u

static void put(const char *text, size_t bytes)
{
    while (bytes) {
        size_t n = bytes < TRACE_BYTES ? bytes : TRACE_BYTES;

        memcpy(vmm_transfer(), text, n);
        (void)!vmm_trace(WEIR_TRACE_LOG, n).status; /* a log that fails has nowhere to say so */
        text += n;
        bytes -= n;
    }
}

static void line(const char *prefix, const char *format, va_list args)
{
    char text[LINE];
    size_t n = (size_t)snprintf(text, sizeof(text), "weir: %s", prefix);
    int more = vsnprintf(text + n, sizeof(text) - n - 1, format, args);

    if (more > 0) {
        n += (size_t)more < sizeof(text) - n - 1 ? (size_t)more : sizeof(text) - n - 2;
    }
    for (size_t i = 0; i < n; i++) { /* policy's and modules' words can hold anything */
        text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    text[n] = '\n';
    put(text, n + 1);
}

void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line("", format, args);
    va_end(args);
}

/* The position behind the kernel log's last byte. */
static uint64_t log_end(void)
{
    struct vmm_result r = vmm_trace(WEIR_TRACE_READ, UINT64_MAX);
    uint64_t first;

    memcpy(&first, vmm_transfer(), sizeof(first));
    return r.status == WEIR_OK ? first + r.value : 0;
}

/*
 * Without console the kernel has written everything out itself. With it, everything is out once console says so, in
 * memory it shares with init; a console that is stuck costs DRAIN_US and the line.
 */
static void drain(void)
{
    const struct thing_memory *ring = things_memory("ring");
    uint64_t end = log_end(), limit = vmm_deadline(DRAIN_US);

    if (!ring) {
        return;
    }
    const struct weir_console_ring *merged = ring->va;

    while (__atomic_load_n(&merged->kernel_done, __ATOMIC_ACQUIRE) < end && vmm_now() < limit) {
        vmm_sleep_until(vmm_deadline(DRAIN_STEP_US));
    }
}

static _Noreturn void halt(void)
{
    drain();
    for (;;) {
        (void)!vmm_device_ctl(things_device("ports"), WEIR_DEV_SLEEP, WEIR_SLEEP_HALT, 0, 0);
        vmm_sleep_until(vmm_deadline(DRAIN_US)); /* only if the kernel would not halt */
    }
}

void refuse(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line("refused: ", format, args);
    va_end(args);
    halt();
}

void stop_machine(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line("stopped: ", format, args);
    va_end(args);
    halt();
}
