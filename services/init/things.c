/* SPDX-License-Identifier: BSD-2-Clause */
#include "things.h"
#include <stdbool.h>
#include <string.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

#define MEMORIES (WEIR_START_REGIONS + 32u)
#define DEVICES (WEIR_START_CAPS + 4u)

static struct thing_memory memories[MEMORIES];
static struct thing_device devices[DEVICES];
static unsigned nmemories, ndevices;

static const struct thing_memory *add_memory(const struct thing_memory *m)
{
    if (nmemories == MEMORIES) {
        return NULL;
    }
    memories[nmemories] = *m;
    return &memories[nmemories++];
}

static bool add_device(const char *name, uint64_t slot)
{
    if (ndevices == DEVICES) {
        return false;
    }
    devices[ndevices++] = (struct thing_device){ name, slot };
    return true;
}

enum weir_status things_begin(void)
{
    const struct weir_start *start = vmm_start();

    for (uint32_t i = 0; i < start->nregions; i++) {
        const struct weir_start_region *r = &start->regions[i];
        struct thing_memory m = { r->name, r->slot, (void *)(uintptr_t)r->va, r->bytes, r->phys };

        if (!add_memory(&m)) {
            return WEIR_E_MEMORY;
        }
    }
    for (uint32_t i = 0; i < start->ncaps; i++) {
        const struct weir_start_cap *c = &start->caps[i];

        if (c->kind == WEIR_DEVICE && !add_device(c->name, c->slot)) {
            return WEIR_E_MEMORY;
        }
    }
    return WEIR_OK;
}

static const struct thing_memory *make_memory(const char *name, uint64_t bytes, uint64_t flags)
{
    uint64_t pages = (bytes + WEIR_PAGE - 1) / WEIR_PAGE;
    struct thing_memory m = { name, vmm_slot_alloc(), NULL, bytes, 0 };
    struct vmm_result created;
    const struct thing_memory *made;
    enum weir_status status;

    if (!m.slot) {
        return NULL;
    }
    created = vmm_syscall_create(WEIR_MEMORY, m.slot, pages, flags, 0, 0);
    if (created.status != WEIR_OK) {
        vmm_slot_free(m.slot);
        return NULL;
    }
    m.phys = created.value;
    m.va = vmm_window_open(m.slot, 0, pages, WEIR_P_READ | WEIR_P_WRITE, &status);
    made = m.va ? add_memory(&m) : NULL;
    if (!made && vmm_destroy(m.slot) == WEIR_OK) { /* unmaps it everywhere */
        vmm_slot_free(m.slot);
    }
    return made;
}

const struct thing_memory *things_make_memory(const char *name, uint64_t bytes)
{
    return make_memory(name, bytes, 0);
}

const struct thing_memory *things_make_secret(const char *name, uint64_t bytes)
{
    return make_memory(name, bytes, WEIR_MEMORY_SECRET);
}

static struct thing_memory *find(const char *name)
{
    for (unsigned i = 0; i < nmemories; i++) {
        if (!strcmp(memories[i].name, name)) {
            return &memories[i];
        }
    }
    return NULL;
}

void things_free_memory(const char *name)
{
    struct thing_memory *m = find(name);

    if (!m) {
        return;
    }
    if (vmm_destroy(m->slot) == WEIR_OK) { /* unmaps it everywhere */
        vmm_window_close(m->slot, m->va, (m->bytes + WEIR_PAGE - 1) / WEIR_PAGE);
        vmm_slot_free(m->slot);
    }
    *m = memories[--nmemories];
}

void things_swap(const char *a, const char *b)
{
    struct thing_memory *x = find(a), *y = find(b);
    const char *name = x->name;

    x->name = y->name;
    y->name = name;
}

uint64_t things_make_device(const char *name, const char *parent, uint64_t first, uint64_t last)
{
    uint64_t from = things_device(parent), slot = from ? vmm_slot_alloc() : 0;

    if (!slot) {
        return 0;
    }
    if (vmm_create_device(slot, from, first, last) != WEIR_OK) {
        vmm_slot_free(slot);
        return 0;
    }
    return add_device(name, slot) ? slot : 0;
}

const struct thing_memory *things_memory(const char *name)
{
    for (unsigned i = 0; i < nmemories; i++) {
        if (!strcmp(memories[i].name, name)) {
            return &memories[i];
        }
    }
    return NULL;
}

uint64_t things_device(const char *name)
{
    for (unsigned i = 0; i < ndevices; i++) {
        if (!strcmp(devices[i].name, name)) {
            return devices[i].slot;
        }
    }
    return 0;
}
