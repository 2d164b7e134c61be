/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing to a 16550 (PC16550D data sheet), polled, without holding up the guest. */
#ifndef CONSOLE_UART_H
#define CONSOLE_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
    uint16_t port;
    unsigned fifo; /* bytes that may be written when the transmitter is empty */
    bool stuck;    /* did not move when last tried */
};

/* 115200 8N1, no interrupts. The domain must have the 8 ports open. */
void uart_begin(struct uart *u, uint16_t port);

/*
 * Writes all of it. Sleeps while the transmitter is busy, so that the guest runs meanwhile; gives up on a transmitter
 * that does not move for a second and then drops what comes until it moves again.
 */
void uart_write(struct uart *u, const char *text, size_t bytes);

#endif
