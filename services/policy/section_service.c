/* SPDX-License-Identifier: BSD-2-Clause */
/* service.NAME: deadlines and restarts. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* The services that Weir has. A new service adds its name here. */
static const char *const names[] = {"console", "control", "emulator", "pci",
                                    "policy",  "storage", "watch"};

#define NAMES (sizeof(names) / sizeof(names[0]))

_Static_assert(NAMES <= POLICY_MAX_SERVICES, "every service has an entry");

void service_defaults(struct policy_tables *t)
{
    t->nservices = NAMES;
    for (size_t i = 0; i < NAMES; i++) {
        t->services[i] = (struct policy_service){.deadline_ms = 100,
                                                 .restart_limit = 5,
                                                 .window_s = 60,
                                                 .backoff_ms = 10,
                                                 .on_limit = POLICY_FAIL_CLOSED};
        snprintf(t->services[i].name, sizeof(t->services[i].name), "%s", names[i]);
    }
}

static void restart(lua_State *L, const char *what, struct policy_service *s)
{
    static const char *const keys[] = {"limit", "window", "backoff", NULL};
    char name[40];
    struct args a;

    snprintf(name, sizeof(name), "%.24s: restart", what);
    lua_getfield(L, 1, "restart");
    args_begin(&a, L, lua_gettop(L), name, keys);
    s->restart_limit = (uint32_t)args_number(&a, "limit", 0, 1000, s->restart_limit);
    s->window_s = (uint32_t)args_number(&a, "window", 1, 3600, s->window_s);
    s->backoff_ms = (uint32_t)args_number(&a, "backoff", 0, 60000, s->backoff_ms);
    lua_pop(L, 1);
}

static int service(lua_State *L)
{
    static const char *const keys[] = {"deadline", "restart", "on_limit", NULL};
    static const char *const on_limit[] = {"fail-closed", "pass", "stop", NULL};
    struct policy_service *s = &policy_of(L)->tables->services[verb_action(L)];
    char what[40];
    struct args a;

    snprintf(what, sizeof(what), "service.%s", s->name);
    args_begin(&a, L, 1, what, keys);
    if (s->line)
        args_bad(&a, NULL, "was given in line %u already", s->line);
    s->deadline_ms = (uint32_t)args_number(&a, "deadline", 1, 10000, s->deadline_ms);
    s->on_limit = args_word(&a, "on_limit", on_limit, s->on_limit);
    if (args_has(&a, "restart"))
        restart(L, what, s);
    s->line = current_line(L);
    return 0;
}

void section_service(lua_State *L)
{
    struct verb verbs[NAMES];

    for (size_t i = 0; i < NAMES; i++)
        verbs[i] = (struct verb){names[i], service, (int)i, 0};
    push_verbs(L, "service", verbs, NAMES);
}
