/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's physical region descriptor tables. Each entry is read once, into a copy of our own; what it names has to
 * be RAM of the guest's (AHCI 1.3.1, 4.2.3.3).
 */
#include "storage.h"

static struct ahci_prd read_once(const volatile struct ahci_prd *from)
{
    return (struct ahci_prd){ from->dba, from->dbau, 0, from->dbc };
}

static uint64_t address_of(const struct ahci_prd *e)
{
    return ((uint64_t)e->dbau << 32 | e->dba) & ~1ull;
}

/* The lowest bit of the count has to be 1; it is even bytes. */
static uint32_t bytes_of(const struct ahci_prd *e)
{
    return ((e->dbc & PRD_BYTES) | 1) + 1;
}

/* Of guest memory, as far as it can be told. TRIM has at least one block of ranges (ATA8-ACS, 7.9). */
static uint64_t bytes_needed(const struct slot_command *c)
{
    bool media = c->class == COMMAND_READ || c->class == COMMAND_WRITE;

    return media ? c->sectors * (uint64_t)SECTOR : c->class == COMMAND_TRIM ? SECTOR : 0;
}

enum prdt_result prdt_direct(const struct slot_command *c, struct ahci_prd *out)
{
    uint64_t bytes = 0, needed = bytes_needed(c);
    const struct ahci_prd *table;

    if (c->prds == 0)
        return needed ? PRDT_SHORT : PRDT_OK;
    table = (const struct ahci_prd *)memory_at(c->table + TABLE_PRDT, c->prds * sizeof(*table));
    if (!table)
        return PRDT_BUS_ERROR;
    for (uint32_t i = 0; i < c->prds; i++) {
        struct ahci_prd e = read_once(&table[i]);

        e.dba &= ~1u;
        e.dbc = (e.dbc & (PRD_BYTES | PRD_I)) | 1;
        if (!memory_at(address_of(&e), bytes_of(&e)))
            return PRDT_BUS_ERROR;
        bytes += bytes_of(&e);
        out[i] = e;
    }
    return bytes < needed ? PRDT_SHORT : PRDT_OK;
}

enum prdt_result prdt_gather(struct slot *slot, struct piece *out, uint32_t bytes)
{
    const struct slot_command *c = &slot->command;
    struct slot_step *s = &slot->step;
    uint32_t prd = s->prd, offset = s->prd_offset;

    s->pieces = s->bytes = 0;
    while (s->bytes < bytes && prd < c->prds && s->pieces < BOUNCED_PRDS) {
        const struct ahci_prd *at =
            (const struct ahci_prd *)memory_at(c->table + TABLE_PRDT + prd * sizeof(*at), sizeof(*at));
        struct ahci_prd e;
        uint32_t n;

        if (!at)
            return PRDT_BUS_ERROR;
        e = read_once(at);
        n = bytes_of(&e);
        if (!memory_at(address_of(&e), n))
            return PRDT_BUS_ERROR;
        if (offset >= n) { /* the guest made it smaller since the part before */
            prd++;
            offset = 0;
            continue;
        }
        n -= offset;
        if (n > bytes - s->bytes)
            n = bytes - s->bytes;
        out[s->pieces++] = (struct piece){ address_of(&e) + offset, n, 0 };
        s->bytes += n;
        offset += n;
        if (offset == bytes_of(&e)) {
            prd++;
            offset = 0;
        }
    }
    s->next_prd = prd;
    s->next_offset = offset;
    return PRDT_OK;
}
