/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical region descriptors (Bus Master IDE 1.0, 1.2). The guest's are read once, into a table of ours; what they name
 * has to be RAM of the guest's. Addresses and lengths are even; a region that crosses a 64 KiB boundary, which none may
 * and which controllers wrap at, becomes two.
 */
#include "ide.h"

static bool add(struct ide_prd *table, uint32_t *n, uint64_t address, uint32_t bytes)
{
    while (bytes) {
        uint32_t room = IDE_PRD_MAX_BYTES - address % IDE_PRD_MAX_BYTES, now = bytes < room ? bytes : room;

        if (*n == IDE_PRDS)
            return false;
        table[(*n)++] = (struct ide_prd){ (uint32_t)address, (uint16_t)now, 0 };
        address += now;
        bytes -= now;
    }
    return true;
}

static uint32_t bytes_of(const struct ide_prd *e)
{
    return e->bytes & ~1u ? e->bytes & ~1u : IDE_PRD_MAX_BYTES;
}

bool prd_copy(struct ide_channel *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < IDE_PRDS; i++) {
        const volatile struct ide_prd *from =
            (const volatile struct ide_prd *)memory_at((c->s->bm_table & ~3u) + 8ull * i, sizeof(*from));
        struct ide_prd e;

        if (!from)
            return false;
        e = (struct ide_prd){ from->address & ~1u, from->bytes, from->flags };
        if (!memory_at(e.address, bytes_of(&e)) || !add(c->table, &n, e.address, bytes_of(&e)))
            return false;
        if (e.flags & IDE_PRD_LAST) {
            c->table[n - 1].flags = IDE_PRD_LAST;
            return true;
        }
    }
    return false;
}

bool prd_list(struct ide_channel *c)
{
    struct ide_saved_channel *s = c->s;
    uint32_t n = 0;
    bool last = false;

    if (!prd_copy(c))
        return false;
    s->pieces = 0;
    ide_in_order();
    for (; n < IDE_PRDS && !last; n++) {
        const struct ide_prd *e = &c->table[n];

        s->list[n] = (struct piece){ e->address, bytes_of(e), 0 };
        last = e->flags & IDE_PRD_LAST;
    }
    ide_in_order();
    s->pieces = n;
    return last;
}

void prd_bounce(struct ide_channel *c, uint32_t bytes)
{
    uint32_t n = 0;

    (void)add(c->table, &n, dma_address(c->bounce), bytes); /* 17 at most */
    c->table[n - 1].flags = IDE_PRD_LAST;
}
