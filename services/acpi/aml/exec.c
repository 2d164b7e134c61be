/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements, methods and tables. A table is executed like one long method whose names stay
 * (ACPI 6.5, 5.4.2: "module-level code"); it differs in how it goes on after an error, which is
 * what most of the care here is about.
 */
#include "internal.h"

#include <string.h>

/*
 * At table level, errors of evaluation end just the operator they occur in; the statement around it
 * goes on, without that value. Errors of other kinds unwind to the table's outermost list, see
 * exec_statement().
 */
bool soft_error(const struct walk *w, result r)
{
    if (!w->module || w->parse_error) {
        return false;
    }
    return (r >= AML_AML_BAD_OPCODE && r < AML_STATUS_COUNT) || r == AML_NOT_FOUND ||
           r == AML_ALREADY_EXISTS;
}

result check_limits(struct aml *aml)
{
    const char *here = __builtin_frame_address(0);
    size_t used = here < aml->stack_base ? (size_t)(aml->stack_base - here)
                                         : (size_t)(here - aml->stack_base);

    if (used > aml->limits.stack) {
        report(aml, true, "nested too deeply: more than %zu bytes of stack", aml->limits.stack);
        return AML_STACK_OVERFLOW;
    }
    aml->clock_us++;
    if (++aml->opcodes > aml->opcode_limit) {
        report(aml, true, "more than %llu opcodes", (unsigned long long)aml->limits.opcodes);
        return AML_LIMIT;
    }
    return AML_OK;
}

/* A block, or another declaration of one name. */
bool declares_name(uint16_t opcode)
{
    switch (opcode) {
    case OP_SCOPE:
    case OP_DEVICE:
    case OP_PROCESSOR:
    case OP_POWER:
    case OP_THERMAL:
    case OP_METHOD:
    case OP_NAME:
    case OP_ALIAS:
    case OP_MUTEX:
    case OP_EVENT:
    case OP_REGION:
    case OP_DATA_REGION:
        return true;
    default:
        return false;
    }
}

/* Declarations and flow of control; anything else is a term whose value is dropped. */
bool is_statement(uint16_t opcode)
{
    if (declares_name(opcode)) {
        return true;
    }
    switch (opcode) {
    case OP_EXTERNAL:
    case OP_FIELD:
    case OP_INDEX_FIELD:
    case OP_BANK_FIELD:
    case OP_CREATE_FIELD:
    case OP_BIT_FIELD:
    case OP_BYTE_FIELD:
    case OP_WORD_FIELD:
    case OP_DWORD_FIELD:
    case OP_QWORD_FIELD:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_RETURN:
    case OP_BREAK:
    case OP_CONTINUE:
    case OP_NOOP:
    case OP_BREAK_POINT:
        return true;
    default:
        return false;
    }
}

static result statement(struct walk *w)
{
    uint32_t start = w->pc;
    uint16_t opcode = peek_opcode(w);
    struct aml_object *value;

    w->pc += opcode > 0xFF ? 2 : 1;
    switch (opcode) {
    case OP_SCOPE:
        return define_scope(w, start);
    case OP_DEVICE:
        return define_device(w, AML_T_DEVICE, start);
    case OP_PROCESSOR:
        return define_device(w, AML_T_PROCESSOR, start);
    case OP_POWER:
        return define_device(w, AML_T_POWER, start);
    case OP_THERMAL:
        return define_device(w, AML_T_THERMAL, start);
    case OP_METHOD:
        return define_method(w, start);
    case OP_NAME:
        return define_name(w);
    case OP_ALIAS:
        return define_alias(w);
    case OP_EXTERNAL:
        return define_external(w);
    case OP_MUTEX:
        return define_mutex(w);
    case OP_EVENT:
        return define_event(w);
    case OP_REGION:
        return define_region(w);
    case OP_DATA_REGION:
        return define_data_region(w);
    case OP_FIELD:
        return define_field(w);
    case OP_INDEX_FIELD:
        return define_index_field(w);
    case OP_BANK_FIELD:
        return define_bank_field(w);
    case OP_CREATE_FIELD:
    case OP_BIT_FIELD:
    case OP_BYTE_FIELD:
    case OP_WORD_FIELD:
    case OP_DWORD_FIELD:
    case OP_QWORD_FIELD:
        return define_buffer_field(w, opcode);
    case OP_IF:
        return control_if(w, start);
    case OP_ELSE:
        return control_else(w);
    case OP_WHILE:
        return control_while(w, start);
    case OP_RETURN:
        return control_return(w);
    case OP_BREAK:
        return FLOW_BREAK;
    case OP_CONTINUE:
        return FLOW_CONTINUE;
    case OP_NOOP:
        return AML_OK;
    case OP_BREAK_POINT:
        report(w->aml, false, "%.4s+%05X: BreakPoint", (const char *)w->table->bytes,
               (unsigned int)(w->code - w->table->bytes) + start);
        return AML_OK;
    default:
        w->pc = start;
        return eval_term(w, false, false, &value);
    }
}

/* The block that W has open innermost is given up: on after it, and after its Else. */
static void skip_open_block(struct walk *w)
{
    uint32_t end;

    if (w->controls == 0) {
        return;
    }
    w->pc = w->control[--w->controls] + 1;
    if (!fetch_package_end(w, &end)) {
        w->pc = w->end;
        return;
    }
    w->pc = end;
    if (w->pc < w->end && w->code[w->pc] == OP_ELSE) {
        w->pc++;
        w->pc = fetch_package_end(w, &end) ? end : w->end;
    }
}

result exec_statement(struct walk *w)
{
    result r = check_limits(w->aml);

    if (r == AML_OK) {
        r = statement(w);
    }
    if (r == AML_OK || !w->module || r >= AML_STATUS_COUNT) {
        return r;
    }
    if (r == AML_NO_MEMORY || r == AML_STACK_OVERFLOW || r == AML_LIMIT) {
        w->aml->abort_status = (enum aml_status)r;
        return FLOW_ABORT;
    }
    if (w->parse_error) {
        w->parse_error = false;
        skip_open_block(w);
        return FLOW_UNWIND;
    }
    return soft_error(w, r) ? AML_OK : FLOW_UNWIND;
}

/*
 * Runs statements up to END. Whether the list has ended is looked at after a statement was
 * completed: a named block that was skipped because its name could not be made does not count as
 * one, so the statement after it still belongs to this list, wherever it lies. Where names after a
 * duplicate block land depends on this.
 */
result exec_list(struct walk *w, uint32_t end)
{
    struct aml *aml = w->aml;

    while (w->pc < end) {
        uint32_t mark = aml->pool_count;
        result r;

        do {
            r = exec_statement(w);
            pool_drain(aml, mark);
        } while (r == FLOW_SKIPPED && w->skipped_at < end && w->pc < w->end);
        if (r != AML_OK && r != FLOW_SKIPPED) {
            return r;
        }
    }
    return AML_OK;
}

void enter_scope(struct walk *w, struct aml_node *node, struct aml_node **previous)
{
    *previous = w->scope;
    node_ref(node);
    w->scope = node;
}

/* After an error the scope stays where it is: the names that follow land there. */
result leave_scope(struct walk *w, struct aml_node *previous, result r)
{
    if (r == AML_OK) {
        node_unref(w->aml, w->scope);
        w->scope = previous;
    } else {
        node_unref(w->aml, previous);
    }
    return r;
}

result exec_table(struct aml *aml, const struct table *table, struct aml_node *scope)
{
    struct walk w = { .aml = aml, .caller = aml->walk, .table = table, .code = table->bytes + 36,
                      .end = table->size - 36, .scope = scope, .owner = table->id, .module = true };
    struct aml_object *frame = object_new(aml, AML_T_FRAME);
    result r = AML_OK;

    if (!frame) {
        return AML_NO_MEMORY;
    }
    w.frame = frame;
    node_ref(scope);
    aml->walk = &w;
    while (w.pc < w.end) {
        r = exec_list(&w, w.end);
        if (r == FLOW_ABORT || r == FLOW_RETURN) {
            break;
        }
        if (r == FLOW_BREAK || r == FLOW_CONTINUE) {
            (void)fail(&w, AML_AML_NO_WHILE, "outside of any loop");
        }
    }
    aml->walk = w.caller;
    node_unref(aml, w.scope);
    slot_set(aml, &w.ret, NULL);
    return r == FLOW_ABORT ? (result)aml->abort_status : AML_OK;
}

static void method_leave(struct walk *w)
{
    struct aml *aml = w->aml;
    struct aml_object *method = w->method;

    if (method->u.method.depth == 1) {
        if (!(w->method_node->flags & NODE_DEAD)) {
            node_remove_children(aml, w->method_node);
        }
        if (method->u.method.modified) {
            node_remove_owned(aml, method->u.method.owner);
            method->u.method.modified = 0;
        }
    }
    method->u.method.depth--;
    method_unlock(aml, method);
}

static result run_body(struct walk *w)
{
    result r = exec_list(w, w->end);

    switch (r) {
    case FLOW_RETURN:
        return AML_OK;
    case FLOW_BREAK:
    case FLOW_CONTINUE:
        return fail(w, AML_AML_NO_WHILE, "outside of any loop");
    default:
        return r;
    }
}

/* ARGS are resolved values. *VALUE is put into the caller's pool; NULL if the method returned
 * nothing. */
result call_method(struct aml *aml, struct aml_node *node, struct aml_object *method,
                   struct aml_object **args, unsigned int count, struct aml_object **value)
{
    struct walk w = {
        .aml = aml, .caller = aml->walk, .method_node = node, .method = method, .scope = node
    };
    uint32_t mark = aml->pool_count;
    result r;

    *value = NULL;
    if (method->u.method.builtin) {
        return osi_call(aml, args[0], value);
    }
    TRY(check_limits(aml));
    if (method->u.method.depth == 255) {
        report(aml, true, "method entered 255 times");
        return AML_AML_METHOD_LIMIT;
    }
    TRY(method_lock(aml, method));
    w.frame = object_new(aml, AML_T_FRAME);
    if (!w.frame) {
        method_unlock(aml, method);
        return AML_NO_MEMORY;
    }
    for (unsigned int i = 0; i < count && i < 7; i++) {
        slot_set(aml, &w.frame->u.frame.slot[SLOT_ARG + i], args[i]);
    }
    w.table = method->u.method.table;
    w.code = method->u.method.body;
    w.end = method->u.method.size;
    if (method->u.method.depth++ == 0) {
        method->u.method.owner = ++aml->next_id;
    }
    w.owner = method->u.method.owner;
    object_ref(method);
    node_ref(node);
    node_ref(node);
    aml->walk = &w;
    if (aml->hooks.trace) {
        char path[128];

        aml_node_path(node, path, sizeof(path));
        trace(aml, "enter %s", path);
    }
    r = run_body(&w);
    method_leave(&w);
    aml->walk = w.caller;
    node_unref(aml, w.scope);
    pool_drain(aml, mark);
    if (r == AML_OK && w.ret && !object_hold(aml, w.ret)) {
        r = AML_NO_MEMORY;
    }
    *value = r == AML_OK ? w.ret : NULL;
    object_unref(aml, w.ret);
    if (aml->hooks.trace) {
        char path[128];

        aml_node_path(node, path, sizeof(path));
        trace(aml, "leave %s %s", path, aml_status_name(r == AML_OK ? AML_OK : (enum aml_status)r));
    }
    node_unref(aml, node);
    object_unref(aml, method);
    return r;
}
