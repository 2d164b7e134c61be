/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffer and Package terms (ACPI 6.5, 20.2.5.4), and the names inside packages. */
#include "internal.h"

#include <string.h>

static result cut_off(struct walk *w)
{
    w->pc = w->end;
    return fail(w, AML_AML_NO_OPERAND, "data is cut off");
}

/* NAME is what listings call the buffer by, 0 for none. The opcode is already consumed. */
result make_buffer(struct walk *w, uint32_t name, struct aml_object **value)
{
    uint64_t size;
    uint32_t end, given, length;

    *value = NULL;
    if (!fetch_package_end(w, &end)) {
        return cut_off(w);
    }
    TRY(eval_integer(w, &size));
    given = w->pc < end ? end - w->pc : 0;
    length = (uint32_t)size > given ? (uint32_t)size : given;
    *value = object_blob(w->aml, AML_T_BUFFER, NULL, length);
    if (!*value) {
        return fail(w, AML_NO_MEMORY, "buffer of %u bytes", length);
    }
    if (given) {
        memcpy((*value)->u.blob.data, w->code + w->pc, given);
    }
    (*value)->u.blob.name = name;
    if (w->pc < end) {
        w->pc = end;
    }
    return AML_OK;
}

/*
 * What a resolved name is in a package: data is the named object itself, fields are read, devices
 * and the like stay references (ACPI 6.5, 19.6.102).
 */
static void settle_name(struct aml *aml, struct aml_object **element, struct aml_node *node)
{
    struct aml_object *name = *element;
    struct aml_object *value;
    uint32_t mark = aml->pool_count;

    if (node->type == AML_T_ALIAS && node->target) {
        node = node->target;
    }
    node_ref(node);
    node_unref(aml, name->u.ref.node);
    name->u.ref.node = node;
    name->flags |= OBJ_RESOLVED;
    switch (node->type) {
    case AML_T_DEVICE:
    case AML_T_THERMAL:
    case AML_T_METHOD:
    case AML_T_MUTEX:
    case AML_T_POWER:
    case AML_T_PROCESSOR:
    case AML_T_EVENT:
    case AML_T_REGION:
        return;
    default:
        break;
    }
    if (resolve_node(aml, NULL, node, &value) == AML_OK && !is_ref(value, REF_NODE)) {
        slot_set(aml, element, value);
    }
    pool_drain(aml, mark);
}

static void resolve_element(struct aml *aml, struct aml_object **element)
{
    struct aml_object *name = *element;
    struct aml_node *node = NULL;
    struct path path;

    if (name->cls != REF_NAME || (name->flags & OBJ_RESOLVED)) {
        return;
    }
    if (path_parse(name->u.ref.path, name->u.ref.path_size, &path)) {
        node = path_find(aml, name->u.ref.node, &path, FIND_SEARCH);
    }
    if (!node || node->type == AML_T_ANY) {
        char text[64];

        path_text(&path, text, sizeof(text));
        report(aml, true, "AE_NOT_FOUND: %s, named in a package", text);
        slot_set(aml, element, NULL);
        return;
    }
    settle_name(aml, element, node);
}

/* Resolves the names in a package and the packages in it, once. Depth is bounded by how deep tables
 * can nest. */
void package_finish(struct aml *aml, struct aml_object *package)
{
    if (package->flags & OBJ_READY) {
        return;
    }
    package->flags |= OBJ_READY;
    for (uint32_t i = 0; i < package->u.package.count; i++) {
        struct aml_object *element = package->u.package.elements[i];

        if (!element) {
            continue;
        }
        if (element->type == AML_T_REFERENCE) {
            resolve_element(aml, &package->u.package.elements[i]);
        } else if (element->type == AML_T_PACKAGE) {
            package_finish(aml, element);
        }
    }
}

/*
 * A name. If it is a method's when the list is reached, what looks like its arguments belongs to it
 * and is dropped, though it is not called.
 */
static result name_element(struct walk *w, uint32_t end, struct aml_object **value)
{
    struct path path;
    struct aml_node *node;
    const uint8_t *start = w->code + w->pc;

    if (!fetch_path(w, &path)) {
        return cut_off(w);
    }
    node = path_find(w->aml, w->scope, &path, FIND_SEARCH);
    *value =
        object_node_ref(w->aml, REF_NAME, node && node->type == AML_T_METHOD ? node : w->scope);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    if (node && node->type == AML_T_METHOD) {
        unsigned int args =
            node->object && node->object->type == AML_T_METHOD ? node->object->u.method.args : 0;
        struct aml_object *dropped;

        (*value)->flags |= OBJ_RESOLVED;
        for (; args > 0 && w->pc < end; args--) {
            TRY(eval_term(w, false, false, &dropped));
        }
    } else {
        (*value)->u.ref.path = start;
        (*value)->u.ref.path_size = path.size;
    }
    return AML_OK;
}

/* *VALUE is NULL for a declaration that stands in the list because its length was wrong: it is made
 * all the same. */
static result data_element(struct walk *w, struct aml_object **value)
{
    uint16_t opcode = peek_opcode(w);

    switch (opcode) {
    case OP_BUFFER:
        w->pc++;
        return make_buffer(w, 0, value);
    case OP_PACKAGE:
    case OP_VAR_PACKAGE:
        w->pc++;
        return make_package(w, opcode == OP_VAR_PACKAGE, value);
    default:
        TRY(eval_term(w, false, false, value));
        if (!*value) {
            return AML_OK;
        }
        TRY(resolve_value(w, value));
        if (op_find(opcode)) {
            return fail(w, AML_SUPPORT, "expression as a package element");
        }
        return AML_OK;
    }
}

static void keep_element(struct walk *w, struct aml_object *package, uint32_t index,
                         struct aml_object *value)
{
    struct aml_object **slot = &package->u.package.elements[index];

    value->flags &= (uint8_t)~OBJ_CONSTANT;
    slot_set(w->aml, slot, value);
    if (!w->module && value->type == AML_T_REFERENCE) {
        resolve_element(w->aml, slot);
    }
}

/*
 * While a table loads, names in packages may refer to what comes later, so they wait for
 * package_finish(). In a method they are settled at once.
 */
result make_package(struct walk *w, bool variable, struct aml_object **value)
{
    uint64_t count = 0;
    uint32_t end;
    uint32_t index = 0;

    *value = NULL;
    TRY(check_limits(w->aml));
    if (!fetch_package_end(w, &end)) {
        return cut_off(w);
    }
    if (variable) {
        TRY(eval_integer(w, &count));
    } else if (!fetch_integer(w, 1, &count)) {
        return cut_off(w);
    }
    *value = object_package(w->aml, (uint32_t)count);
    if (!*value) {
        return fail(w, AML_NO_MEMORY, "package of %u elements", (uint32_t)count);
    }
    if (!w->module) {
        (*value)->flags |= OBJ_READY;
    }
    while (w->pc < end) {
        struct aml_object *element;

        if (is_name_start(w->code[w->pc])) {
            TRY(name_element(w, end, &element));
        } else {
            TRY(data_element(w, &element));
        }
        if (element && index < (*value)->u.package.count) {
            keep_element(w, *value, index++, element);
        }
    }
    return AML_OK;
}
