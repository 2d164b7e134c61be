/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables: checking their headers, keeping them, loading and unloading (ACPI 6.5, 5.2.6 and 5.2.11).
 */
#include "internal.h"

#include <string.h>

#define HEADER_SIZE 36
#define AT_LENGTH 4
#define AT_REVISION 8
#define AT_OEM 10
#define AT_OEM_TABLE 16

static bool is_dsdt(const uint8_t *p)
{
    return memcmp(p, "DSDT", 4) == 0;
}

static bool is_definition_block(const uint8_t *p)
{
    return is_dsdt(p) || memcmp(p, "SSDT", 4) == 0 || memcmp(p, "PSDT", 4) == 0 ||
           memcmp(p, "OSDT", 4) == 0;
}

static bool is_signature(const uint8_t *bytes)
{
    for (unsigned int i = 0; i < 4; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

/* The length in the header may be less than SIZE, not more. */
static result header_length(struct aml *aml, const uint8_t *bytes, size_t size, uint32_t *length)
{
    if (size < HEADER_SIZE) {
        return AML_BAD_HEADER;
    }
    if (!is_signature(bytes)) {
        return AML_BAD_SIGNATURE;
    }
    *length = (uint32_t)load_le(bytes + AT_LENGTH, 4);
    if (*length < HEADER_SIZE || *length > size) {
        report(aml, true, "AE_INVALID_TABLE_LENGTH: %X of %zX", *length, size);
        return AML_INVALID_TABLE_LENGTH;
    }
    return AML_OK;
}

/* ACPI 6.5, 5.2.6: a table whose bytes do not add up to zero is not valid. */
static result check_sum(struct aml *aml, const uint8_t *bytes, uint32_t size)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    /* The FACS has no checksum (5.2.10). */
    if (sum == 0 || memcmp(bytes, "FACS", 4) == 0) {
        return AML_OK;
    }
    report(aml, !aml->relaxed, "AE_BAD_CHECKSUM: %.4s is off by %02X", (const char *)bytes, sum);
    return aml->relaxed ? AML_OK : AML_BAD_CHECKSUM;
}

result table_add(struct aml *aml, const uint8_t *bytes, size_t size, bool owned, struct table **out)
{
    struct table **link = &aml->tables;
    struct table *table;
    uint32_t length;

    TRY(header_length(aml, bytes, size, &length));
    table = memory_get(aml, sizeof(*table));
    if (!table) {
        return AML_NO_MEMORY;
    }
    table->bytes = bytes;
    table->size = length;
    table->owned = owned;
    table->id = ++aml->next_id;
    while (*link) {
        link = &(*link)->next;
    }
    *link = table;
    *out = table;
    return AML_OK;
}

struct table *table_by_id(struct aml *aml, uint32_t id)
{
    struct table *table = aml->tables;

    while (table && table->id != id) {
        table = table->next;
    }
    return table;
}

static bool id_equal(const uint8_t *field, uint32_t width, const uint8_t *text, uint32_t size)
{
    if (size == 0) {
        return true;
    }
    if (size > width || memcmp(field, text, size) != 0) {
        return false;
    }
    for (uint32_t i = size; i < width; i++) {
        if (field[i]) {
            return false;
        }
    }
    return true;
}

/* An empty OEM ID or table ID matches any. */
struct table *table_find(struct aml *aml, const uint8_t *signature, const uint8_t *oem,
                         uint32_t oem_size, const uint8_t *oem_table, uint32_t oem_table_size)
{
    for (struct table *table = aml->tables; table; table = table->next) {
        if (!table->gone && memcmp(table->bytes, signature, 4) == 0 &&
            id_equal(table->bytes + AT_OEM, 6, oem, oem_size) &&
            id_equal(table->bytes + AT_OEM_TABLE, 8, oem_table, oem_table_size)) {
            return table;
        }
    }
    return NULL;
}

/*
 * A table that the embedder brings. *TABLE is NULL for byte for byte the same one again: it would
 * run its statements twice.
 */
static result add_given(struct aml *aml, const uint8_t *bytes, size_t size, struct table **table)
{
    uint32_t length;

    *table = NULL;
    TRY(header_length(aml, bytes, size, &length));
    TRY(check_sum(aml, bytes, length));
    for (struct table *t = aml->tables; t; t = t->next) {
        if (t->size == length && memcmp(t->bytes, bytes, length) == 0) {
            report(aml, false, "%.4s: the same table again, ignored", (const char *)bytes);
            return AML_OK;
        }
    }
    if (is_dsdt(bytes) && table_find(aml, bytes, NULL, 0, NULL, 0)) {
        report(aml, true, "AE_ALREADY_EXISTS: a second DSDT");
        return AML_ALREADY_EXISTS;
    }
    return table_add(aml, bytes, size, false, table);
}

/* Runs a table that table_add() took. If it fails as a whole, all its names are taken back. */
result table_load(struct aml *aml, struct table *table, struct aml_node *scope)
{
    result r;

    if (table->loaded) {
        return AML_ALREADY_EXISTS;
    }
    if (!aml->dsdt_seen && is_dsdt(table->bytes)) {
        /* ACPI 6.5, 19.6.30: a compliance revision below 2 means 32-bit integers, in all tables. */
        aml->dsdt_seen = true;
        aml->integer_bytes = table->bytes[AT_REVISION] < 2 ? 4 : 8;
    }
    if (aml->hooks.trace) {
        trace(aml, "load %.4s %u bytes", (const char *)table->bytes, table->size);
    }
    r = exec_table(aml, table, scope);
    if (r != AML_OK) {
        report(aml, true, "%s: %.4s table load failed", aml_status_name((enum aml_status)r),
               (const char *)table->bytes);
        node_remove_owned(aml, table->id);
        return r;
    }
    table->loaded = true;
    return AML_OK;
}

static bool load_one(struct aml *aml, struct table *table)
{
    unsigned int before = aml->errors;
    struct entry entry;
    result r;

    entry_begin(aml, &entry);
    r = table_load(aml, table, aml->root);
    entry_end(aml, &entry);
    return r == AML_OK && aml->errors == before;
}

unsigned int aml_load_registered(struct aml *aml)
{
    static const uint8_t dsdt[] = "DSDT";
    struct table *first = table_find(aml, dsdt, NULL, 0, NULL, 0);
    unsigned int failed = 0;

    if (first && !first->loaded) {
        failed += !load_one(aml, first);
    }
    for (struct table *table = aml->tables; table; table = table->next) {
        if (is_definition_block(table->bytes) && !is_dsdt(table->bytes) && !table->owned) {
            failed += !load_one(aml, table);
        }
    }
    return failed;
}

enum aml_status aml_load(struct aml *aml, const void *bytes, size_t size, unsigned int *errors)
{
    struct entry entry;
    struct table *table;
    unsigned int before = aml->errors;
    result r;

    entry_begin(aml, &entry);
    r = add_given(aml, bytes, size, &table);
    if (r == AML_OK && table && !is_definition_block(table->bytes)) {
        r = AML_BAD_SIGNATURE;
    }
    if (r == AML_OK && table) {
        r = table_load(aml, table, aml->root);
    }
    entry_end(aml, &entry);
    if (errors) {
        *errors = aml->errors - before;
    }
    return (enum aml_status)r;
}

enum aml_status aml_register(struct aml *aml, const void *bytes, size_t size)
{
    struct table *table;

    return (enum aml_status)add_given(aml, bytes, size, &table);
}

/* Names in packages may refer to what any table brings, so they are settled when all are there. */
void finish_objects(struct aml *aml)
{
    for (struct aml_node *node = aml->root->child; node; node = node_after(aml->root, node, true)) {
        if (node->type == AML_T_PACKAGE && node->object && node->object->type == AML_T_PACKAGE) {
            package_finish(aml, node->object);
        }
    }
}

void aml_finish_load(struct aml *aml)
{
    struct entry entry;

    entry_begin(aml, &entry);
    finish_objects(aml);
    entry_end(aml, &entry);
}
