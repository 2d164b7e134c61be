/* SPDX-License-Identifier: BSD-2-Clause */
/* Storing (ACPI 6.5, 19.3.5.8 and tables 19.8 to 19.10). */
#include "internal.h"

#include <string.h>

static result copied(struct aml *aml, struct aml_object *source, struct aml_object **copy)
{
    *copy = object_copy(aml, source);
    return *copy ? AML_OK : AML_NO_MEMORY;
}

static result store_integer(struct aml *aml, struct aml_object *target, struct aml_object *source)
{
    target->u.integer = source->u.integer & integer_mask(aml);
    return AML_OK;
}

static result store_string(struct aml *aml, struct aml_object *target, struct aml_object *source)
{
    uint32_t length = source->u.blob.length;

    if (source == target) {
        return AML_OK;
    }
    TRY(blob_writable(aml, target, length + 1));
    if (length) {
        memcpy(target->u.blob.data, source->u.blob.data, length);
    }
    target->u.blob.data[length] = 0;
    target->u.blob.length = length;
    return AML_OK;
}

/* A buffer keeps its size: what is stored is cut or padded with zeros. Only an empty one takes the
 * new size. */
static result store_buffer(struct aml *aml, struct aml_object *target, struct aml_object *source)
{
    uint32_t length = source->u.blob.length;

    if (source == target) {
        return AML_OK;
    }
    if (target->u.blob.length == 0) {
        if (length == 0) {
            return AML_OK;
        }
        TRY(blob_writable(aml, target, length));
        target->u.blob.length = length;
    }
    if (length > target->u.blob.length) {
        length = target->u.blob.length;
    }
    if (target->u.blob.length) {
        memset(target->u.blob.data, 0, target->u.blob.length);
    }
    if (length) {
        memcpy(target->u.blob.data, source->u.blob.data, length);
    }
    return AML_OK;
}

/* KIND is the target's letter of opcode.c: operators with a fixed result type ('f', 's') convert
 * nothing. */
static result convert_for(struct aml *aml, unsigned int type, char kind, struct aml_object *source,
                          struct aml_object **value)
{
    result r;

    *value = source;
    if (kind != 'r' && kind != 'w') {
        return AML_OK;
    }
    switch (type) {
    case AML_T_INTEGER:
        r = to_integer(aml, source, true, value);
        break;
    case AML_T_STRING:
        r = to_string(aml, source, STRING_IMPLICIT, value);
        break;
    default:
        r = to_buffer(aml, source, value);
        break;
    }
    return r == AML_TYPE ? AML_OK : r;
}

/* Into an existing integer, string or buffer, whose type stays. *NEW is what the name is to hold
 * from now on. */
static result store_over(struct aml *aml, struct aml_object *source, struct aml_object *target,
                         char kind, struct aml_object **replaced)
{
    struct aml_object *value = source;

    *replaced = target;
    if (source->type != target->type) {
        TRY(convert_for(aml, target->type, kind, source, &value));
        if (value == source) {
            *replaced = source;
            return AML_OK;
        }
    }
    switch (target->type) {
    case AML_T_INTEGER:
        return store_integer(aml, target, value);
    case AML_T_STRING:
        return store_string(aml, target, value);
    default:
        return store_buffer(aml, target, value);
    }
}

static bool is_data(unsigned int type)
{
    return type == AML_T_INTEGER || type == AML_T_STRING || type == AML_T_BUFFER;
}

static result check_target(struct walk *w, struct aml_object *source, unsigned int type)
{
    switch (type) {
    case AML_T_PACKAGE:
        if (w->opcode == OP_STORE && source->type == AML_T_PACKAGE) {
            return AML_OK;
        }
        break;
    case AML_T_DEVICE:
    case AML_T_EVENT:
    case AML_T_MUTEX:
    case AML_T_REGION:
    case AML_T_POWER:
    case AML_T_PROCESSOR:
    case AML_T_THERMAL:
        break;
    default:
        return AML_OK;
    }
    return fail(w, AML_AML_TARGET_TYPE, "cannot store %s to %s",
                aml_type_name(operand_type(source)), aml_type_name(type));
}

static result check_source(struct walk *w, struct aml_object **source, unsigned int type)
{
    if (!is_data(type) && !is_field(type)) {
        return AML_OK;
    }
    if (w->opcode == OP_COPY) {
        return (*source)->type == AML_T_REFERENCE ? resolve_value(w, source) : AML_OK;
    }
    if (is_data((*source)->type) || is_ref(*source, REF_TABLE)) {
        return AML_OK;
    }
    return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s to %s",
                aml_type_name(operand_type(*source)), aml_type_name(type));
}

/* CONVERT: the name's type stays and the source is converted; else the name takes a copy of the
 * source. */
result store_to_node(struct walk *w, struct aml_object *source, struct aml_node *node, bool convert,
                     char kind, struct aml_object **out)
{
    struct aml *aml = w->aml;
    struct aml_object *target = node->object;
    unsigned int type = node->type;
    struct aml_object *value;

    if (w->opcode != OP_COPY) {
        TRY(check_target(w, source, type));
    }
    TRY(check_source(w, &source, type));
    if (is_field(type)) {
        if (!target || !is_field(target->type)) {
            return fail(w, AML_AML_UNINITIALIZED_NODE, "field without a region");
        }
        return field_write(aml, target, source, out);
    }
    if (is_ref(source, REF_NODE)) {
        return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s",
                    aml_type_name(operand_type(source)));
    }
    if (is_data(type) && w->opcode != OP_COPY && convert && target && is_data(target->type)) {
        TRY(store_over(aml, source, target, kind, &value));
        if (value != target) {
            node_attach(aml, node, value);
        }
        return AML_OK;
    }
    TRY(copied(aml, source, &value));
    node_attach(aml, node, value);
    return AML_OK;
}

/*
 * Through RefOf(LocalX). The local then behaves like a name: what was stored this way first settles
 * the type that later stores through a reference convert to.
 */
static result store_to_slot(struct walk *w, struct aml_object *source, struct aml_object *frame,
                            uint32_t slot, char kind)
{
    struct aml *aml = w->aml;
    struct aml_object **target = &frame->u.frame.slot[slot];
    unsigned int type = frame->u.frame.type[slot];
    struct aml_object *value;

    if (is_ref(source, REF_NODE)) {
        return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s",
                    aml_type_name(operand_type(source)));
    }
    if (w->opcode != OP_COPY) {
        TRY(check_target(w, source, type));
    }
    TRY(check_source(w, &source, type));
    if (is_data(type) && w->opcode != OP_COPY && *target && is_data((*target)->type)) {
        TRY(store_over(aml, source, *target, kind, &value));
    } else {
        TRY(copied(aml, source, &value));
    }
    if (value != *target) {
        slot_set(aml, target, value);
        frame->u.frame.type[slot] = value->type;
    }
    return AML_OK;
}

static result store_to_element(struct walk *w, struct aml_object *source, struct aml_object *index)
{
    struct aml *aml = w->aml;
    struct aml_object *container = index->u.ref.object;
    uint32_t at = index->u.ref.index;
    struct aml_object *value = source;
    uint8_t byte;

    if (index->aux == AML_T_PACKAGE) {
        if (is_ref(source, REF_NODE)) {
            return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s",
                        aml_type_name(operand_type(source)));
        }
        if (!is_ref(source, REF_TABLE)) {
            TRY(copied(aml, source, &value));
        }
        slot_set(aml, &container->u.package.elements[at], value);
        return AML_OK;
    }
    switch (source->type) {
    case AML_T_INTEGER:
        byte = (uint8_t)source->u.integer;
        break;
    case AML_T_BUFFER:
    case AML_T_STRING:
        byte = source->u.blob.length ? source->u.blob.data[0] : 0;
        break;
    default:
        return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s to a byte",
                    aml_type_name(operand_type(source)));
    }
    if (at >= container->u.blob.length) {
        return fail(w, AML_AML_BUFFER_LIMIT, "byte %u is gone", at);
    }
    TRY(blob_writable(aml, container, 0));
    container->u.blob.data[at] = byte;
    return AML_OK;
}

static result store_to_variable(struct walk *w, struct aml_object *source,
                                struct aml_object *variable)
{
    struct aml *aml = w->aml;
    bool arg = variable->cls == REF_ARG;
    struct aml_object **slot = &w->frame->u.frame.slot[variable->aux + (arg ? SLOT_ARG : 0)];
    struct aml_object *current = *slot;
    struct aml_object *frame;
    uint32_t at;

    if (current == source) {
        return AML_OK;
    }
    if (is_ref(source, REF_NODE)) {
        return fail(w, AML_AML_OPERAND_TYPE, "cannot store %s",
                    aml_type_name(operand_type(source)));
    }
    if (source->refs > 1) {
        TRY(copied(aml, source, &source));
    }
    /* An argument that was passed as a reference is stored through (ACPI 6.5, 19.3.5.8,
     * table 19.9). */
    if (arg && current && is_ref(current, REF_OF)) {
        if (current->u.ref.node) {
            return store_to_node(w, source, current->u.ref.node, false, 'w',
                                 &(struct aml_object *){ NULL });
        }
        /* The argument may refer to itself: then it goes here. */
        frame = current->u.ref.object;
        at = current->u.ref.index;
        slot_set(aml, &frame->u.frame.slot[at], source);
        frame->u.frame.type[at] = source->type;
        return AML_OK;
    }
    source->flags &= (uint8_t)~OBJ_CONSTANT;
    slot_set(aml, slot, source);
    return AML_OK;
}

/*
 * *OUT is set where a write brings data back (the serial buses), else untouched. KIND: see
 * opcode.c.
 */
result store(struct walk *w, struct aml_object *source, struct aml_object *target, char kind,
             struct aml_object **out)
{
    if (target->type == AML_T_INTEGER && (target->flags & OBJ_CONSTANT)) {
        return AML_OK;
    }
    if (target->type != AML_T_REFERENCE) {
        return fail(w, AML_AML_OPERAND_TYPE, "cannot store to a %s", aml_type_name(target->type));
    }
    switch (target->cls) {
    case REF_NODE:
        return store_to_node(w, source, target->u.ref.node, true, kind, out);
    case REF_OF:
        if (target->u.ref.node) {
            return store_to_node(w, source, target->u.ref.node, true, kind, out);
        }
        return store_to_slot(w, source, target->u.ref.object, target->u.ref.index, kind);
    case REF_INDEX:
        return store_to_element(w, source, target);
    case REF_LOCAL:
    case REF_ARG:
        return store_to_variable(w, source, target);
    case REF_DEBUG:
        if (w->aml->hooks.debug) {
            w->aml->hooks.debug(w->aml->hooks.ctx, source);
        }
        return AML_OK;
    default:
        return fail(w, AML_AML_INTERNAL, "cannot store through this reference");
    }
}

result op_store(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    *value = NULL;
    TRY(store(w, operand[0], operand[1], 'w', value));
    if (!*value) {
        *value = operand[0];
    }
    return AML_OK;
}

result op_copy(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *out = NULL;

    if (is_ref(operand[0], REF_NODE)) {
        /* The copy of a device is something of that type, and nothing else. */
        unsigned int type = operand_type(operand[0]);

        if (type != AML_T_DEVICE && type != AML_T_THERMAL) {
            return fail(w, AML_AML_OPERAND_TYPE, "cannot copy %s", aml_type_name(type));
        }
        *value = object_new(w->aml, (enum aml_type)type);
        return *value ? store(w, *value, operand[1], 's', &out) : (result)AML_NO_MEMORY;
    }
    TRY(copied(w->aml, operand[0], value));
    return store(w, *value, operand[1], 's', &out);
}
