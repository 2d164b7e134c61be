/* SPDX-License-Identifier: BSD-2-Clause */
/* RefOf, DerefOf, Index, SizeOf, ObjectType (ACPI 6.5, 19.6). */
#include "internal.h"

static result hold(struct walk *w, struct aml_object *object, struct aml_object **value)
{
    *value = object_hold(w->aml, object);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* A reference to a name, to a slot of the running method, or to Debug. */
static result reference_to(struct walk *w, struct aml_object *operand, struct aml_object **value)
{
    if (operand->type != AML_T_REFERENCE) {
        return fail(w, AML_AML_OPERAND_TYPE, "cannot refer to a %s", aml_type_name(operand->type));
    }
    switch (operand->cls) {
    case REF_NODE:
        *value = object_node_ref(w->aml, REF_OF, operand->u.ref.node);
        return *value ? AML_OK : AML_NO_MEMORY;
    case REF_LOCAL:
    case REF_ARG:
        *value = object_new(w->aml, AML_T_REFERENCE);
        if (!*value) {
            return AML_NO_MEMORY;
        }
        (*value)->cls = REF_OF;
        (*value)->u.ref.index = operand->aux + (operand->cls == REF_ARG ? SLOT_ARG : 0u);
        (*value)->u.ref.object = w->frame;
        object_ref(w->frame);
        return AML_OK;
    case REF_DEBUG:
        return hold(w, operand, value);
    default:
        return fail(w, AML_AML_OPERAND_TYPE, "cannot refer to a reference");
    }
}

result op_ref_of(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    return reference_to(w, operand[0], value);
}

/* operand[0] is NULL if the name does not exist. */
result op_cond_ref_of(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *reference;
    struct aml_object *out = NULL;

    if (operand[0]) {
        TRY(reference_to(w, operand[0], &reference));
        TRY(store(w, reference, operand[1], 'r', &out));
    }
    *value = object_integer(w->aml, operand[0] ? UINT64_MAX : 0);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* A string names an object, from the running method's scope. */
static result deref_path(struct walk *w, struct aml_object *string, struct aml_object **value)
{
    uint8_t buffer[260];
    struct path path;
    struct aml_node *node = NULL;

    if (path_from_text((const char *)string->u.blob.data, string->u.blob.length, buffer, &path)) {
        node = path_find(w->aml, w->scope, &path, FIND_SEARCH | FIND_EXACT);
    }
    if (!node) {
        return fail(w, AML_NOT_FOUND, "DerefOf(\"%.60s\")", (const char *)string->u.blob.data);
    }
    return resolve_node(w->aml, w, node, value);
}

static result deref_index(struct walk *w, struct aml_object *reference, struct aml_object **value)
{
    struct aml_object *container = reference->u.ref.object;
    uint32_t index = reference->u.ref.index;

    if (reference->aux != AML_T_PACKAGE) {
        if (index >= container->u.blob.length) {
            return fail(w, AML_AML_BUFFER_LIMIT, "byte %u is gone", index);
        }
        *value = object_integer(w->aml, container->u.blob.data[index]);
        return *value ? AML_OK : AML_NO_MEMORY;
    }
    if (!container->u.package.elements[index]) {
        return fail(w, AML_AML_UNINITIALIZED_ELEMENT, "element %u", index);
    }
    return hold(w, container->u.package.elements[index], value);
}

/*
 * What a RefOf value refers to; *VALUE is NULL if that has no value. A field that is dereferenced
 * in the expression that refers to it stays a field (DIRECT): whoever uses it reads it, and only
 * Return does not.
 */
static result deref_target(struct walk *w, struct aml_object *reference, bool direct,
                           struct aml_object **value)
{
    struct aml_node *node = reference->u.ref.node;
    struct aml_object *object;

    *value = NULL;
    if (node && node->target) {
        node = node->target;
    }
    if (node && direct && (node->type == AML_T_DEVICE || node->type == AML_T_THERMAL)) {
        *value = object_node_ref(w->aml, REF_NODE, node);
        return *value ? AML_OK : AML_NO_MEMORY;
    }
    object = node ? node->object : reference->u.ref.object->u.frame.slot[reference->u.ref.index];
    if (!object) {
        return AML_OK;
    }
    if (!direct && is_field(object->type)) {
        return field_read(w->aml, object, value);
    }
    return hold(w, object, value);
}

result op_deref_of(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *object = operand[0];
    bool direct = true;

    if (is_ref(object, REF_NODE)) {
        object = object->u.ref.node->object;
        direct = false;
        if (!object || (object->type != AML_T_STRING && object->type != AML_T_REFERENCE)) {
            return fail(w, AML_AML_OPERAND_TYPE, "DerefOf: not a reference");
        }
    } else if (is_ref(object, REF_LOCAL) || is_ref(object, REF_ARG)) {
        TRY(resolve_value(w, &object));
        direct = false;
    }
    if (object->type == AML_T_STRING) {
        return deref_path(w, object, value);
    }
    if (is_ref(object, REF_INDEX)) {
        return deref_index(w, object, value);
    }
    if (is_ref(object, REF_OF)) {
        return deref_target(w, object, direct, value);
    }
    if (is_ref(object, REF_NODE)) {
        /* A device passed as an argument: it is what it names. */
        return hold(w, object, value);
    }
    return fail(w, direct ? AML_AML_OPERAND_TYPE : AML_TYPE, "DerefOf: not a reference");
}

result op_index(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *container = operand[0];
    uint64_t index = operand[1]->u.integer;
    struct aml_object *out = NULL;
    struct aml_object *reference;
    uint32_t count;
    enum aml_status limit;

    if (container->type == AML_T_PACKAGE) {
        count = container->u.package.count;
        limit = AML_AML_PACKAGE_LIMIT;
    } else {
        count = container->u.blob.length;
        limit = container->type == AML_T_STRING ? AML_AML_STRING_LIMIT : AML_AML_BUFFER_LIMIT;
    }
    if (index >= count) {
        return fail(w, limit, "index %llX of %X", (unsigned long long)index, count);
    }
    reference = object_new(w->aml, AML_T_REFERENCE);
    if (!reference) {
        return AML_NO_MEMORY;
    }
    reference->cls = REF_INDEX;
    reference->aux = container->type == AML_T_PACKAGE ? AML_T_PACKAGE : AML_T_BUFFER_FIELD;
    reference->u.ref.index = (uint32_t)index;
    reference->u.ref.object = container;
    object_ref(container);
    *value = reference;
    return store(w, reference, operand[2], 'r', &out);
}

/*
 * Follows references to what they finally mean. *OBJECT may become NULL if there is nothing;
 * NEED_VALUE: a variable without a value is an error.
 */
static result follow(struct walk *w, struct aml_object **object, unsigned int *type,
                     bool need_value)
{
    struct aml_object *at = *object;

    for (unsigned int hops = 0; at && at->type == AML_T_REFERENCE; hops++) {
        struct aml_node *node;

        if (hops == 64) {
            return fail(w, AML_AML_CIRCULAR_REFERENCE, "references in a circle");
        }
        switch (at->cls) {
        case REF_NODE:
        case REF_NAME:
        case REF_OF:
            node = at->u.ref.node;
            if (node && node->target) {
                node = node->target;
            }
            if (node) {
                *type = node->type;
                at = node->object;
                if (!at && node->type != AML_T_DEVICE && node->type != AML_T_THERMAL &&
                    (*object)->cls == REF_NODE) {
                    return fail(w, AML_AML_UNINITIALIZED_NODE, "no value: %s",
                                aml_type_name(node->type));
                }
                if (!at || at->type != AML_T_REFERENCE) {
                    *object = at;
                    return AML_OK;
                }
                break;
            }
            at = at->u.ref.object->u.frame.slot[at->u.ref.index];
            break;
        case REF_INDEX:
            *type = at->aux;
            if (at->aux != AML_T_PACKAGE) {
                *object = at;
                return AML_OK;
            }
            at = at->u.ref.object->u.package.elements[at->u.ref.index];
            break;
        case REF_LOCAL:
        case REF_ARG:
            if (need_value) {
                TRY(resolve_value(w, &at));
            } else {
                at = w->frame->u.frame.slot[at->aux + (at->cls == REF_ARG ? SLOT_ARG : 0)];
            }
            break;
        case REF_TABLE:
            *type = AML_T_DDB_HANDLE;
            *object = at;
            return AML_OK;
        default:
            *type = AML_T_DEBUG;
            *object = at;
            return AML_OK;
        }
    }
    *type = at ? at->type : (unsigned int)AML_T_ANY;
    *object = at;
    return AML_OK;
}

result op_object_type(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *object = operand[0];
    unsigned int type = object->type;

    TRY(follow(w, &object, &type, false));
    switch (type) {
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        type = AML_T_FIELD_UNIT;
        break;
    case AML_T_SCOPE:
        type = AML_T_ANY;
        break;
    default:
        break;
    }
    *value = object_integer(w->aml, type);
    return *value ? AML_OK : AML_NO_MEMORY;
}

result op_size_of(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *object = operand[0];
    unsigned int type = object->type;
    uint64_t size;

    TRY(follow(w, &object, &type, true));
    if (!object || object->type != type) {
        return fail(w, AML_AML_OPERAND_TYPE, "SizeOf: %s", aml_type_name(type));
    }
    switch (type) {
    case AML_T_INTEGER:
        size = w->aml->integer_bytes;
        break;
    case AML_T_STRING:
    case AML_T_BUFFER:
        size = object->u.blob.length;
        break;
    case AML_T_PACKAGE:
        size = object->u.package.count;
        break;
    default:
        return fail(w, AML_AML_OPERAND_TYPE, "SizeOf: %s", aml_type_name(type));
    }
    *value = object_integer(w->aml, size);
    return *value ? AML_OK : AML_NO_MEMORY;
}
