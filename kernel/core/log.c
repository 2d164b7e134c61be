/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <stdarg.h>

#include "x86/insn.h"
#include "x86/layout.h"

extern const char image_start[], image_rodata[]; /* weir.lds */
static char ring[LOG_BYTES];
static u64 head;    /* position behind the last byte */
static u64 written; /* what the UART, or the claiming service, has seen */
static u16 uart;
static void (*notify_claimer)(void); /* NULL: the kernel writes the log out itself */

/* 16550 registers (offsets from the base). */
enum { UART_DATA, UART_IER, UART_FCR, UART_LCR, UART_MCR, UART_LSR, UART_MSR, UART_SCR };

void log_use_uart(u16 base)
{
    uart = base;
    if (!base)
        return;
    outb(base + UART_SCR, 0x5a);
    if (inb(base + UART_SCR) != 0x5a) {
        uart = 0;
        return;
    }
    outb(base + UART_IER, 0);
    outb(base + UART_LCR, 0x80);
    outb(base + UART_DATA, 1); /* divisor 1: 115,200 baud */
    outb(base + UART_IER, 0);
    outb(base + UART_LCR, 3);
    outb(base + UART_FCR, 7);
    outb(base + UART_MCR, 3);
}

static void uart_put(char c)
{
    for (unsigned i = 0; i < 100000 && !(inb(uart + UART_LSR) & 0x20); i++)
        ;
    outb(uart + UART_DATA, (u8)c);
}

static void drain(void)
{
    if (head - written > LOG_BYTES)
        written = head - LOG_BYTES;
    for (; uart && written < head; written++)
        uart_put(ring[written % LOG_BYTES]);
}

u64 log_claim(void (*notify)(void))
{
    drain();
    notify_claimer = notify;
    return written;
}

void log_flush(void)
{
    notify_claimer = NULL;
    drain();
}

static void put(char c)
{
    ring[head++ % LOG_BYTES] = c;
}

static void tell(void)
{
    if (notify_claimer)
        notify_claimer();
    else
        drain();
}

void log_text(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        put(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~') ? text[i] : '?');
    tell();
}

size_t log_read(u64 *position, char *to, size_t bytes)
{
    u64 at = *position;

    if (at > head)
        at = head;
    if (head - at > LOG_BYTES)
        at = head - LOG_BYTES;
    *position = at;
    size_t n = 0;
    for (; n < bytes && at < head; n++, at++)
        to[n] = ring[at % LOG_BYTES];
    if (notify_claimer && at > written)
        written = at;
    return n;
}

static void put_number(u64 v, unsigned base, unsigned width)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    for (; width > n; width--)
        put('0');
    while (n)
        put(digits[--n]);
}

static void put_string(const char *s)
{
    while (*s)
        put(*s++);
}

static void format_line(const char *f, va_list ap)
{
    for (; *f; f++) {
        if (*f != '%') {
            put(*f);
            continue;
        }
        unsigned width = 0;
        bool wide = false;
        for (f++; *f >= '0' && *f <= '9'; f++)
            width = width * 10 + (unsigned)(*f - '0');
        for (; *f == 'l'; f++)
            wide = true;
        if (*f == 's')
            put_string(va_arg(ap, const char *));
        else
            put_number(wide ? va_arg(ap, u64) : va_arg(ap, u32), *f == 'x' ? 16 : 10, width);
    }
    put('\n');
}

void log_line(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    format_line(format, ap);
    va_end(ap);
    tell();
}

void halt_forever(void)
{
    for (;;)
        asm volatile("cli; hlt");
}

void refuse(const char *of, const char *why)
{
    log_line("weir: refused: %s%s", of, why);
    log_flush();
    halt_forever();
}

/* What on the rest of the stack page looks like return addresses: the kernel keeps no frame pointers. */
static void put_addresses(const u64 *stack)
{
    put_string("weir: panic: stack:");
    for (unsigned n = 0; n < 12 && ((u64)stack & PAGE_MASK); stack++)
        if (*stack >= (u64)image_start && *stack < (u64)image_rodata) {
            put(' ');
            put_number(*stack, 16, 0);
            n++;
        }
    put('\n');
}

void panic(const char *format, ...)
{
    va_list ap;

    cli();
    put_string("weir: panic: ");
    va_start(ap, format);
    format_line(format, ap);
    va_end(ap);
    put_addresses(__builtin_frame_address(0));
    log_flush();
    halt_forever();
}
