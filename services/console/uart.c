/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart.h"
#include <vmm/io.h>
#include <vmm/time.h>

/* Registers and bits: PC16550D, table II. */
enum { DATA = 0, IER = 1, FCR = 2, IIR = 2, LCR = 3, MCR = 4, LSR = 5, DIVISOR_LOW = 0, DIVISOR_HIGH = 1 };
#define FCR_ENABLE 0x01u
#define IIR_FIFO 0xc0u
#define LCR_8N1 0x03u
#define LCR_DLAB 0x80u
#define MCR_DTR_RTS 0x03u
#define LSR_THRE 0x20u
#define DIVISOR_115200 1u
#define FIFO_BYTES 16u

#define POLLS 64u            /* before sleeping: an emulated UART is ready at once */
#define SLEEP_US 1400u       /* 16 bytes take 1.39 ms */
#define STUCK_SLEEPS 700u    /* about a second */

static uint8_t in(const struct uart *u, unsigned reg)
{
    return vmm_in8((uint16_t)(u->port + reg));
}

static void out(const struct uart *u, unsigned reg, uint8_t value)
{
    vmm_out8((uint16_t)(u->port + reg), value);
}

void uart_begin(struct uart *u, uint16_t port)
{
    u->port = port;
    u->stuck = false;
    out(u, IER, 0);
    out(u, LCR, LCR_DLAB | LCR_8N1);
    out(u, DIVISOR_LOW, DIVISOR_115200);
    out(u, DIVISOR_HIGH, 0);
    out(u, LCR, LCR_8N1);
    out(u, FCR, FCR_ENABLE); /* what the kernel wrote last may still be in the FIFO: not reset */
    out(u, MCR, MCR_DTR_RTS);
    u->fifo = (in(u, IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_BYTES : 1;
}

static bool ready(const struct uart *u)
{
    for (unsigned i = 0; i < POLLS; i++) {
        if (in(u, LSR) & LSR_THRE) {
            return true;
        }
    }
    return false;
}

static bool wait_ready(const struct uart *u)
{
    for (unsigned i = 0; i < STUCK_SLEEPS; i++) {
        if (ready(u)) {
            return true;
        }
        vmm_sleep_until(vmm_deadline(SLEEP_US));
    }
    return false;
}

void uart_write(struct uart *u, const char *text, size_t bytes)
{
    size_t at = 0;

    while (at < bytes) {
        if (u->stuck ? !ready(u) : !wait_ready(u)) {
            u->stuck = true;
            return;
        }
        u->stuck = false;
        for (unsigned i = 0; i < u->fifo && at < bytes; i++) {
            out(u, DATA, (uint8_t)text[at++]);
        }
    }
}
