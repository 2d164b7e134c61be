/* SPDX-License-Identifier: BSD-2-Clause */
/* Weir's own UART: which one it is, and whether it is there. */
#ifndef INIT_UART_H
#define INIT_UART_H

#include "options.h"
#include <weir/policy.h>

#define UART_COM2 0x2f8u
#define UART_PORTS 8u

/* The first port of the UART that is asked for, 0: none. The command line wins over the policy. Pure. */
uint16_t uart_wanted(enum options_log log, const struct policy_console *console);

/* Is there a UART at these ports? Uses its scratch register (16550's 7). The domain must have the ports open. */
bool uart_present(uint16_t port);

#endif
