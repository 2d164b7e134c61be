/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terms in value position (ACPI 6.5, 20.2.5, TermArg). Names are looked up, and a call's argument
 * count is settled, when the term is reached: there is no parse before that.
 */
#include "internal.h"

#include <string.h>

static result out_of_code(struct walk *w)
{
    return fail(w, AML_AML_NO_OPERAND, "code ends inside a term");
}

static result name_missing(struct walk *w, const struct path *path)
{
    char text[64];

    path_text(path, text, sizeof(text));
    w->parse_error = true;
    return fail(w, AML_NOT_FOUND, "%s", text);
}

static result no_memory(struct walk *w)
{
    return fail(w, AML_NO_MEMORY, "out of memory");
}

static result constant(struct walk *w, uint64_t number, struct aml_object **value)
{
    *value = object_integer(w->aml, number);
    if (!*value) {
        return no_memory(w);
    }
    (*value)->flags |= OBJ_CONSTANT;
    return AML_OK;
}

static result literal(struct walk *w, unsigned int bytes, struct aml_object **value)
{
    uint64_t number;

    if (!fetch_integer(w, bytes, &number)) {
        return out_of_code(w);
    }
    *value = object_integer(w->aml, number);
    return *value ? AML_OK : no_memory(w);
}

static result string_literal(struct walk *w, struct aml_object **value)
{
    const uint8_t *text = w->code + w->pc;
    const uint8_t *nul = memchr(text, 0, w->end - w->pc);

    if (!nul) {
        return fail(w, AML_AML_STRING_LIMIT, "string without an end");
    }
    w->pc += (uint32_t)(nul - text) + 1;
    *value = object_new(w->aml, AML_T_STRING);
    if (!*value) {
        return no_memory(w);
    }
    /* Shared with the table until somebody writes to it, see blob_writable(). */
    (*value)->u.blob.data = (uint8_t *)(uintptr_t)text;
    (*value)->u.blob.length = (uint32_t)(nul - text);
    (*value)->flags |= OBJ_STATIC;
    return AML_OK;
}

static result variable(struct walk *w, enum ref_class cls, unsigned int number,
                       struct aml_object **value)
{
    *value = object_new(w->aml, AML_T_REFERENCE);
    if (!*value) {
        return no_memory(w);
    }
    (*value)->cls = (uint8_t)cls;
    (*value)->aux = (uint8_t)number;
    return AML_OK;
}

/*
 * A call in a table can lack arguments. The declarations after it are taken for them, whether they
 * can be made or not; then the argument has no value.
 */
static result eval_argument(struct walk *w, struct aml_object **value)
{
    bool declaration = w->module && w->pc < w->end && declares_name(peek_opcode(w));
    result r = eval_term(w, false, false, value);

    if (r == AML_OK && !*value && !declaration) {
        return fail(w, AML_AML_NO_RETURN_VALUE, "a term has no value");
    }
    return r == FLOW_SKIPPED ? AML_OK : r;
}

/* The arguments of a call are parsed and evaluated in order, then resolved, then the method runs.
 */
static result call(struct walk *w, struct aml_node *node, struct aml_object **value)
{
    struct aml_object *method = node->object;
    struct aml_object *args[7];
    bool soft = false;
    result r = AML_OK;
    result first = AML_OK;

    if (!method || method->type != AML_T_METHOD) {
        return fail(w, AML_AML_INTERNAL, "method without a body");
    }
    /* Both may go while the arguments are evaluated. */
    if (!object_hold(w->aml, method) || !object_node_ref(w->aml, REF_NODE, node)) {
        return no_memory(w);
    }
    for (unsigned int i = 0; i < method->u.method.args; i++) {
        r = eval_argument(w, &args[i]);
        if (r != AML_OK) {
            if (!soft_error(w, r)) {
                return r;
            }
            soft = true;
            first = r;
        }
    }
    if (soft) {
        return first;
    }
    w->opcode = OP_METHOD_CALL;
    for (unsigned int i = 0; i < method->u.method.args; i++) {
        if (args[i]) {
            TRY(resolve_value(w, &args[i]));
        }
    }
    r = call_method(w->aml, node, method, args, method->u.method.args, value);
    if (r != AML_OK && w->module) {
        /* A method that fails while a table loads takes the table with it. */
        w->aml->abort_status = (enum aml_status)r;
        return FLOW_ABORT;
    }
    return r;
}

static result name_value(struct walk *w, bool target, bool want_node, struct aml_object **value)
{
    struct path path;
    struct aml_node *node;

    if (!fetch_path(w, &path)) {
        return out_of_code(w);
    }
    node = path_find(w->aml, w->scope, &path, FIND_SEARCH);
    if (!node) {
        return name_missing(w, &path);
    }
    if (node->type == AML_T_METHOD && node != w->aml->root) {
        return call(w, node, value);
    }
    if (target || want_node) {
        *value = object_node_ref(w->aml, REF_NODE, node);
        return *value ? AML_OK : no_memory(w);
    }
    return resolve_node(w->aml, w, node, value);
}

static result fetch_operand(struct walk *w, char how, bool target, struct aml_object **value)
{
    switch (how) {
    case 'T':
        return target ? eval_term(w, true, false, value) : eval_operand(w, value);
    case 'S':
    case 't':
        return eval_super(w, true, target, false, value);
    case 'n':
        return eval_super(w, false, target, false, value);
    case 'm':
        return eval_super(w, false, target, true, value);
    case 'b':
        return literal(w, 1, value);
    case 'w':
        return literal(w, 2, value);
    default:
        return literal(w, 4, value);
    }
}

/* Store (LocalX, LocalX): firmware does that to quiet compilers, also before the local has a value.
 */
static bool stores_to_itself(struct walk *w, struct aml_object *const *operand)
{
    return is_ref(operand[0], REF_LOCAL) && is_ref(operand[1], REF_LOCAL) &&
           operand[0]->aux == operand[1]->aux && !w->frame->u.frame.slot[operand[0]->aux];
}

static result operate(struct walk *w, uint16_t opcode, const struct op *op,
                      struct aml_object **value)
{
    struct aml_object *operand[OPERANDS_MAX] = { NULL };
    unsigned int count = (unsigned int)strlen(op->parse);
    result first = AML_OK;

    for (unsigned int i = 0; i < count; i++) {
        bool target = i + op->targets >= count;
        result r = fetch_operand(w, op->parse[i], target || opcode == OP_REF_OF, &operand[i]);

        if (r != AML_OK) {
            if (!soft_error(w, r)) {
                return r;
            }
            first = r;
        } else if (!operand[i] && op->parse[i] != 'm') {
            first = fail(w, AML_AML_NO_RETURN_VALUE, "%s: operand %u has no value", op->name, i);
            if (!w->module) {
                return first;
            }
        }
    }
    TRY(first);
    w->opcode = opcode;
    if (opcode == OP_STORE && stores_to_itself(w, operand)) {
        return AML_OK;
    }
    if (opcode != OP_COND_REF_OF || operand[0]) {
        TRY(resolve_operands(w, op->kinds, operand));
    }
    TRY(op->run(w, operand, value));
    if (*value && (*value)->type == AML_T_INTEGER) {
        (*value)->u.integer &= integer_mask(w->aml);
    }
    return AML_OK;
}

static result eval_opcode(struct walk *w, uint16_t opcode, struct aml_object **value)
{
    const struct op *op;

    switch (opcode) {
    case OP_ZERO:
        return constant(w, 0, value);
    case OP_ONE:
        return constant(w, 1, value);
    case OP_ONES:
        return constant(w, UINT64_MAX, value);
    case OP_REVISION:
        return constant(w, INTERPRETER_REVISION, value);
    case OP_BYTE:
        return literal(w, 1, value);
    case OP_WORD:
        return literal(w, 2, value);
    case OP_DWORD:
        return literal(w, 4, value);
    case OP_QWORD:
        return literal(w, 8, value);
    case OP_STRING:
        return string_literal(w, value);
    case OP_BUFFER:
        return make_buffer(w, 0, value);
    case OP_PACKAGE:
        return make_package(w, false, value);
    case OP_VAR_PACKAGE:
        return make_package(w, true, value);
    case OP_DEBUG:
        return variable(w, REF_DEBUG, 0, value);
    default:
        break;
    }
    if (opcode >= OP_LOCAL0 && opcode < OP_ARG0) {
        return variable(w, REF_LOCAL, (unsigned int)opcode - OP_LOCAL0, value);
    }
    if (opcode >= OP_ARG0 && opcode <= OP_ARG6) {
        return variable(w, REF_ARG, (unsigned int)opcode - OP_ARG0, value);
    }
    op = op_find(opcode);
    if (op) {
        return operate(w, opcode, op, value);
    }
    return AML_AML_BAD_OPCODE;
}

result eval_term(struct walk *w, bool target, bool want_node, struct aml_object **value)
{
    *value = NULL;
    TRY(check_limits(w->aml));
    while (w->pc < w->end) {
        uint32_t start = w->pc;
        uint16_t opcode;
        result r;

        if (is_name_start(w->code[w->pc])) {
            return name_value(w, target, want_node, value);
        }
        opcode = peek_opcode(w);
        if (is_statement(opcode)) {
            /* Where a value should be; it is executed, but has none. */
            return exec_statement(w);
        }
        w->pc += opcode > 0xFF ? 2 : 1;
        r = eval_opcode(w, opcode, value);
        if (r != AML_AML_BAD_OPCODE || *value) {
            return r;
        }
        if (w->pc != start + (opcode > 0xFF ? 2u : 1u)) {
            return r;
        }
        /* No opcode at all: passed over, the next byte may make sense. */
        report(w->aml, true, "%.4s+%05X: no opcode: %02X, ignored", (const char *)w->table->bytes,
               (unsigned int)(w->code - w->table->bytes) + start, opcode);
    }
    return out_of_code(w);
}

result eval_operand(struct walk *w, struct aml_object **value)
{
    TRY(eval_term(w, false, false, value));
    if (!*value) {
        return fail(w, AML_AML_NO_RETURN_VALUE, "a term has no value");
    }
    return AML_OK;
}

result eval_value(struct walk *w, struct aml_object **value)
{
    TRY(eval_operand(w, value));
    return resolve_value(w, value);
}

result eval_integer(struct walk *w, uint64_t *number)
{
    struct aml_object *value;
    result r;

    TRY(eval_value(w, &value));
    r = to_integer(w->aml, value, true, &value);
    if (r == AML_TYPE) {
        return fail(w, AML_AML_OPERAND_TYPE, "needed an integer, found %s",
                    aml_type_name(operand_type(value)));
    }
    TRY(r);
    *number = value->u.integer;
    return AML_OK;
}

/* SuperName, Target and SimpleName: a bare name stands for its node, a method is called if
 * MAY_CALL. */
result eval_super(struct walk *w, bool may_call, bool target, bool may_be_missing,
                  struct aml_object **value)
{
    struct path path;
    struct aml_node *node;
    uint8_t byte;

    *value = NULL;
    if (w->pc >= w->end) {
        return out_of_code(w);
    }
    byte = w->code[w->pc];
    if (byte != 0 && (!is_name_start(byte) || byte == 0x2E || byte == 0x2F)) {
        return eval_term(w, target, false, value);
    }
    if (!fetch_path(w, &path)) {
        return out_of_code(w);
    }
    if (path.null) {
        return constant(w, 0, value);
    }
    node = path_find(w->aml, w->scope, &path, FIND_SEARCH);
    if (!node) {
        return may_be_missing ? AML_OK : name_missing(w, &path);
    }
    if (may_call && node->type == AML_T_METHOD && node != w->aml->root) {
        return call(w, node, value);
    }
    *value = object_node_ref(w->aml, REF_NODE, node);
    return *value ? AML_OK : no_memory(w);
}
