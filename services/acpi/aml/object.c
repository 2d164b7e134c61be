/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects: making, counting, copying. */
#include "internal.h"

#include <string.h>

#define MEMBER_SIZE(member)                                                                        \
    (offsetof(struct aml_object, u) + sizeof(((struct aml_object *)0)->u.member))
#define POOL_MAX (1u << 20)

static const uint8_t object_size[AML_T_COUNT] = {
    [AML_T_ANY] = MEMBER_SIZE(integer),
    [AML_T_INTEGER] = MEMBER_SIZE(integer),
    [AML_T_STRING] = MEMBER_SIZE(blob),
    [AML_T_BUFFER] = MEMBER_SIZE(blob),
    [AML_T_PACKAGE] = MEMBER_SIZE(package),
    [AML_T_DEVICE] = MEMBER_SIZE(integer),
    [AML_T_THERMAL] = MEMBER_SIZE(integer),
    [AML_T_EVENT] = MEMBER_SIZE(event),
    [AML_T_METHOD] = MEMBER_SIZE(method),
    [AML_T_MUTEX] = MEMBER_SIZE(mutex),
    [AML_T_REGION] = MEMBER_SIZE(region),
    [AML_T_POWER] = MEMBER_SIZE(processor),
    [AML_T_PROCESSOR] = MEMBER_SIZE(processor),
    [AML_T_BUFFER_FIELD] = MEMBER_SIZE(field),
    [AML_T_REGION_FIELD] = MEMBER_SIZE(field),
    [AML_T_BANK_FIELD] = MEMBER_SIZE(field),
    [AML_T_INDEX_FIELD] = MEMBER_SIZE(field),
    [AML_T_REFERENCE] = MEMBER_SIZE(ref),
    [AML_T_FRAME] = MEMBER_SIZE(frame),
};

static bool pool_push(struct aml *aml, struct aml_object *object)
{
    if (aml->pool_count == aml->pool_size) {
        uint32_t size = aml->pool_size ? aml->pool_size * 2 : 256;
        struct aml_object **pool;

        if (size > POOL_MAX) {
            return false;
        }
        pool = memory_get(aml, size * sizeof(*pool));
        if (!pool) {
            return false;
        }
        if (aml->pool_count) {
            memcpy(pool, aml->pool, aml->pool_count * sizeof(*pool));
        }
        memory_put(aml, aml->pool, aml->pool_size * sizeof(*pool));
        aml->pool = pool;
        aml->pool_size = size;
    }
    aml->pool[aml->pool_count++] = object;
    return true;
}

void pool_drain(struct aml *aml, uint32_t mark)
{
    while (aml->pool_count > mark) {
        object_unref(aml, aml->pool[--aml->pool_count]);
    }
}

struct aml_object *object_new(struct aml *aml, enum aml_type type)
{
    struct aml_object *object = memory_get(aml, object_size[type]);

    if (!object) {
        return NULL;
    }
    object->refs = 1;
    object->type = (uint8_t)type;
    if (!pool_push(aml, object)) {
        memory_put(aml, object, object_size[type]);
        return NULL;
    }
    return object;
}

void object_ref(struct aml_object *object)
{
    object->refs++;
}

struct aml_object *object_hold(struct aml *aml, struct aml_object *object)
{
    if (object) {
        if (!pool_push(aml, object)) {
            return NULL;
        }
        object->refs++;
    }
    return object;
}

static void blob_release(struct aml *aml, struct aml_object *object)
{
    if (object->u.blob.capacity) {
        memory_put(aml, object->u.blob.data, object->u.blob.capacity);
    }
}

static void contents_release(struct aml *aml, struct aml_object *object)
{
    switch (object->type) {
    case AML_T_STRING:
    case AML_T_BUFFER:
        blob_release(aml, object);
        break;
    case AML_T_PACKAGE:
        for (uint32_t i = 0; i < object->u.package.count; i++) {
            object_unref(aml, object->u.package.elements[i]);
        }
        memory_put(aml, object->u.package.elements,
                   object->u.package.count * sizeof(struct aml_object *));
        break;
    case AML_T_REFERENCE:
        object_unref(aml, object->u.ref.object);
        node_unref(aml, object->u.ref.node);
        break;
    case AML_T_REGION:
        memory_put(aml, object->u.region.pcc, object->u.region.length);
        break;
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        object_unref(aml, object->u.field.first);
        object_unref(aml, object->u.field.second);
        break;
    case AML_T_FRAME:
        for (unsigned int i = 0; i < 15; i++) {
            object_unref(aml, object->u.frame.slot[i]);
        }
        break;
    default:
        break;
    }
}

/*
 * Packages nest as deep as tables can chain them, so freeing must not recurse without bound: what
 * lies too deep goes back into the pool and is freed when that is drained. (If the pool is full it
 * is lost until the instance goes.)
 */
void object_unref(struct aml *aml, struct aml_object *object)
{
    enum { NESTING = 64 };

    if (!object || --object->refs > 0) {
        return;
    }
    if (aml->freeing >= NESTING) {
        object->refs = 1;
        (void)pool_push(aml, object);
        return;
    }
    aml->freeing++;
    contents_release(aml, object);
    memory_put(aml, object, object_size[object->type]);
    aml->freeing--;
}

uint64_t integer_mask(const struct aml *aml)
{
    return aml->integer_bytes == 4 ? UINT32_MAX : UINT64_MAX;
}

struct aml_object *object_number(struct aml *aml, uint64_t value)
{
    struct aml_object *object = object_new(aml, AML_T_INTEGER);

    if (object) {
        object->u.integer = value;
    }
    return object;
}

struct aml_object *object_integer(struct aml *aml, uint64_t value)
{
    return object_number(aml, value & integer_mask(aml));
}

struct aml_object *object_blob(struct aml *aml, enum aml_type type, const void *data,
                               uint32_t length)
{
    struct aml_object *object = object_new(aml, type);
    uint32_t capacity = length + (type == AML_T_STRING);

    if (!object || capacity < length) {
        return NULL;
    }
    if (capacity) {
        object->u.blob.data = memory_get(aml, capacity);
        if (!object->u.blob.data) {
            return NULL;
        }
        object->u.blob.capacity = capacity;
        object->u.blob.length = length;
        if (data && length) {
            memcpy(object->u.blob.data, data, length);
        }
    }
    return object;
}

struct aml_object *object_package(struct aml *aml, uint32_t count)
{
    struct aml_object *object = object_new(aml, AML_T_PACKAGE);

    if (!object) {
        return NULL;
    }
    if (count) {
        object->u.package.elements = memory_get(aml, count * sizeof(struct aml_object *));
        if (!object->u.package.elements) {
            return NULL;
        }
    }
    object->u.package.count = count;
    return object;
}

struct aml_object *object_node_ref(struct aml *aml, enum ref_class cls, struct aml_node *node)
{
    struct aml_object *object = object_new(aml, AML_T_REFERENCE);

    if (object) {
        object->cls = (uint8_t)cls;
        object->u.ref.node = node;
        node_ref(node);
    }
    return object;
}

/* Gives a string or buffer its own memory of at least CAPACITY bytes (the NUL included), keeping
 * its contents. */
result blob_writable(struct aml *aml, struct aml_object *object, uint32_t capacity)
{
    uint32_t used = object->u.blob.length + (object->type == AML_T_STRING);
    uint8_t *data;

    if (object->u.blob.capacity >= capacity && !(object->flags & OBJ_STATIC)) {
        return AML_OK;
    }
    if (capacity < used) {
        capacity = used;
    }
    data = memory_get(aml, capacity);
    if (!data) {
        return AML_NO_MEMORY;
    }
    if (object->u.blob.data) {
        memcpy(data, object->u.blob.data, used);
    }
    blob_release(aml, object);
    object->u.blob.data = data;
    object->u.blob.capacity = capacity;
    object->flags &= (uint8_t)~OBJ_STATIC;
    return AML_OK;
}

void slot_set(struct aml *aml, struct aml_object **slot, struct aml_object *object)
{
    struct aml_object *old = *slot;

    if (object) {
        object->refs++;
    }
    *slot = object;
    object_unref(aml, old);
}

static struct aml_object *copy_package(struct aml *aml, struct aml_object *object,
                                       unsigned int depth)
{
    struct aml_object *copy = object_package(aml, object->u.package.count);

    if (!copy || depth == 0) {
        return NULL;
    }
    copy->flags = object->flags;
    for (uint32_t i = 0; i < object->u.package.count; i++) {
        struct aml_object *element = object->u.package.elements[i];
        struct aml_object *twin;
        uint32_t mark = aml->pool_count;

        if (!element) {
            continue;
        }
        twin = element->type == AML_T_PACKAGE ? copy_package(aml, element, depth - 1)
                                              : object_copy(aml, element);
        if (!twin) {
            return NULL;
        }
        twin->refs++;
        copy->u.package.elements[i] = twin;
        pool_drain(aml, mark);
    }
    return copy;
}

/* An independent object with the same value (ACPI 6.5, 19.6.17, CopyObject). NULL: out of memory,
 * or too deep. */
struct aml_object *object_copy(struct aml *aml, struct aml_object *object)
{
    struct aml_object *copy;

    switch (object->type) {
    case AML_T_PACKAGE:
        return copy_package(aml, object, 128);
    case AML_T_STRING:
    case AML_T_BUFFER:
        copy = object_blob(aml, object->type, object->u.blob.data, object->u.blob.length);
        if (copy) {
            copy->u.blob.name = object->u.blob.name;
        }
        return copy;
    case AML_T_FRAME:
        return NULL;
    default:
        break;
    }
    copy = object_new(aml, object->type);
    if (!copy) {
        return NULL;
    }
    memcpy(&copy->u, &object->u, object_size[object->type] - offsetof(struct aml_object, u));
    copy->flags = object->flags & (uint8_t)~OBJ_CONSTANT;
    copy->cls = object->cls;
    copy->aux = object->aux;
    switch (object->type) {
    case AML_T_REFERENCE:
        if (copy->u.ref.object) {
            copy->u.ref.object->refs++;
        }
        if (copy->u.ref.node) {
            node_ref(copy->u.ref.node);
        }
        break;
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        if (copy->u.field.first) {
            copy->u.field.first->refs++;
        }
        if (copy->u.field.second) {
            copy->u.field.second->refs++;
        }
        break;
    case AML_T_REGION:
        copy->u.region.pcc = NULL;
        copy->u.region.node = NULL;
        break;
    case AML_T_METHOD:
        copy->u.method.depth = 0;
        copy->u.method.lock_depth = 0;
        break;
    case AML_T_MUTEX:
        memset(&copy->u.mutex, 0, sizeof(copy->u.mutex));
        copy->u.mutex.sync_level = object->u.mutex.sync_level;
        break;
    case AML_T_EVENT:
        copy->u.event.signals = 0;
        break;
    default:
        break;
    }
    return copy;
}
