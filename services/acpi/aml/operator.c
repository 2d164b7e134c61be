/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic (ACPI 6.5, 19.6). Results are cut to the width of the DSDT's integers when the
 * operator is through (term.c), after they have been stored: a package element, which is a copy,
 * keeps all bits.
 */
#include "internal.h"

/* Hands a fresh integer to the target and to whoever wants the value. */
static result finish(struct walk *w, uint64_t number, struct aml_object *target, char kind,
                     struct aml_object **value)
{
    struct aml_object *out = NULL;

    *value = object_number(w->aml, number);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    return store(w, *value, target, kind, &out);
}

static result math(struct walk *w, uint64_t a, uint64_t b, uint64_t *number)
{
    uint64_t width = 8 * (uint64_t)w->aml->integer_bytes;

    switch (w->opcode) {
    case OP_ADD:
        *number = a + b;
        break;
    case OP_SUBTRACT:
        *number = a - b;
        break;
    case OP_MULTIPLY:
        *number = a * b;
        break;
    case OP_AND:
        *number = a & b;
        break;
    case OP_NAND:
        *number = ~(a & b);
        break;
    case OP_OR:
        *number = a | b;
        break;
    case OP_NOR:
        *number = ~(a | b);
        break;
    case OP_XOR:
        *number = a ^ b;
        break;
    case OP_SHIFT_LEFT:
        *number = b < width ? a << b : 0;
        break;
    case OP_SHIFT_RIGHT:
        *number = b < width ? a >> b : 0;
        break;
    default:
        if (b == 0) {
            return fail(w, AML_AML_DIVIDE_BY_ZERO, "Mod");
        }
        *number = a % b;
        break;
    }
    return AML_OK;
}

result op_math(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    uint64_t number = 0;

    TRY(math(w, operand[0]->u.integer, operand[1]->u.integer, &number));
    return finish(w, number, operand[2], 'r', value);
}

/* The value is the quotient; the first target gets the remainder. */
result op_divide(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    uint64_t a = operand[0]->u.integer;
    uint64_t b = operand[1]->u.integer;
    struct aml_object *remainder;

    if (b == 0) {
        return fail(w, AML_AML_DIVIDE_BY_ZERO, "Divide");
    }
    TRY(finish(w, a % b, operand[2], 'r', &remainder));
    return finish(w, a / b, operand[3], 'r', value);
}

static result from_bcd(struct walk *w, uint64_t a, uint64_t *number)
{
    uint64_t scale = 1;

    *number = 0;
    for (uint32_t i = 0; i < 2 * w->aml->integer_bytes && a; i++, a >>= 4, scale *= 10) {
        if ((a & 15) > 9) {
            return fail(w, AML_AML_NUMERIC_OVERFLOW, "FromBCD: digit %X", (unsigned int)(a & 15));
        }
        *number += (a & 15) * scale;
    }
    return AML_OK;
}

static result to_bcd(struct walk *w, uint64_t a, uint64_t *number)
{
    *number = 0;
    for (uint32_t i = 0; i < 2 * w->aml->integer_bytes && a; i++, a /= 10) {
        *number |= a % 10 << (4 * i);
    }
    return a ? fail(w, AML_AML_NUMERIC_OVERFLOW, "ToBCD: too large") : AML_OK;
}

result op_unary(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    uint64_t a = operand[0]->u.integer;
    uint64_t number = 0;
    char kind = 'r';

    switch (w->opcode) {
    case OP_NOT:
        number = ~a;
        break;
    case OP_SET_LEFT:
        number = a ? 64u - (unsigned int)__builtin_clzll(a) : 0;
        break;
    case OP_SET_RIGHT:
        number = a ? 1u + (unsigned int)__builtin_ctzll(a) : 0;
        break;
    case OP_FROM_BCD:
        kind = 'f';
        TRY(from_bcd(w, a, &number));
        break;
    default:
        kind = 'f';
        TRY(to_bcd(w, a, &number));
        break;
    }
    return finish(w, number, operand[1], kind, value);
}

/* Increment and Decrement: the operand is both source and target. */
result op_increment(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *source = operand[0];
    bool up = w->opcode == OP_INCREMENT;

    TRY(resolve_operands(w, "I", &source));
    return finish(w, up ? source->u.integer + 1 : source->u.integer - 1, operand[0], 'r', value);
}
