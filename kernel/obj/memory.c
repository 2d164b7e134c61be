/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include "core/log.h"
#include "core/string.h"
#include "domain.h"
#include "x86/insn.h"

bool memory_wiped;

struct memory *memory_create(struct domain *d, u64 n, void *pages)
{
    struct memory *m = block_alloc(d, sizeof(*m));

    if (!m)
        return NULL;
    m->budget = pages ? &kernel_budget : &d->budget;
    m->pages = pages ? pages : page_alloc(&d->budget, (u32)n);
    if (!m->pages) {
        block_free(d, m, sizeof(*m));
        return NULL;
    }
    m->count = (u32)n;
    object_init(&m->object, WEIR_MEMORY, d);
    return m;
}

void memory_destroy(struct memory *m)
{
    page_free(m->budget, m->pages, m->count);
    block_free(m->object.owner, m, sizeof(*m));
}

void memory_wipe(void)
{
    for (struct domain *d = domains; d; d = d->next)
        for (struct object *o = d->objects; o; o = o->next) {
            struct memory *m = container_of(o, struct memory, object);
            if (o->kind != WEIR_MEMORY || !m->secret)
                continue;
            memset(m->pages, 0, m->count * PAGE_SIZE);
            memory_wiped = true;
        }
    wbinvd(); /* else DRAM keeps the old bytes */
}

void machine_end(bool reset)
{
    log_flush();
    memory_wipe();
    if (reset) {
        outb(0xcf9, 0x02);
        outb(0xcf9, 0x06);
        outb(0x64, 0xfe);
    }
    halt_forever();
}

static u64 pte_bits(u32 prot)
{
    return PTE_P | PTE_U | (prot & WEIR_P_WRITE ? PTE_W : 0) | (prot & WEIR_P_EXEC ? 0 : PTE_NX) |
           (prot & WEIR_P_UNCACHED ? PTE_PCD | PTE_PWT : 0);
}

u64 map_into(struct domain *d, struct object *o, u64 pa, u64 va, u64 pages, u32 prot)
{
    struct use *u = block_alloc(d, sizeof(*u));

    if (!u)
        return WEIR_E_MEMORY;
    u64 status = space_map(&d->space, va, pa, pages, pte_bits(prot));
    if (status != WEIR_OK) {
        domain_flush(d);
        block_free(d, u, sizeof(*u));
        return status;
    }
    *u = (struct use){.domain = d, .va = va, .pages = pages};
    LIST_ADD(o->uses, u, next, link);
    LIST_ADD(d->uses, u, next_in_domain, domain_link);
    return WEIR_OK;
}

u64 unmap_from(struct domain *d, u64 va, u64 pages)
{
    for (struct use *u = d->uses; u; u = u->next_in_domain)
        if (u->va == va && u->pages == pages) {
            use_remove(u);
            return WEIR_OK;
        }
    return WEIR_E_RANGE;
}
