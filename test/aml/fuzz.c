/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes loading and evaluation. The first four bytes of the input choose how: bit 0 of the first
 * 32-bit integers, bit 1 relaxed mode, bit 2 hardware that refuses everything, bit 3 two tables,
 * split where the next two bytes say; the fourth byte is what hardware reads as. The rest is AML
 * without a header.
 */
#include "aml.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 36
#define METHODS_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *make_table(const char *signature, uint8_t revision, const uint8_t *body,
                           size_t size)
{
    uint8_t *table = calloc(1, HEADER + size);
    uint8_t sum = 0;

    if (!table) {
        abort();
    }
    memcpy(table, signature, 4);
    for (unsigned int i = 0; i < 4; i++) {
        table[4 + i] = (uint8_t)((HEADER + size) >> (8 * i));
    }
    table[8] = revision;
    memcpy(table + 10, "WEIR  FUZZ    ", 14);
    if (size) {
        memcpy(table + HEADER, body, size);
    }
    for (size_t i = 0; i < HEADER + size; i++) {
        sum = (uint8_t)(sum + table[i]);
    }
    table[9] = (uint8_t)-sum;
    return table;
}

static void look_at(const struct aml_object *object, unsigned int depth)
{
    uint32_t length;
    const uint8_t *bytes;
    static volatile uint8_t sink;

    if (!object || depth == 0) {
        return;
    }
    bytes = aml_object_data(object, &length);
    for (uint32_t i = 0; i < length; i++) {
        sink = (uint8_t)(sink ^ bytes[i]);
    }
    for (uint32_t i = 0; i < aml_object_count(object) && i < 64; i++) {
        look_at(aml_object_element(object, i), depth - 1);
    }
}

static const struct aml_node *after(const struct aml_node *root, const struct aml_node *node)
{
    if (aml_first_child(node)) {
        return aml_first_child(node);
    }
    while (node != root && !aml_next_sibling(node)) {
        node = aml_parent(node);
    }
    return node == root ? NULL : aml_next_sibling(node);
}

/* Evaluates what the tables declare, with two arguments; the paths are taken first, as methods
 * change the tree. */
static void evaluate_all(struct aml *aml)
{
    static char path[METHODS_MAX][300];
    struct aml_object *args[2] = { aml_make_integer(aml, 3), aml_make_string(aml, "abc", 3) };
    const struct aml_node *root = aml_root(aml);
    unsigned int count = 0;

    for (const struct aml_node *node = after(root, root); node && count < METHODS_MAX;
         node = after(root, node)) {
        struct aml_node_info info;

        aml_node_info(node, &info);
        if (aml_node_path(node, path[count], sizeof(path[0])) < sizeof(path[0])) {
            count++;
        }
    }
    for (unsigned int i = 0; i < count; i++) {
        struct aml_object *value = NULL;

        if (aml_evaluate(aml, path[i], args, args[0] && args[1] ? 2 : 0, &value) == AML_OK) {
            look_at(value, 8);
            aml_release(aml, value);
        }
    }
    for (unsigned int i = 0; i < 2; i++) {
        if (args[i]) {
            aml_release(aml, args[i]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aml_config config = {
        .limits = { .opcodes = 4000, .memory = 4u << 20, .stack = 192u << 10, .loop_ms = 50 }
    };
    struct aml_emulator *emulator;
    struct aml *aml;
    uint8_t *table[2] = { NULL };
    size_t split;

    if (size < 4) {
        return 0;
    }
    config.relaxed = data[0] & 2;
    aml = aml_create(&config);
    emulator = aml_emulator_create(data[3]);
    if (!aml || !emulator) {
        abort();
    }
    if (!(data[0] & 4)) {
        aml_emulator_attach(emulator, aml);
    }
    split = data[0] & 8 ? (size_t)(data[1] | data[2] << 8) : size - 4;
    if (split > size - 4) {
        split = size - 4;
    }
    table[0] = make_table("DSDT", data[0] & 1 ? 1 : 2, data + 4, split);
    table[1] = make_table("SSDT", 2, data + 4 + split, size - 4 - split);
    (void)!aml_load(aml, table[0], HEADER + split, NULL);
    (void)!aml_load(aml, table[1], HEADER + size - 4 - split, NULL);
    aml_finish_load(aml);
    aml_initialize(aml);
    evaluate_all(aml);
    aml_destroy(aml);
    aml_emulator_destroy(emulator);
    free(table[0]);
    free(table[1]);
    return 0;
}
