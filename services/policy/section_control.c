/* SPDX-License-Identifier: BSD-2-Clause */
/* control: the two ports by which weirctl talks to Weir. */
#include "internal.h"

void control_defaults(struct policy_tables *t)
{
    t->control = (struct policy_control){0};
}

struct pair {
    uint64_t first, last;
    unsigned ranges;
};

static void take(void *context, uint64_t first, uint64_t last)
{
    struct pair *p = context;

    p->first = first;
    p->last = last;
    p->ranges++;
}

static int control(lua_State *L)
{
    static const char *const keys[] = {"ports", NULL};
    struct policy_control *c = &policy_of(L)->tables->control;
    struct pair p = {0};
    struct args a;

    args_begin(&a, L, 1, "control", keys);
    if (c->line)
        args_bad(&a, NULL, "was given in line %u already", c->line);
    args_ranges(&a, "ports", 0xffff, take, &p);
    if (p.ranges != 1 || p.last != p.first + 1 || p.first < 0x100)
        args_bad(&a, "ports", "wants two ports in a row from 100h on, as in \"5658h-5659h\"");
    const char *reason = policy_io_reserved((uint16_t)p.first, (uint16_t)p.last);

    if (reason)
        args_bad(&a, "ports", "cannot be there: %s", reason);
    c->port = (uint16_t)p.first;
    c->line = current_line(L);
    return 0;
}

void section_control(lua_State *L)
{
    lua_pushcfunction(L, control);
}
