/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors are reported where they start, with table and offset; and the names of things. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_name[AML_STATUS_COUNT] = {
#define AML_STATUS_TEXT(name) "AE_" #name,
    AML_STATUS_LIST(AML_STATUS_TEXT)
#undef AML_STATUS_TEXT
};

const char *aml_status_name(enum aml_status status)
{
    return (unsigned int)status < AML_STATUS_COUNT ? status_name[status] : "AE_ERROR";
}

const char *aml_type_name(enum aml_type type)
{
    static const char *const names[AML_T_COUNT] = {
        "Untyped",   "Integer",     "String",      "Buffer",    "Package",
        "FieldUnit", "Device",      "Event",       "Method",    "Mutex",
        "Region",    "Power",       "Processor",   "Thermal",   "BufferField",
        "DdbHandle", "DebugObject", "RegionField", "BankField", "IndexField",
        "Reference", "Alias",       "MethodAlias", "Scope",     "Frame",
    };

    return (unsigned int)type < AML_T_COUNT ? names[type] : "?";
}

const char *aml_space_name(unsigned int space)
{
    static const char *const names[] = {
        "SystemMemory", "SystemIO", "PCI_Config",       "EmbeddedControl",  "SMBus", "SystemCMOS",
        "PCIBARTarget", "IPMI",     "GeneralPurposeIo", "GenericSerialBus", "PCC",
    };

    if (space < sizeof(names) / sizeof(names[0])) {
        return names[space];
    }
    switch (space) {
    case AML_SPACE_DATA_TABLE:
        return "DataTable";
    case AML_SPACE_FFH:
        return "FunctionalFixedHW";
    default:
        return space >= AML_SPACE_OEM_FIRST && space < AML_SPACE_COUNT ? "UserDefinedRegion"
                                                                       : "InvalidSpaceId";
    }
}

static void report_v(struct aml *aml, bool is_error, const char *where, const char *format,
                     va_list args)
{
    char line[400];
    int n = snprintf(line, sizeof(line), "%s", where);

    if (n < 0 || (size_t)n >= sizeof(line)) {
        return;
    }
    vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    aml->hooks.log(aml->hooks.ctx, is_error, line);
}

void report(struct aml *aml, bool is_error, const char *format, ...)
{
    va_list args;

    aml->errors += is_error;
    if (aml->hooks.log) {
        va_start(args, format);
        report_v(aml, is_error, "", format, args);
        va_end(args);
    }
}

/* Reports an error at the current place of W and returns STATUS. */
result fail(struct walk *w, enum aml_status status, const char *format, ...)
{
    struct aml *aml = w->aml;

    aml->errors++;
    if (aml->hooks.log) {
        char where[160];
        char method[100] = "";
        va_list args;

        if (w->method_node && !w->module) {
            aml_node_path(w->method_node, method, sizeof(method));
        }
        snprintf(where, sizeof(where), "%.4s:%.8s+%05X %s%s%s: ", (const char *)w->table->bytes,
                 (const char *)w->table->bytes + 16,
                 (unsigned int)(w->code - w->table->bytes) + w->pc, method, method[0] ? ": " : "",
                 aml_status_name(status));
        for (char *c = where; *c; c++) {
            if (*c < ' ' || *c > '~') {
                *c = '?';
            }
        }
        va_start(args, format);
        report_v(aml, true, where, format, args);
        va_end(args);
    }
    return status;
}

void trace(struct aml *aml, const char *format, ...)
{
    char line[400];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    aml->hooks.trace(aml->hooks.ctx, line);
}
