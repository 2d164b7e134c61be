/* SPDX-License-Identifier: BSD-2-Clause */
#include "print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void text_add(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length + 1 > text->size) {
        size_t size = 2 * (text->length + length + 64);
        char *wider = realloc(text->text, size);

        if (!wider) {
            fputs("weir-acpi: out of memory\n", stderr);
            exit(1);
        }
        text->text = wider;
        text->size = size;
    }
    memcpy(text->text + text->length, bytes, length);
    text->length += length;
    text->text[text->length] = 0;
}

void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    char line[256];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    text_puts(text, line);
}

static void put_hex(struct text *text, const char *before, uint64_t number)
{
    char digits[20];
    unsigned int at = sizeof(digits);

    do {
        digits[--at] = "0123456789ABCDEF"[number & 15];
        number >>= 4;
    } while (number);
    text_puts(text, before);
    text_add(text, digits + at, sizeof(digits) - at);
}

/* Quoted, with C escapes, up to MAX characters. */
static void put_string(struct text *text, const uint8_t *data, uint32_t length, uint32_t max)
{
    uint32_t i;

    text_puts(text, "\"");
    for (i = 0; i < length && i < max && data[i]; i++) {
        const char *escapes = "\aa\bb\ff\nn\rr\tt\vv''\"\"\\\\";
        const char *escape = NULL;

        for (unsigned int k = 0; escapes[k]; k += 2) {
            if ((uint8_t)escapes[k] == data[i]) {
                escape = &escapes[k + 1];
            }
        }
        if (escape) {
            text_puts(text, "\\");
            text_add(text, escape, 1);
        } else if (data[i] >= ' ' && data[i] <= '~') {
            text_add(text, (const char *)&data[i], 1);
        } else {
            text_printf(text, "\\x%2.2X", (unsigned int)(int8_t)data[i]);
        }
    }
    text_puts(text, "\"");
    if (i == max && i < length && data[i]) {
        text_puts(text, "...");
    }
}

static void put_field(struct text *text, const struct aml_node_info *info)
{
    const char *first = "rgn", *second = NULL;

    switch (info->type) {
    case AML_T_BUFFER_FIELD:
        first = "buf";
        break;
    case AML_T_BANK_FIELD:
        second = "bnk";
        break;
    case AML_T_INDEX_FIELD:
        first = "idx";
        second = "dat";
        break;
    default:
        break;
    }
    if (info->first[0]) {
        text_printf(text, " %s [%s]", first, info->first);
    }
    if (second && info->second[0]) {
        text_printf(text, " %s [%s]", second, info->second);
    }
    put_hex(text, " off ", info->bit_offset);
    put_hex(text, " len ", info->length);
}

static void put_attributes(struct text *text, const struct aml_node_info *info)
{
    if (info->type == AML_T_REGION) {
        text_printf(text, " [%s]", aml_space_name(info->space));
    }
    if (!info->has_value) {
        /* A name that a field has redefined: what an implementation shows for its value means
         * nothing. */
        if (info->type == AML_T_INTEGER && info->type_differs) {
            text_puts(text, " ?");
        }
        return;
    }
    switch (info->type) {
    case AML_T_METHOD:
        text_printf(text, " args %X", info->args);
        break;
    case AML_T_INTEGER:
        put_hex(text, " ", info->integer);
        break;
    case AML_T_STRING:
        text_puts(text, " ");
        put_string(text, info->data, info->length, 80);
        break;
    case AML_T_BUFFER:
        put_hex(text, " len ", info->length);
        break;
    case AML_T_PACKAGE:
        put_hex(text, " elements ", info->length);
        break;
    case AML_T_REGION:
        put_hex(text, " addr ", info->address);
        put_hex(text, " len ", info->region_length);
        break;
    case AML_T_PROCESSOR:
        put_hex(text, " id ", info->processor_id);
        put_hex(text, " len ", info->region_length);
        put_hex(text, " pblk ", info->address);
        break;
    case AML_T_BUFFER_FIELD:
    case AML_T_REGION_FIELD:
    case AML_T_BANK_FIELD:
    case AML_T_INDEX_FIELD:
        put_field(text, info);
        break;
    case AML_T_ALIAS:
    case AML_T_METHOD_ALIAS:
        text_printf(text, " -> %s", info->first);
        break;
    default:
        break;
    }
}

/* The reference masks integers that look like one of its own addresses; so must who compares with
 * it. */
static void mask_pointer(struct text *text)
{
    char *number = strstr(text->text, " Integer ");
    size_t digits;

    if (!number) {
        return;
    }
    number += strlen(" Integer ");
    digits = strlen(number);
    if (digits == 12 && strspn(number, "0123456789ABCDEF") == 12 &&
        (!strncmp(number, "55", 2) || !strncmp(number, "56", 2) || !strncmp(number, "7F", 2))) {
        text->length = (size_t)(number - text->text);
        text_puts(text, "?");
    }
}

static char *line_of(const struct aml_node *node)
{
    struct text text = { 0 };
    struct aml_node_info info;
    char path[1024];

    aml_node_info(node, &info);
    aml_node_path(node, path, sizeof(path));
    text_puts(&text, path);
    text_puts(&text, " ");
    text_puts(&text, aml_type_name(info.type));
    put_attributes(&text, &info);
    mask_pointer(&text);
    text_puts(&text, "\n");
    return text.text;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->line, ((const struct listed *)b)->line);
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

struct listed *list_namespace(struct aml *aml, size_t *count)
{
    const struct aml_node *root = aml_root(aml);
    struct listed *list = NULL;
    size_t size = 0;

    *count = 0;
    for (const struct aml_node *node = after(root, root); node; node = after(root, node)) {
        if (*count == size) {
            size = size ? 2 * size : 1024;
            list = realloc(list, size * sizeof(*list));
            if (!list) {
                fputs("weir-acpi: out of memory\n", stderr);
                exit(1);
            }
        }
        list[*count].line = line_of(node);
        list[(*count)++].node = node;
    }
    if (*count) {
        qsort(list, *count, sizeof(*list), by_line);
    }
    return list;
}

void print_namespace(struct aml *aml, FILE *out)
{
    size_t count;
    struct listed *list = list_namespace(aml, &count);

    for (size_t i = 0; i < count; i++) {
        fputs(list[i].line, out);
        free(list[i].line);
    }
    free(list);
}

static void put_reference(struct text *text, const struct aml_object *object)
{
    const struct aml_node *node = aml_object_node(object);
    char name[5];

    if (!node) {
        text_puts(text, " [Object Reference] =");
        return;
    }
    aml_node_name(node, name);
    text_printf(text, " [Object Reference] = <Node> Name %s ", name);
    /* Types whose objects the reference shows by address leave a blank there. */
    switch (aml_node_type(node)) {
    case AML_T_DEVICE:
        text_puts(text, "Device");
        break;
    case AML_T_THERMAL:
        text_puts(text, "Thermal Zone");
        break;
    default:
        text_printf(text, "%s ", aml_type_name(aml_node_type(node)));
        break;
    }
}

void print_value(struct text *text, const struct aml_object *object)
{
    uint32_t length;
    const uint8_t *data;

    if (!object) {
        text_puts(text, " [Null Object] (Type=0)");
        return;
    }
    data = aml_object_data(object, &length);
    switch (aml_object_type(object)) {
    case AML_T_INTEGER:
        put_hex(text, " 0x", aml_object_integer(object));
        break;
    case AML_T_STRING:
        text_puts(text, " ");
        put_string(text, data, length, 255);
        break;
    case AML_T_BUFFER:
        text_puts(text, " buf:");
        for (uint32_t i = 0; i < length; i++) {
            text_printf(text, "%02X", data[i]);
        }
        break;
    case AML_T_PACKAGE:
        text_puts(text, text->length && text->text[text->length - 1] == '(' ? "(" : " (");
        for (uint32_t i = 0; i < aml_object_count(object); i++) {
            struct text element = { 0 };

            print_value(&element, aml_object_element(object, i));
            /* No blank after an opening bracket. */
            text_puts(text, i == 0 ? element.text + 1 : element.text);
            free(element.text);
        }
        text_puts(text, aml_object_count(object) ? " )" : ")");
        break;
    case AML_T_REFERENCE:
        put_reference(text, object);
        break;
    case AML_T_PROCESSOR:
        text_puts(text, " [Processor]");
        break;
    case AML_T_POWER:
        text_puts(text, " [Power Resource]");
        break;
    default:
        text_printf(text, " [Unknown Type] %X", aml_object_type(object));
        break;
    }
}
