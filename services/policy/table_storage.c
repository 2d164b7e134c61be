/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables' part about disks: its validation and its look-ups. */
#include <string.h>
#include <weir/policy.h>

#include "table_internal.h"

/* Printable ASCII, NUL-padded to `bytes`, no blanks at its ends: those of a prefix's end count. */
static bool name_ok(const char *s, size_t bytes, bool given, bool prefix)
{
    size_t n = 0;

    while (n < bytes && s[n] >= 0x20 && s[n] < 0x7f)
        n++;
    for (size_t i = n; i < bytes; i++)
        if (s[i] != 0)
            return false;
    if (n == 0)
        return !given || prefix;
    return given && s[0] != ' ' && (prefix || s[n - 1] != ' ');
}

static bool disk_match_ok(const struct policy_storage *e)
{
    const unsigned all = POLICY_BY_MODEL | POLICY_BY_SERIAL | POLICY_BY_PORT | POLICY_MODEL_PREFIX |
                         POLICY_SERIAL_PREFIX;
    bool model = e->fields & POLICY_BY_MODEL, serial = e->fields & POLICY_BY_SERIAL;
    bool model_prefix = e->fields & POLICY_MODEL_PREFIX;
    bool serial_prefix = e->fields & POLICY_SERIAL_PREFIX;

    if ((e->fields & ~all) || (model_prefix && !model) || (serial_prefix && !serial))
        return false;
    if (e->port > ((e->fields & POLICY_BY_PORT) ? 31 : 0))
        return false;
    return name_ok(e->model, sizeof(e->model), model, model_prefix) &&
           name_ok(e->serial, sizeof(e->serial), serial, serial_prefix);
}

static const char *check_ranges(const struct policy_tables *t, const struct policy_storage *e)
{
    if (e->nranges == 0 || e->first_range > t->nranges || e->nranges > t->nranges - e->first_range)
        return "storage: no such ranges";
    for (uint32_t i = e->first_range; i < (uint32_t)e->first_range + e->nranges; i++) {
        const struct policy_storage_range *r = &t->ranges[i];

        if (r->first > r->last || (i > e->first_range && r->first <= r[-1].last))
            return "storage: ranges are not ascending";
    }
    return NULL;
}

static bool range_check_ok(const struct policy_storage_range *r)
{
    for (unsigned i = r->check_bytes; i < POLICY_CHECK_BYTES; i++)
        if (r->check[i])
            return false;
    if (r->check_bytes == 0)
        return r->check_offset == 0;
    /* The difference is one less than the number of sectors, which can be 2^64. */
    uint64_t more = r->last < r->first ? 0 : r->last - r->first;
    uint32_t sectors = more < POLICY_CHECK_SECTORS ? (uint32_t)more + 1 : POLICY_CHECK_SECTORS;

    return r->check_offset + (uint32_t)r->check_bytes <= sectors * POLICY_SECTOR_BYTES;
}

static const char *check_encrypt(const struct policy_tables *t, const struct policy_storage *e)
{
    if (e->key >= t->nkeys || e->trim >= POLICY_TRIMS || e->require > 1)
        return "storage: a value out of range";
    return check_ranges(t, e);
}

const char *policy_check_storage(const struct policy_tables *t)
{
    for (uint32_t i = 0; i < t->nkeys; i++) {
        if (!policy_text_ok(t->keys[i], POLICY_KEY_NAME))
            return "storage: bad key name";
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->keys[i], t->keys[j]) == 0)
                return "storage: a key twice";
    }
    for (uint32_t i = 0; i < t->nranges; i++)
        if (t->ranges[i].check_bytes > POLICY_CHECK_BYTES || !range_check_ok(&t->ranges[i]))
            return "storage: a range's check is out of it";
    for (uint32_t i = 0; i < t->nstorage; i++) {
        const struct policy_storage *e = &t->storage[i];
        const char *wrong = NULL;

        if (!disk_match_ok(e) || e->reserved[0] || e->reserved[1])
            return "storage: bad match";
        if (e->action == POLICY_ENCRYPT)
            wrong = check_encrypt(t, e);
        else if (e->action != POLICY_READ_ONLY && e->action != POLICY_DENY)
            wrong = "storage: bad action";
        else if (e->key || e->trim || e->require || e->nranges || e->first_range)
            wrong = "storage: a value out of range";
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* ---- look-ups ---- */

/* Is `text`, less the blanks at its ends, this name, or does it begin so? */
static bool same_name(const char *name, size_t max, bool prefix, const char *text)
{
    size_t length = strnlen(name, max), n;

    while (*text == ' ')
        text++;
    n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return (prefix ? n >= length : n == length) && memcmp(text, name, length) == 0;
}

bool policy_storage_matches(const struct policy_storage *e, const char *model, const char *serial,
                            unsigned port)
{
    if ((e->fields & POLICY_BY_PORT) && e->port != port)
        return false;
    if ((e->fields & POLICY_BY_MODEL) &&
        !same_name(e->model, sizeof(e->model), e->fields & POLICY_MODEL_PREFIX, model))
        return false;
    return !(e->fields & POLICY_BY_SERIAL) ||
           same_name(e->serial, sizeof(e->serial), e->fields & POLICY_SERIAL_PREFIX, serial);
}

struct policy_storage_disk policy_find_storage(const struct policy_tables *t, const char *model,
                                               const char *serial, unsigned port)
{
    struct policy_storage_disk disk = {0};

    for (uint32_t i = 0; i < t->nstorage; i++) {
        const struct policy_storage *e = &t->storage[i];

        if (!policy_storage_matches(e, model, serial, port))
            continue;
        if (e->action == POLICY_DENY)
            disk.deny = true;
        else if (e->action == POLICY_READ_ONLY)
            disk.read_only = true;
        else if (!disk.encrypt)
            disk.encrypt = e;
    }
    return disk;
}

const struct policy_storage_range *policy_storage_range_find(const struct policy_tables *t,
                                                             const struct policy_storage *e,
                                                             uint64_t sector, uint64_t *until)
{
    const struct policy_storage_range *range = NULL;
    uint64_t end = UINT64_MAX;

    for (uint32_t i = 0; i < e->nranges; i++) {
        const struct policy_storage_range *r = &t->ranges[e->first_range + i];

        if (sector > r->last)
            continue;
        range = sector >= r->first ? r : NULL;
        end = range ? r->last : r->first - 1;
        break;
    }
    if (until)
        *until = end;
    return range;
}
