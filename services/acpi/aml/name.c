/* SPDX-License-Identifier: BSD-2-Clause */
/* Name strings (ACPI 6.5, 20.2.2) and looking them up (5.3). */
#include "internal.h"

#include <string.h>

enum {
    PREFIX_DUAL = 0x2E,
    PREFIX_MULTI = 0x2F,
    PREFIX_ROOT = '\\',
    PREFIX_PARENT = '^'
};

bool is_name_start(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == PREFIX_ROOT ||
           byte == PREFIX_PARENT || byte == PREFIX_DUAL || byte == PREFIX_MULTI;
}

bool path_parse(const uint8_t *p, uint32_t available, struct path *path)
{
    uint32_t at = 0;

    memset(path, 0, sizeof(*path));
    while (at < available && (p[at] == PREFIX_ROOT || p[at] == PREFIX_PARENT)) {
        if (p[at] == PREFIX_ROOT) {
            path->root = true;
        } else {
            path->carets++;
        }
        at++;
    }
    if (at >= available) {
        return false;
    }
    switch (p[at]) {
    case 0:
        path->null = at == 0;
        at++;
        break;
    case PREFIX_DUAL:
        path->count = 2;
        at++;
        break;
    case PREFIX_MULTI:
        if (available - at < 2) {
            return false;
        }
        path->count = p[at + 1];
        at += 2;
        break;
    default:
        path->count = 1;
        break;
    }
    if (available - at < path->count * 4) {
        return false;
    }
    path->segments = p + at;
    path->size = at + path->count * 4;
    return true;
}

/* Firmware with characters that are not allowed exists; they become '*', so that every name can be
 * printed. */
static uint32_t segment(const uint8_t *p)
{
    uint32_t name = 0;

    for (unsigned int i = 0; i < 4; i++) {
        uint8_t c = p[i];
        bool good = (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9');

        name |= (uint32_t)(good ? c : '*') << (8 * i);
    }
    return name;
}

static struct aml_node *scope_of(struct aml_node *node, unsigned int flags)
{
    if (!(flags & FIND_EXACT)) {
        while (node->parent && node->type != AML_T_ANY && !type_opens_scope(node->type)) {
            node = node->parent;
        }
    }
    return node;
}

static struct aml_node *start_node(struct aml *aml, struct aml_node *scope, const struct path *path,
                                   unsigned int flags)
{
    struct aml_node *node = path->root ? aml->root : scope_of(scope, flags);

    for (uint32_t i = 0; i < path->carets && node; i++) {
        node = node->parent;
    }
    return node;
}

/* An alias of a method is the method wherever its name is used. */
static struct aml_node *child_of(const struct aml *aml, const struct aml_node *parent,
                                 uint32_t name)
{
    struct aml_node *node = node_child(aml, parent, name);

    return node && node->type == AML_T_METHOD_ALIAS && node->target ? node->target : node;
}

/* Below an alias of something with a scope come the children of the original. */
static struct aml_node *enter(struct aml_node *node)
{
    if (node && node->type == AML_T_ALIAS && node->target && type_opens_scope(node->target->type)) {
        return node->target;
    }
    return node;
}

struct aml_node *path_find(struct aml *aml, struct aml_node *scope, const struct path *path,
                           unsigned int flags)
{
    struct aml_node *node = start_node(aml, scope, path, flags);
    struct aml_node *found;

    if (path->null) {
        return aml->root;
    }
    if (path->count == 1 && !path->root && path->carets == 0 && (flags & FIND_SEARCH)) {
        uint32_t name = segment(path->segments);

        for (; node; node = node->parent) {
            found = child_of(aml, node, name);
            if (found) {
                return found;
            }
        }
        return NULL;
    }
    for (uint32_t i = 0; i < path->count && node; i++) {
        found = child_of(aml, node, segment(path->segments + 4 * i));
        node = i + 1 < path->count ? enter(found) : found;
    }
    return node;
}

/*
 * Makes the last segment of PATH, whose parents must exist (ACPI 6.5, 5.3: a declaration creates
 * only its last name). On AML_ALREADY_EXISTS *NODE is the node in the way.
 */
result path_create(struct walk *w, const struct path *path, enum aml_type type,
                   struct aml_node **node)
{
    struct aml *aml = w->aml;
    struct aml_node *parent = start_node(aml, w->scope, path, 0);
    uint32_t name;

    *node = NULL;
    if (path->count == 0) {
        *node = path->null ? aml->root : parent;
        return *node ? AML_ALREADY_EXISTS : AML_NOT_FOUND;
    }
    for (uint32_t i = 0; i + 1 < path->count && parent; i++) {
        parent = enter(node_child(aml, parent, segment(path->segments + 4 * i)));
    }
    if (!parent || (parent->flags & NODE_DEAD)) {
        return AML_NOT_FOUND;
    }
    name = segment(path->segments + 4 * (path->count - 1));
    *node = node_child(aml, parent, name);
    if (*node) {
        return AML_ALREADY_EXISTS;
    }
    *node = node_new(aml, parent, name, type);
    if (!*node) {
        return AML_NO_MEMORY;
    }
    (*node)->owner = w->owner;
    if (!w->module && parent != w->method_node) {
        w->method->u.method.modified = 1;
    }
    return AML_OK;
}

/* A single segment without prefix, as in field lists. */
struct path path_segment(const uint8_t *name)
{
    return (struct path){ .segments = name, .count = 1, .size = 4 };
}

void path_text(const struct path *path, char *text, size_t size)
{
    size_t at = 0;

#define PUT(c) \
    do { \
        if (at + 1 < size) { \
            text[at++] = (char)(c); \
        } \
    } while (0)
    if (path->root) {
        PUT('\\');
    }
    for (uint32_t i = 0; i < path->carets; i++) {
        PUT('^');
    }
    for (uint32_t i = 0; i < path->count; i++) {
        uint32_t name = segment(path->segments + 4 * i);

        if (i) {
            PUT('.');
        }
        for (unsigned int k = 0; k < 32; k += 8) {
            PUT(name >> k);
        }
    }
#undef PUT
    if (size) {
        text[at] = 0;
    }
}

bool path_from_text(const char *text, size_t length, uint8_t buffer[260], struct path *path)
{
    size_t at = 0;

    memset(path, 0, sizeof(*path));
    while (at < length && (text[at] == '\\' || text[at] == '^')) {
        if (text[at] == '\\') {
            path->root = true;
        } else {
            path->carets++;
        }
        at++;
    }
    path->segments = buffer;
    while (at < length) {
        unsigned int n = 0;

        if (path->count == 60) {
            return false;
        }
        for (; at < length && text[at] != '.'; at++, n++) {
            char c = text[at];

            if (n == 4) {
                return false;
            }
            buffer[4 * path->count + n] = (uint8_t)(c >= 'a' && c <= 'z' ? c - 32 : c);
        }
        if (n == 0) {
            return false;
        }
        for (; n < 4; n++) {
            buffer[4 * path->count + n] = '_';
        }
        path->count++;
        if (at < length && ++at == length) {
            return false;
        }
    }
    return true;
}
