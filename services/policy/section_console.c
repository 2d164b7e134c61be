/* SPDX-License-Identifier: BSD-2-Clause */
/* console: Weir's own log. */
#include "internal.h"

void console_defaults(struct policy_tables *t)
{
    t->console =
        (struct policy_console){.level = POLICY_INFO, .uart = POLICY_UART_AUTO, .ring_kib = 64};
}

static int console(lua_State *L)
{
    static const char *const keys[] = {"level", "uart", "ring_kib", NULL};
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
    struct policy_console *c = &policy_of(L)->tables->console;
    struct args a;

    args_begin(&a, L, 1, "console", keys);
    if (c->line)
        args_bad(&a, NULL, "was given in line %u already", c->line);
    c->level = (uint8_t)args_word(&a, "level", levels, POLICY_INFO);
    if (args_is_word(&a, "uart", "none"))
        c->uart = POLICY_UART_NONE;
    else if (!args_is_word(&a, "uart", "auto"))
        c->uart = (uint16_t)args_number(&a, "uart", 0x100, 0xfff8, POLICY_UART_AUTO);
    if (c->uart != POLICY_UART_NONE && c->uart != POLICY_UART_AUTO) {
        const char *reason = policy_io_reserved(c->uart, (uint16_t)(c->uart + 7));

        if (reason)
            args_bad(&a, "uart", "cannot be there: %s", reason);
    }
    c->ring_kib = (uint32_t)args_number(&a, "ring_kib", 16, 1024, 64);
    if (c->ring_kib & (c->ring_kib - 1))
        args_bad(&a, "ring_kib", "is %u, which is not a power of two", c->ring_kib);
    c->line = current_line(L);
    return 0;
}

void section_console(lua_State *L)
{
    lua_pushcfunction(L, console);
}
