/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key `ranges` of storage.encrypt: which sectors are encrypted. "2048-206847, 206848-", or a
 * list of such texts and of tables with names; without it the whole disk.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* 48 bits of LBA is what ATA addresses (ATA8-ACS, 4.1). */
#define LAST_SECTOR ((1ull << 48) - 1)
#define MBR_SIGNATURE_AT 510

struct making {
    const struct args *a;
    struct policy_storage *e;
};

/* The boot signature shows that the key is right where a range begins with a master boot record. */
static void default_check(struct policy_storage_range *r)
{
    if (r->first == 0) {
        r->check_offset = MBR_SIGNATURE_AT;
        r->check_bytes = 2;
        r->check[0] = 0x55;
        r->check[1] = 0xaa;
    }
}

static void add(const struct making *m, const struct policy_storage_range *r)
{
    struct policy_tables *t = policy_of(m->a->L)->tables;

    if (r->last < r->first)
        args_bad(m->a, "ranges", "has a range that ends before it begins: %llu-%llu",
                 (unsigned long long)r->first, (unsigned long long)r->last);
    if (r->first > LAST_SECTOR || (r->last > LAST_SECTOR && r->last != UINT64_MAX))
        args_bad(m->a, "ranges", "has a sector above %llu, which no disk can have",
                 (unsigned long long)LAST_SECTOR);
    if (t->nranges == POLICY_MAX_STORAGE_RANGES)
        args_bad(m->a, "ranges", "makes more than %u ranges in all rules together",
                 POLICY_MAX_STORAGE_RANGES);

    /* Ascending within the rule. */
    uint32_t at = t->nranges++;

    for (; at > m->e->first_range && t->ranges[at - 1].first > r->first; at--)
        t->ranges[at] = t->ranges[at - 1];
    t->ranges[at] = *r;
    m->e->nranges++;
    if ((at > m->e->first_range && r->first <= t->ranges[at - 1].last) ||
        (at + 1 < t->nranges && t->ranges[at + 1].first <= r->last))
        args_bad(m->a, "ranges", "has two that overlap, at sector %llu",
                 (unsigned long long)r->first);
}

/* "2048-206847", "206848-" (to the disk's end) or "7"; several with commas between. */
static void add_text_range(void *context, uint64_t first, uint64_t last, const char *item)
{
    struct policy_storage_range r = {.first = first, .last = last};

    (void)item;
    default_check(&r);
    add(context, &r);
}

static void add_text(struct making *m, const char *text, size_t length)
{
    static const struct text_form form = {"2048-206847 or 206848-", true};

    args_text_ranges(m->a, "ranges", text, length, &form, add_text_range, m);
}

/* Two hexadecimal digits a byte. */
static void check_bytes(const struct args *a, struct policy_storage_range *r)
{
    size_t length = 0;
    const char *s = NULL;

    if (args_get(a, "bytes") && lua_type(a->L, -1) == LUA_TSTRING)
        s = lua_tolstring(a->L, -1, &length);
    bool good = s && length >= 2 && length <= 2 * (size_t)POLICY_CHECK_BYTES && length % 2 == 0;

    for (size_t i = 0; good && i < length; i += 2) {
        good = hex_digit(s[i]) < 16 && hex_digit(s[i + 1]) < 16;
        r->check[i / 2] = (uint8_t)(hex_digit(s[i]) << 4 | (hex_digit(s[i + 1]) & 15));
    }
    if (!good)
        args_bad(a, "bytes", "wants 1 to %u bytes as hexadecimal digits, such as \"55AA\"",
                 POLICY_CHECK_BYTES);
    r->check_bytes = (uint8_t)(length / 2);
    lua_pop(a->L, 1);
}

/* The value of `check` is on top: "none" or {offset =, bytes =}. */
static void own_check(const struct args *range, struct policy_storage_range *r)
{
    static const char *const keys[] = {"offset", "bytes", NULL};
    struct args a;

    if (args_is_word(range, "check", "none"))
        return;
    args_get(range, "check");
    if (lua_type(range->L, -1) != LUA_TTABLE)
        args_bad(range, "check", "wants \"none\" or {offset = 510, bytes = \"55AA\"}, got %.40s",
                 luaL_tolstring(range->L, -1, NULL));
    args_begin(&a, range->L, lua_gettop(range->L), "storage.encrypt: ranges: check", keys);
    r->check_offset = (uint16_t)args_required(&a, "offset", 0,
                                              POLICY_CHECK_SECTORS * POLICY_SECTOR_BYTES - 1);
    check_bytes(&a, r);
    lua_pop(range->L, 1);

    uint64_t sectors = r->last - r->first < POLICY_CHECK_SECTORS ? r->last - r->first + 1
                                                                 : POLICY_CHECK_SECTORS;

    if (r->last >= r->first &&
        r->check_offset + (uint64_t)r->check_bytes > sectors * POLICY_SECTOR_BYTES)
        args_bad(range, "check", "does not lie within the range's first %u sectors",
                 (unsigned)sectors);
}

/* {first =, last =, check =} is on top. */
static void add_table(const struct making *m)
{
    static const char *const keys[] = {"first", "last", "check", NULL};
    lua_State *L = m->a->L;
    struct policy_storage_range r = {0};
    struct args a;

    args_begin(&a, L, lua_gettop(L), "storage.encrypt: ranges", keys);
    r.first = args_required(&a, "first", 0, LAST_SECTOR);
    r.last = args_number(&a, "last", 0, LAST_SECTOR, UINT64_MAX);
    if (args_has(&a, "check"))
        own_check(&a, &r);
    else
        default_check(&r);
    add(m, &r);
}

/* One item of the list is on top. */
static void add_item(void *context)
{
    struct making *m = context;
    lua_State *L = m->a->L;
    size_t length;

    if (lua_type(L, -1) == LUA_TTABLE) {
        add_table(m);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, -1, &length);

        add_text(m, text, length);
    } else {
        args_bad(m->a, "ranges", "wants texts like \"2048-206847\" and tables, got %s",
                 luaL_typename(L, -1));
    }
}

void storage_ranges(const struct args *a, struct policy_storage *e)
{
    struct making m = {a, e};

    e->first_range = (uint16_t)policy_of(a->L)->tables->nranges;
    if (args_has(a, "ranges"))
        args_list(a, "ranges", "\"2048-206847\", {first = 206848}", add_item, &m);
    else
        add_text(&m, "0-", 2);
}
