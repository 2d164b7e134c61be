/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversions between integers, strings and buffers (ACPI 6.5, 19.3.5, tables 19.6 and 19.7). */
#include "internal.h"

#include <string.h>

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Digits up to the first other character or until the number would no longer fit. Implicitly,
 * strings are always hexadecimal, "0x" or not; ToInteger() takes decimal ones too.
 */
static uint64_t string_to_integer(const struct aml *aml, const struct aml_object *string,
                                  bool implicit)
{
    const uint8_t *p = string->u.blob.data;
    const uint8_t *end = p + string->u.blob.length;
    uint64_t max = integer_mask(aml);
    unsigned int base = implicit ? 16 : 10;
    uint64_t value = 0;

    while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r'))) {
        p++;
    }
    if (end - p >= 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
        base = 16;
        p += 2;
    }
    for (; p < end; p++) {
        int digit = digit_of(*p);

        if (digit < 0 || (unsigned int)digit >= base || value > max / base ||
            value * base > max - (unsigned int)digit) {
            break;
        }
        value = value * base + (unsigned int)digit;
    }
    return value;
}

result to_integer(struct aml *aml, struct aml_object *object, bool implicit,
                  struct aml_object **value)
{
    uint64_t number;
    uint32_t bytes;

    switch (object->type) {
    case AML_T_INTEGER:
        *value = object;
        return AML_OK;
    case AML_T_STRING:
        number = string_to_integer(aml, object, implicit);
        break;
    case AML_T_BUFFER:
        bytes = object->u.blob.length;
        if (bytes == 0) {
            return AML_AML_BUFFER_LIMIT;
        }
        number =
            load_le(object->u.blob.data, bytes < aml->integer_bytes ? bytes : aml->integer_bytes);
        break;
    default:
        return AML_TYPE;
    }
    *value = object_integer(aml, number);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* Up to the first NUL: bytes of a string can be stored to through Index. */
uint32_t text_length(const struct aml_object *string)
{
    return string->u.blob.length
               ? (uint32_t)strnlen((const char *)string->u.blob.data, string->u.blob.length)
               : 0;
}

result to_buffer(struct aml *aml, struct aml_object *object, struct aml_object **value)
{
    uint8_t bytes[8];

    switch (object->type) {
    case AML_T_BUFFER:
        *value = object;
        return AML_OK;
    case AML_T_INTEGER:
        store_le(bytes, object->u.integer, 8);
        *value = object_blob(aml, AML_T_BUFFER, bytes, aml->integer_bytes);
        break;
    case AML_T_STRING:
        /* The string's NUL is part of the buffer; so are zeros for what follows a NUL stored into
         * the string. */
        *value = object_blob(aml, AML_T_BUFFER, NULL, object->u.blob.length + 1);
        if (*value) {
            memcpy((*value)->u.blob.data, object->u.blob.data, text_length(object));
        }
        break;
    default:
        return AML_TYPE;
    }
    return *value ? AML_OK : AML_NO_MEMORY;
}

static unsigned int put_decimal(uint64_t number, uint8_t *text)
{
    uint8_t reverse[20];
    unsigned int n = 0;

    do {
        reverse[n++] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number);
    for (unsigned int i = 0; i < n; i++) {
        text[i] = reverse[n - 1 - i];
    }
    return n;
}

static unsigned int put_hex(uint64_t number, unsigned int digits, uint8_t *text)
{
    for (unsigned int i = 0; i < digits; i++) {
        text[i] = (uint8_t)"0123456789ABCDEF"[number >> (4 * (digits - 1 - i)) & 15];
    }
    return digits;
}

static result integer_to_string(struct aml *aml, uint64_t number, enum to_string how,
                                struct aml_object **value)
{
    uint8_t text[24];
    unsigned int n = how == STRING_DECIMAL ? put_decimal(number, text)
                                           : put_hex(number, 2 * aml->integer_bytes, text);

    *value = object_blob(aml, AML_T_STRING, text, n);
    return *value ? AML_OK : AML_NO_MEMORY;
}

static result buffer_to_string(struct aml *aml, struct aml_object *object, enum to_string how,
                               struct aml_object **value)
{
    uint64_t room = 5 * (uint64_t)object->u.blob.length;
    struct aml_object *string;
    uint32_t at = 0;

    if (room > UINT32_MAX - 1) {
        return AML_NO_MEMORY;
    }
    string = object_blob(aml, AML_T_STRING, NULL, (uint32_t)room);
    if (!string) {
        return AML_NO_MEMORY;
    }
    for (uint32_t i = 0; i < object->u.blob.length; i++) {
        uint8_t *text = string->u.blob.data + at;
        uint8_t byte = object->u.blob.data[i];

        if (i) {
            *text++ = how == STRING_IMPLICIT ? ' ' : ',';
            at++;
        }
        if (how == STRING_DECIMAL) {
            at += put_decimal(byte, text);
        } else {
            text[0] = '0';
            text[1] = 'x';
            at += 2 + put_hex(byte, 2, text + 2);
        }
    }
    string->u.blob.data[at] = 0;
    string->u.blob.length = at;
    *value = string;
    return AML_OK;
}

result to_string(struct aml *aml, struct aml_object *object, enum to_string how,
                 struct aml_object **value)
{
    switch (object->type) {
    case AML_T_STRING:
        *value = object;
        return AML_OK;
    case AML_T_INTEGER:
        return integer_to_string(aml, object->u.integer, how, value);
    case AML_T_BUFFER:
        return buffer_to_string(aml, object, how, value);
    default:
        return AML_TYPE;
    }
}
