/* SPDX-License-Identifier: BSD-2-Clause */
/* If, Else, While and Return (ACPI 6.5, 20.2.5.3). */
#include "internal.h"

static result cut_off(struct walk *w)
{
    w->pc = w->end;
    return fail(w, AML_AML_NO_OPERAND, "block is cut off");
}

/* Open blocks are only remembered where an error can leave them open: at table level. */
static bool open_block(struct walk *w, uint32_t start)
{
    if (!w->module || w->controls == CONTROL_MAX) {
        return false;
    }
    w->control[w->controls++] = start;
    return true;
}

static result close_block(struct walk *w, bool opened, uint32_t depth, result r)
{
    if (opened && (r == AML_OK || r == FLOW_BREAK || r == FLOW_CONTINUE) && w->controls > depth) {
        w->controls = depth;
    }
    return r;
}

/*
 * A predicate must be a number already: unlike an operand, it is not fetched through an Index
 * reference. At table level one that cannot be evaluated lets the block run, *PREDICATE being false
 * for the Else that follows.
 */
static result eval_predicate(struct walk *w, bool *predicate, bool *run)
{
    struct aml_object *value;
    result r = eval_operand(w, &value);

    *predicate = false;
    *run = true;
    if (r == AML_OK && (is_ref(value, REF_LOCAL) || is_ref(value, REF_ARG))) {
        r = resolve_value(w, &value);
    }
    if (r != AML_OK) {
        return soft_error(w, r) ? AML_OK : r;
    }
    r = to_integer(w->aml, value, true, &value);
    if (r != AML_OK) {
        return fail(w, (enum aml_status)r, "predicate is a %s", aml_type_name(operand_type(value)));
    }
    *predicate = *run = (value->u.integer & integer_mask(w->aml)) != 0;
    return AML_OK;
}

result control_if(struct walk *w, uint32_t start)
{
    uint32_t depth = w->controls;
    bool opened = open_block(w, start);
    bool predicate, run;
    uint32_t end;
    result r;

    if (!fetch_package_end(w, &end)) {
        return cut_off(w);
    }
    TRY(eval_predicate(w, &predicate, &run));
    if (run) {
        r = exec_list(w, end);
    } else {
        w->pc = end;
        r = AML_OK;
    }
    if (r == AML_OK) {
        w->predicate = predicate;
    }
    return close_block(w, opened, depth, r);
}

result control_else(struct walk *w)
{
    uint32_t end;

    if (!fetch_package_end(w, &end)) {
        return cut_off(w);
    }
    if (w->predicate) {
        w->pc = end;
        return AML_OK;
    }
    return exec_list(w, end);
}

static bool out_of_time(struct walk *w, uint64_t since)
{
    return w->aml->clock_us - since > (uint64_t)w->aml->limits.loop_ms * 1000;
}

static result loop(struct walk *w, uint32_t body, uint32_t end)
{
    uint64_t since = w->aml->clock_us;
    bool predicate, run;

    for (;;) {
        uint32_t mark = w->aml->pool_count;
        result r;

        w->pc = body;
        TRY(eval_predicate(w, &predicate, &run));
        pool_drain(w->aml, mark);
        if (!run) {
            break;
        }
        r = exec_list(w, end);
        if (r == FLOW_BREAK || (r == AML_OK && !predicate)) {
            break;
        }
        if (r != AML_OK && r != FLOW_CONTINUE) {
            return r;
        }
        if (out_of_time(w, since)) {
            return fail(w, AML_AML_LOOP_TIMEOUT, "While ran for more than %u ms",
                        w->aml->limits.loop_ms);
        }
    }
    w->pc = end;
    return AML_OK;
}

result control_while(struct walk *w, uint32_t start)
{
    uint32_t depth = w->controls;
    bool opened = open_block(w, start);
    uint32_t end;

    if (!fetch_package_end(w, &end)) {
        return cut_off(w);
    }
    return close_block(w, opened, depth, loop(w, w->pc, end));
}

result control_return(struct walk *w)
{
    struct aml_object *value = NULL;

    if (w->pc < w->end) {
        TRY(eval_operand(w, &value));
        w->opcode = OP_RETURN;
        if (value->type == AML_T_REFERENCE) {
            TRY(resolve_value(w, &value));
        }
    }
    slot_set(w->aml, &w->ret, value);
    return FLOW_RETURN;
}
