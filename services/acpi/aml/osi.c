/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * _OSI (ACPI 6.5, 5.7.2). The optional feature strings (processor aggregator, module devices, ...)
 * are promises about the operating system, so only an embedder's own hook can make them.
 */
#include "internal.h"

#include <string.h>

bool aml_osi_default(const char *name)
{
    static const char *const known[] = {
        "Windows 2000",     "Windows 2001",     "Windows 2001 SP1",
        "Windows 2001.1",   "Windows 2001 SP2", "Windows 2001.1 SP1",
        "Windows 2006",     "Windows 2006.1",   "Windows 2006 SP1",
        "Windows 2006 SP2", "Windows 2009",     "Windows 2012",
        "Windows 2013",     "Windows 2015",     "Windows 2016",
        "Windows 2017",     "Windows 2017.2",   "Windows 2018",
        "Windows 2018.2",   "Windows 2019",     "Extended Address Space Descriptor",
    };

    for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

result osi_call(struct aml *aml, struct aml_object *argument, struct aml_object **value)
{
    const char *name;
    bool yes;

    if (!argument || argument->type != AML_T_STRING) {
        return AML_TYPE;
    }
    name = (const char *)argument->u.blob.data;
    yes = aml->hooks.osi ? aml->hooks.osi(aml->hooks.ctx, name) : aml_osi_default(name);
    *value = object_integer(aml, yes ? UINT64_MAX : 0);
    return *value ? AML_OK : AML_NO_MEMORY;
}
