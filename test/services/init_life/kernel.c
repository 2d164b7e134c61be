/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"
#include <stdlib.h>
#include <string.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>
#include <vmm/io.h>

#define OBJECTS 8192u
#define ALL_PORTS 0xffffu
#define FAKE_FREE 8192u
#define OVERHEAD 3u /* pages that a domain costs beyond its budget */

struct fake_kernel fake;
static struct fake_object objects[OBJECTS];
static struct fake_object *self;
static uint8_t pages[2 * WEIR_PAGE] __attribute__((aligned(4096)));
static uint64_t next_slot;

/* ---- what libvmm's headers promise -------------------------------------------------------------------------------- */

const struct weir_start *vmm_start(void) { return &fake.start; }
struct weir_msg *vmm_message(void) { return (struct weir_msg *)pages; }
void *vmm_transfer(void) { return pages + WEIR_PAGE; }
uint64_t vmm_now(void) { return fake.now; }
uint64_t vmm_deadline(uint64_t us) { return fake.now + us * (FAKE_HZ / 1000000); }
void vmm_sleep_until(uint64_t deadline) { fake.now = deadline > fake.now ? deadline : fake.now; }

static uint8_t scratch;
uint8_t vmm_in8(uint16_t port) { return fake.uart && port == 0x2ff ? scratch : 0xff; }
void vmm_out8(uint16_t port, uint8_t value) { scratch = port == 0x2ff ? value : scratch; }

/* No policy of these tests has rules for disks, so no controller is touched. */
uint32_t vmm_read32(const volatile void *address) { (void)address; abort(); }
void vmm_write32(volatile void *address, uint32_t value) { (void)address; (void)value; abort(); }

/* ---- objects ------------------------------------------------------------------------------------------------------ */

static struct vmm_result result(enum weir_status status, uint64_t value)
{
    fake.refusals += status != WEIR_OK;
    return (struct vmm_result){ status, value };
}

static struct fake_object *make(enum weir_kind kind)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (!objects[i].alive) {
            objects[i] = (struct fake_object){ .kind = kind, .alive = true };
            return &objects[i];
        }
    }
    abort();
}

static struct fake_object *get(uint64_t slot, enum weir_kind kind, uint64_t rights)
{
    const struct fake_cap *c = slot < FAKE_SLOTS ? &fake.slots[slot] : NULL;

    return c && c->object && c->object->kind == kind && (c->rights & rights) == rights ? c->object : NULL;
}

static void forget(struct fake_object *o)
{
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (fake.slots[i].object == o) {
            fake.slots[i] = (struct fake_cap){ 0 };
        }
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct fake_object *d = &objects[i];

        if (!d->alive || d->kind != WEIR_DOMAIN || d == o) {
            continue;
        }
        for (uint64_t s = 0; s < d->nslots; s++) {
            if (d->slots[s].object == o) {
                d->slots[s] = (struct fake_cap){ 0 };
            }
        }
        for (unsigned m = 0; m < FAKE_MAPS; m++) {
            if (d->maps[m].object == o) {
                d->maps[m] = (struct fake_map){ 0 };
            }
        }
    }
}

static void kill_object(struct fake_object *o)
{
    forget(o);
    o->alive = false;
    if (o->kind == WEIR_MEMORY) {
        free(o->memory);
        fake.free_pages += o->pages;
    } else if (o->kind == WEIR_PORT) {
        for (unsigned i = 0; i < OBJECTS; i++) { /* as the kernel does: nobody could answer any more */
            if (objects[i].alive && objects[i].kind == WEIR_DEVICE && objects[i].port == o) {
                objects[i].mode = o->closed ? WEIR_BIND_FLOAT : 0;
                objects[i].port = NULL;
            }
        }
    } else if (o->kind == WEIR_DOMAIN) {
        free(o->slots);
        fake.free_pages += o->pages + OVERHEAD;
        for (unsigned i = 0; i < OBJECTS; i++) {
            if (objects[i].alive && objects[i].kind == WEIR_THREAD && objects[i].domain == o) {
                kill_object(&objects[i]);
            }
        }
    }
}

static bool fails_now(void)
{
    return fake.fail_at && --fake.fail_at == 0;
}

/* ---- system calls ------------------------------------------------------------------------------------------------- */

static struct fake_object *create_domain(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct fake_object *o, *note = c ? get(c, WEIR_NOTE, WEIR_R_SIGNAL) : NULL;

    if (a + OVERHEAD > fake.free_pages || b < 8 || b > FAKE_SLOTS || (c && !note)) {
        return NULL;
    }
    o = make(WEIR_DOMAIN);
    o->pages = a;
    o->slots = calloc(b, sizeof(*o->slots));
    o->nslots = b;
    o->note = note;
    o->bits = d;
    fake.free_pages -= a + OVERHEAD;
    return o;
}

static struct fake_object *create_memory(uint64_t n)
{
    struct fake_object *o;

    if (!n || n > fake.free_pages) {
        return NULL;
    }
    o = make(WEIR_MEMORY);
    o->pages = n;
    o->memory = aligned_alloc(WEIR_PAGE, n * WEIR_PAGE);
    memset(o->memory, 0, n * WEIR_PAGE);
    fake.free_pages -= n;
    return o;
}

static struct fake_object *create_device(uint64_t a, uint64_t first, uint64_t last)
{
    struct fake_object *o, *parent = get(a, WEIR_DEVICE, 0);

    if (!parent || first > last || first < parent->first || last > parent->last) {
        return NULL;
    }
    o = make(WEIR_DEVICE);
    o->parent = parent->parent ? parent->parent : parent;
    o->first = first;
    o->last = last;
    return o;
}

static struct fake_object *create_thread(uint64_t a, uint64_t rip, uint64_t va)
{
    struct fake_object *o, *domain = get(a, WEIR_DOMAIN, WEIR_R_MANAGE);

    if (!domain || va % WEIR_PAGE) {
        return NULL;
    }
    o = make(WEIR_THREAD);
    o->domain = domain;
    o->entry = rip;
    o->message_va = va;
    return o;
}

struct vmm_result vmm_syscall_create(uint64_t kind, uint64_t slot, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct fake_object *o = NULL;

    if (slot >= FAKE_SLOTS || fake.slots[slot].object) {
        return result(WEIR_E_BUSY, 0);
    }
    if (fails_now()) {
        return result(WEIR_E_MEMORY, 0);
    }
    switch (kind) {
    case WEIR_DOMAIN:
        o = create_domain(a, b, c, d);
        break;
    case WEIR_THREAD:
        o = create_thread(a, b, d);
        break;
    case WEIR_PORT:
    case WEIR_NOTE:
        o = make(kind);
        o->deadline_us = kind == WEIR_PORT ? a : 0;
        o->closed = kind == WEIR_PORT && b == WEIR_PORT_CLOSED;
        break;
    case WEIR_VCPU:
        o = make(kind);
        o->port = get(a, WEIR_PORT, WEIR_R_CALL);
        break;
    case WEIR_MEMORY:
        o = create_memory(a);
        if (o) {
            o->secret = b == WEIR_MEMORY_SECRET;
        }
        break;
    case WEIR_DEVICE:
        o = create_device(a, b, c);
        break;
    }
    if (!o) {
        return result(WEIR_E_ARG, 0);
    }
    fake.slots[slot] = (struct fake_cap){ o, WEIR_R_ALL, 0 };
    return result(WEIR_OK, 0);
}

struct vmm_result vmm_syscall_destroy(uint64_t slot, uint64_t code)
{
    (void)code;
    if (slot >= FAKE_SLOTS || !fake.slots[slot].object) {
        return result(WEIR_E_CAP, 0);
    }
    kill_object(fake.slots[slot].object);
    return result(WEIR_OK, 0);
}

struct vmm_result vmm_syscall_grant(uint64_t domain, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge)
{
    struct fake_object *d = get(domain, WEIR_DOMAIN, WEIR_R_MANAGE);

    if (fails_now()) {
        return result(WEIR_E_MEMORY, 0);
    }
    if (!d || from >= FAKE_SLOTS || !fake.slots[from].object || (fake.slots[from].rights & rights) != rights) {
        return result(WEIR_E_CAP, 0);
    }
    if (to >= d->nslots) {
        return result(WEIR_E_RANGE, 0);
    }
    if (d->slots[to].object) {
        return result(WEIR_E_BUSY, 0);
    }
    d->slots[to] = (struct fake_cap){ fake.slots[from].object, rights, badge };
    return result(WEIR_OK, 0);
}

static bool overlaps(const struct fake_object *d, uint64_t va, uint64_t n)
{
    for (unsigned i = 0; i < FAKE_MAPS; i++) {
        const struct fake_map *m = &d->maps[i];

        if (m->object && va < m->va + m->pages * WEIR_PAGE && m->va < va + n * WEIR_PAGE) {
            return true;
        }
    }
    return false;
}

struct vmm_result vmm_syscall_map(uint64_t domain, uint64_t object, uint64_t va, uint64_t first, uint64_t n,
                                  uint64_t prot)
{
    struct fake_object *d = get(domain, WEIR_DOMAIN, WEIR_R_MANAGE), *m = get(object, WEIR_MEMORY, 0);

    if (fails_now()) {
        return result(WEIR_E_MEMORY, 0);
    }
    if (!d || !m) {
        return result(WEIR_E_CAP, 0);
    }
    if (!n || first || n > m->pages || va % WEIR_PAGE || va < WEIR_PAGE || va + n * WEIR_PAGE > WEIR_USER_TOP ||
        !prot || (prot & WEIR_P_WRITE && prot & WEIR_P_EXEC) || fake.slots[object].rights == 0) {
        return result(WEIR_E_ARG, 0);
    }
    if (overlaps(d, va, n)) {
        return result(WEIR_E_BUSY, 0);
    }
    for (unsigned i = 0; i < FAKE_MAPS; i++) {
        if (!d->maps[i].object) {
            d->maps[i] = (struct fake_map){ m, va, n, prot };
            return result(WEIR_OK, 0);
        }
    }
    abort();
}

void *vmm_window_open(uint64_t object, uint64_t first, size_t n, uint64_t prot, enum weir_status *status)
{
    struct fake_object *m = get(object, WEIR_MEMORY, 0);

    *status = !m || first || n > m->pages || !prot ? WEIR_E_ARG : fails_now() ? WEIR_E_MEMORY : WEIR_OK;
    return *status == WEIR_OK ? m->memory : NULL;
}

void vmm_window_close(uint64_t object, void *va, size_t n)
{
    (void)object;
    (void)va;
    (void)n;
}

static enum weir_status bind(struct fake_object *d, uint64_t mode, uint64_t b, uint64_t cookie)
{
    bool forwarded = mode == WEIR_BIND_FORWARD || mode == WEIR_BIND_FILTER;

    if (!mode || mode >= WEIR_BIND_MODES || d->mode) {
        return WEIR_E_BUSY;
    }
    if (forwarded && !get(b, WEIR_PORT, WEIR_R_CALL | WEIR_R_MANAGE)) {
        return WEIR_E_CAP;
    }
    d->mode = mode;
    d->port = forwarded ? get(b, WEIR_PORT, 0) : NULL;
    d->argument = forwarded ? 0 : b;
    d->cookie = cookie;
    return WEIR_OK;
}

struct vmm_result vmm_syscall_device_ctl(uint64_t device, uint64_t op, uint64_t a, uint64_t b, uint64_t c)
{
    struct fake_object *d = get(device, WEIR_DEVICE, 0);

    if (!d) {
        return result(WEIR_E_CAP, 0);
    }
    switch (op) {
    case WEIR_DEV_OPEN:
        return result(WEIR_OK, 0);
    case WEIR_DEV_BIND:
        return result(bind(d, a, b, c), 0);
    case WEIR_DEV_UNBIND:
        if (!d->mode) {
            return result(WEIR_E_STATE, 0);
        }
        d->mode = 0;
        d->port = NULL;
        return result(WEIR_OK, 0);
    case WEIR_DEV_SLEEP:
        longjmp(fake.end, FAKE_HALTED);
    default:
        return result(WEIR_E_CALL, 0);
    }
}

struct vmm_result vmm_syscall_vcpu_ctl(uint64_t vcpu, uint64_t op, uint64_t a, uint64_t b)
{
    struct fake_object *v = get(vcpu, WEIR_VCPU, WEIR_R_MANAGE);

    (void)b;
    if (!v) {
        return result(WEIR_E_CAP, 0);
    }
    if (op == WEIR_VCPU_BOOT) {
        memcpy(&fake.boot, vmm_transfer(), sizeof(fake.boot));
    } else if (op == WEIR_VCPU_EMULATOR) {
        v->emulator = get(a, WEIR_PORT, WEIR_R_CALL);
    } else if (op == WEIR_VCPU_RUN) {
        v->running = true;
    }
    return result(WEIR_OK, 0);
}

struct vmm_result vmm_syscall_signal(uint64_t slot, uint64_t bits)
{
    struct fake_object *o = get(slot, WEIR_NOTE, WEIR_R_SIGNAL);

    if (!o) {
        return result(WEIR_E_CAP, 0);
    }
    o->bits |= bits;
    return result(WEIR_OK, 0);
}

struct vmm_result vmm_syscall_trace(uint64_t op, uint64_t arg)
{
    struct fake_object *d;
    uint64_t first = fake.logged;

    switch (op) {
    case WEIR_TRACE_LOG:
        if (arg > 240 || fake.logged + arg >= sizeof(fake.log)) {
            return result(WEIR_E_ARG, 0);
        }
        memcpy(fake.log + fake.logged, vmm_transfer(), arg);
        fake.logged += arg;
        return result(WEIR_OK, 0);
    case WEIR_TRACE_READ: /* only asked where the log ends */
        memcpy(vmm_transfer(), &first, sizeof(first));
        return result(WEIR_OK, 0);
    case WEIR_TRACE_FAILURE:
        d = get(arg, WEIR_DOMAIN, WEIR_R_MANAGE);
        if (!d) {
            return result(WEIR_E_CAP, 0);
        }
        memcpy(vmm_transfer(), &d->failure, sizeof(d->failure));
        return result(WEIR_OK, 0);
    default:
        return result(WEIR_E_CALL, 0);
    }
}

struct vmm_result vmm_syscall_reply_wait(uint64_t port, uint64_t flags, uint64_t note, uint64_t deadline)
{
    struct fake_object *n = get(note, WEIR_NOTE, WEIR_R_WAIT);

    if (!get(port, WEIR_PORT, WEIR_R_RECEIVE) || !n || flags) {
        return result(WEIR_E_CAP, 0);
    }
    if (n->bits) {
        *vmm_message() = (struct weir_msg){ .kind = WEIR_MSG_NOTE, .data = n->bits };
        n->bits = 0;
        return result(WEIR_OK, 0);
    }
    if (fake.script()) {
        return result(WEIR_OK, 0);
    }
    if (n->bits) {
        return vmm_syscall_reply_wait(port, flags, note, deadline);
    }
    if (!deadline) {
        longjmp(fake.end, FAKE_STUCK);
    }
    fake.now = deadline > fake.now ? deadline : fake.now;
    return (struct vmm_result){ WEIR_E_TIMEOUT, 0 };
}

/* ---- for the test ------------------------------------------------------------------------------------------------- */

static void add_cap(const char *name, uint64_t last)
{
    struct fake_object *o = make(WEIR_DEVICE);
    struct weir_start_cap *c = &fake.start.caps[fake.start.ncaps++];

    o->last = last;
    fake.slots[next_slot] = (struct fake_cap){ o, WEIR_R_ALL, 0 };
    strcpy(c->name, name);
    c->slot = (uint32_t)next_slot++;
    c->kind = WEIR_DEVICE;
}

void fake_region(const char *name, const void *data, uint64_t bytes)
{
    struct weir_start_region *r = &fake.start.regions[fake.start.nregions++];
    struct fake_object *o;

    strcpy(r->name, name);
    if (!bytes) {
        return; /* the kernel makes no object of an empty module */
    }
    o = create_memory((bytes + WEIR_PAGE - 1) / WEIR_PAGE);
    memcpy(o->memory, data, bytes);
    fake.slots[next_slot] = (struct fake_cap){ o, WEIR_R_ALL, 0 };
    r->va = (uint64_t)(uintptr_t)o->memory;
    r->bytes = bytes;
    r->prot = WEIR_P_READ;
    r->slot = (uint32_t)next_slot++;
}

void fake_begin(void)
{
    fake.free_pages = FAKE_FREE;
    fake.now = 1000 * FAKE_HZ;
    fake.uart = true;
    fake.start = (struct weir_start){ .magic = WEIR_START_MAGIC, .abi = WEIR_ABI, .bytes = sizeof(fake.start),
                                      .name = "init", .tsc_hz = FAKE_HZ, .cpus = 1 };
    self = make(WEIR_DOMAIN);
    fake.slots[WEIR_SLOT_SELF] = (struct fake_cap){ self, WEIR_R_ALL, 0 };
    next_slot = WEIR_SLOT_FREE;
    add_cap("ports", ALL_PORTS);
    add_cap("addresses", ~0ull);
    add_cap("msrs", 0xffffffff);
}

const struct weir_start *fake_block(const struct fake_object *domain)
{
    for (unsigned i = 0; i < FAKE_MAPS; i++) {
        if (domain->maps[i].object && domain->maps[i].va == WEIR_START_VA) {
            return (const struct weir_start *)domain->maps[i].object->memory;
        }
    }
    return NULL;
}

struct fake_object *fake_domain_of(const char *service)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        const struct weir_start *b = objects[i].alive && objects[i].kind == WEIR_DOMAIN ? fake_block(&objects[i]) : NULL;

        if (b && !strcmp(b->name, service)) {
            return &objects[i];
        }
    }
    return NULL;
}

void *fake_region_of(const struct fake_object *domain, const char *name, uint64_t *prot)
{
    const struct weir_start *b = fake_block(domain);

    for (uint32_t i = 0; i < b->nregions; i++) {
        for (unsigned m = 0; !strcmp(b->regions[i].name, name) && m < FAKE_MAPS; m++) {
            if (domain->maps[m].object && domain->maps[m].va == b->regions[i].va) {
                *prot = domain->maps[m].prot;
                return domain->maps[m].object->memory;
            }
        }
    }
    return NULL;
}

void fake_stop(struct fake_object *domain, const struct weir_failure *why)
{
    domain->failure = *why;
    if (domain->note) {
        domain->note->bits |= domain->bits;
    }
}

uint64_t fake_slots_in_use(void)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        n += fake.slots[i].object != NULL;
    }
    return n;
}

struct fake_object *fake_object(enum weir_kind kind, unsigned n)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (objects[i].alive && objects[i].kind == kind && objects[i].domain != self && n-- == 0) {
            return &objects[i];
        }
    }
    return NULL;
}
