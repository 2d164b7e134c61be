/* SPDX-License-Identifier: BSD-2-Clause */
#include "args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS_MAX 64
#define BYTES_MAX 4096

static struct aml_object *parse(struct aml *aml, const char **text, unsigned int depth);

static const char *skip_blanks(const char *p)
{
    while (isspace((unsigned char)*p) || *p == ',') {
        p++;
    }
    return p;
}

static struct aml_object *parse_string(struct aml *aml, const char **text)
{
    const char *start = *text + 1;
    const char *end = strchr(start, '"');

    if (!end) {
        return NULL;
    }
    *text = end + 1;
    return aml_make_string(aml, start, (size_t)(end - start));
}

static struct aml_object *parse_buffer(struct aml *aml, const char **text)
{
    uint8_t bytes[BYTES_MAX];
    size_t count = 0;
    const char *p = skip_blanks(*text + 1);

    while (*p != ')') {
        char *end;
        unsigned long value = strtoul(p, &end, 16);

        if (end == p || value > 255 || count == BYTES_MAX) {
            return NULL;
        }
        bytes[count++] = (uint8_t)value;
        p = skip_blanks(end);
    }
    *text = p + 1;
    return aml_make_buffer(aml, bytes, count);
}

static struct aml_object *parse_package(struct aml *aml, const char **text, unsigned int depth)
{
    struct aml_object *elements[ELEMENTS_MAX] = { NULL };
    struct aml_object *package = NULL;
    uint32_t count = 0;
    const char *p = skip_blanks(*text + 1);

    while (*p && *p != ']' && count < ELEMENTS_MAX) {
        elements[count] = parse(aml, &p, depth - 1);
        if (!elements[count]) {
            break;
        }
        count++;
        p = skip_blanks(p);
    }
    if (*p == ']') {
        *text = p + 1;
        package = aml_make_package(aml, elements, count);
    }
    if (!package) {
        while (count > 0) {
            aml_release(aml, elements[--count]);
        }
    }
    return package;
}

static struct aml_object *parse_number(struct aml *aml, const char **text)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(*text, &end, 0);
    if (end == *text || errno == ERANGE || **text == '-') {
        return NULL;
    }
    *text = end;
    return aml_make_integer(aml, value);
}

static struct aml_object *parse(struct aml *aml, const char **text, unsigned int depth)
{
    switch (**text) {
    case '"':
        return parse_string(aml, text);
    case '(':
        return parse_buffer(aml, text);
    case '[':
        return depth ? parse_package(aml, text, depth) : NULL;
    default:
        return parse_number(aml, text);
    }
}

struct aml_object *parse_argument(struct aml *aml, const char *text)
{
    const char *p = skip_blanks(text);
    struct aml_object *object = parse(aml, &p, 16);

    if (object && *skip_blanks(p)) {
        aml_release(aml, object);
        object = NULL;
    }
    if (!object) {
        fprintf(stderr, "weir-acpi: cannot read the argument %s\n", text);
    }
    return object;
}
