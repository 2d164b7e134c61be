/* SPDX-License-Identifier: BSD-2-Clause */
/* storage.encrypt, storage.read_only, storage.deny: what the guest's disks are to it. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* ---- module("disk.key") ---- */

/* What module() returns; no policy can make such userdata itself, or look into it. */
struct module {
    const char *tag;
    char name[POLICY_KEY_NAME];
};
static const char module_tag[] = "module";

int module_name(lua_State *L)
{
    size_t length;

    if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING)
        raise_rule(L, "module: wants a boot module's name, as in module(\"disk.key\")");
    const char *name = lua_tolstring(L, 1, &length);
    bool good = length > 0 && length < POLICY_KEY_NAME;

    for (size_t i = 0; good && i < length; i++)
        good = name[i] > 0x20 && name[i] < 0x7f;
    if (!good)
        raise_rule(L, "module: a name has 1 to %u printable characters and no blanks",
                   POLICY_KEY_NAME - 1);
    struct module *m = lua_newuserdatauv(L, sizeof(*m), 0);

    memset(m, 0, sizeof(*m));
    m->tag = module_tag;
    memcpy(m->name, name, length);
    return 1;
}

/* Index of the key that this rule names, a new one if no rule named it before. */
static uint8_t key_of(const struct args *a)
{
    struct policy_tables *t = policy_of(a->L)->tables;
    uint32_t i = 0;

    if (!args_get(a, "key"))
        args_bad(a, "key", "is missing");
    const struct module *m = lua_type(a->L, -1) == LUA_TUSERDATA &&
                                     lua_rawlen(a->L, -1) == sizeof(*m)
                                 ? lua_touserdata(a->L, -1)
                                 : NULL;
    if (!m || m->tag != module_tag)
        args_bad(a, "key", "wants the boot module that holds it, module(\"disk.key\"), got %s",
                 luaL_typename(a->L, -1));
    while (i < t->nkeys && strcmp(t->keys[i], m->name) != 0)
        i++;
    if (i == POLICY_MAX_KEYS)
        args_bad(a, "key", "is one too many: a policy can use %u", POLICY_MAX_KEYS);
    if (i == t->nkeys)
        memcpy(t->keys[t->nkeys++], m->name, sizeof(m->name));
    lua_pop(a->L, 1);
    return (uint8_t)i;
}

/* ---- which disks ---- */

/* "QEMU HARDDISK", or with a star at its end what it begins with. Gives the bits that say so. */
static unsigned disk_name(const struct args *a, const char *key, char *to, size_t max, unsigned by,
                          unsigned prefix)
{
    size_t length;

    if (!args_get(a, key))
        return 0;
    if (lua_type(a->L, -1) != LUA_TSTRING)
        args_bad(a, key, "wants text, got %s", luaL_typename(a->L, -1));
    const char *s = lua_tolstring(a->L, -1, &length);
    bool star = length > 0 && s[length - 1] == '*';

    length -= star;
    if (length > max)
        args_bad(a, key, "is longer than the %u characters that a disk can have there",
                 (unsigned)max);
    if ((length == 0 && !star) ||
        (length > 0 && (s[0] == ' ' || (!star && s[length - 1] == ' '))))
        args_bad(a, key, "is empty, or has blanks at an end: a disk's padding does not count");
    for (size_t i = 0; i < length; i++)
        if (s[i] < 0x20 || s[i] > 0x7e)
            args_bad(a, key, "has a character that no disk can have there");
    memcpy(to, s, length);
    lua_pop(a->L, 1);
    return star ? by | prefix : by;
}

static void disk_match(lua_State *L, const char *what, struct policy_storage *e)
{
    static const char *const keys[] = {"model", "serial", "port", NULL};
    char name[40];
    struct args a;

    snprintf(name, sizeof(name), "%s: match", what);
    lua_getfield(L, 1, "match");
    if (lua_isnil(L, -1))
        raise_rule(L, "%s is missing (match = {} means every disk)", name);
    args_begin(&a, L, lua_gettop(L), name, keys);
    e->fields = (uint8_t)(disk_name(&a, "model", e->model, sizeof(e->model), POLICY_BY_MODEL,
                                    POLICY_MODEL_PREFIX) |
                          disk_name(&a, "serial", e->serial, sizeof(e->serial), POLICY_BY_SERIAL,
                                    POLICY_SERIAL_PREFIX));
    if (args_has(&a, "port")) {
        e->port = (uint8_t)args_required(&a, "port", 0, 31);
        e->fields |= POLICY_BY_PORT;
    }
    lua_pop(L, 1);
}

/* ---- rules ---- */

static struct policy_storage *new_entry(const struct args *a, enum policy_action action)
{
    struct policy_tables *t = policy_of(a->L)->tables;

    if (t->nstorage == POLICY_MAX_STORAGE)
        args_bad(a, NULL, "there are more than %u rules of this kind", POLICY_MAX_STORAGE);
    struct policy_storage *e = &t->storage[t->nstorage++];

    e->action = (uint8_t)action;
    e->line = current_line(a->L);
    return e;
}

static int encrypt(lua_State *L)
{
    static const char *const keys[] = {"match", "ranges", "cipher", "key", "trim", "require", NULL};
    static const char *const ciphers[] = {"aes-xts-plain64", NULL};
    static const char *const trims[] = {"drop", "pass", NULL};
    struct args a;

    args_begin(&a, L, 1, "storage.encrypt", keys);
    struct policy_storage *e = new_entry(&a, POLICY_ENCRYPT);

    disk_match(L, a.what, e);
    args_word(&a, "cipher", ciphers, 0);
    e->key = key_of(&a);
    e->trim = (uint8_t)args_word(&a, "trim", trims, POLICY_TRIM_DROP);
    e->require = args_flag(&a, "require", false);
    storage_ranges(&a, e);
    return 0;
}

static int restrict_disk(lua_State *L)
{
    static const char *const keys[] = {"match", NULL};
    enum policy_action action = (enum policy_action)verb_action(L);
    struct args a;

    args_begin(&a, L, 1, action == POLICY_DENY ? "storage.deny" : "storage.read_only", keys);
    disk_match(L, a.what, new_entry(&a, action));
    return 0;
}

void section_storage(lua_State *L)
{
    static const struct verb verbs[] = {
        {"encrypt", encrypt, POLICY_ENCRYPT, 0},
        {"read_only", restrict_disk, POLICY_READ_ONLY, 0},
        {"deny", restrict_disk, POLICY_DENY, 0},
    };

    push_verbs(L, "storage", verbs, sizeof(verbs) / sizeof(verbs[0]));
}

/* ---- precedence ---- */

static unsigned name_rank(const char *name, size_t max, bool given, bool prefix)
{
    if (!given)
        return 0;
    return prefix ? 1 + (unsigned)strnlen(name, max) : 64;
}

/* A serial number beats a port beats a model; the whole text beats its beginning, the longer one
 * the shorter. */
static unsigned disk_rank(const struct policy_storage *e)
{
    unsigned serial = name_rank(e->serial, sizeof(e->serial), e->fields & POLICY_BY_SERIAL,
                                e->fields & POLICY_SERIAL_PREFIX);
    unsigned model = name_rank(e->model, sizeof(e->model), e->fields & POLICY_BY_MODEL,
                               e->fields & POLICY_MODEL_PREFIX);

    return serial << 16 | (e->fields & POLICY_BY_PORT ? 1u : 0u) << 8 | model;
}

/* Of equal rank: can one disk match both? Texts of the same length and kind must be the same. */
static bool same_disk(const struct policy_storage *a, const struct policy_storage *b)
{
    return a->port == b->port && memcmp(a->model, b->model, sizeof(a->model)) == 0 &&
           memcmp(a->serial, b->serial, sizeof(a->serial)) == 0;
}

bool resolve_storage(struct policy *p, struct policy_error *error)
{
    struct policy_tables *t = p->tables;

    for (uint32_t i = 1; i < t->nstorage; i++) { /* stable, and the list is short */
        struct policy_storage e = t->storage[i];
        uint32_t j = i;

        for (; j > 0 && disk_rank(&t->storage[j - 1]) < disk_rank(&e); j--)
            t->storage[j] = t->storage[j - 1];
        t->storage[j] = e;
    }
    for (uint32_t i = 0; i < t->nstorage; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct policy_storage *late = &t->storage[i], *early = &t->storage[j];

            if (late->action != POLICY_ENCRYPT || early->action != POLICY_ENCRYPT ||
                disk_rank(late) != disk_rank(early) || !same_disk(late, early))
                continue;
            set_error(p, error, late->line,
                      "storage: means the same disks as the rule in line %u; one disk has one key",
                      early->line);
            return false;
        }
    }
    return true;
}
