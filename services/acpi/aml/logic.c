/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons, logic and Match (ACPI 6.5, 19.6.75 to 19.6.85 and 19.6.81). True is Ones. */
#include "internal.h"

#include <string.h>

static result truth(struct walk *w, bool yes, struct aml_object **value)
{
    *value = object_integer(w->aml, yes ? UINT64_MAX : 0);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* <0, 0 or >0; the second operand is converted to the type of the first. */
static result compare(struct walk *w, struct aml_object *a, struct aml_object *b, int *order)
{
    uint32_t common;

    switch (a->type) {
    case AML_T_INTEGER:
        TRY(to_integer(w->aml, b, true, &b));
        *order = (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
        return AML_OK;
    case AML_T_STRING:
        TRY(to_string(w->aml, b, STRING_IMPLICIT, &b));
        break;
    case AML_T_BUFFER:
        TRY(to_buffer(w->aml, b, &b));
        break;
    default:
        return AML_AML_INTERNAL;
    }
    common = a->u.blob.length < b->u.blob.length ? a->u.blob.length : b->u.blob.length;
    *order = common ? memcmp(a->u.blob.data, b->u.blob.data, common) : 0;
    if (*order == 0) {
        *order = (a->u.blob.length > b->u.blob.length) - (a->u.blob.length < b->u.blob.length);
    }
    return AML_OK;
}

result op_logic(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    int order = 0;

    switch (w->opcode) {
    case OP_LNOT:
        return truth(w, operand[0]->u.integer == 0, value);
    case OP_LAND:
        return truth(w, operand[0]->u.integer && operand[1]->u.integer, value);
    case OP_LOR:
        return truth(w, operand[0]->u.integer || operand[1]->u.integer, value);
    default:
        break;
    }
    TRY(compare(w, operand[0], operand[1], &order));
    switch (w->opcode) {
    case OP_LEQUAL:
        return truth(w, order == 0, value);
    case OP_LGREATER:
        return truth(w, order > 0, value);
    default:
        return truth(w, order < 0, value);
    }
}

enum match { MATCH_TRUE, MATCH_EQ, MATCH_LE, MATCH_LT, MATCH_GE, MATCH_GT, MATCH_COUNT };

/* An element that cannot be converted to the type of the operand does not match. */
static bool matches(struct walk *w, uint64_t how, struct aml_object *element,
                    struct aml_object *operand)
{
    int order;

    if (how == MATCH_TRUE) {
        return true;
    }
    if (compare(w, operand, element, &order) != AML_OK) {
        return false;
    }
    switch (how) {
    case MATCH_EQ:
        return order == 0;
    case MATCH_LE:
        return order >= 0;
    case MATCH_LT:
        return order > 0;
    case MATCH_GE:
        return order <= 0;
    default:
        return order < 0;
    }
}

result op_match(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *package = operand[0];
    uint64_t index = operand[5]->u.integer;

    if (operand[1]->u.integer >= MATCH_COUNT || operand[3]->u.integer >= MATCH_COUNT) {
        return fail(w, AML_AML_OPERAND_VALUE, "Match: unknown comparison");
    }
    if (index >= package->u.package.count) {
        return fail(w, AML_AML_PACKAGE_LIMIT, "Match: start beyond %u elements",
                    package->u.package.count);
    }
    for (; index < package->u.package.count; index++) {
        struct aml_object *element = package->u.package.elements[index];
        uint32_t mark = w->aml->pool_count;
        bool found = element && matches(w, operand[1]->u.integer, element, operand[2]) &&
                     matches(w, operand[3]->u.integer, element, operand[4]);

        pool_drain(w->aml, mark);
        if (found) {
            *value = object_integer(w->aml, index);
            return *value ? AML_OK : AML_NO_MEMORY;
        }
    }
    return truth(w, true, value);
}
