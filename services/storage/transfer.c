/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data between the pool and pieces of guest memory. The pool has only what is on the disk: what the guest sees in clear
 * is made from it, or into it, on the way. So a transfer can be done again after a restart.
 *
 * A sector that lies in more than one piece goes through a buffer on the stack.
 */
#include "storage.h"
#include "crypt/crypt.h"
#include <assert.h>

struct cursor {
    const struct piece *piece;
    uint32_t left, offset; /* pieces from `piece` on; bytes of it that are done */
};

static uint8_t *here(const struct cursor *c)
{
    return memory_at(c->piece->address + c->offset, 1);
}

static void advance(struct cursor *c, uint32_t bytes)
{
    c->offset += bytes;
    if (c->offset == c->piece->bytes) {
        c->piece++;
        c->left--;
        c->offset = 0;
    }
}

/* Copies bytes to (in) or from guest memory, over piece boundaries. The pieces must have so many. */
static void copy(struct cursor *c, uint8_t *ours, uint32_t bytes, bool in)
{
    while (bytes && c->left) {
        uint32_t n = c->piece->bytes - c->offset;

        if (n > bytes)
            n = bytes;
        if (in)
            memory_copy(here(c), ours, n);
        else
            memory_copy(ours, here(c), n);
        advance(c, n);
        ours += n;
        bytes -= n;
    }
}

/* What one call of the cipher can do: sectors that lie in one piece and in one range, or one that does not. */
struct stretch {
    const struct policy_storage_range *range; /* NULL: plain */
    uint32_t sectors;
};

static struct stretch next_stretch(const struct disk *d, const struct cursor *c, uint64_t lba, uint32_t sectors)
{
    struct stretch s = { NULL, sectors };
    uint64_t until = UINT64_MAX;
    uint32_t whole = (c->piece->bytes - c->offset) / SECTOR;

    if (d->rule.encrypt)
        s.range = policy_storage_range_find(storage.tables, d->rule.encrypt, lba, &until);
    if (until - lba < s.sectors - 1)
        s.sectors = (uint32_t)(until - lba) + 1;
    if (s.range && whole < s.sectors)
        s.sectors = whole ? whole : 1;
    return s;
}

const struct crypt_key *transfer_key(const struct disk *d)
{
    /* They are zeroed before the guest switches the machine off. If it runs on, nothing may be encrypted with zeros. */
    assert(__atomic_load_n(&storage.keys->magic, __ATOMIC_RELAXED) == CRYPT_KEYS_MAGIC);
    return &storage.keys->key[d->rule.encrypt->key];
}

static void one_in(const struct disk *d, struct cursor *c, const struct stretch *s, uint64_t lba, uint8_t *pool)
{
    uint32_t bytes = s->sectors * SECTOR;

    if (!s->range) {
        copy(c, pool, bytes, true);
    } else if (c->piece->bytes - c->offset >= bytes) {
        crypt_decrypt(transfer_key(d), lba - s->range->first, here(c), pool, s->sectors);
        advance(c, bytes);
    } else {
        uint8_t plain[SECTOR] __attribute__((aligned(16)));

        crypt_decrypt(transfer_key(d), lba - s->range->first, plain, pool, 1);
        copy(c, plain, SECTOR, true);
    }
}

static void one_out(const struct disk *d, struct cursor *c, const struct stretch *s, uint64_t lba, uint8_t *pool)
{
    uint32_t bytes = s->sectors * SECTOR;

    if (!s->range) {
        copy(c, pool, bytes, false);
    } else if (c->piece->bytes - c->offset >= bytes) {
        crypt_encrypt(transfer_key(d), lba - s->range->first, pool, here(c), s->sectors);
        advance(c, bytes);
    } else {
        uint8_t plain[SECTOR] __attribute__((aligned(16)));

        copy(c, plain, SECTOR, false);
        crypt_encrypt(transfer_key(d), lba - s->range->first, pool, plain, 1);
    }
}

static void transfer(const struct disk *d, uint64_t lba, uint32_t sectors, uint8_t *pool, struct cursor c, bool in)
{
    while (sectors && c.left) {
        struct stretch s = next_stretch(d, &c, lba, sectors);

        if (in)
            one_in(d, &c, &s, lba, pool);
        else
            one_out(d, &c, &s, lba, pool);
        pool += s.sectors * SECTOR;
        lba += s.sectors;
        sectors -= s.sectors;
    }
}

void transfer_encrypt(const struct disk *d, uint64_t lba, uint32_t sectors, uint8_t *to, const struct piece *pieces,
                      uint32_t n, uint32_t offset)
{
    transfer(d, lba, sectors, to, (struct cursor){ pieces, n, offset }, false);
}

void transfer_decrypt(const struct disk *d, uint64_t lba, uint32_t sectors, const uint8_t *from,
                      const struct piece *pieces, uint32_t n, uint32_t offset)
{
    transfer(d, lba, sectors, (uint8_t *)from, (struct cursor){ pieces, n, offset }, true);
}

void transfer_sector(const struct disk *d, uint64_t lba, uint8_t *to, const uint8_t *from, bool in)
{
    const struct policy_storage_range *r = NULL;

    if (d->rule.encrypt)
        r = policy_storage_range_find(storage.tables, d->rule.encrypt, lba, NULL);
    if (!r)
        memory_copy(to, from, SECTOR);
    else if (in)
        crypt_decrypt(transfer_key(d), lba - r->first, to, from, 1);
    else
        crypt_encrypt(transfer_key(d), lba - r->first, to, from, 1);
}

void transfer_bytes(const uint8_t *from, uint32_t bytes, const struct piece *pieces, uint32_t n)
{
    struct cursor c = { pieces, n, 0 };

    copy(&c, (uint8_t *)from, bytes, true);
}
