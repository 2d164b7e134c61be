/* SPDX-License-Identifier: BSD-2-Clause */
/* Operators on strings and buffers, and the explicit conversions (ACPI 6.5, 19.6). */
#include "internal.h"

#include <stdio.h>
#include <string.h>

static result finish(struct walk *w, struct aml_object *target, char kind, struct aml_object *value)
{
    struct aml_object *out = NULL;

    return value ? store(w, value, target, kind, &out) : AML_NO_MEMORY;
}

result op_convert(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;

    switch (w->opcode) {
    case OP_TO_BUFFER:
        TRY(to_buffer(aml, operand[0], value));
        break;
    case OP_TO_DECIMAL:
        TRY(to_string(aml, operand[0], STRING_DECIMAL, value));
        break;
    case OP_TO_HEX:
        TRY(to_string(aml, operand[0], STRING_HEX, value));
        break;
    default:
        TRY(to_integer(aml, operand[0], false, value));
        break;
    }
    return finish(w, operand[1], 'f', *value);
}

/* Up to the given number of bytes, or to the first NUL. */
result op_to_string(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *buffer = operand[0];
    uint32_t length = 0;

    while (length < buffer->u.blob.length && length < operand[1]->u.integer &&
           buffer->u.blob.data[length]) {
        length++;
    }
    *value = object_blob(w->aml, AML_T_STRING, buffer->u.blob.data, length);
    return finish(w, operand[2], 'f', *value);
}

/* The length is that of both; the text of a string with a NUL inside ends there and is continued by
 * the other. */
static result joined_text(struct walk *w, const struct aml_object *a, const struct aml_object *b,
                          struct aml_object **value)
{
    uint32_t la = text_length(a);

    if (a->u.blob.length > UINT32_MAX - 1 - b->u.blob.length) {
        return AML_NO_MEMORY;
    }
    *value = object_blob(w->aml, AML_T_STRING, NULL, a->u.blob.length + b->u.blob.length);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    memcpy((*value)->u.blob.data, a->u.blob.data, la);
    memcpy((*value)->u.blob.data + la, b->u.blob.data, text_length(b));
    return AML_OK;
}

static result joined(struct walk *w, enum aml_type type, const void *a, uint32_t la, const void *b,
                     uint32_t lb, struct aml_object **value)
{
    if (la > UINT32_MAX - 1 - lb) {
        return AML_NO_MEMORY;
    }
    *value = object_blob(w->aml, type, NULL, la + lb);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    if (la) {
        memcpy((*value)->u.blob.data, a, la);
    }
    if (lb) {
        memcpy((*value)->u.blob.data + la, b, lb);
    }
    return AML_OK;
}

/* Anything that is not data counts as the name of its type (ACPI 6.5, table 19.30). */
static result as_data(struct aml *aml, struct aml_object **object)
{
    char text[40];
    int n;

    if ((*object)->type == AML_T_INTEGER || (*object)->type == AML_T_STRING ||
        (*object)->type == AML_T_BUFFER) {
        return AML_OK;
    }
    n = snprintf(text, sizeof(text), "[%s Object]", aml_type_name(operand_type(*object)));
    *object = object_blob(aml, AML_T_STRING, text, (uint32_t)n);
    return *object ? AML_OK : AML_NO_MEMORY;
}

result op_concatenate(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_object *a = operand[0];
    struct aml_object *b = operand[1];

    TRY(as_data(aml, &a));
    TRY(as_data(aml, &b));
    switch (a->type) {
    case AML_T_INTEGER: {
        uint8_t bytes[2][8];

        TRY(to_integer(aml, b, true, &b));
        store_le(bytes[0], a->u.integer, 8);
        store_le(bytes[1], b->u.integer, 8);
        TRY(joined(w, AML_T_BUFFER, bytes[0], aml->integer_bytes, bytes[1], aml->integer_bytes,
                   value));
        break;
    }
    case AML_T_STRING:
        TRY(to_string(aml, b, STRING_IMPLICIT, &b));
        TRY(joined_text(w, a, b, value));
        break;
    default:
        TRY(to_buffer(aml, b, &b));
        TRY(joined(w, AML_T_BUFFER, a->u.blob.data, a->u.blob.length, b->u.blob.data,
                   b->u.blob.length, value));
        break;
    }
    return finish(w, operand[2], 'r', *value);
}

/*
 * Resource descriptors: is there one of this tag, and may its body have this size? Small ones have
 * a least and a largest size (ACPI 6.5, 6.4.2).
 */
static enum aml_status check_small(unsigned int tag, unsigned int size)
{
    static const struct {
        uint8_t tag, least, most;
    } known[] = {
        { 0x4, 2, 3 }, { 0x5, 2, 2 }, { 0x6, 0, 1 }, { 0x7, 0, 0 }, { 0x8, 7, 7 },
        { 0x9, 3, 3 }, { 0xA, 5, 5 }, { 0xE, 0, 7 }, { 0xF, 1, 1 },
    };

    for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].tag == tag) {
            return size >= known[i].least && size <= known[i].most ? AML_OK
                                                                   : AML_AML_BAD_RESOURCE_LENGTH;
        }
    }
    return AML_AML_INVALID_RESOURCE_TYPE;
}

/* Large descriptors (6.4.3) by number: the least size of their body; FIXED: exactly that. */
static enum aml_status check_large(unsigned int tag, unsigned int size)
{
    enum { KNOWN = 0x40, FIXED = 0xC0, LEAST = 0x3F };
    static const uint8_t sizes[] = {
        [0x01] = 9 | FIXED,  [0x02] = 12 | FIXED, [0x04] = 0 | KNOWN,  [0x05] = 17 | FIXED,
        [0x06] = 9 | FIXED,  [0x07] = 23 | KNOWN, [0x08] = 13 | KNOWN, [0x09] = 6 | KNOWN,
        [0x0A] = 43 | KNOWN, [0x0B] = 53 | FIXED, [0x0C] = 20 | KNOWN, [0x0D] = 15 | KNOWN,
        [0x0E] = 9 | KNOWN,  [0x0F] = 17 | KNOWN, [0x10] = 11 | KNOWN, [0x11] = 14 | KNOWN,
        [0x12] = 17 | KNOWN,
    };
    unsigned int least;
    bool fixed;

    if (tag >= sizeof(sizes) || !sizes[tag]) {
        return AML_AML_INVALID_RESOURCE_TYPE;
    }
    least = sizes[tag] & LEAST;
    fixed = (sizes[tag] & FIXED) == FIXED;
    return size == least || (size > least && !fixed) ? AML_OK : AML_AML_BAD_RESOURCE_LENGTH;
}

/* A serial bus connection (6.4.3.8.2) is to I2C, SPI or a UART. */
static bool serial_bus_known(const uint8_t *descriptor, uint32_t length)
{
    enum { TAG = 0x8E, AT_TYPE = 5, I2C = 1, UART = 3 };

    return descriptor[0] != TAG ||
           (length > AT_TYPE && descriptor[AT_TYPE] >= I2C && descriptor[AT_TYPE] <= UART);
}

/* The bytes before the end tag. An empty buffer counts as an empty template. */
static result template_size(struct walk *w, const struct aml_object *buffer, uint32_t *size)
{
    const uint8_t *p = buffer->u.blob.data;
    uint32_t length = buffer->u.blob.length;
    uint32_t at = 0;

    *size = 0;
    if (length == 0) {
        return AML_OK;
    }
    while (length >= 2 && at < length) {
        enum aml_status status;
        uint32_t body;
        uint32_t header;

        if (p[at] & 0x80) {
            if (length - at < 3) {
                return fail(w, AML_AML_INVALID_RESOURCE_TYPE, "resource template is cut off");
            }
            header = 3;
            body = (uint32_t)load_le(p + at + 1, 2);
            status = check_large(p[at] & 0x7F, body);
            if (status == AML_OK && !serial_bus_known(p + at, length - at)) {
                status = AML_AML_INVALID_RESOURCE_TYPE;
            }
        } else {
            header = 1;
            body = p[at] & 7;
            status = check_small(p[at] >> 3, body);
        }
        if (status != AML_OK) {
            return fail(w, status, "resource descriptor %02X of %X bytes", p[at], body);
        }
        if (p[at] >> 3 == 0xF && at + 2 <= length) {
            *size = at;
            return AML_OK;
        }
        if (body + header > length - at) {
            break;
        }
        at += header + body;
    }
    return fail(w, AML_AML_NO_RESOURCE_END_TAG, "resource template");
}

result op_concat_res(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    uint32_t la, lb;

    TRY(template_size(w, operand[0], &la));
    TRY(template_size(w, operand[1], &lb));
    if (la > UINT32_MAX - 2 - lb) {
        return AML_NO_MEMORY;
    }
    *value = object_blob(w->aml, AML_T_BUFFER, NULL, la + lb + 2);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    if (la) {
        memcpy((*value)->u.blob.data, operand[0]->u.blob.data, la);
    }
    if (lb) {
        memcpy((*value)->u.blob.data + la, operand[1]->u.blob.data, lb);
    }
    /* The end tag's checksum of 0 means "not checked" (6.4.2.9). */
    (*value)->u.blob.data[la + lb] = 0x79;
    return finish(w, operand[2], 'r', *value);
}

result op_mid(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml_object *source = operand[0];
    uint64_t index = operand[1]->u.integer;
    uint64_t length = operand[2]->u.integer;
    uint32_t size = source->u.blob.length;

    if (index >= size) {
        index = 0;
        length = 0;
    } else if (length > size - index) {
        length = size - index;
    }
    *value = object_blob(w->aml, source->type, size ? source->u.blob.data + index : NULL,
                         (uint32_t)length);
    return finish(w, operand[3], 'r', *value);
}
