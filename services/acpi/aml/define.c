/* SPDX-License-Identifier: BSD-2-Clause */
/* Declarations that make a name (ACPI 6.5, 20.2.5.1 and 20.2.5.2), without regions and fields. */
#include "internal.h"

static result bad_encoding(struct walk *w)
{
    w->pc = w->end;
    return fail(w, AML_AML_NO_OPERAND, "declaration is cut off");
}

/*
 * A declaration's name cannot be made. In a method that is the end of the method. In a table a
 * block is passed over; of anything else only the name was consumed, and what follows it is
 * executed for what it is.
 */
result create_failed(struct walk *w, result r, const struct path *path, uint32_t start,
                     bool opens_scope)
{
    char text[64];

    path_text(path, text, sizeof(text));
    r = fail(w, (enum aml_status)r, "cannot make %s", text);
    if (!w->module || r == AML_NO_MEMORY) {
        return r;
    }
    if (opens_scope) {
        uint32_t end;

        w->skipped_at = w->pc;
        w->pc = start + (w->code[start] == OP_EXTENDED ? 2 : 1);
        w->pc = fetch_package_end(w, &end) ? end : w->end;
    }
    if (r != AML_ALREADY_EXISTS && r != AML_NOT_FOUND) {
        return FLOW_UNWIND;
    }
    return opens_scope ? FLOW_SKIPPED : AML_OK;
}

static result check_scope_type(struct walk *w, struct aml_node *node)
{
    switch (node->type) {
    case AML_T_ANY:
    case AML_T_SCOPE:
    case AML_T_DEVICE:
    case AML_T_POWER:
    case AML_T_PROCESSOR:
    case AML_T_THERMAL:
        return AML_OK;
    case AML_T_INTEGER:
    case AML_T_STRING:
    case AML_T_BUFFER:
        /* Seen in firmware: Name (DEB, 0) Scope (DEB) {...}. The name then is just a scope. */
        report(w->aml, false, "Scope on a name of type %s", aml_type_name(node->type));
        node->type = AML_T_ANY;
        return AML_OK;
    default:
        return AML_AML_OPERAND_TYPE;
    }
}

result define_scope(struct walk *w, uint32_t start)
{
    struct path path;
    struct aml_node *node;
    struct aml_node *previous;
    uint32_t end;
    result r;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    node = path_find(w->aml, w->scope, &path, FIND_SEARCH);
    r = node ? check_scope_type(w, node) : AML_NOT_FOUND;
    if (r != AML_OK) {
        return create_failed(w, r, &path, start, true);
    }
    enter_scope(w, node, &previous);
    return leave_scope(w, previous, exec_list(w, end));
}

/* Processor and PowerResource carry numbers; they are attached when the block is complete. */
static result make_numbers(struct walk *w, enum aml_type type, struct aml_object **object)
{
    uint64_t a = 0, b = 0, c = 0;

    *object = NULL;
    if (type == AML_T_PROCESSOR) {
        if (!fetch_integer(w, 1, &a) || !fetch_integer(w, 4, &b) || !fetch_integer(w, 1, &c)) {
            return bad_encoding(w);
        }
    } else if (type == AML_T_POWER) {
        if (!fetch_integer(w, 1, &a) || !fetch_integer(w, 2, &b)) {
            return bad_encoding(w);
        }
    } else {
        return AML_OK;
    }
    *object = object_new(w->aml, type);
    if (!*object) {
        return AML_NO_MEMORY;
    }
    (*object)->u.processor.id = (uint8_t)a;
    (*object)->u.processor.length = (uint8_t)(type == AML_T_PROCESSOR ? c : a);
    (*object)->u.processor.pblk = b;
    (*object)->u.processor.order = (uint16_t)b;
    return AML_OK;
}

result define_device(struct walk *w, enum aml_type type, uint32_t start)
{
    struct path path;
    struct aml_node *node;
    struct aml_node *previous;
    struct aml_object *object;
    uint32_t end;
    result r;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    r = path_create(w, &path, type, &node);
    if (r != AML_OK) {
        return create_failed(w, r, &path, start, true);
    }
    TRY(make_numbers(w, type, &object));
    enter_scope(w, node, &previous);
    node_ref(node);
    r = leave_scope(w, previous, exec_list(w, end));
    if (r == AML_OK && object) {
        node_attach(w->aml, node, object);
    }
    node_unref(w->aml, node);
    return r;
}

/* The value of Name(): data, or a name that is not called. */
static result name_value(struct walk *w, struct aml_node *node, struct aml_object **value)
{
    uint16_t opcode = peek_opcode(w);
    struct path path;

    switch (opcode) {
    case OP_BUFFER:
        w->pc++;
        return make_buffer(w, node->name, value);
    case OP_PACKAGE:
    case OP_VAR_PACKAGE:
        w->pc++;
        return make_package(w, opcode == OP_VAR_PACKAGE, value);
    default:
        break;
    }
    if (w->pc < w->end && is_name_start(w->code[w->pc]) &&
        path_parse(w->code + w->pc, w->end - w->pc, &path)) {
        struct aml_node *target = path_find(w->aml, w->scope, &path, FIND_SEARCH);

        if (target && target->type != AML_T_METHOD) {
            w->pc += path.size;
            *value = object_node_ref(w->aml, REF_NAME, target);
            if (*value) {
                (*value)->flags |= OBJ_RESOLVED;
            }
            return *value ? AML_OK : AML_NO_MEMORY;
        }
    }
    TRY(eval_operand(w, value));
    return resolve_value(w, value);
}

result define_name(struct walk *w)
{
    struct path path;
    struct aml_node *node;
    struct aml_object *value = NULL;
    result r;

    if (!fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    r = path_create(w, &path, AML_T_ANY, &node);
    if (r != AML_OK) {
        return create_failed(w, r, &path, 0, false);
    }
    node_ref(node);
    r = name_value(w, node, &value);
    if (r == AML_OK && !is_ref(value, REF_NODE)) {
        if (value->refs > 1 && value->type != AML_T_REFERENCE) {
            value = object_copy(w->aml, value);
        }
        if (value) {
            value->flags &= (uint8_t)~OBJ_CONSTANT;
            node_attach(w->aml, node, value);
        } else {
            r = AML_NO_MEMORY;
        }
    }
    node_unref(w->aml, node);
    return r;
}

/* ACPI 6.5, 19.6.4. An alias of an alias is one of the original. */
result define_alias(struct walk *w)
{
    struct path source, path;
    struct aml_node *target;
    struct aml_node *node;
    result r;

    if (!fetch_path(w, &source) || !fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    r = path_create(w, &path, AML_T_ALIAS, &node);
    if (r != AML_OK) {
        return create_failed(w, r, &path, 0, false);
    }
    target = path_find(w->aml, w->scope, &source, FIND_SEARCH);
    if (target && target != node && target->target) {
        target = target->target;
    }
    if (!target || target == node) {
        char text[64];

        node_remove(w->aml, node);
        path_text(&source, text, sizeof(text));
        return fail(w, AML_NOT_FOUND, "Alias of %s", text);
    }
    node->type = target->type == AML_T_METHOD ? AML_T_METHOD_ALIAS : AML_T_ALIAS;
    node->target = target;
    node_ref(target);
    return AML_OK;
}

result define_method(struct walk *w, uint32_t start)
{
    struct path path;
    struct aml_node *node;
    struct aml_object *method;
    uint32_t end;
    uint8_t flags;
    result r;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    r = path_create(w, &path, AML_T_METHOD, &node);
    if (r != AML_OK) {
        return create_failed(w, r, &path, start, true);
    }
    if (!fetch_byte(w, &flags) || w->pc > end) {
        node_remove(w->aml, node);
        return bad_encoding(w);
    }
    method = object_new(w->aml, AML_T_METHOD);
    if (!method) {
        return AML_NO_MEMORY;
    }
    method->u.method.table = w->table;
    method->u.method.body = w->code + w->pc;
    method->u.method.size = end - w->pc;
    method->u.method.args = flags & 7;
    if (flags & 8) {
        method->u.method.serialized = 1;
        method->u.method.sync_level = flags >> 4;
    }
    node_attach(w->aml, node, method);
    w->pc = end;
    return AML_OK;
}

static result define_simple(struct walk *w, enum aml_type type, struct aml_object **object)
{
    struct path path;
    struct aml_node *node;
    result r;

    *object = NULL;
    if (!fetch_path(w, &path)) {
        return bad_encoding(w);
    }
    r = path_create(w, &path, type, &node);
    if (r != AML_OK) {
        return create_failed(w, r, &path, 0, false);
    }
    *object = object_new(w->aml, type);
    if (!*object) {
        return AML_NO_MEMORY;
    }
    node_attach(w->aml, node, *object);
    return AML_OK;
}

result define_mutex(struct walk *w)
{
    struct aml_object *mutex;
    uint8_t level;

    TRY(define_simple(w, AML_T_MUTEX, &mutex));
    if (!mutex) {
        return AML_OK;
    }
    if (!fetch_byte(w, &level)) {
        return bad_encoding(w);
    }
    mutex->u.mutex.sync_level = level;
    return AML_OK;
}

result define_event(struct walk *w)
{
    struct aml_object *event;

    return define_simple(w, AML_T_EVENT, &event);
}

/* External is for disassemblers; it declares nothing. */
result define_external(struct walk *w)
{
    struct path path;
    uint64_t rest;

    if (!fetch_path(w, &path) || !fetch_integer(w, 2, &rest)) {
        return bad_encoding(w);
    }
    return AML_OK;
}
