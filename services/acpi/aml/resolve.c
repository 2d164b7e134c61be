/* SPDX-License-Identifier: BSD-2-Clause */
/* From operands to values (ACPI 6.5, 19.3.5.1 to 19.3.5.5). */
#include "internal.h"

#include <string.h>

static result complain(struct aml *aml, struct walk *w, enum aml_status status, const char *text,
                       const char *what)
{
    if (w) {
        return fail(w, status, "%s %s", text, what);
    }
    report(aml, true, "%s: %s %s", aml_status_name(status), text, what);
    return status;
}

static result hold(struct aml *aml, struct aml_object *object, struct aml_object **value)
{
    *value = object_hold(aml, object);
    return *value ? AML_OK : AML_NO_MEMORY;
}

static result stays_itself(struct aml *aml, struct aml_node *node, struct aml_object **value)
{
    *value = object_node_ref(aml, REF_NODE, node);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/*
 * What a name stands for in value position: fields are read, data is the object itself (integers a
 * copy of it, so that an operand keeps its value if a later one changes the name), devices and
 * methods stay names.
 */
result resolve_node(struct aml *aml, struct walk *w, struct aml_node *node,
                    struct aml_object **value)
{
    struct aml_object *object;

    if (node->target) {
        node = node->target;
    }
    object = node->object;
    if (node->type == AML_T_DEVICE || node->type == AML_T_THERMAL || node->type == AML_T_METHOD) {
        return stays_itself(aml, node, value);
    }
    if (!object) {
        return complain(aml, w, AML_AML_UNINITIALIZED_NODE, "no value:", aml_type_name(node->type));
    }
    switch (node->type) {
    case AML_T_INTEGER:
    case AML_T_STRING:
    case AML_T_BUFFER:
    case AML_T_PACKAGE:
        if (object->type != node->type) {
            return complain(aml, w, AML_AML_OPERAND_TYPE, "the name was redefined as",
                            aml_type_name(object->type));
        }
        if (node->type == AML_T_INTEGER && w) {
            *value = object_integer(aml, object->u.integer);
            return *value ? AML_OK : AML_NO_MEMORY;
        }
        return hold(aml, object, value);
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        return field_read(aml, object, value);
    case AML_T_MUTEX:
    case AML_T_POWER:
    case AML_T_PROCESSOR:
    case AML_T_EVENT:
    case AML_T_REGION:
        return hold(aml, object, value);
    case AML_T_REFERENCE:
        if (object->cls == REF_TABLE || object->cls == REF_OF || object->cls == REF_INDEX) {
            return hold(aml, object, value);
        }
        break;
    default:
        break;
    }
    return complain(aml, w, AML_AML_OPERAND_TYPE, "no value:", aml_type_name(node->type));
}

static result resolve_variable(struct walk *w, struct aml_object **object)
{
    bool arg = (*object)->cls == REF_ARG;
    unsigned int slot = (*object)->aux + (arg ? SLOT_ARG : 0u);
    struct aml_object *value = w->frame->u.frame.slot[slot];

    if (!value && w->aml->relaxed) {
        value = object_integer(w->aml, 0);
        slot_set(w->aml, &w->frame->u.frame.slot[slot], value);
    }
    if (!value) {
        return fail(w, arg ? AML_AML_UNINITIALIZED_ARG : AML_AML_UNINITIALIZED_LOCAL, "%s%u",
                    arg ? "Arg" : "Local", (*object)->aux);
    }
    return hold(w->aml, value, object);
}

/* REF_NAME: what a package element names. */
static result resolve_name(struct walk *w, struct aml_object **object)
{
    struct aml_object *name = *object;
    struct aml_node *node = name->u.ref.node;

    if (!(name->flags & OBJ_RESOLVED)) {
        struct path path;

        if (!path_parse(name->u.ref.path, name->u.ref.path_size, &path)) {
            return AML_AML_INTERNAL;
        }
        node = path_find(w->aml, node, &path, FIND_SEARCH);
        if (!node) {
            return fail(w, AML_NOT_FOUND, "named in a package");
        }
    }
    if (node->type == AML_T_DEVICE || node->type == AML_T_THERMAL || !node->object) {
        return stays_itself(w->aml, node, object);
    }
    return hold(w->aml, node->object, object);
}

static result resolve_reference(struct walk *w, struct aml_object **object)
{
    struct aml_object *element;

    switch ((*object)->cls) {
    case REF_LOCAL:
    case REF_ARG:
        return resolve_variable(w, object);
    case REF_NODE:
        return resolve_node(w->aml, w, (*object)->u.ref.node, object);
    case REF_NAME:
        return resolve_name(w, object);
    case REF_INDEX:
        if ((*object)->aux != AML_T_PACKAGE || w->opcode == OP_METHOD_CALL ||
            w->opcode == OP_COPY) {
            return AML_OK;
        }
        element = (*object)->u.ref.object->u.package.elements[(*object)->u.ref.index];
        if (!element) {
            return fail(w, AML_AML_UNINITIALIZED_ELEMENT, "element %u", (*object)->u.ref.index);
        }
        return hold(w->aml, element, object);
    default:
        return AML_OK;
    }
}

result resolve_value(struct walk *w, struct aml_object **object)
{
    switch ((*object)->type) {
    case AML_T_REFERENCE:
        return resolve_reference(w, object);
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        return field_read(w->aml, *object, object);
    default:
        return AML_OK;
    }
}

static bool is_one_of(const struct aml_object *object, const char *types)
{
    unsigned int type = operand_type(object);

    return type < 32 && memchr(types, (int)type, strlen(types)) != NULL;
}

static result wrong_type(struct walk *w, const struct aml_object *object, const char *needed)
{
    return fail(w, AML_AML_OPERAND_TYPE, "needed %s, found %s", needed,
                aml_type_name(operand_type(object)));
}

static result resolve_target(struct walk *w, char kind, struct aml_object **operand)
{
    struct aml_object *object = *operand;

    if (kind == 'R' && object->type == AML_T_STRING) {
        return AML_OK;
    }
    if (is_ref(object, REF_NODE) && object->u.ref.node->target) {
        return stays_itself(w->aml, object->u.ref.node->target, operand);
    }
    if (object->type == AML_T_REFERENCE ||
        (object->type == AML_T_INTEGER && (object->flags & OBJ_CONSTANT))) {
        return AML_OK;
    }
    return wrong_type(w, object, "a name or reference");
}

static result convert_operand(struct walk *w, char kind, struct aml_object **operand)
{
    struct aml_object *object = *operand;
    result r;

    switch (kind) {
    case 'I':
        r = to_integer(w->aml, object, true, operand);
        break;
    case 'S':
        r = to_string(w->aml, object, STRING_IMPLICIT, operand);
        break;
    default:
        r = to_buffer(w->aml, object, operand);
        break;
    }
    return r == AML_TYPE ? wrong_type(w, object, "an integer, string or buffer") : r;
}

static result check_operand(struct walk *w, char kind, struct aml_object **operand)
{
    struct aml_object *object = *operand;

    switch (kind) {
    case 'I':
    case 'S':
    case 'B':
        return convert_operand(w, kind, operand);
    case 'Z':
        if (object->type == AML_T_INTEGER) {
            return convert_operand(w, kind, operand);
        }
        return is_one_of(object, "\2\3") ? AML_OK : wrong_type(w, object, "a string or buffer");
    case 'C':
        return is_one_of(object, "\1\2\3") ? AML_OK
                                           : wrong_type(w, object, "an integer, string or buffer");
    case 'X':
        return is_one_of(object, "\2\3\4") ? AML_OK
                                           : wrong_type(w, object, "a package, string or buffer");
    case 'P':
        return is_one_of(object, "\4") ? AML_OK : wrong_type(w, object, "a package");
    case 'M':
        return is_one_of(object, "\11") ? AML_OK : wrong_type(w, object, "a mutex");
    case 'E':
        return is_one_of(object, "\7") ? AML_OK : wrong_type(w, object, "an event");
    case 'L':
        return is_one_of(object, "\12\3") ? AML_OK : wrong_type(w, object, "a region or buffer");
    case 'H':
        return is_one_of(object, "\24") ? AML_OK : wrong_type(w, object, "a table handle");
    case 'D':
        return is_one_of(object, "\1\2\3\4\16\17\21\22\23\24") ? AML_OK
                                                               : wrong_type(w, object, "data");
    default:
        return AML_OK;
    }
}

static result resolve_operand(struct walk *w, char kind, bool to_debug, struct aml_object **operand)
{
    switch (kind) {
    case '-':
        return AML_OK;
    case 'r':
    case 'f':
    case 's':
    case 'w':
    case 'o':
    case 'v':
    case 'R':
        return resolve_target(w, kind, operand);
    case 'D':
        /* Store keeps an Index reference as one. */
        if (is_ref(*operand, REF_INDEX)) {
            return AML_OK;
        }
        break;
    default:
        break;
    }
    TRY(resolve_value(w, operand));
    if (kind == 'D' && to_debug) {
        return AML_OK;
    }
    return check_operand(w, kind, operand);
}

/* The last operand first: a target that is of no use stops the statement before anything else can
 * go wrong. */
result resolve_operands(struct walk *w, const char *kinds, struct aml_object **operand)
{
    size_t count = strlen(kinds);
    bool to_debug = false;

    while (count-- > 0) {
        TRY(resolve_operand(w, kinds[count], to_debug, &operand[count]));
        to_debug = to_debug || is_ref(operand[count], REF_DEBUG);
    }
    return AML_OK;
}
