/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk.h"
#include "crypt/crypt.h"
#include "storage.h"
#include <stdio.h>
#include <string.h>

/* IDENTIFY words */
#define WORD_SERIAL 10u
#define WORD_MODEL 27u
#define WORD_TRUSTED 48u
#define WORD_SANITIZE 59u
#define WORD_SECTORS_28 60u
#define WORD_ADDITIONAL 69u
#define WORD_SATA_CAPABILITIES 77u
#define WORD_COMMAND_SET_2 83u
#define WORD_SECTORS_48 100u
#define WORD_SECTOR_SIZE 106u
#define WORD_SCT 206u
#define WORD_CHECKSUM 255u

static uint16_t word(const uint8_t *data, unsigned n)
{
    return (uint16_t)(data[2 * n] | data[2 * n + 1] << 8);
}

static void set_word(uint8_t *data, unsigned n, uint16_t value)
{
    data[2 * n] = (uint8_t)value;
    data[2 * n + 1] = (uint8_t)(value >> 8);
}

/* Two characters to a word, the first in its upper half; without the blanks at the end. */
static void text(char *out, const uint8_t *data, unsigned first, unsigned words)
{
    unsigned n = 2 * words;

    for (unsigned i = 0; i < 2 * words; i++)
        out[i] = (char)data[2 * first + (i ^ 1)];
    while (n && (out[n - 1] == ' ' || out[n - 1] == 0))
        n--;
    out[n] = 0;
}

static uint64_t sectors_of(const uint8_t *data)
{
    uint64_t n = 0;

    if (!(word(data, WORD_COMMAND_SET_2) & 1u << 10))
        return word(data, WORD_SECTORS_28) | (uint32_t)word(data, WORD_SECTORS_28 + 1) << 16;
    for (unsigned i = 0; i < 4; i++)
        n |= (uint64_t)word(data, WORD_SECTORS_48 + i) << 16 * i;
    return n;
}

static bool has_large_sectors(const uint8_t *data)
{
    return (word(data, WORD_SECTOR_SIZE) & 0xd000) == 0x5000; /* word valid, logical sectors of more than 512 bytes */
}

/* ---- rules ---- */

void disk_rules(struct disk *d)
{
    const struct disk_identity *id = d->id;

    d->rule = policy_find_storage(storage.tables, id->model, id->serial, d->number);
    d->deny = d->rule.deny && id->known == DISK_KNOWN;
    if (id->atapi) /* what a CD holds is its own affair */
        d->rule.encrypt = NULL, d->rule.read_only = false;
    d->ruled = d->rule.encrypt || d->rule.read_only || (id->known != DISK_KNOWN && storage.tables->nstorage);
}

enum way disk_way(const struct disk *d, unsigned class)
{
    bool encrypts = d->rule.encrypt, read_only = d->rule.read_only;

    if (d->id->known != DISK_KNOWN)
        return class == COMMAND_NO_DATA || class == COMMAND_IDENTIFY ? WAY_DIRECT : WAY_ABORT;
    switch (class) {
    case COMMAND_NO_DATA:
    case COMMAND_OTHER_DATA:
        return WAY_DIRECT;
    case COMMAND_IDENTIFY:
        return WAY_BOUNCE;
    case COMMAND_READ:
        return encrypts ? WAY_BOUNCE : WAY_DIRECT;
    case COMMAND_WRITE:
        return read_only ? WAY_ABORT : encrypts ? WAY_BOUNCE : WAY_DIRECT;
    case COMMAND_TRIM:
        if (read_only)
            return WAY_ABORT;
        return encrypts && d->rule.encrypt->trim == POLICY_TRIM_DROP ? WAY_IGNORE : WAY_DIRECT;
    default: /* what changes the media's size, erases it, or is not known */
        return WAY_ABORT;
    }
}

static const char *rule_text(const struct disk *d)
{
    return d->deny                                  ? "denied"
           : d->rule.encrypt && d->rule.read_only ? "encrypted, read-only"
           : d->rule.encrypt                        ? "encrypted"
           : d->rule.read_only                      ? "read-only"
                                                    : "as it is";
}

void disk_say(const struct disk *d)
{
    const struct disk_identity *id = d->id;

    if (id->known == DISK_KNOWN)
        hw_log("port %u: %s, serial %s, %llu sectors: %s", d->number, id->model, id->serial,
               (unsigned long long)id->sectors, rule_text(d));
    else
        hw_log("port %u: a device that does not say who it is", d->number);
}

/* ---- who it is ---- */

void disk_forget(struct disk *d, bool atapi)
{
    *d->id = (struct disk_identity){ .known = DISK_NONE, .atapi = atapi };
    disk_rules(d);
}

bool disk_is_sound(const struct disk_identity *id)
{
    return id->known <= DISK_KNOWN && memchr(id->model, 0, sizeof(id->model)) &&
           memchr(id->serial, 0, sizeof(id->serial));
}

/* The plaintext at a range's start that shows that the key is the right one. */
static bool key_fits(const struct disk *d, const struct policy_storage_range *r, disk_reader *read, void *context)
{
    uint8_t data[(POLICY_CHECK_SECTORS + 1) * SECTOR];
    uint32_t sectors = ((uint32_t)r->check_offset + r->check_bytes + SECTOR - 1) / SECTOR;

    if (!r->check_bytes || sectors > POLICY_CHECK_SECTORS)
        return !r->check_bytes;
    if (d->id->sectors - r->first < sectors || !read(context, r->first, sectors, data))
        return false;
    crypt_decrypt(transfer_key(d), 0, data, data, sectors);
    return memcmp(data + r->check_offset, r->check, r->check_bytes) == 0;
}

static bool keys_fit(const struct disk *d, disk_reader *read, void *context)
{
    const struct policy_storage *e = d->rule.encrypt;

    for (unsigned i = 0; i < e->nranges; i++)
        if (!key_fits(d, &storage.tables->ranges[e->first_range + i], read, context))
            return false;
    return true;
}

/* Then the policy probably means another disk, and what it calls encrypted would be plain. */
static bool has_range_beyond(const struct disk *d)
{
    const struct policy_storage *e = d->rule.encrypt;
    const struct policy_storage_range *r = &storage.tables->ranges[e->first_range];

    for (unsigned i = 0; i < e->nranges; i++, r++)
        if (r->first >= d->id->sectors || (r->last != UINT64_MAX && r->last >= d->id->sectors))
            return true;
    return false;
}

/* Why it can't be encrypted as its rule says. NULL: it can. */
static const char *trouble(const struct disk *d, disk_reader *read, void *context)
{
    return d->id->large                ? "it has sectors of more than 512 bytes"
           : has_range_beyond(d)       ? "a range reaches beyond its last sector"
           : !keys_fit(d, read, context) ? "wrong key: its decrypted start is not what it should be"
                                         : NULL;
}

void disk_describe(struct disk *d, const uint8_t *data, disk_reader *read, void *context)
{
    struct disk_identity *id = d->id;
    const char *why = NULL;

    text(id->model, data, WORD_MODEL, 20);
    text(id->serial, data, WORD_SERIAL, 10);
    id->sectors = sectors_of(data);
    id->large = has_large_sectors(data);
    id->known = DISK_KNOWN;
    disk_rules(d);
    if (d->rule.encrypt && !d->deny)
        why = trouble(d, read, context);
    if (!why)
        return;
    (void)snprintf(storage.reason, sizeof(storage.reason), "%.64s:%u: disk %.40s %.20s on port %u (%llu sectors): %s",
                   storage.tables->name, d->rule.encrypt->line, id->model, id->serial, d->number,
                   (unsigned long long)id->sectors, why);
    hw_log("%s", storage.reason);
    d->deny = true;
}

/*
 * What the guest of a mediated disk may rely on: blocks that were trimmed do not read as zeroes (their decryption is
 * noise), and there are no commands that change the media past us.
 */
void disk_patch(const struct disk *d, uint8_t *data)
{
    uint8_t sum = 0;

    if (d->id->atapi || !d->ruled)
        return;
    set_word(data, WORD_TRUSTED, 0);
    set_word(data, WORD_SANITIZE, word(data, WORD_SANITIZE) & 0x0fff);
    set_word(data, WORD_SATA_CAPABILITIES, word(data, WORD_SATA_CAPABILITIES) & (uint16_t)~0x60u);
    set_word(data, WORD_SCT, word(data, WORD_SCT) & (uint16_t)~0x04u);
    if (d->rule.encrypt) /* DRAT, RZAT */
        set_word(data, WORD_ADDITIONAL, word(data, WORD_ADDITIONAL) & (uint16_t)~0x4020u);
    if (data[2 * WORD_CHECKSUM] != 0xa5)
        return;
    for (unsigned i = 0; i < SECTOR - 1; i++)
        sum = (uint8_t)(sum + data[i]);
    data[SECTOR - 1] = (uint8_t)-sum;
}
