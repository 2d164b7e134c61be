/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a service's log text goes: its ring, or the kernel's log while it has none. */
#include <string.h>
#include <vmm/log.h>
#include <vmm/ring.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/service.h>

static struct {
    struct weir_ring *ring; /* NULL: the kernel's log */
    uint64_t capacity;
    uint64_t note; /* 0: nobody is told */
} sink;

void vmm_log_use(struct weir_ring *ring, uint64_t bytes, uint64_t note)
{
    uint64_t capacity = ring ? weir_ring_open(ring, bytes) : 0;

    sink.ring = capacity ? ring : NULL;
    sink.capacity = capacity;
    sink.note = note;
}

/*
 * WEIR_TRACE_LOG takes its text from the transfer page, where part of a request may stand: its
 * bytes are kept aside. The kernel refuses nothing that is asked for here.
 */
static void log_to_kernel(const char *text, size_t bytes)
{
    char kept[VMM_LOG_LINE];
    char *transfer = vmm_transfer();

    while (bytes > 0) {
        size_t part = bytes < sizeof(kept) ? bytes : sizeof(kept);
        memcpy(kept, transfer, part);
        memcpy(transfer, text, part);
        (void)vmm_syscall_trace(WEIR_TRACE_LOG, part);
        memcpy(transfer, kept, part);
        text += part;
        bytes -= part;
    }
}

void vmm_log_bytes(const char *text, size_t bytes)
{
    if (bytes == 0) {
        return;
    }
    if (!sink.ring) {
        log_to_kernel(text, bytes);
        return;
    }
    weir_ring_write(sink.ring, sink.capacity, text, bytes);
    if (sink.note) {
        /* console may be gone for a moment; the text stays in the ring and nothing is lost by that.
         */
        (void)vmm_syscall_signal(sink.note, WEIR_CONSOLE_RINGS);
    }
}

void vmm_vlog(const char *format, va_list args)
{
    char line[VMM_LOG_LINE + 2];
    size_t length = vmm_format(line, VMM_LOG_LINE + 1, format, args);

    if (length > VMM_LOG_LINE) {
        length = VMM_LOG_LINE;
        memcpy(line + length - 3, "...", 3);
    }
    if (length == 0 || line[length - 1] != '\n') {
        line[length++] = '\n';
    }
    vmm_log_bytes(line, length);
}

void vmm_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmm_vlog(format, args);
    va_end(args);
}
