/* SPDX-License-Identifier: BSD-2-Clause */
/* Method arguments on the command line. */
#ifndef WEIR_ACPI_HOST_ARGS_H
#define WEIR_ACPI_HOST_ARGS_H

#include "aml.h"

/*
 * TEXT is a number (0x12, or decimal), "a string" in quotes, (01 02 FF) a buffer in hex, or [a
 * package of these]. NULL with a message on stderr if it is none of them.
 */
struct aml_object *parse_argument(struct aml *aml, const char *text);

#endif
