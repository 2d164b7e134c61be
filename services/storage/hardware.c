/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers, time and log of the service; the tests have a model in this place. */
#include "storage.h"
#include "service.h"
#include <vmm/io.h>
#include <vmm/log.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>

#define REGISTER_PAGES 2u /* 100h + 32 * 80h bytes */
#define AHEAD_HZ 1000u    /* what is said ahead counts for 1 ms */

uint32_t hw_read(const struct hba *h, unsigned reg)
{
    return vmm_read32(h->registers + reg);
}

void hw_write(const struct hba *h, unsigned reg, uint32_t value)
{
    vmm_write32(h->registers + reg, value);
}

/*
 * The three stores have labels, so that the next instance can tell from the address at which this one was ended how far
 * it came (AHCI 1.3.1, 5.5.1: PxSACT before PxCI).
 */
extern const uint8_t hw_ring_between[], hw_ring_behind[];

__attribute__((noinline, noclone)) void hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung,
                                                uint32_t serial)
{
    volatile uint8_t *at = p->hba->registers + p->at;

    __asm__ volatile("testb %[queued], %[queued]\n\t"
                     "jz hw_ring_between\n\t"
                     "movl %[bit], %c[sact](%[at])\n"
                     "hw_ring_between:\n\t"
                     "movl %[bit], %c[ci](%[at])\n"
                     "hw_ring_behind:\n\t"
                     "movl %[serial], (%[rung])"
                     :
                     : [queued] "q"(queued), [bit] "r"(bit), [at] "r"(at), [serial] "r"(serial), [rung] "r"(rung),
                       [sact] "i"(PX_SACT), [ci] "i"(PX_CI)
                     : "memory", "cc");
}

/* What this service says ahead of the guest (include/weir/message.h). */
static struct weir_ahead *ahead;
static uint64_t ahead_ticks;

void hw_ahead(const struct port *p, unsigned reg, uint32_t value)
{
    ahead->addr = p->hba->base + p->at + reg;
    ahead->cookie = p->hba->base | p->hba->index;
    ahead->data = value;
    ahead->until = vmm_now() + ahead_ticks;
}

void hardware_begin_ahead(void)
{
    ahead = vmm_ahead();
    ahead_ticks = vmm_start()->tsc_hz / AHEAD_HZ;
    ahead->post_addr = PX_SACT;
    ahead->post_mask = HBA_PORT_BYTES - 1;
}

enum stood hw_stood(unsigned before)
{
    uint64_t rip = before <= WEIR_START_ENDS ? vmm_start()->stood[before - 1] : 0;

    return !rip                                 ? STOOD_UNKNOWN
           : rip == (uint64_t)hw_ring_between ? STOOD_BETWEEN
           : rip == (uint64_t)hw_ring_behind  ? STOOD_BEHIND
                                                : STOOD_ELSEWHERE;
}

void hw_pause(unsigned us)
{
    uint64_t until = vmm_deadline(us);

    while (vmm_now() < until)
        __builtin_ia32_pause();
}

void hw_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmm_vlog(format, args);
    va_end(args);
}

bool hw_open(struct hba *h, uint64_t base)
{
    uint64_t addresses = vmm_capability("addresses", WEIR_DEVICE);
    enum weir_status status;

    if (h->registers)
        vmm_window_close(addresses, (void *)h->registers, REGISTER_PAGES);
    h->registers = vmm_window_open(addresses, base / WEIR_PAGE, REGISTER_PAGES,
                                   WEIR_P_READ | WEIR_P_WRITE | WEIR_P_UNCACHED, &status);
    return h->registers;
}

bool hardware_map_ram(void)
{
    uint64_t addresses = vmm_capability("addresses", WEIR_DEVICE), first, bytes;

    for (unsigned i = 0; memory_range(i, &first, &bytes); i++)
        if (vmm_map(WEIR_SLOT_SELF, addresses, RAM_VIEW + first, first / WEIR_PAGE, bytes / WEIR_PAGE,
                    WEIR_P_READ | WEIR_P_WRITE) != WEIR_OK)
            return false;
    return true;
}
