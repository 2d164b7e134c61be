/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing namespaces and values in the formats of the test corpus (doc/aml.md, "The host tool").
 */
#ifndef WEIR_ACPI_HOST_PRINT_H
#define WEIR_ACPI_HOST_PRINT_H

#include "aml.h"

#include <stdio.h>

/* A string that grows; LENGTH bytes of TEXT, NUL-terminated. Running out of memory ends the
 * program. */
struct text {
    char *text;
    size_t length, size;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line per node, "PATH TYPE ATTRIBUTES", in byte order; each is passed with its newline. */
void print_namespace(struct aml *aml, FILE *out);
/* All paths with their types, in that order; entries and array are the caller's to free. */
struct listed {
    char *line;                     /* ends in a newline */
    const struct aml_node *node;
};
struct listed *list_namespace(struct aml *aml, size_t *count);

/* " = VALUE" without path and newline. */
void print_value(struct text *text, const struct aml_object *object);

#endif
