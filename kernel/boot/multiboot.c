/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot2 Specification 2.0, 3.6: the tags that Weir needs. GRUB is trusted; lengths are checked all the same. */
#include "boot.h"

#include "core/string.h"

#define MULTIBOOT2_LOADED 0x36d76289u
enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_MODULE = 3, TAG_MMAP = 6 };

struct tag {
    u32 type, size;
};

struct module_tag {
    struct tag tag;
    u32 start, end;
    char name[];
};

struct mmap_tag {
    struct tag tag;
    u32 entry_size, entry_version;
    u8 entries[];
};

static void read_module(const struct module_tag *t, struct boot_info *info)
{
    if (info->nmodules == BOOT_MODULES || t->end < t->start)
        return;
    struct boot_module *m = &info->modules[info->nmodules++];
    string_copy(m->name, t->name, sizeof(m->name));
    for (char *c = m->name; *c; c++)
        if (*c == ' ')
            *c = 0;
    m->start = t->start;
    m->bytes = t->end - t->start;
}

static void read_map(const struct mmap_tag *t, struct boot_info *info)
{
    for (u32 at = sizeof(*t); at + 24 <= t->tag.size && info->nmap < BOOT_MAP; at += t->entry_size) {
        struct weir_e820 *e = &info->map[info->nmap];
        memcpy(e, (const u8 *)t + at, 20);
        e->attributes = 1;
        if (e->bytes)
            info->nmap++;
        if (t->entry_size < 20)
            return;
    }
}

bool multiboot_read(u32 magic, u64 mbi, struct boot_info *info)
{
    if (magic != MULTIBOOT2_LOADED)
        return false;
    u64 end = mbi + *(const u32 *)mbi;
    for (u64 at = mbi + 8; at + sizeof(struct tag) <= end;) {
        const struct tag *t = (const struct tag *)at;
        if (t->type == TAG_END || t->size < sizeof(*t))
            break;
        if (t->type == TAG_CMDLINE)
            string_copy(info->cmdline, (const char *)(t + 1), sizeof(info->cmdline));
        else if (t->type == TAG_MODULE)
            read_module((const struct module_tag *)t, info);
        else if (t->type == TAG_MMAP)
            read_map((const struct mmap_tag *)t, info);
        at += (t->size + 7) & ~7u;
    }
    return info->nmap > 0;
}

/* What follows the first word of the command line that starts with name, behind a sign; NULL: there is none. */
static const char *after_word(const char *name, char sign, size_t *length)
{
    size_t n = 0;

    while (name[n])
        n++;
    for (const char *w = boot_info.cmdline; *w; w += *length) {
        while (*w == ' ')
            w++;
        for (*length = 0; w[*length] && w[*length] != ' ';)
            ++*length;
        if (*length >= n && memcmp(w, name, n) == 0 && (sign ? w[n] == sign : *length == n)) {
            *length -= n;
            return w + n;
        }
    }
    return NULL;
}

bool boot_option(const char *name, char *value, size_t size)
{
    size_t length;
    const char *at = after_word(name, '=', &length);

    if (at)
        string_copy(value, at + 1, length < size ? length : size);
    return at;
}

bool boot_flag(const char *name)
{
    size_t length;

    return after_word(name, 0, &length);
}
