/* SPDX-License-Identifier: BSD-2-Clause */
/* Which PCI functions a rule means: by bus address, identification or class code. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* "00:1f.2", with or without the domain 0000. */
static bool parse_address(const char *s, uint16_t *address)
{
    unsigned bus, device, function;
    int end = 0;

    if (strncmp(s, "0000:", 5) == 0)
        s += 5;
    for (size_t i = 0; s[i]; i++)
        if (hex_digit(s[i]) > 15 && s[i] != ':' && s[i] != '.')
            return false;
    if (sscanf(s, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || s[end] || device > 31 ||
        function > 7)
        return false;
    *address = (uint16_t)(bus << 8 | device << 3 | function);
    return true;
}

static void pci_class(const struct args *a, struct policy_pci_match *m)
{
    static const struct {
        const char *key;
        unsigned shift;
    } parts[] = {{"class", 16}, {"subclass", 8}, {"prog_if", 0}};

    for (size_t i = 0; i < 3; i++) {
        if (!args_has(a, parts[i].key))
            continue;
        if (i && !(m->class_mask >> parts[i - 1].shift & 0xff))
            args_bad(a, parts[i].key, "means nothing without %s", parts[i - 1].key);
        m->class_value |= (uint32_t)args_number(a, parts[i].key, 0, 0xff, 0) << parts[i].shift;
        m->class_mask |= 0xffu << parts[i].shift;
    }
    if (args_has(a, "class_code")) {
        if (m->class_mask)
            args_bad(a, "class_code", "is class, subclass and prog_if in one; give it alone");
        m->class_value = (uint32_t)args_required(a, "class_code", 0, 0xffffff);
        m->class_mask = (uint32_t)args_number(a, "class_mask", 1, 0xffffff, 0xffffff);
        if (m->class_value & ~m->class_mask)
            args_bad(a, "class_code", "has bits that class_mask leaves out");
    } else if (args_has(a, "class_mask")) {
        args_bad(a, "class_mask", "means nothing without class_code");
    }
    if (m->class_mask)
        m->fields |= POLICY_BY_CLASS;
}

bool args_pci(const struct args *a, const char *address_key, struct policy_pci_match *m)
{
    memset(m, 0, sizeof(*m));
    if (args_get(a, address_key)) {
        if (lua_type(a->L, -1) != LUA_TSTRING ||
            !parse_address(lua_tostring(a->L, -1), &m->address))
            args_bad(a, address_key,
                     "wants a bus address as lspci prints it, \"00:1f.2\", got %.40s",
                     luaL_tolstring(a->L, -1, NULL));
        m->fields |= POLICY_BY_ADDRESS;
        lua_pop(a->L, 1);
    }
    if (args_has(a, "vendor")) {
        m->vendor = (uint16_t)args_required(a, "vendor", 0, 0xfffe);
        m->fields |= POLICY_BY_VENDOR;
    }
    if (args_has(a, "device")) {
        if (!(m->fields & POLICY_BY_VENDOR))
            args_bad(a, "device", "means nothing without vendor");
        m->device = (uint16_t)args_required(a, "device", 0, 0xffff);
        m->fields |= POLICY_BY_DEVICE;
    }
    pci_class(a, m);
    return m->fields != 0;
}
