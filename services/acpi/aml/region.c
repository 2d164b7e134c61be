/* SPDX-License-Identifier: BSD-2-Clause */
/* Operation regions (ACPI 6.5, 5.5.2.4 and 19.6.100): declaring them, and passing accesses to the
 * embedder's handlers. */
#include "internal.h"

#include <string.h>

static result attach_region(struct walk *w, struct aml_node *node, uint8_t space,
                            struct aml_object **region)
{
    *region = object_new(w->aml, AML_T_REGION);
    if (!*region) {
        return AML_NO_MEMORY;
    }
    (*region)->u.region.space = space;
    node_attach(w->aml, node, *region);
    if (w->aml->initialized) {
        run_reg(w->aml, *region);
    }
    return AML_OK;
}

static result make_name(struct walk *w, struct aml_node **node, result *r)
{
    struct path path;

    *node = NULL;
    if (!fetch_path(w, &path)) {
        w->pc = w->end;
        *r = fail(w, AML_AML_NO_OPERAND, "region is cut off");
        return *r;
    }
    *r = path_create(w, &path, AML_T_REGION, node);
    if (*r != AML_OK) {
        *r = create_failed(w, *r, &path, 0, false);
        return FLOW_UNWIND;
    }
    return AML_OK;
}

/*
 * Evaluates COUNT operands. A name that is missing in them takes the region away again; what cannot
 * be computed leaves it without address, *SOFT being the error.
 */
static result region_operands(struct walk *w, struct aml_node *node, struct aml_object **operand,
                              unsigned int count, result *soft)
{
    *soft = AML_OK;
    for (unsigned int i = 0; i < count; i++) {
        result r = eval_operand(w, &operand[i]);

        if (r == AML_OK) {
            continue;
        }
        if (!soft_error(w, r)) {
            node_remove(w->aml, node);
            return r;
        }
        *soft = r;
    }
    return AML_OK;
}

result define_region(struct walk *w)
{
    struct aml_node *node;
    struct aml_object *operand[2];
    struct aml_object *region;
    uint8_t space;
    result r, soft;

    if (make_name(w, &node, &r) != AML_OK) {
        return r;
    }
    if (!fetch_byte(w, &space)) {
        return fail(w, AML_AML_NO_OPERAND, "region is cut off");
    }
    node_ref(node);
    r = region_operands(w, node, operand, 2, &soft);
    if (r == AML_OK) {
        r = attach_region(w, node, space, &region);
    }
    node_unref(w->aml, node);
    TRY(r);
    TRY(soft);
    w->opcode = OP_REGION;
    TRY(resolve_operands(w, "II", operand));
    region->u.region.address = operand[0]->u.integer;
    region->u.region.length = (uint32_t)operand[1]->u.integer;
    region->flags |= OBJ_READY;
    return AML_OK;
}

/* DataTableRegion (19.6.27): a window on a table that the embedder has loaded or registered. */
result define_data_region(struct walk *w)
{
    struct aml_node *node;
    struct aml_object *operand[3];
    struct aml_object *region;
    struct table *table;
    result r, soft;

    if (make_name(w, &node, &r) != AML_OK) {
        return r;
    }
    node_ref(node);
    r = region_operands(w, node, operand, 3, &soft);
    if (r == AML_OK) {
        r = attach_region(w, node, AML_SPACE_DATA_TABLE, &region);
    }
    node_unref(w->aml, node);
    TRY(r);
    TRY(soft);
    w->opcode = OP_DATA_REGION;
    TRY(resolve_operands(w, "SSS", operand));
    if (operand[0]->u.blob.length != 4) {
        return fail(w, AML_BAD_SIGNATURE, "table signature");
    }
    table =
        table_find(w->aml, operand[0]->u.blob.data, operand[1]->u.blob.data,
                   operand[1]->u.blob.length, operand[2]->u.blob.data, operand[2]->u.blob.length);
    if (!table) {
        return fail(w, AML_NOT_FOUND, "table %.4s", (const char *)operand[0]->u.blob.data);
    }
    region->u.region.table = table->bytes;
    region->u.region.address = (uint64_t)(uintptr_t)table->bytes;
    region->u.region.length = table->size;
    region->flags |= OBJ_READY;
    return AML_OK;
}

static bool valid_space(uint8_t space)
{
    return space <= AML_SPACE_PCC || space >= AML_SPACE_DATA_TABLE;
}

static result out_of_region(struct aml *aml, struct aml_object *region, uint32_t offset,
                            size_t size)
{
    report(aml, true, "AE_AML_REGION_LIMIT: %zX bytes at %X of a %s region of %X", size, offset,
           aml_space_name(region->u.region.space), region->u.region.length);
    return AML_AML_REGION_LIMIT;
}

/* Some firmware has regions that end inside their last unit; with slack the rest of the unit counts
 * as inside. */
static bool inside(struct aml *aml, const struct aml_object *region, uint32_t offset,
                   uint32_t width)
{
    uint64_t length = region->u.region.length;

    if (aml->relaxed && width) {
        length = (length + width - 1) / width * width;
    }
    return (uint64_t)offset + width <= length;
}

/* An OperationRegion can claim to be in the space of tables; it has none. */
static result table_access(struct aml *aml, struct aml_object *region, bool write, uint32_t offset,
                           uint8_t *data, size_t size)
{
    if (!region->u.region.table || offset > region->u.region.length ||
        size > region->u.region.length - offset) {
        return out_of_region(aml, region, offset, size);
    }
    if (write) {
        report(aml, true, "AE_SUPPORT: store to a DataTableRegion");
        return AML_SUPPORT;
    }
    memcpy(data, region->u.region.table + offset, size);
    return AML_OK;
}

static void trace_access(struct aml *aml, const struct aml_access *a, const uint8_t *data,
                         size_t size)
{
    trace(aml, "%s %s %llX+%X width %u: %llX", a->write ? "write" : "read ",
          aml_space_name(a->space), (unsigned long long)a->region_base, a->offset, a->bits,
          (unsigned long long)load_le(data, size < 8 ? (unsigned int)size : 8));
}

/* FIELD tells about connection and protocol; NULL for a plain access. DATA has SIZE bytes. */
result region_access(struct aml *aml, struct aml_object *region, struct aml_object *field,
                     bool write, uint32_t offset, uint32_t bits, uint8_t *data, size_t size)
{
    struct aml_access a = { .write = write, .offset = offset, .bits = bits };
    struct handler *handler;
    enum aml_status status;

    if (region->type != AML_T_REGION) {
        return AML_AML_OPERAND_TYPE;
    }
    a.space = region->u.region.space;
    if (!valid_space(a.space)) {
        report(aml, true, "AE_AML_INVALID_SPACE_ID: %02X", a.space);
        return AML_AML_INVALID_SPACE_ID;
    }
    if (!(region->flags & OBJ_READY)) {
        report(aml, true, "AE_NOT_EXIST: region without an address");
        return AML_NOT_EXIST;
    }
    if (!serial_space(a.space) &&
        !inside(aml, region, offset, field ? field->u.field.width : (uint32_t)size)) {
        return out_of_region(aml, region, offset, size);
    }
    if (a.space == AML_SPACE_DATA_TABLE) {
        return table_access(aml, region, write, offset, data, size);
    }
    handler = &aml->handler[a.space];
    if (!handler->fn) {
        report(aml, true, "AE_NOT_EXIST: no handler for %s", aml_space_name(a.space));
        return AML_NOT_EXIST;
    }
    a.region_base = region->u.region.address;
    a.region_length = region->u.region.length;
    a.address = a.region_base + offset;
    a.region = region->u.region.node;
    if (field) {
        a.attribute = field->u.field.attribute;
        a.access_length = field->u.field.access_length;
        a.connection = field->u.field.connection;
        a.connection_length = field->u.field.connection_length;
        if (field->type == AML_T_REGION_FIELD && field->u.field.second) {
            a.connection = field->u.field.second->u.blob.data;
            a.connection_length = field->u.field.second->u.blob.length;
        }
        if (a.space == AML_SPACE_GPIO) {
            a.address = field->u.field.pin;
            a.bits = field->u.field.bits;
        }
    }
    status = handler->fn(handler->ctx, &a, data, size);
    if (status != AML_OK) {
        report(aml, true, "%s: from the handler of %s", aml_status_name(status),
               aml_space_name(a.space));
    }
    if (aml->hooks.trace) {
        trace_access(aml, &a, data, size);
    }
    return status;
}
