/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart.h"

uint16_t uart_wanted(enum options_log log, const struct policy_console *console)
{
    if (log != OPTIONS_LOG_POLICY) {
        return log == OPTIONS_LOG_COM2 ? UART_COM2 : 0;
    }
    return console->uart == POLICY_UART_AUTO ? UART_COM2 : console->uart;
}
