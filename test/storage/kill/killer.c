/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of storage that is compiled with the names of kill.h and, for -fsanitize=thread, with a call before
 * each of its stores. The guest says how many instances are still to be ended; each has a way of its own: at a named
 * place, at a random store, by hanging there, or by the watchdog at whatever instruction it has come to.
 */
#include "kill.h"
#include "../../../services/storage/storage.h"
#include <vmm/exit.h>
#include <vmm/io.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/time.h>

/*
 * The switch: offset A4h of an AHCI controller, a register of the vendor's (AHCI 1.3.1, 3), or 1 of the bus master of the
 * primary IDE channel, which is reserved (Bus Master IDE 1.0, 2.0).
 */
#define SWITCH_AHCI 0xa4u
#define SWITCH_IDE 1u
#define BURNING (1u << 31) /* not the guest's: an instance lets its deadline come */

#define PATIENCE 300u /* accesses for a place to be reached */
#define WORK_US 60u   /* at most what an instance may work before its deadline: most requests take less */

enum end { AT_POINT, AT_STORE, BY_HANGING, AT_INSTRUCTION };

/*
 * The next instance finds out where the last one stood, so one follows the other. Not here: parts of commands, because
 * Linux takes QEMU's disks to be behind a bridge and asks for 128 KiB at most, and the guest's resets.
 */
static const enum kill_point of_commands[] = {
    KILL_ACCEPTED, KILL_PREPARED, KILL_JOURNALLED, KILL_BETWEEN, KILL_BEHIND, KILL_FOUND_OUT, KILL_RUNG, KILL_DELIVERED,
    KILL_BEFORE_END, KILL_ENDED, KILL_IS_CLEARED, KILL_LOADED, KILL_SETTLED, KILL_GOING_ON, KILL_ANSWERED,
};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct {
    bool armed;
    enum end end;
    enum kill_point point;
    uint32_t count;    /* of points, or of stores, until then */
    uint32_t accesses; /* so far; wait: before which nothing happens */
    uint32_t wait;
    uint32_t work_us;
} plan;
static vmm_access_handler *storage_mmio, *storage_io;

void __real_hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial);
void __wrap_hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial);
bool __real_storage_start(const uint64_t bases[HBAS], unsigned instance);
bool __wrap_storage_start(const uint64_t bases[HBAS], unsigned instance);
enum weir_status __real_vmm_serve(struct vmm_service *service);
enum weir_status __wrap_vmm_serve(struct vmm_service *service);

/* The switch, left over from one instance to the next, where struct saved has room for it. */
static uint32_t *left(void)
{
    return &storage.saved->unused;
}

static uint32_t ends_left(void)
{
    return *left() & 0xffff;
}

static uint32_t mix(uint32_t x)
{
    x = (x ^ 61) ^ x >> 16;
    x += x << 3;
    x ^= x >> 4;
    x *= 0x27d4eb2d;
    return x ^ x >> 15;
}

/* An instance comes there once at most. */
static bool is_rare(enum kill_point point)
{
    return point == KILL_FOUND_OUT || point == KILL_SETTLED;
}

static void make_plan(unsigned instance)
{
    uint32_t random = mix(instance + 1);

    plan.armed = true;
    plan.end = instance % 11 == 10  ? BY_HANGING
               : instance % 11 == 5 ? AT_INSTRUCTION
               : instance % 4 == 3  ? AT_STORE
                                    : AT_POINT;
    plan.point = of_commands[instance % COUNT(of_commands)];
    plan.count = plan.end != AT_POINT ? 1 + random % 2000 : is_rare(plan.point) ? 1 : 1 + random % 3;
    plan.wait = plan.end == AT_POINT ? 0 : random >> 16 & 15;
    if (plan.end == AT_INSTRUCTION)
        plan.wait += 2; /* else what burns would count as the time until the parked access is answered */
    plan.work_us = (random >> 8) % WORK_US;
}

static bool is_wanted(enum end end)
{
    return plan.armed && plan.end == end && plan.accesses >= plan.wait && ends_left();
}

static void tell(const char *what)
{
    plan.armed = false;
    --*left();
    vmm_log("ended at %s (%u left), tsc %llu", what, ends_left(), (unsigned long long)vmm_now());
}

static bool is_reached(enum kill_point point)
{
    return is_wanted(AT_POINT) && plan.point == point && --plan.count == 0;
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
    bool hangs = is_wanted(BY_HANGING);

    if ((!hangs && !is_wanted(AT_STORE)) || --plan.count)
        return;
    tell(hangs ? "a random store, by hanging" : "a random store");
    while (hangs)
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

/* Until shortly before the deadline. */
static void burn(uint64_t deadline)
{
    while (vmm_now() + plan.work_us * (vmm_start()->tsc_hz / 1000000) < deadline)
        __asm__ volatile("pause");
}

static enum weir_verdict serve(vmm_access_handler *handler, void *context, struct weir_msg *msg, bool is_switch)
{
    enum weir_verdict verdict;
    bool burns;

    if (is_switch && msg->flags & WEIR_F_WRITE) {
        *left() = (uint32_t)msg->data & ~BURNING;
        return WEIR_V_DONE;
    }
    plan.accesses++;
    if (plan.armed && plan.end == AT_POINT && plan.accesses == PATIENCE) { /* the guest does nothing of that kind */
        plan.end = AT_STORE;
        plan.count = 1;
    }
    burns = is_wanted(AT_INSTRUCTION);
    if (burns) {
        *left() |= BURNING;
        burn(msg->deadline);
    }
    verdict = handler(context, msg);
    if (burns) /* it was done before its deadline */
        *left() &= ~BURNING;
    kill_point(KILL_ANSWERED);
    return verdict;
}

static enum weir_verdict mmio(void *context, struct weir_msg *msg)
{
    return serve(storage_mmio, context, msg, msg->addr % WEIR_PAGE == SWITCH_AHCI);
}

static enum weir_verdict io(void *context, struct weir_msg *msg)
{
    return serve(storage_io, context, msg, msg->aux && msg->addr == msg->aux + SWITCH_IDE);
}

enum weir_status __wrap_vmm_serve(struct vmm_service *service)
{
    storage_mmio = service->mmio;
    service->mmio = mmio;
    storage_io = service->io;
    service->io = io;
    return __real_vmm_serve(service);
}

bool __wrap_storage_start(const uint64_t bases[HBAS], unsigned instance)
{
    make_plan(instance);
    if (*left() & BURNING) {
        *left() &= ~BURNING;
        tell("a random instruction");
        plan.armed = true;
    } else if (instance) {
        vmm_log("noticed, tsc %llu", (unsigned long long)vmm_start()->stood_tsc);
    }
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
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order)
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
