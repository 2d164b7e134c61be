/* SPDX-License-Identifier: BSD-2-Clause */
/* Field, IndexField, BankField and the buffer fields (ACPI 6.5, 20.2.5.2). */
#include "internal.h"

#include <string.h>

/* Entries of a field list that are not a name. */
enum {
    ENTRY_RESERVED = 0x00,
    ENTRY_ACCESS = 0x01,
    ENTRY_CONNECT = 0x02,
    ENTRY_EXTENDED_ACCESS = 0x03
};

/* What the entries of one list share, and where the next one starts. */
struct layout {
    enum aml_type type;
    struct aml_object *first, *second;
    struct aml_object *connection_buffer;
    const uint8_t *connection;
    uint32_t connection_length;
    uint64_t bit;
    uint16_t pin;
    uint8_t flags, attribute, access_length;
    result status;                  /* once an entry fails, the rest get names but no objects */
};

static result cut_off(struct walk *w)
{
    w->pc = w->end;
    return fail(w, AML_AML_NO_OPERAND, "field list is cut off");
}

/* Bytes per access; AccessType of FieldFlags, table 19.27. 0 if there is no such type. */
static unsigned int access_width(uint8_t field_flags)
{
    static const uint8_t width[16] = { 1, 1, 2, 4, 8, 1 };

    return width[field_flags & 15];
}

/* Where a field starting at BIT is accessed: units are aligned, in buffers to bytes. */
void field_prepare(struct aml_object *field, uint8_t field_flags, uint64_t bit, uint32_t bits)
{
    unsigned int width = access_width(field_flags);
    unsigned int align = field->type == AML_T_BUFFER_FIELD ? 1 : width;
    uint32_t byte = (uint32_t)(bit / 8);

    field->u.field.field_flags = field_flags;
    field->u.field.bits = bits;
    field->u.field.width = (uint8_t)width;
    field->u.field.base = byte / align * align;
    field->u.field.start = (uint8_t)(bit - 8 * (uint64_t)field->u.field.base);
}

static result check_layout(struct walk *w, struct layout *layout)
{
    if (!access_width(layout->flags)) {
        return fail(w, AML_AML_OPERAND_VALUE, "access type %u", layout->flags & 15u);
    }
    if (!layout->first || (layout->type == AML_T_INDEX_FIELD && !layout->second)) {
        return fail(w, AML_AML_INTERNAL, "field without a register");
    }
    if (layout->type != AML_T_INDEX_FIELD && layout->first->type != AML_T_REGION) {
        return fail(w, AML_AML_OPERAND_TYPE, "needed a region, found %s",
                    aml_type_name(layout->first->type));
    }
    return AML_OK;
}

static result attach_field(struct walk *w, struct layout *layout, struct aml_node *node,
                           uint32_t bits)
{
    struct aml_object *field;
    enum aml_type type = node->type;

    TRY(check_layout(w, layout));
    field = object_new(w->aml, layout->type);
    if (!field) {
        return AML_NO_MEMORY;
    }
    field_prepare(field, layout->flags, layout->bit, bits);
    field->u.field.attribute = layout->attribute;
    field->u.field.access_length = layout->access_length;
    field->u.field.name = node->name;
    field->u.field.pin = layout->pin;
    slot_set(w->aml, &field->u.field.first, layout->first);
    slot_set(w->aml, &field->u.field.second, layout->second);
    if (layout->type == AML_T_REGION_FIELD) {
        slot_set(w->aml, &field->u.field.second, layout->connection_buffer);
        field->u.field.connection = layout->connection;
        field->u.field.connection_length = layout->connection_length;
        /* The embedded controller is asked for all of a field at once. */
        if (layout->first->u.region.space == AML_SPACE_EC && bits > 8 && bits <= 255 * 8) {
            field->u.field.width = (uint8_t)((bits + 7) / 8);
        }
    } else if (layout->type == AML_T_INDEX_FIELD) {
        uint32_t byte = (uint32_t)(layout->bit / 8);

        field->u.field.value = byte - byte % field->u.field.width;
    }
    node_attach(w->aml, node, field);
    /* A name that was something else before keeps that type. */
    node->type = (uint8_t)type;
    return AML_OK;
}

/* A field may redefine a name: the name's children and value go, its type stays. */
static result name_entry(struct walk *w, struct layout *layout)
{
    struct aml *aml = w->aml;
    struct path path;
    struct aml_node *node;
    uint32_t bits;
    result r;

    if (w->end - w->pc < 4) {
        return cut_off(w);
    }
    path = path_segment(w->code + w->pc);
    w->pc += 4;
    r = path_create(w, &path, layout->type, &node);
    if (r == AML_ALREADY_EXISTS) {
        node_remove_children(aml, node);
        node_detach(aml, node);
        node->owner = w->owner;
    } else if (r != AML_OK) {
        return r;
    }
    if (w->end - w->pc < 1) {
        return cut_off(w);
    }
    {
        uint32_t start = w->pc;
        uint8_t lead = w->code[start];
        uint64_t more = 0;

        /* PkgLength that counts bits, not bytes up to an end. */
        w->pc++;
        if (lead >> 6 && !fetch_integer(w, lead >> 6, &more)) {
            return cut_off(w);
        }
        bits = lead >> 6 ? (lead & 15u) | (uint32_t)more << 4 : lead & 63u;
    }
    if (layout->status == AML_OK) {
        layout->status = attach_field(w, layout, node, bits);
    }
    layout->bit += bits;
    layout->pin++;
    return AML_OK;
}

static result skip_entry(struct walk *w, struct layout *layout)
{
    uint64_t more = 0;
    uint8_t lead;

    if (!fetch_byte(w, &lead) || (lead >> 6 && !fetch_integer(w, lead >> 6, &more))) {
        return cut_off(w);
    }
    layout->bit += lead >> 6 ? (lead & 15u) | (uint32_t)more << 4 : lead & 63u;
    return AML_OK;
}

static result access_entry(struct walk *w, struct layout *layout, bool extended)
{
    uint64_t type, attribute, length = 0;

    if (!fetch_integer(w, 1, &type) || !fetch_integer(w, 1, &attribute) ||
        (extended && !fetch_integer(w, 1, &length))) {
        return cut_off(w);
    }
    layout->flags = (uint8_t)((layout->flags & ~15u) | (type & 7));
    layout->attribute = (uint8_t)attribute;
    layout->access_length = (uint8_t)length;
    return AML_OK;
}

/* Connection (19.6.16): a resource template, in place or by name. */
static result connect_entry(struct walk *w, struct layout *layout)
{
    uint64_t length = 0;
    uint32_t end;
    uint8_t prefix;

    layout->connection = NULL;
    layout->connection_length = 0;
    layout->connection_buffer = NULL;
    layout->pin = 0;
    if (w->pc < w->end && w->code[w->pc] != OP_BUFFER) {
        struct path path;
        struct aml_node *node;

        if (!fetch_path(w, &path)) {
            return cut_off(w);
        }
        node = path_find(w->aml, w->scope, &path, FIND_SEARCH);
        if (!node || !node->object || node->object->type != AML_T_BUFFER) {
            return fail(w, AML_NOT_FOUND, "Connection");
        }
        layout->connection_buffer = object_hold(w->aml, node->object);
        return layout->connection_buffer ? AML_OK : AML_NO_MEMORY;
    }
    w->pc++;
    if (!fetch_package_end(w, &end) || !fetch_byte(w, &prefix)) {
        return cut_off(w);
    }
    if (prefix >= OP_BYTE && prefix <= OP_DWORD &&
        !fetch_integer(w, prefix == OP_BYTE ? 1u : prefix == OP_WORD ? 2u : 4u, &length)) {
        return cut_off(w);
    }
    if (w->pc < end) {
        layout->connection = w->code + w->pc;
        layout->connection_length = end - w->pc < length ? end - w->pc : (uint32_t)length;
    }
    w->pc = end;
    return AML_OK;
}

static result field_list(struct walk *w, struct layout *layout, uint32_t end)
{
    while (w->pc < end) {
        switch (w->code[w->pc]) {
        case ENTRY_RESERVED:
            w->pc++;
            TRY(skip_entry(w, layout));
            break;
        case ENTRY_ACCESS:
        case ENTRY_EXTENDED_ACCESS:
            w->pc++;
            TRY(access_entry(w, layout, w->code[w->pc - 1] == ENTRY_EXTENDED_ACCESS));
            break;
        case ENTRY_CONNECT:
            w->pc++;
            TRY(connect_entry(w, layout));
            break;
        default:
            TRY(name_entry(w, layout));
            break;
        }
        if (layout->bit > UINT32_MAX) {
            return fail(w, AML_SUPPORT, "field list longer than 2^32 bits");
        }
    }
    if (w->pc < end) {
        w->pc = end;
    }
    return layout->status;
}

/* The object of a name that a field builds on, or NULL with an error in layout->status. */
static struct aml_object *base(struct walk *w, struct layout *layout, const struct path *path)
{
    struct aml_node *node = path_find(w->aml, w->scope, path, FIND_SEARCH);
    char text[64];

    if (node) {
        /* Held: a field of this list may redefine the very name. */
        return object_hold(w->aml, node->object);
    }
    path_text(path, text, sizeof(text));
    if (layout->status == AML_OK) {
        layout->status = fail(w, AML_NOT_FOUND, "%s, which fields are declared on", text);
    }
    return NULL;
}

result define_field(struct walk *w)
{
    struct layout layout = { .type = AML_T_REGION_FIELD };
    struct path region;
    uint32_t end;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &region) || !fetch_byte(w, &layout.flags)) {
        return cut_off(w);
    }
    layout.first = base(w, &layout, &region);
    return field_list(w, &layout, end);
}

result define_index_field(struct walk *w)
{
    struct layout layout = { .type = AML_T_INDEX_FIELD };
    struct path index, data;
    uint32_t end;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &index) || !fetch_path(w, &data) ||
        !fetch_byte(w, &layout.flags)) {
        return cut_off(w);
    }
    layout.first = base(w, &layout, &index);
    layout.second = base(w, &layout, &data);
    return field_list(w, &layout, end);
}

/* The bank value is evaluated once, when the fields are declared. */
result define_bank_field(struct walk *w)
{
    struct layout layout = { .type = AML_T_BANK_FIELD };
    struct path region, bank;
    uint64_t value = 0;
    uint32_t end, list;
    result r;

    if (!fetch_package_end(w, &end) || !fetch_path(w, &region) || !fetch_path(w, &bank)) {
        return cut_off(w);
    }
    r = eval_integer(w, &value);
    if (r != AML_OK && !soft_error(w, r)) {
        return r;
    }
    if (!fetch_byte(w, &layout.flags)) {
        return cut_off(w);
    }
    layout.first = base(w, &layout, &region);
    layout.second = base(w, &layout, &bank);
    list = w->pc;
    TRY(field_list(w, &layout, end));
    TRY(r);
    /* The fields just made, by their names: they all get the value. */
    for (w->pc = list; w->pc < end;) {
        struct path path = path_segment(w->code + w->pc);
        struct layout skipped = { .bit = 0 };
        struct aml_node *node;

        switch (w->code[w->pc]) {
        case ENTRY_ACCESS:
            w->pc += 3;
            continue;
        case ENTRY_EXTENDED_ACCESS:
            w->pc += 4;
            continue;
        case ENTRY_CONNECT:
            w->pc++;
            TRY(connect_entry(w, &skipped));
            continue;
        case ENTRY_RESERVED:
            w->pc++;
            break;
        default:
            node = path_find(w->aml, w->scope, &path, 0);
            if (node && node->object && node->object->type == AML_T_BANK_FIELD) {
                node->object->u.field.value = (uint32_t)value;
            }
            w->pc += 4;
            break;
        }
        TRY(skip_entry(w, &skipped));
    }
    return AML_OK;
}

struct extent {
    uint64_t bit, bits;
    uint8_t flags;
};

static struct extent extent_of(uint16_t opcode, uint32_t offset, uint32_t length)
{
    enum { BYTE = 1, WORD = 2, DWORD = 3, QWORD = 4 };

    switch (opcode) {
    case OP_CREATE_FIELD:
        return (struct extent){ offset, length, BYTE };
    case OP_BIT_FIELD:
        return (struct extent){ offset, 1, BYTE };
    case OP_BYTE_FIELD:
        return (struct extent){ 8 * (uint64_t)offset, 8, BYTE };
    case OP_WORD_FIELD:
        return (struct extent){ 8 * (uint64_t)offset, 16, WORD };
    case OP_DWORD_FIELD:
        return (struct extent){ 8 * (uint64_t)offset, 32, DWORD };
    default:
        return (struct extent){ 8 * (uint64_t)offset, 64, QWORD };
    }
}

static result bind_buffer_field(struct walk *w, uint16_t opcode, struct aml_object *field,
                                struct aml_object **operand)
{
    struct aml_object *buffer;
    struct extent extent;

    w->opcode = opcode;
    TRY(resolve_operands(w, opcode == OP_CREATE_FIELD ? "BII" : "BI", operand));
    buffer = operand[0];
    extent = extent_of(opcode, (uint32_t)operand[1]->u.integer,
                       opcode == OP_CREATE_FIELD ? (uint32_t)operand[2]->u.integer : 0);
    if (extent.bits == 0) {
        return fail(w, AML_AML_OPERAND_VALUE, "CreateField of no bits");
    }
    if (extent.bit + extent.bits > 8 * (uint64_t)buffer->u.blob.length) {
        return fail(w, AML_AML_BUFFER_LIMIT, "field beyond %X bytes of buffer",
                    buffer->u.blob.length);
    }
    field_prepare(field, extent.flags, extent.bit, (uint32_t)extent.bits);
    slot_set(w->aml, &field->u.field.first, buffer);
    field->flags |= OBJ_READY | (opcode == OP_CREATE_FIELD ? OBJ_CREATE_FIELD : 0);
    return AML_OK;
}

result define_buffer_field(struct walk *w, uint16_t opcode)
{
    struct aml_object *operand[3] = { NULL };
    unsigned int count = opcode == OP_CREATE_FIELD ? 3 : 2;
    struct aml_object *field;
    struct aml_node *node;
    struct path path;
    result soft = AML_OK;
    result r;

    for (unsigned int i = 0; i < count; i++) {
        r = eval_operand(w, &operand[i]);
        if (r != AML_OK && !soft_error(w, r)) {
            return r;
        }
        soft = r != AML_OK ? r : soft;
    }
    if (!fetch_path(w, &path)) {
        return cut_off(w);
    }
    r = path_create(w, &path, AML_T_BUFFER_FIELD, &node);
    if (r != AML_OK) {
        char text[64];

        path_text(&path, text, sizeof(text));
        return fail(w, (enum aml_status)r, "cannot make %s", text);
    }
    field = object_new(w->aml, AML_T_BUFFER_FIELD);
    if (!field) {
        return AML_NO_MEMORY;
    }
    field->u.field.name = node->name;
    node_attach(w->aml, node, field);
    TRY(soft);
    return bind_buffer_field(w, opcode, field, operand);
}
