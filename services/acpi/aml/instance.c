/* SPDX-License-Identifier: BSD-2-Clause */
/* An instance's life, and looking at its namespace from outside. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define MI (1024u * 1024u)

static void set_limits(struct aml_limits *limits)
{
    if (!limits->opcodes) {
        limits->opcodes = 64 * (uint64_t)MI;
    }
    if (!limits->memory) {
        limits->memory = 256 * (size_t)MI;
    }
    if (!limits->stack) {
        limits->stack = MI;
    }
    if (!limits->loop_ms) {
        limits->loop_ms = 30000;
    }
}

struct aml *aml_create(const struct aml_config *config)
{
    struct aml *aml = calloc(1, sizeof(*aml));

    if (!aml) {
        return NULL;
    }
    if (config) {
        aml->hooks = config->hooks;
        aml->limits = config->limits;
        aml->relaxed = config->relaxed;
        aml->pci_without_reg = config->pci_without_reg;
    }
    set_limits(&aml->limits);
    memory_init(aml);
    aml->integer_bytes = 8;
    if (namespace_init(aml) != AML_OK) {
        aml_destroy(aml);
        return NULL;
    }
    return aml;
}

void aml_destroy(struct aml *aml)
{
    if (aml) {
        memory_drop_all(aml);
        free(aml);
    }
}

void aml_set_handler(struct aml *aml, uint8_t space, aml_access_fn fn, void *ctx)
{
    aml->handler[space].fn = fn;
    aml->handler[space].ctx = ctx;
}

enum aml_status aml_refuse_access(void *ctx, const struct aml_access *access, uint8_t *data,
                                  size_t size)
{
    (void)ctx;
    (void)access;
    (void)data;
    (void)size;
    return AML_NOT_EXIST;
}

void aml_get_stats(const struct aml *aml, struct aml_stats *stats)
{
    stats->memory_now = aml->memory_now;
    stats->memory_peak = aml->memory_peak;
    stats->nodes = aml->node_count;
    stats->opcodes = aml->opcodes;
    stats->errors = aml->errors;
}

struct aml_node *aml_root(struct aml *aml)
{
    return aml->root;
}

struct aml_node *aml_find(struct aml *aml, const char *text)
{
    uint8_t buffer[260];
    struct path path;

    if (text[0] != '\\' || !path_from_text(text, strlen(text), buffer, &path)) {
        return NULL;
    }
    return path_find(aml, aml->root, &path, 0);
}

const struct aml_node *aml_first_child(const struct aml_node *node)
{
    return node->child;
}

const struct aml_node *aml_next_sibling(const struct aml_node *node)
{
    return node->next;
}

const struct aml_node *aml_parent(const struct aml_node *node)
{
    return node->parent;
}

enum aml_type aml_node_type(const struct aml_node *node)
{
    return node->type;
}

static void name_text(uint32_t name, char text[5])
{
    for (unsigned int i = 0; i < 4; i++) {
        text[i] = (char)(name >> (8 * i));
    }
    text[4] = 0;
}

void aml_node_name(const struct aml_node *node, char name[5])
{
    name_text(node->name, name);
}

size_t aml_node_path(const struct aml_node *node, char *path, size_t size)
{
    size_t length = 1;
    size_t at;

    for (const struct aml_node *n = node; n->parent; n = n->parent) {
        length += n->parent->parent ? 5 : 4;
    }
    at = length;
    for (const struct aml_node *n = node; n->parent; n = n->parent) {
        for (unsigned int i = 4; i-- > 0;) {
            if (--at + 1 < size) {
                path[at] = (char)(n->name >> (8 * i));
            }
        }
        if (n->parent->parent && --at + 1 < size) {
            path[at] = '.';
        }
    }
    if (size) {
        if (size > 1) {
            path[0] = '\\';
        }
        path[length < size ? length : size - 1] = 0;
    }
    return length;
}

static void field_info(const struct aml_object *field, struct aml_node_info *info)
{
    const struct aml_object *first = field->u.field.first;
    const struct aml_object *second = field->u.field.second;

    info->bit_offset = 8 * (uint64_t)field->u.field.base + field->u.field.start;
    info->length = field->u.field.bits;
    if (!first) {
        return;
    }
    switch (first->type) {
    case AML_T_REGION:
        if (first->u.region.node) {
            name_text(first->u.region.node->name, info->first);
        }
        break;
    case AML_T_BUFFER:
        if (first->u.blob.name) {
            name_text(first->u.blob.name, info->first);
        }
        break;
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
    case AML_T_BUFFER_FIELD:
        name_text(first->u.field.name, info->first);
        break;
    default:
        break;
    }
    if (second && field->type != AML_T_REGION_FIELD && is_field(second->type)) {
        name_text(second->u.field.name, info->second);
    }
}

void aml_node_info(const struct aml_node *node, struct aml_node_info *info)
{
    const struct aml_object *object = node->object;

    memset(info, 0, sizeof(*info));
    info->type = node->type;
    if (node->target) {
        name_text(node->target->name, info->first);
        info->has_value = true;
        return;
    }
    if (!object) {
        return;
    }
    info->type_differs = object->type != node->type;
    info->has_value = !info->type_differs;
    switch (object->type) {
    case AML_T_INTEGER:
        info->integer = object->u.integer;
        break;
    case AML_T_STRING:
    case AML_T_BUFFER:
        info->data = object->u.blob.data;
        info->length = object->u.blob.length;
        break;
    case AML_T_PACKAGE:
        info->length = object->u.package.count;
        break;
    case AML_T_METHOD:
        info->args = object->u.method.args;
        break;
    case AML_T_REGION:
        info->space = object->u.region.space;
        info->has_value = object->flags & OBJ_READY;
        info->address = object->u.region.address;
        info->region_length = object->u.region.length;
        break;
    case AML_T_PROCESSOR:
        info->processor_id = object->u.processor.id;
        info->address = object->u.processor.pblk;
        info->region_length = object->u.processor.length;
        break;
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        field_info(object, info);
        break;
    default:
        break;
    }
}
