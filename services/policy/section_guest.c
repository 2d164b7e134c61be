/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.boot: what the guest is started from. */
#include <string.h>

#include "internal.h"

void guest_defaults(struct policy_tables *t)
{
    t->boot = (struct policy_boot){.drive = 0x80};
}

static int guest_boot(lua_State *L)
{
    static const char *const keys[] = {"disk", "partition", "drive", NULL};
    struct policy_boot *boot = &policy_of(L)->tables->boot;
    struct args a;

    args_begin(&a, L, 1, "guest.boot", keys);
    if (boot->line)
        args_bad(&a, NULL, "was given in line %u already", boot->line);
    if (!args_is_word(&a, "disk", "auto"))
        boot->disk = (uint8_t)args_number(&a, "disk", 0x80, 0xff, 0);
    boot->partition = (uint8_t)args_number(&a, "partition", 0, 4, 0);
    boot->drive = (uint8_t)args_number(&a, "drive", 0x80, 0xff, 0x80);
    boot->line = current_line(L);
    return 0;
}

void section_guest(lua_State *L)
{
    static const struct verb verbs[] = {{"boot", guest_boot, 0, 0}};

    push_verbs(L, "guest", verbs, sizeof(verbs) / sizeof(verbs[0]));
}
