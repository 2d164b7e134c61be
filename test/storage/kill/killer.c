/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of storage that is compiled with the names of kill.h and, for -fsanitize=thread, with a call before
 * each of its stores. The guest's writes to offset A4h of a controller (a register of the vendor's, AHCI 1.3.1, 3) say how
 * many instances are still to be ended; each has a way of its own: at a named place, at a random store, or by hanging there.
 */
#include "kill.h"
#include "../../../services/storage/storage.h"
#include <vmm/exit.h>
#include <vmm/io.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/time.h>

#define SWITCH 0xa4u
#define PATIENCE 300u /* accesses for a place to be reached */

static struct {
    bool armed;
    bool at_point, hangs;
    enum kill_point point;
    uint32_t count;    /* of points, or of stores, until then */
    uint32_t accesses; /* so far; wait: before which nothing happens */
    uint32_t wait;
} plan;
static vmm_access_handler *storage_mmio;

void __real_hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial);
void __wrap_hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial);
bool __real_storage_start(const uint64_t bases[HBAS], unsigned instance);
bool __wrap_storage_start(const uint64_t bases[HBAS], unsigned instance);
enum weir_status __real_vmm_serve(struct vmm_service *service);
enum weir_status __wrap_vmm_serve(struct vmm_service *service);

/* Left over from one instance to the next, where struct saved has room for it. */
static uint32_t *ends_left(void)
{
    return &storage.saved->unused;
}

static uint32_t mix(uint32_t x)
{
    x = (x ^ 61) ^ x >> 16;
    x += x << 3;
    x ^= x >> 4;
    x *= 0x27d4eb2d;
    return x ^ x >> 15;
}

static void make_plan(unsigned instance)
{
    uint32_t random = mix(instance + 1);

    plan.armed = true;
    plan.hangs = instance % 11 == 10;
    plan.at_point = !plan.hangs && instance % 4 != 3;
    plan.point = instance % KILL_POINTS;
    plan.count = plan.at_point ? 1 + random % 3 : 1 + random % 2000;
    plan.wait = plan.at_point ? 0 : random >> 16 & 15;
}

static bool is_wanted(void)
{
    return plan.armed && plan.accesses >= plan.wait && *ends_left();
}

static void tell(const char *what)
{
    plan.armed = false;
    --*ends_left();
    vmm_log("ended at %s (%u left)", what, *ends_left());
}

static bool is_reached(enum kill_point point)
{
    return is_wanted() && plan.at_point && plan.point == point && --plan.count == 0;
}

void kill_point(enum kill_point point)
{
    if (is_reached(point)) {
        tell(kill_names[point]);
        __builtin_trap();
    }
}

static void store(void)
{
    if (!is_wanted() || plan.at_point || --plan.count)
        return;
    tell(plan.hangs ? "a random store, by hanging" : "a random store");
    while (plan.hangs)
        __asm__ volatile("pause");
    __builtin_trap();
}

/* Where the instance stood counts here, so that it has to be the real function that faults. */
void __wrap_hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial)
{
    struct hba nowhere = { .registers = (volatile uint8_t *)0x800000000000 };
    struct port faults = *p;

    if (queued && is_reached(KILL_BETWEEN)) {
        tell(kill_names[KILL_BETWEEN]);
        vmm_write32(p->hba->registers + p->at + PX_SACT, bit);
        faults.hba = &nowhere;
        __real_hw_ring(&faults, bit, false, rung, serial);
    }
    if (is_reached(KILL_BEHIND)) {
        tell(kill_names[KILL_BEHIND]);
        __real_hw_ring(p, bit, queued, NULL, serial);
    }
    __real_hw_ring(p, bit, queued, rung, serial);
}

static enum weir_verdict mmio(void *context, struct weir_msg *msg)
{
    enum weir_verdict verdict;

    if (msg->addr % WEIR_PAGE == SWITCH && msg->flags & WEIR_F_WRITE) {
        *ends_left() = (uint32_t)msg->data;
        return WEIR_V_DONE;
    }
    plan.accesses++;
    if (plan.armed && plan.at_point && plan.accesses == PATIENCE) { /* the guest does nothing of that kind */
        plan.at_point = false;
        plan.count = 1;
    }
    verdict = storage_mmio(context, msg);
    kill_point(KILL_ANSWERED);
    return verdict;
}

enum weir_status __wrap_vmm_serve(struct vmm_service *service)
{
    storage_mmio = service->mmio;
    service->mmio = mmio;
    return __real_vmm_serve(service);
}

bool __wrap_storage_start(const uint64_t bases[HBAS], unsigned instance)
{
    make_plan(instance);
    return __real_storage_start(bases, instance);
}

/* ---- what GCC calls ---- */

#define CALL(name, ...)     \
    void name(__VA_ARGS__); \
    void name(__VA_ARGS__)
#define STORES(bytes)                                            \
    CALL(__tsan_write##bytes, void *at) { (void)at, store(); }   \
    CALL(__tsan_read##bytes, void *at) { (void)at; }             \
    CALL(__tsan_unaligned_write##bytes, void *at) { (void)at, store(); } \
    CALL(__tsan_unaligned_read##bytes, void *at) { (void)at; }
STORES(1)
STORES(2)
STORES(4)
STORES(8)
STORES(16)
CALL(__tsan_write_range, void *at, unsigned long bytes) { (void)at, (void)bytes, store(); }
CALL(__tsan_read_range, void *at, unsigned long bytes) { (void)at, (void)bytes; }
CALL(__tsan_init, void) { }
CALL(__tsan_func_entry, void *pc) { (void)pc; }
CALL(__tsan_func_exit, void) { }
uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order);
uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order)
{
    (void)order;
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}
void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order);
void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order)
{
    (void)order;
    store();
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}
