/* SPDX-License-Identifier: BSD-2-Clause */
/* pci.allow, pci.hide, pci.read_only: configuration space of PCI functions. */
#include "internal.h"

static int pci_verb(lua_State *L)
{
    static const char *const keys[] = {"address", PCI_KEYS, NULL};
    int action = verb_action(L);
    struct rule rule = {.action = (uint8_t)action, .bar = POLICY_NO_BAR};
    struct args a;

    args_begin(&a, L, 1,
               action == POLICY_HIDE   ? "pci.hide"
               : action == POLICY_PASS ? "pci.allow"
                                       : "pci.read_only",
               keys);
    if (!args_pci(&a, "address", &rule.pci))
        args_bad(&a, NULL, "wants at least one of address, vendor, class and class_code");
    add_rule(L, RULE_PCI, &rule);
    return 0;
}

void section_pci(lua_State *L)
{
    static const struct verb verbs[] = {
        {"allow", pci_verb, POLICY_PASS, 0},
        {"hide", pci_verb, POLICY_HIDE, 0},
        {"read_only", pci_verb, POLICY_READ_ONLY, 0},
    };

    push_verbs(L, "pci", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
