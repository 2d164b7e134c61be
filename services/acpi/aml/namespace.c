/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of nodes. Children are found by one hash table keyed by parent and name. */
#include "internal.h"

#include <string.h>

#define FIRST_BUCKETS 1024u

bool type_opens_scope(enum aml_type type)
{
    switch (type) {
    case AML_T_DEVICE:
    case AML_T_METHOD:
    case AML_T_POWER:
    case AML_T_PROCESSOR:
    case AML_T_THERMAL:
    case AML_T_SCOPE:
        return true;
    default:
        return false;
    }
}

static uint32_t bucket_of(const struct aml *aml, const struct aml_node *parent, uint32_t name)
{
    uint64_t h = ((uint64_t)(uintptr_t)parent >> 4) * 0x9E3779B97F4A7C15u ^
                 (uint64_t)name * 0xC2B2AE3D27D4EB4Fu;

    return (uint32_t)(h >> 32) & aml->bucket_mask;
}

struct aml_node *node_child(const struct aml *aml, const struct aml_node *parent, uint32_t name)
{
    struct aml_node *node = aml->buckets[bucket_of(aml, parent, name)];

    while (node && (node->name != name || node->parent != parent)) {
        node = node->chain;
    }
    return node;
}

static void hash_add(struct aml *aml, struct aml_node *node)
{
    struct aml_node **bucket = &aml->buckets[bucket_of(aml, node->parent, node->name)];

    node->chain = *bucket;
    *bucket = node;
}

/* Doubles the table; if memory is short it just stays small. */
static void hash_grow(struct aml *aml)
{
    uint32_t old_count = aml->bucket_mask + 1;
    struct aml_node **old = aml->buckets;
    struct aml_node **wider = memory_get(aml, 2 * (size_t)old_count * sizeof(*wider));

    if (!wider) {
        return;
    }
    aml->buckets = wider;
    aml->bucket_mask = 2 * old_count - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        struct aml_node *next;

        for (struct aml_node *node = old[i]; node; node = next) {
            next = node->chain;
            hash_add(aml, node);
        }
    }
    memory_put(aml, old, old_count * sizeof(*old));
}

struct aml_node *node_new(struct aml *aml, struct aml_node *parent, uint32_t name,
                          enum aml_type type)
{
    struct aml_node *node = memory_get(aml, sizeof(*node));

    if (!node) {
        return NULL;
    }
    node->name = name;
    node->type = (uint8_t)type;
    node->refs = 1;
    node->parent = parent;
    if (aml->node_count > aml->bucket_mask) {
        hash_grow(aml);
    }
    if (parent) {
        if (parent->last) {
            parent->last->next = node;
        } else {
            parent->child = node;
        }
        parent->last = node;
        hash_add(aml, node);
    }
    aml->node_count++;
    return node;
}

void node_ref(struct aml_node *node)
{
    node->refs++;
}

void node_unref(struct aml *aml, struct aml_node *node)
{
    if (node && --node->refs == 0) {
        memory_put(aml, node, sizeof(*node));
    }
}

/* Takes the object away, which others may still hold: a region then no longer knows its node. */
void node_detach(struct aml *aml, struct aml_node *node)
{
    struct aml_object *object = node->object;

    if (object && object->type == AML_T_REGION && object->u.region.node == node) {
        object->u.region.node = NULL;
    }
    slot_set(aml, &node->object, NULL);
}

/* Attaches OBJECT; the node takes its type. A dead node stays empty. */
void node_attach(struct aml *aml, struct aml_node *node, struct aml_object *object)
{
    if ((node->flags & NODE_DEAD) || node->object == object) {
        return;
    }
    node_detach(aml, node);
    slot_set(aml, &node->object, object);
    node->type = object->type;
    if (object->type == AML_T_REGION) {
        object->u.region.node = node;
    }
}

static void unlink_node(struct aml *aml, struct aml_node *node)
{
    struct aml_node *parent = node->parent;
    struct aml_node **link = &aml->buckets[bucket_of(aml, parent, node->name)];
    struct aml_node *before = NULL;

    while (*link && *link != node) {
        link = &(*link)->chain;
    }
    if (*link) {
        *link = node->chain;
    }
    for (struct aml_node *n = parent->child; n && n != node; n = n->next) {
        before = n;
    }
    if (before) {
        before->next = node->next;
    } else {
        parent->child = node->next;
    }
    if (parent->last == node) {
        parent->last = before;
    }
}

static void bury(struct aml *aml, struct aml_node *node)
{
    unlink_node(aml, node);
    node->flags |= NODE_DEAD;
    node->parent = aml->root;
    node->next = NULL;
    node_detach(aml, node);
    if (node->target) {
        node_unref(aml, node->target);
        node->target = NULL;
    }
    aml->node_count--;
    node_unref(aml, node);
}

/* Without recursion: always takes the deepest first child next. */
void node_remove_children(struct aml *aml, struct aml_node *node)
{
    struct aml_node *n = node;

    for (;;) {
        if (n->child) {
            n = n->child;
        } else if (n == node) {
            return;
        } else {
            struct aml_node *parent = n->parent;

            bury(aml, n);
            n = parent;
        }
    }
}

/* NODE may be the scope of a running method; whoever still refers to it finds it dead and empty. */
void node_remove(struct aml *aml, struct aml_node *node)
{
    if (node == aml->root || (node->flags & NODE_DEAD)) {
        return;
    }
    node_remove_children(aml, node);
    bury(aml, node);
}

/* The next node below TOP in order of creation, parents first; NODE's children are passed over
 * unless DESCEND. */
struct aml_node *node_after(const struct aml_node *top, const struct aml_node *node, bool descend)
{
    if (descend && node->child) {
        return node->child;
    }
    while (node != top) {
        if (node->next) {
            return node->next;
        }
        node = node->parent;
        if (!node) {
            break;
        }
    }
    return NULL;
}

void node_remove_owned(struct aml *aml, uint32_t owner)
{
    struct aml_node *node = aml->root->child;

    while (node) {
        if (node->owner == owner) {
            struct aml_node *next = node_after(aml->root, node, false);

            node_remove(aml, node);
            node = next;
        } else {
            node = node_after(aml->root, node, true);
        }
    }
}

static const struct {
    uint32_t name;
    enum aml_type type;
} predefined[] = {
    { NAME('_', 'G', 'P', 'E'), AML_T_SCOPE },
    { NAME('_', 'P', 'R', '_'), AML_T_SCOPE },
    { NAME('_', 'S', 'B', '_'), AML_T_DEVICE },
    { NAME('_', 'S', 'I', '_'), AML_T_SCOPE },
    { NAME('_', 'T', 'Z', '_'), AML_T_DEVICE },
    { NAME('_', 'R', 'E', 'V'), AML_T_INTEGER },
    { NAME('_', 'O', 'S', '_'), AML_T_STRING },
    { NAME('_', 'G', 'L', '_'), AML_T_MUTEX },
    { NAME('_', 'O', 'S', 'I'), AML_T_METHOD },
};

/* ACPI 6.5, 5.3.1 and 5.7: the names that exist before any table is loaded. */
result namespace_init(struct aml *aml)
{
    static const char os[] = "Microsoft Windows NT";

    aml->buckets = memory_get(aml, FIRST_BUCKETS * sizeof(*aml->buckets));
    if (!aml->buckets) {
        return AML_NO_MEMORY;
    }
    aml->bucket_mask = FIRST_BUCKETS - 1;
    aml->root = node_new(aml, NULL, NAME('\\', '_', '_', '_'), AML_T_SCOPE);
    if (!aml->root) {
        return AML_NO_MEMORY;
    }
    for (unsigned int i = 0; i < sizeof(predefined) / sizeof(predefined[0]); i++) {
        struct aml_node *node = node_new(aml, aml->root, predefined[i].name, predefined[i].type);
        struct aml_object *object = NULL;

        if (!node) {
            return AML_NO_MEMORY;
        }
        switch (predefined[i].type) {
        case AML_T_INTEGER:
            object = object_integer(aml, 2);
            break;
        case AML_T_STRING:
            object = object_blob(aml, AML_T_STRING, os, sizeof(os) - 1);
            break;
        case AML_T_MUTEX:
            object = object_new(aml, AML_T_MUTEX);
            break;
        case AML_T_METHOD:
            object = object_new(aml, AML_T_METHOD);
            if (object) {
                object->u.method.args = 1;
                object->u.method.builtin = 1;
            }
            break;
        default:
            continue;
        }
        if (!object) {
            return AML_NO_MEMORY;
        }
        node_attach(aml, node, object);
    }
    pool_drain(aml, 0);
    return AML_OK;
}
