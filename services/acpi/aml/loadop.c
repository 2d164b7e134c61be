/* SPDX-License-Identifier: BSD-2-Clause */
/* Load, LoadTable and Unload (ACPI 6.5, 19.6.77, 19.6.78 and 19.6.146). */
#include "internal.h"

#include <string.h>

static result make_handle(struct walk *w, const struct table *table, struct aml_object **value)
{
    *value = object_new(w->aml, AML_T_REFERENCE);
    if (!*value) {
        return AML_NO_MEMORY;
    }
    (*value)->cls = REF_TABLE;
    (*value)->u.ref.index = table->id;
    return AML_OK;
}

static result read_region(struct aml *aml, struct aml_object *region, uint8_t *to, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        TRY(check_limits(aml));
        TRY(region_access(aml, region, NULL, false, i, 8, to + i, 1));
    }
    return AML_OK;
}

/* Copies the table out of a region or buffer: what firmware does with those later is its own
 * business. */
static result fetch_table(struct walk *w, struct aml_object *source, uint8_t **bytes,
                          uint32_t *size)
{
    struct aml *aml = w->aml;
    uint8_t header[36];

    if (source->type == AML_T_REGION) {
        if (source->u.region.space != AML_SPACE_SYSTEM_MEMORY) {
            return fail(w, AML_AML_OPERAND_TYPE, "Load from %s",
                        aml_space_name(source->u.region.space));
        }
        TRY(read_region(aml, source, header, sizeof(header)));
    } else {
        if (source->u.blob.length < sizeof(header)) {
            return fail(w, AML_INVALID_TABLE_LENGTH, "Load");
        }
        memcpy(header, source->u.blob.data, sizeof(header));
    }
    *size = (uint32_t)load_le(header + 4, 4);
    if (*size < sizeof(header)) {
        return fail(w, AML_INVALID_TABLE_LENGTH, "Load: %X", *size);
    }
    if (source->type == AML_T_BUFFER && *size > source->u.blob.length) {
        return fail(w, AML_AML_BUFFER_LIMIT, "Load: %X", *size);
    }
    *bytes = memory_get(aml, *size);
    if (!*bytes) {
        return AML_NO_MEMORY;
    }
    if (source->type == AML_T_REGION) {
        result r = read_region(aml, source, *bytes, *size);

        if (r != AML_OK) {
            memory_put(aml, *bytes, *size);
        }
        return r;
    }
    memcpy(*bytes, source->u.blob.data, *size);
    return AML_OK;
}

/* What firmware builds at run time has to be right: nobody has looked at it before. */
static result check_table(struct walk *w, const uint8_t *bytes, uint32_t size)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    if (sum) {
        return fail(w, AML_BAD_CHECKSUM, "Load");
    }
    if (memcmp(bytes, "SSDT", 4) != 0 && memcmp(bytes, "PSDT", 4) != 0 &&
        memcmp(bytes, "OEM", 3) != 0) {
        return fail(w, AML_BAD_SIGNATURE, "Load");
    }
    for (struct table *t = w->aml->tables; t; t = t->next) {
        if (t->loaded && t->size == size && memcmp(t->bytes, bytes, size) == 0) {
            return fail(w, AML_ALREADY_EXISTS, "Load: this table is loaded");
        }
    }
    return AML_OK;
}

/* A table that Load brought before and Unload took away takes its old place. */
static struct table *known_table(struct aml *aml, const uint8_t *bytes, uint32_t size)
{
    struct table *t = aml->tables;

    while (t && !(t->unloaded && t->size == size && memcmp(t->bytes, bytes, size) == 0)) {
        t = t->next;
    }
    return t;
}

result op_load(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_object *handle;
    struct aml_object *out = NULL;
    struct table *table = NULL;
    uint8_t *bytes = NULL;
    uint32_t size = 0;
    result r;

    *value = NULL;
    TRY(fetch_table(w, operand[0], &bytes, &size));
    r = check_table(w, bytes, size);
    if (r == AML_OK) {
        table = known_table(aml, bytes, size);
    }
    if (r == AML_OK && !table) {
        r = table_add(aml, bytes, size, true, &table);
    }
    /* The table list keeps the bytes: objects made from them may outlive an Unload. */
    if (!table || table->bytes != bytes) {
        memory_put(aml, bytes, size);
    }
    TRY(r);
    table->unloaded = false;
    r = table_load(aml, table, aml->root);
    table->gone = r != AML_OK;
    TRY(r);
    TRY(make_handle(w, table, &handle));
    finish_objects(aml);
    return store(w, handle, operand[1], 'r', &out);
}

static result find_node(struct walk *w, struct aml_node *scope, const struct aml_object *string,
                        struct aml_node **node)
{
    uint8_t buffer[260];
    struct path path;

    *node = NULL;
    if (path_from_text((const char *)string->u.blob.data, string->u.blob.length, buffer, &path)) {
        *node = path_find(w->aml, scope, &path, FIND_SEARCH | FIND_EXACT);
    }
    return *node ? AML_OK
                 : fail(w, AML_NOT_FOUND, "LoadTable: %.60s", (const char *)string->u.blob.data);
}

/* Operands: signature, OEM ID, OEM table ID, root path, parameter path, parameter data. */
result op_load_table(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_node *root = aml->root;
    struct aml_node *parameter = NULL;
    struct aml_object *out = NULL;
    struct table *table;

    if (operand[0]->u.blob.length != 4) {
        return fail(w, AML_BAD_SIGNATURE, "LoadTable");
    }
    if (operand[1]->u.blob.length > 6 || operand[2]->u.blob.length > 8) {
        return fail(w, AML_AML_STRING_LIMIT, "LoadTable");
    }
    table =
        table_find(aml, operand[0]->u.blob.data, operand[1]->u.blob.data, operand[1]->u.blob.length,
                   operand[2]->u.blob.data, operand[2]->u.blob.length);
    if (!table) {
        *value = object_integer(aml, 0);
        return *value ? AML_OK : AML_NO_MEMORY;
    }
    if (operand[3]->u.blob.length) {
        TRY(find_node(w, w->scope, operand[3], &root));
    }
    if (operand[4]->u.blob.length) {
        uint8_t first = operand[4]->u.blob.data[0];

        TRY(find_node(w, first == '\\' || first == '^' ? w->scope : root, operand[4], &parameter));
        node_ref(parameter);
        /* Kept alive by the pool from here on. */
        if (!object_node_ref(aml, REF_NODE, parameter)) {
            node_unref(aml, parameter);
            return AML_NO_MEMORY;
        }
        node_unref(aml, parameter);
    }
    TRY(table_load(aml, table, root));
    TRY(make_handle(w, table, value));
    finish_objects(aml);
    if (parameter) {
        return store_to_node(w, operand[5], parameter, true, 'r', &out);
    }
    return AML_OK;
}

result op_unload(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct table *table;

    *value = NULL;
    if (!is_ref(operand[0], REF_TABLE)) {
        return fail(w, AML_AML_OPERAND_TYPE, "Unload: no table handle");
    }
    table = table_by_id(w->aml, operand[0]->u.ref.index);
    if (!table || !table->loaded) {
        return fail(w, AML_AML_OPERAND_TYPE, "Unload: not loaded");
    }
    node_remove_owned(w->aml, table->id);
    table->loaded = false;
    table->unloaded = table->owned;
    return AML_OK;
}
