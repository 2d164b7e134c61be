/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"
#include "things.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>

#define LOG_BYTES (4 * WEIR_PAGE)

/* Where things stand in a service's address space: between start block and program, and above the program. */
#define MESSAGE_VA 0x210000ull
#define REGIONS_VA 0x40000000ull
#define HEAP_VA 0x80000000ull
#define HEAP_BYTES 0x40000000ull

struct service services[SERVICE_SLOTS];
static struct service_spec candidate_spec;
struct service_home service_home;

static bool begin_one(struct service *s, const struct service_spec *spec, const char *own, char *reason, size_t bytes)
{
    const struct thing_memory *module = things_memory(spec->name), *block;
    enum vmm_elf_fault fault;
    static char names[SERVICE_SLOTS][2][THING_NAME];
    char(*name)[THING_NAME] = names[s - services];

    if (!module) {
        (void)snprintf(reason, bytes, "boot module %s is missing", spec->name);
        return false;
    }
    fault = vmm_elf_plan(module->va, module->bytes, &s->plan);
    if (fault != VMM_ELF_OK) {
        (void)snprintf(reason, bytes, "boot module %s: %s", spec->name, vmm_elf_reason(fault));
        return false;
    }
    s->spec = spec;
    s->image = module->va;
    s->note = vmm_slot_alloc();
    (void)snprintf(name[0], THING_NAME, "log.%s", own);
    (void)snprintf(name[1], THING_NAME, "start.%s", own);
    s->log = name[0];
    block = things_make_memory(name[1], WEIR_PAGE);
    if (!s->note || vmm_create_note(s->note) != WEIR_OK || !things_make_memory(name[0], LOG_BYTES) ||
        !block) {
        (void)snprintf(reason, bytes, "out of memory while preparing %s", spec->name);
        return false;
    }
    s->block = block->va;
    s->block_slot = block->slot;
    return true;
}

enum weir_status services_begin(char *reason, size_t bytes)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        if (!begin_one(&services[i], &service_table[i], service_table[i].name, reason, bytes)) {
            return WEIR_E_ARG;
        }
    }
    return WEIR_OK;
}

enum weir_status service_candidate_begin(void)
{
    char reason[64];

    candidate_spec = service_table[SERVICE_POLICY];
    for (unsigned i = 0; i < GIVES_MAX && candidate_spec.gives[i].kind; i++) {
        struct give *g = &candidate_spec.gives[i];

        if (!strcmp(g->of, "policy.lua")) {
            g->of = "candidate.lua";
        } else if (!strcmp(g->of, "policy.tables")) {
            g->of = "candidate.tables";
        }
    }
    return begin_one(&services[SERVICE_CANDIDATE], &candidate_spec, "candidate", reason, sizeof(reason))
               ? WEIR_OK
               : WEIR_E_MEMORY;
}

#define EXCHANGE(type, a, b) \
    do {                     \
        type kept = (a);     \
        (a) = (b);           \
        (b) = kept;          \
    } while (0)

void service_promote(struct service *policy, struct service *c)
{
    char title[sizeof(policy->title)];

    service_stop(policy);
    EXCHANGE(uint64_t, policy->domain, c->domain);
    EXCHANGE(uint64_t, policy->thread, c->thread);
    for (unsigned i = 0; i < VMM_ELF_SEGMENTS; i++) {
        EXCHANGE(uint64_t, policy->memory[i], c->memory[i]);
    }
    EXCHANGE(uint64_t, policy->note, c->note);
    EXCHANGE(const char *, policy->log, c->log);
    EXCHANGE(struct weir_start *, policy->block, c->block);
    EXCHANGE(uint64_t, policy->block_slot, c->block_slot);
    memcpy(title, policy->title, sizeof(title));
    memcpy(policy->title, c->title, sizeof(title));
    memcpy(c->title, title, sizeof(title));
    policy->instance++;
    policy->state = SERVICE_RUNNING; /* also where its own had failed, or was being started anew */
    c->state = SERVICE_IDLE;
    (void)!vmm_grant(policy->domain, WEIR_SLOT_PORT, policy->port, WEIR_R_RECEIVE, 0); /* the slot is free */
}

enum weir_status service_make_port(struct service *s, uint32_t deadline_ms, uint64_t end)
{
    enum weir_status status;

    s->port = vmm_slot_alloc();
    if (!s->port) {
        return WEIR_E_MEMORY;
    }
    status = vmm_create_port(s->port, deadline_ms * 1000ull, end);
    if (status == WEIR_OK && s->domain) {
        status = vmm_grant(s->domain, WEIR_SLOT_PORT, s->port, WEIR_R_RECEIVE, 0);
    }
    return status;
}

/* ---- what an instance is given ----------------------------------------------------------------------------------- */

/* Where the next thing goes; the block's own counts say how many there are. */
struct giving {
    struct service *s;
    uint64_t slot, va;
};

static enum weir_status give_capability(struct giving *g, const char *name, enum weir_kind kind, uint64_t from,
                                        uint64_t rights)
{
    struct weir_start *b = g->s->block;
    struct weir_start_cap *c = &b->caps[b->ncaps];
    uint64_t badge = (uint64_t)(g->s - services);
    enum weir_status status;

    if (b->ncaps == WEIR_START_CAPS) {
        return WEIR_E_MEMORY;
    }
    status = vmm_grant(g->s->domain, g->slot, from, rights, badge);
    if (status == WEIR_OK) {
        (void)snprintf(c->name, sizeof(c->name), "%s", name);
        c->slot = (uint32_t)g->slot++;
        c->kind = kind;
        b->ncaps++;
    }
    return status;
}

static enum weir_status give_memory(struct giving *g, const char *name, const struct thing_memory *m, uint32_t prot)
{
    struct weir_start *b = g->s->block;
    struct weir_start_region *r = &b->regions[b->nregions];
    uint64_t pages = (m->bytes + WEIR_PAGE - 1) / WEIR_PAGE;
    enum weir_status status = WEIR_OK;

    if (b->nregions == WEIR_START_REGIONS) {
        return WEIR_E_MEMORY;
    }
    if (pages) { /* an empty policy is one */
        status = vmm_map(g->s->domain, m->slot, g->va, 0, pages, prot);
    }
    if (status == WEIR_OK) {
        (void)snprintf(r->name, sizeof(r->name), "%s", name);
        r->va = g->va;
        r->bytes = m->bytes;
        r->phys = m->phys;
        r->prot = prot;
        g->va += (pages + 1) * WEIR_PAGE; /* nothing is mapped between two regions */
        b->nregions++;
    }
    return status;
}

static enum weir_status give(struct giving *g, const struct give *what)
{
    if (what->kind == GIVE_MEMORY) {
        const struct thing_memory *m = things_memory(what->of);

        return m ? give_memory(g, what->name, m, what->rights) : WEIR_OK;
    }
    if (what->kind == GIVE_NOTE) {
        return give_capability(g, what->name, WEIR_NOTE, service_home.note, what->rights);
    }
    if (what->kind == GIVE_DEVICE) {
        uint64_t device = things_device(what->of);

        return device ? give_capability(g, what->name, WEIR_DEVICE, device, what->rights) : WEIR_OK;
    }
    for (unsigned i = 0; i < SERVICES; i++) {
        if (!strcmp(services[i].spec->name, what->of)) {
            return services[i].port ? give_capability(g, what->name, WEIR_PORT, services[i].port, what->rights)
                                    : WEIR_OK;
        }
    }
    return WEIR_E_ARG;
}

/* The slots that every domain finds filled (enum weir_slot). */
static enum weir_status give_fixed(struct service *s)
{
    static const struct {
        uint32_t slot, rights;
    } fixed[] = {
        { WEIR_SLOT_SELF, WEIR_R_MANAGE },
        { WEIR_SLOT_PORT, WEIR_R_RECEIVE },
        { WEIR_SLOT_NOTE, WEIR_R_WAIT | WEIR_R_SIGNAL },
        { WEIR_SLOT_CONSOLE, WEIR_R_SIGNAL },
    };
    const uint64_t from[] = { s->domain, s->port, s->note, services[SERVICE_CONSOLE].note };
    enum weir_status status = WEIR_OK;

    for (unsigned i = 0; i < 4 && status == WEIR_OK; i++) {
        if (from[i]) { /* policy gets its port only after it said what the deadlines are */
            status = vmm_grant(s->domain, fixed[i].slot, from[i], fixed[i].rights, 0);
        }
    }
    return status;
}

static enum weir_status give_all(struct service *s)
{
    struct giving g = { s, WEIR_SLOT_FREE, REGIONS_VA };
    enum weir_status status = give_fixed(s);

    if (status == WEIR_OK) {
        status = give_memory(&g, "log", things_memory(s->log), WEIR_P_READ | WEIR_P_WRITE);
    }
    if (status == WEIR_OK) {
        status = give_capability(&g, "init", WEIR_PORT, service_home.port, WEIR_R_CALL);
    }
    for (unsigned i = 0; i < GIVES_MAX && s->spec->gives[i].kind && status == WEIR_OK; i++) {
        status = give(&g, &s->spec->gives[i]);
    }
    return status;
}

/* ---- instances --------------------------------------------------------------------------------------------------- */

static void fill_block(struct service *s)
{
    const struct weir_start *own = vmm_start();
    struct weir_start *b = s->block;

    memset(b, 0, sizeof(*b));
    b->magic = WEIR_START_MAGIC;
    b->abi = WEIR_ABI;
    b->bytes = sizeof(*b);
    (void)snprintf(b->name, sizeof(b->name), "%s", s->spec->name);
    b->tsc_hz = own->tsc_hz;
    b->cpus = own->cpus;
    b->instance = s->instance;
    b->generation = service_home.generation + (s == &services[SERVICE_CANDIDATE]);
    memcpy(b->stood, s->stood, sizeof(b->stood));
    b->stood_tsc = s->stood_tsc;
    memcpy(b->version, own->version, sizeof(b->version));
    b->heap_va = HEAP_VA;
    b->heap_bytes = HEAP_BYTES;
    memcpy(b->cmdline, own->cmdline, sizeof(b->cmdline));
    if (s->title[0]) {
        (void)snprintf(b->cmdline, sizeof(b->cmdline), "policy=%s", s->title);
    }
}

static enum weir_status make_instance(struct service *s)
{
    uint64_t bit = 1ull << (s - services);
    enum weir_status status;
    uint64_t slot = vmm_slot_alloc();

    if (!slot) {
        return WEIR_E_MEMORY;
    }
    status = vmm_create_domain(slot, s->spec->pages, s->spec->slots, service_home.note, bit);
    if (status != WEIR_OK) {
        vmm_slot_free(slot);
        return status;
    }
    s->domain = slot;
    status = vmm_elf_load(s->domain, s->image, &s->plan, s->memory);
    if (status != WEIR_OK) {
        return status;
    }
    fill_block(s);
    status = give_all(s);
    if (status == WEIR_OK) {
        status = vmm_map(s->domain, s->block_slot, WEIR_START_VA, 0, 1, WEIR_P_READ);
    }
    slot = status == WEIR_OK ? vmm_slot_alloc() : 0;
    if (!slot) {
        return status == WEIR_OK ? WEIR_E_MEMORY : status;
    }
    s->thread = slot; /* an empty slot is given back like a full one */
    return vmm_create_thread(slot, s->domain, s->plan.entry, 0, MESSAGE_VA);
}

static void drop(uint64_t *slot)
{
    if (*slot) {
        (void)!vmm_destroy(*slot); /* what was never made, or died with its domain, is gone already */
        vmm_slot_free(*slot);
        *slot = 0;
    }
}

static void take_away(struct service *s)
{
    drop(&s->thread);
    drop(&s->domain);
    for (unsigned i = 0; i < VMM_ELF_SEGMENTS; i++) {
        drop(&s->memory[i]);
    }
}

enum weir_status service_start(struct service *s)
{
    enum service_state before = s->state;
    enum weir_status status;

    assert(!s->domain && !s->thread);
    /* A note's or caller's bit can arrive as soon as the thread exists, so the state is set before. */
    s->state = SERVICE_STARTING;
    s->due = vmm_deadline(service_home.ready_us);
    status = make_instance(s);
    if (status != WEIR_OK) {
        take_away(s);
        s->state = before;
        return status;
    }
    s->instance++;
    return WEIR_OK;
}

/* Where the instance stands now, or stood when it was stopped, and how long it ran. */
static void note_end(struct service *s)
{
    struct weir_failure f;

    memmove(s->stood + 1, s->stood, sizeof(s->stood) - sizeof(s->stood[0]));
    s->stood[0] = 0;
    if (vmm_trace(WEIR_TRACE_FAILURE, s->domain).status == WEIR_OK) {
        memcpy(&f, vmm_transfer(), sizeof(f));
        s->stood[0] = f.rip;
        s->stood_tsc = f.tsc;
        s->ticks += f.ticks;
    }
}

void service_stop(struct service *s)
{
    if (s->domain) {
        note_end(s);
    }
    take_away(s);
}

void service_retire(struct service *s)
{
    service_stop(s);
    drop(&s->port);
    drop(&s->note); /* console's: the kernel writes its log itself again */
    s->state = SERVICE_DOWN;
}
