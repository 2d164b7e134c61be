/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that are not made of bits: SMBus, GenericSerialBus and IPMI exchange a buffer of status,
 * length and data (ACPI 6.5, 5.5.2.4.5 to 5.5.2.4.6), GPIO addresses pins (5.5.2.4.4), PCC shares
 * memory and rings (14.1 to 14.5).
 */
#include "internal.h"

#include <string.h>

enum {
    SMBUS_SIZE = 2 + 32,
    IPMI_SIZE = 2 + 64,
    PROTOCOL_RAW_PROCESS = 0x0F,
    PROTOCOL_NONE = 0xFE
};

bool serial_space(uint8_t space)
{
    return space == AML_SPACE_SMBUS || space == AML_SPACE_GSBUS || space == AML_SPACE_IPMI;
}

bool message_space(uint8_t space)
{
    return serial_space(space) || space == AML_SPACE_GPIO || space == AML_SPACE_PCC;
}

static result protocol_size(struct aml *aml, uint8_t protocol, uint32_t *size)
{
    /* By AccessAs attribute, table 19.28: the most data that the protocol can bring. */
    static const uint8_t data[16] = {
        PROTOCOL_NONE,
        PROTOCOL_NONE,
        0,
        PROTOCOL_NONE,
        1,
        PROTOCOL_NONE,
        1,
        PROTOCOL_NONE,
        2,
        PROTOCOL_NONE,
        255,
        255,
        2,
        255,
        255,
        255,
    };

    if (protocol > 15 || data[protocol] == PROTOCOL_NONE) {
        report(aml, true, "AE_AML_PROTOCOL: bus protocol %02X", protocol);
        return AML_AML_PROTOCOL;
    }
    *size = 2u + data[protocol];
    return AML_OK;
}

static result exchange_size(struct aml *aml, struct aml_object *field, bool write, uint32_t *size)
{
    switch (field->u.field.first->u.region.space) {
    case AML_SPACE_SMBUS:
        *size = SMBUS_SIZE;
        return AML_OK;
    case AML_SPACE_IPMI:
        *size = IPMI_SIZE;
        return AML_OK;
    default:
        if (!write && field->u.field.attribute == PROTOCOL_RAW_PROCESS) {
            report(aml, true, "AE_AML_PROTOCOL: this protocol is written, then read");
            return AML_AML_PROTOCOL;
        }
        return protocol_size(aml, field->u.field.attribute, size);
    }
}

static result exchange(struct aml *aml, struct aml_object *field, bool write,
                       struct aml_object *source, struct aml_object **value)
{
    uint32_t size, given;

    TRY(exchange_size(aml, field, write, &size));
    *value = object_blob(aml, AML_T_BUFFER, NULL, size);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    if (source && source->u.blob.length) {
        given = source->u.blob.length < size ? source->u.blob.length : size;
        memcpy((*value)->u.blob.data, source->u.blob.data, given);
    }
    return region_access(aml, field->u.field.first, field, write, field->u.field.base,
                         8u * field->u.field.width, (*value)->u.blob.data, size);
}

static result pcc_shadow(struct aml *aml, struct aml_object *field, uint8_t **data,
                         uint32_t *length)
{
    struct aml_object *region = field->u.field.first;
    uint32_t bytes = (uint32_t)(((uint64_t)field->u.field.bits + 7) / 8);

    if (!(region->flags & OBJ_READY)) {
        return AML_NOT_EXIST;
    }
    if ((uint64_t)field->u.field.base + bytes > region->u.region.length) {
        report(aml, true, "AE_AML_REGION_LIMIT: PCC field");
        return AML_AML_REGION_LIMIT;
    }
    if (!region->u.region.pcc) {
        region->u.region.pcc = memory_get(aml, region->u.region.length);
        if (!region->u.region.pcc) {
            return AML_NO_MEMORY;
        }
    }
    *data = region->u.region.pcc + field->u.field.base;
    *length = bytes;
    return AML_OK;
}

static result pcc_read(struct aml *aml, struct aml_object *field, struct aml_object **value)
{
    uint8_t *data;
    uint32_t length;

    TRY(pcc_shadow(aml, field, &data, &length));
    if (length > aml->integer_bytes) {
        *value = object_blob(aml, AML_T_BUFFER, data, length);
    } else {
        *value = object_integer(aml, load_le(data, length));
    }
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* A write to the command field sends what was gathered; the subspace type decides where that field
 * lies. */
static result pcc_write(struct aml *aml, struct aml_object *field, struct aml_object *value)
{
    enum { EXTENDED_MASTER = 3, EXTENDED_COMMAND = 12, COMMAND = 4 };
    struct aml_object *region = field->u.field.first;
    uint8_t bytes[8];
    const uint8_t *source = bytes;
    uint32_t given = 8;
    uint8_t *data;
    uint32_t length;
    uint32_t command = region->u.region.address == EXTENDED_MASTER ? EXTENDED_COMMAND : COMMAND;

    TRY(pcc_shadow(aml, field, &data, &length));
    if (value->type == AML_T_INTEGER) {
        store_le(bytes, value->u.integer, 8);
    } else if (value->type == AML_T_BUFFER || value->type == AML_T_STRING) {
        source = value->u.blob.data;
        given = value->u.blob.length;
    } else {
        return AML_AML_OPERAND_TYPE;
    }
    memset(data, 0, length);
    if (given) {
        memcpy(data, source, given < length ? given : length);
    }
    if (field->u.field.base != command) {
        return AML_OK;
    }
    return region_access(aml, region, NULL, true, 0, 8, region->u.region.pcc,
                         region->u.region.length);
}

result serial_read(struct aml *aml, struct aml_object *field, struct aml_object **value)
{
    uint8_t bytes[8] = { 0 };

    switch (field->u.field.first->u.region.space) {
    case AML_SPACE_PCC:
        return pcc_read(aml, field, value);
    case AML_SPACE_GPIO:
        if (field->u.field.bits > 64) {
            return AML_AML_BUFFER_LIMIT;
        }
        TRY(region_access(aml, field->u.field.first, field, false, field->u.field.base,
                          field->u.field.bits, bytes, 8));
        *value = object_integer(aml, load_le(bytes, 8));
        return *value ? AML_OK : AML_NO_MEMORY;
    default:
        return exchange(aml, field, false, NULL, value);
    }
}

result serial_write(struct aml *aml, struct aml_object *field, struct aml_object *value,
                    struct aml_object **out)
{
    uint8_t bytes[8];

    switch (field->u.field.first->u.region.space) {
    case AML_SPACE_PCC:
        return pcc_write(aml, field, value);
    case AML_SPACE_GPIO:
        if (value->type != AML_T_INTEGER || field->u.field.bits > 64) {
            report(aml, true, "AE_AML_OPERAND_TYPE: GPIO field");
            return AML_AML_OPERAND_TYPE;
        }
        store_le(bytes, value->u.integer, 8);
        return region_access(aml, field->u.field.first, field, true, field->u.field.base,
                             field->u.field.bits, bytes, 8);
    default:
        if (value->type != AML_T_BUFFER) {
            report(aml, true, "AE_AML_OPERAND_TYPE: bus field needs a buffer");
            return AML_AML_OPERAND_TYPE;
        }
        return exchange(aml, field, true, value, out);
    }
}
