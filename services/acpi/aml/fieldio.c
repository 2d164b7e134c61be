/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing fields (ACPI 6.5, 5.5.2.4.1, 19.6.48, 19.6.7, 19.6.63): a field of any size
 * and alignment becomes accesses of its access width, with the update rule for the bits around it.
 */
#include "internal.h"

#include <string.h>

enum { UPDATE_PRESERVE = 0, UPDATE_ONES = 1, UPDATE_ZEROS = 2 };

static result reached_limit(struct aml *aml, uint32_t value, uint32_t bits)
{
    report(aml, true, "AE_AML_REGISTER_LIMIT: %X does not fit into %u bits of a register", value,
           bits);
    return AML_AML_REGISTER_LIMIT;
}

static bool fits(uint32_t value, const struct aml_object *reg)
{
    return reg->u.field.bits >= 64 || value < 1ull << reg->u.field.bits;
}

static result write_register(struct aml *aml, struct aml_object *reg, uint32_t value,
                             uint32_t limit_value)
{
    uint8_t bytes[8];

    if (!reg || !is_field(reg->type)) {
        report(aml, true, "AE_AML_INTERNAL: index or bank register is no field");
        return AML_AML_INTERNAL;
    }
    if (!fits(limit_value, reg)) {
        return reached_limit(aml, limit_value, reg->u.field.bits);
    }
    store_le(bytes, value, 8);
    return bits_write(aml, reg, bytes, 8);
}

static result buffer_datum(struct aml *aml, struct aml_object *field, bool write, uint32_t offset,
                           uint8_t *data, uint32_t size)
{
    struct aml_object *buffer = field->u.field.first;
    uint64_t at = (uint64_t)field->u.field.base + offset;
    uint32_t usable;

    if (!(field->flags & OBJ_READY)) {
        report(aml, true, "AE_AML_BUFFER_LIMIT: buffer field was never bound");
        return AML_AML_BUFFER_LIMIT;
    }
    /* The last unit of a field may reach beyond a buffer that is not a multiple of it. */
    usable = at >= buffer->u.blob.length ? 0 : buffer->u.blob.length - (uint32_t)at;
    if (usable > size) {
        usable = size;
    }
    if (write) {
        TRY(blob_writable(aml, buffer, 0));
        if (usable) {
            memcpy(buffer->u.blob.data + at, data, usable);
        }
    } else if (usable) {
        memcpy(data, buffer->u.blob.data + at, usable);
    }
    return AML_OK;
}

/* DATA has 8 bytes: a data register wider than the accesses is read and written whole. */
static result index_datum(struct aml *aml, struct aml_object *field, bool write, uint32_t offset,
                          uint8_t *data)
{
    struct aml_object *reg = field->u.field.second;

    TRY(write_register(aml, field->u.field.first, offset + field->u.field.value,
                       field->u.field.value));
    if (!is_field(reg->type)) {
        return AML_AML_INTERNAL;
    }
    if (write) {
        return bits_write(aml, reg, data, 8);
    }
    if (reg->u.field.bits > 64) {
        report(aml, true, "AE_BUFFER_OVERFLOW: data register of %u bits", reg->u.field.bits);
        return AML_BUFFER_OVERFLOW;
    }
    return bits_read(aml, reg, data, 8);
}

/* Banks, index and data registers reach here with any region, also one that speaks in messages. */
static result region_datum(struct aml *aml, struct aml_object *field, bool write, uint32_t offset,
                           uint8_t *data, uint32_t size)
{
    struct aml_object *region = field->u.field.first;

    if (region->type == AML_T_REGION && message_space(region->u.region.space)) {
        report(aml, true, "AE_AML_OPERAND_TYPE: a field of %s has no bits",
               aml_space_name(region->u.region.space));
        return AML_AML_OPERAND_TYPE;
    }
    return region_access(aml, region, field, write, field->u.field.base + offset, 8 * size, data,
                         size);
}

/*
 * One access of the field's width, OFFSET bytes after its base; DATA has SIZE bytes, as many as
 * that, and for an IndexField 8.
 */
static result datum(struct aml *aml, struct aml_object *field, bool write, uint32_t offset,
                    uint8_t *data, uint32_t size)
{
    TRY(check_limits(aml));
    switch (field->type) {
    case AML_T_BUFFER_FIELD:
        return buffer_datum(aml, field, write, offset, data, size);
    case AML_T_BANK_FIELD:
        TRY(write_register(aml, field->u.field.second, field->u.field.value, field->u.field.value));
        return region_datum(aml, field, write, offset, data, size);
    case AML_T_REGION_FIELD:
        return region_datum(aml, field, write, offset, data, size);
    case AML_T_INDEX_FIELD:
        return index_datum(aml, field, write, offset, data);
    default:
        return AML_AML_INTERNAL;
    }
}

static uint64_t low_bits(uint32_t count)
{
    return count >= 64 ? UINT64_MAX : (1ull << count) - 1;
}

/* Puts COUNT bits of VALUE at bit AT of a byte string. AT may be negative: then the first bits are
 * dropped. */
static void put_bits(uint8_t *bytes, uint32_t length, int64_t at, uint64_t value, uint32_t count)
{
    if (at < 0) {
        value >>= -at;
        count -= (uint32_t)-at;
        at = 0;
    }
    value &= low_bits(count);
    while (count && (uint64_t)at / 8 < length) {
        uint32_t shift = (uint32_t)at % 8;
        uint32_t n = 8 - shift < count ? 8 - shift : count;

        bytes[at / 8] =
            (uint8_t)((bytes[at / 8] & ~(low_bits(n) << shift)) | (value & low_bits(n)) << shift);
        value >>= n;
        count -= n;
        at += n;
    }
}

static uint64_t get_bits(const uint8_t *bytes, uint32_t length, uint64_t at, uint32_t count)
{
    uint64_t value = 0;

    for (uint32_t done = 0; done < count && at / 8 < length;) {
        uint32_t shift = (uint32_t)(at % 8);
        uint32_t n = 8 - shift < count - done ? 8 - shift : count - done;

        value |= (bytes[at / 8] >> shift & low_bits(n)) << done;
        done += n;
        at += n;
    }
    return value;
}

static result overflow(struct aml *aml, const struct aml_object *field, uint32_t length)
{
    report(aml, true, "AE_BUFFER_OVERFLOW: field of %u bits into %u bytes", field->u.field.bits,
           length);
    return AML_BUFFER_OVERFLOW;
}

/* Fills BUFFER, LENGTH bytes, at least as many as the field has. */
result bits_read(struct aml *aml, struct aml_object *field, uint8_t *buffer, uint32_t length)
{
    uint32_t bits = field->u.field.bits;
    uint32_t unit = 8u * field->u.field.width;
    uint64_t done = 0;
    uint64_t spill = 0;

    if (length < ((uint64_t)bits + 7) / 8) {
        return overflow(aml, field, length);
    }
    memset(buffer, 0, length);
    if (field->u.field.start == 0 && bits == unit &&
        (length >= 8 || field->type != AML_T_INDEX_FIELD)) {
        return datum(aml, field, false, 0, buffer, field->u.field.width);
    }
    if (field->u.field.width > 8) {
        field->u.field.width = 8;
        unit = 64;
    }
    for (uint32_t i = 0; done < (uint64_t)bits + field->u.field.start; i++, done += unit) {
        int64_t at = (int64_t)done - field->u.field.start;
        uint64_t left = (uint64_t)((int64_t)bits - at);
        uint8_t bytes[8] = { 0 };

        TRY(datum(aml, field, false, i * field->u.field.width, bytes, field->u.field.width));
        put_bits(buffer, length, at, load_le(bytes, 8) | (spill & low_bits(field->u.field.start)),
                 left < unit ? (uint32_t)left : unit);
        /* What a data register has beyond the access shows in the bits after it. */
        spill = unit < 64 ? load_le(bytes, 8) >> unit : 0;
    }
    if (bits == 0) {
        uint8_t bytes[8];

        return datum(aml, field, false, 0, bytes, field->u.field.width);
    }
    return AML_OK;
}

/* MASK: the bits of this unit that belong to the field. */
static result update(struct aml *aml, struct aml_object *field, uint32_t offset, uint64_t mask,
                     uint64_t value)
{
    uint32_t width = field->u.field.width;
    uint8_t bytes[8];

    if (mask != UINT64_MAX) {
        switch (field->u.field.field_flags >> 5 & 3) {
        case UPDATE_PRESERVE:
            if ((~mask & low_bits(8 * width)) != 0) {
                memset(bytes, 0, sizeof(bytes));
                TRY(datum(aml, field, false, offset, bytes, width));
                value |= load_le(bytes, 8) & ~mask;
            }
            break;
        case UPDATE_ONES:
            value |= ~mask;
            break;
        case UPDATE_ZEROS:
            break;
        default:
            report(aml, true, "AE_AML_OPERAND_VALUE: update rule 3");
            return AML_AML_OPERAND_VALUE;
        }
    }
    store_le(bytes, value, 8);
    return datum(aml, field, true, offset, bytes, width);
}

/* Missing bytes count as zeros, more than the field has are ignored. */
result bits_write(struct aml *aml, struct aml_object *field, const uint8_t *buffer, uint32_t length)
{
    uint64_t bits = field->u.field.bits;
    uint32_t start = field->u.field.start;
    uint64_t done = 0;
    uint32_t unit;

    if (field->u.field.width > 8) {
        field->u.field.width = 8;
    }
    unit = 8u * field->u.field.width;
    for (uint32_t i = 0; done < bits + start; i++, done += unit) {
        uint32_t skip = done < start ? start - (uint32_t)done : 0;
        uint64_t last = bits + start - done;
        uint32_t count;
        uint64_t value;

        if (skip >= unit) {
            continue;
        }
        count = (last < unit ? (uint32_t)last : unit) - skip;
        value = get_bits(buffer, length, done + skip - start, count) << skip;
        TRY(update(aml, field, i * field->u.field.width, low_bits(count) << skip, value));
    }
    return AML_OK;
}

static uint8_t space_of(const struct aml_object *field)
{
    if (field->type != AML_T_REGION_FIELD || field->u.field.first->type != AML_T_REGION) {
        return AML_SPACE_SYSTEM_MEMORY;
    }
    return field->u.field.first->u.region.space;
}

/* Small fields read as integers, others (and those of CreateField) as buffers. */
result field_read(struct aml *aml, struct aml_object *field, struct aml_object **value)
{
    uint32_t length = (uint32_t)(((uint64_t)field->u.field.bits + 7) / 8);
    uint8_t space = space_of(field);
    uint8_t bytes[8];

    if (message_space(space)) {
        return serial_read(aml, field, value);
    }
    if (length > aml->integer_bytes || (field->flags & OBJ_CREATE_FIELD)) {
        *value = object_blob(aml, AML_T_BUFFER, NULL, length);
        if (!*value) {
            return AML_NO_MEMORY;
        }
        return bits_read(aml, field, (*value)->u.blob.data, length);
    }
    TRY(bits_read(aml, field, bytes, 8));
    *value = object_integer(aml, load_le(bytes, 8));
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* *OUT is set to what a bidirectional bus protocol brings back. */
result field_write(struct aml *aml, struct aml_object *field, struct aml_object *value,
                   struct aml_object **out)
{
    uint8_t space = space_of(field);
    uint8_t bytes[8];

    if (message_space(space)) {
        return serial_write(aml, field, value, out);
    }
    switch (value->type) {
    case AML_T_INTEGER:
        store_le(bytes, value->u.integer, 8);
        return bits_write(aml, field, bytes, 8);
    case AML_T_BUFFER:
    case AML_T_STRING:
        return bits_write(aml, field, value->u.blob.data, value->u.blob.length);
    default:
        report(aml, true, "AE_AML_OPERAND_TYPE: cannot write %s to a field",
               aml_type_name(operand_type(value)));
        return AML_AML_OPERAND_TYPE;
    }
}
