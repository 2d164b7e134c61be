/* SPDX-License-Identifier: BSD-2-Clause */
/* Evaluation from outside, and the objects that go in and out. */
#include "internal.h"

void entry_begin(struct aml *aml, struct entry *entry)
{
    entry->stack_base = aml->stack_base;
    entry->opcode_limit = aml->opcode_limit;
    entry->held = aml->held;
    entry->mark = aml->pool_count;
    entry->sync_level = aml->sync_level;
    if (!aml->stack_base) {
        aml->stack_base = __builtin_frame_address(0);
        aml->opcode_limit = aml->opcodes + aml->limits.opcodes;
    }
    aml->sync_level = 0;
}

void entry_end(struct aml *aml, const struct entry *entry)
{
    mutexes_release_from(aml, entry->held);
    pool_drain(aml, entry->mark);
    aml->stack_base = entry->stack_base;
    aml->opcode_limit = entry->opcode_limit;
    aml->sync_level = entry->sync_level;
}

/* *VALUE is in the pool. */
result evaluate_node(struct aml *aml, struct aml_node *node, struct aml_object *const *args,
                     unsigned int count, struct aml_object **value)
{
    struct aml_object *operands[7] = { NULL };

    *value = NULL;
    if (node->type == AML_T_METHOD_ALIAS && node->target) {
        node = node->target;
    }
    switch (node->type) {
    case AML_T_ANY:
    case AML_T_DEVICE:
    case AML_T_EVENT:
    case AML_T_MUTEX:
    case AML_T_REGION:
    case AML_T_THERMAL:
    case AML_T_SCOPE:
        return AML_TYPE;
    case AML_T_METHOD:
        if (!node->object || node->object->type != AML_T_METHOD) {
            return AML_NULL_OBJECT;
        }
        if (count > 7) {
            count = 7;
        }
        for (unsigned int i = 0; i < count; i++) {
            operands[i] = args[i];
        }
        return call_method(aml, node, node->object, operands, count, value);
    default:
        return resolve_node(aml, NULL, node, value);
    }
}

/* What leaves the instance: references that are on their way to data are followed, others are an
 * error. */
static result leave(struct aml *aml, struct aml_object **value)
{
    struct aml_object *object = *value;

    if (is_ref(object, REF_INDEX)) {
        struct aml_object *container = object->u.ref.object;

        if (object->aux == AML_T_PACKAGE) {
            object = container->u.package.elements[object->u.ref.index];
        } else if (object->u.ref.index < container->u.blob.length) {
            object = object_integer(aml, container->u.blob.data[object->u.ref.index]);
        }
    } else if (is_ref(object, REF_OF)) {
        object = object->u.ref.node ? object->u.ref.node->object
                                    : object->u.ref.object->u.frame.slot[object->u.ref.index];
    }
    if (!object) {
        return AML_TYPE;
    }
    *value = object;
    return AML_OK;
}

/*
 * Can this be shown? Packages only with data and names of devices and the like in them. They may
 * share elements, even contain themselves, so both depth and the number of visits are limited.
 */
static result presentable(const struct aml_object *object, unsigned int depth, unsigned int *visits)
{
    if (!object) {
        return AML_OK;
    }
    switch (object->type) {
    case AML_T_INTEGER:
    case AML_T_STRING:
    case AML_T_BUFFER:
    case AML_T_PROCESSOR:
    case AML_T_POWER:
        return AML_OK;
    case AML_T_PACKAGE:
        if (depth == 0 || *visits < object->u.package.count) {
            return AML_LIMIT;
        }
        *visits -= object->u.package.count;
        for (uint32_t i = 0; i < object->u.package.count; i++) {
            TRY(presentable(object->u.package.elements[i], depth - 1, visits));
        }
        return AML_OK;
    case AML_T_REFERENCE:
        return object->cls == REF_NAME ? AML_OK : AML_TYPE;
    default:
        return AML_TYPE;
    }
}

#define SHOWN_DEPTH 64
#define SHOWN_ELEMENTS (1u << 20)

enum aml_status aml_evaluate(struct aml *aml, const char *path, struct aml_object *const *args,
                             unsigned int count, struct aml_object **value)
{
    struct aml_node *node = aml_find(aml, path);
    struct entry entry;
    result r;

    *value = NULL;
    if (!node) {
        return AML_NOT_FOUND;
    }
    entry_begin(aml, &entry);
    r = evaluate_node(aml, node, args, count, value);
    if (r == AML_OK && *value) {
        r = is_ref(*value, REF_NODE) ? (result)AML_TYPE : leave(aml, value);
    }
    if (r == AML_OK && *value) {
        unsigned int visits = SHOWN_ELEMENTS;

        r = presentable(*value, SHOWN_DEPTH, &visits);
    }
    if (r == AML_OK && *value) {
        object_ref(*value);
    } else {
        *value = NULL;
    }
    entry_end(aml, &entry);
    return (enum aml_status)r;
}

void aml_release(struct aml *aml, struct aml_object *object)
{
    object_unref(aml, object);
}

/* Out of the pool, into the caller's hands. */
static struct aml_object *taken(struct aml *aml, struct aml_object *object, uint32_t mark)
{
    if (object) {
        object_ref(object);
    }
    pool_drain(aml, mark);
    return object;
}

struct aml_object *aml_make_integer(struct aml *aml, uint64_t value)
{
    uint32_t mark = aml->pool_count;
    struct aml_object *object = object_new(aml, AML_T_INTEGER);

    if (object) {
        object->u.integer = value;
    }
    return taken(aml, object, mark);
}

struct aml_object *aml_make_string(struct aml *aml, const char *text, size_t length)
{
    uint32_t mark = aml->pool_count;

    return length < UINT32_MAX
               ? taken(aml, object_blob(aml, AML_T_STRING, text, (uint32_t)length), mark)
               : NULL;
}

struct aml_object *aml_make_buffer(struct aml *aml, const void *data, size_t length)
{
    uint32_t mark = aml->pool_count;

    return length < UINT32_MAX
               ? taken(aml, object_blob(aml, AML_T_BUFFER, data, (uint32_t)length), mark)
               : NULL;
}

struct aml_object *aml_make_package(struct aml *aml, struct aml_object *const *elements,
                                    uint32_t count)
{
    uint32_t mark = aml->pool_count;
    struct aml_object *package = object_package(aml, count);

    if (package) {
        package->flags |= OBJ_READY;
        for (uint32_t i = 0; i < count; i++) {
            package->u.package.elements[i] = elements[i];
        }
    }
    return taken(aml, package, mark);
}

enum aml_type aml_object_type(const struct aml_object *object)
{
    return object->type;
}

uint64_t aml_object_integer(const struct aml_object *object)
{
    return object->type == AML_T_INTEGER ? object->u.integer : 0;
}

const uint8_t *aml_object_data(const struct aml_object *object, uint32_t *length)
{
    *length = 0;
    if (object->type != AML_T_STRING && object->type != AML_T_BUFFER) {
        return NULL;
    }
    *length = object->u.blob.length;
    return object->u.blob.data;
}

const struct aml_object *aml_object_element(const struct aml_object *object, uint32_t index)
{
    return object->type == AML_T_PACKAGE && index < object->u.package.count
               ? object->u.package.elements[index]
               : NULL;
}

uint32_t aml_object_count(const struct aml_object *object)
{
    return object->type == AML_T_PACKAGE ? object->u.package.count : 0;
}

const struct aml_node *aml_object_node(const struct aml_object *object)
{
    return object->type == AML_T_REFERENCE ? object->u.ref.node : NULL;
}
