/* SPDX-License-Identifier: BSD-2-Clause */
/* COM1, the small printf, and the end of the machine. */
#include <stdarg.h>
#include "io.h"

#define COM1 0x3f8
#define LSR_THRE 0x20

unsigned rt_failures;

void rt_putc(char c)
{
    while (!(in8(COM1 + 5) & LSR_THRE))
        pause();
    out8(COM1, (u8)c);
}

static void put_number(u64 value, unsigned base, unsigned width, char pad, bool negative)
{
    char digits[24];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[n++] = '-';
    while (width > n) {
        rt_putc(pad);
        width--;
    }
    while (n)
        rt_putc(digits[--n]);
}

static void put_text(const char *text)
{
    while (*text)
        rt_putc(*text++);
}

static void put_signed(long long value, unsigned width, char pad)
{
    put_number(value < 0 ? -(u64)value : (u64)value, 10, width, pad, value < 0);
}

static void print(const char *f, va_list args)
{
    for (; *f; f++) {
        unsigned width = 0;
        bool wide = false;
        char pad = ' ';

        if (*f != '%') {
            rt_putc(*f);
            continue;
        }
        if (*++f == '0')
            pad = *f++;
        while (*f >= '0' && *f <= '9')
            width = width * 10 + (unsigned)(*f++ - '0');
        for (; *f == 'l'; f++)
            wide = true;
        switch (*f) {
        case 'c':
            rt_putc((char)va_arg(args, int));
            break;
        case 's':
            put_text(va_arg(args, const char *));
            break;
        case 'd':
            put_signed(wide ? va_arg(args, long long) : va_arg(args, int), width, pad);
            break;
        case 'u':
        case 'x':
            put_number(wide ? va_arg(args, u64) : va_arg(args, u32), *f == 'x' ? 16 : 10, width,
                       pad, false);
            break;
        default:
            rt_putc(*f);
        }
    }
}

void rt_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(format, args);
    va_end(args);
}

bool rt_check(bool condition, const char *format, ...)
{
    va_list args;

    if (condition)
        return true;
    rt_failures++;
    put_text("fail ");
    va_start(args, format);
    print(format, args);
    va_end(args);
    rt_putc('\n');
    return false;
}

static void power_off(void)
{
    /* Bochs' own port, QEMU's isa-debug-exit, then PM1a_CNT with S5 = SLP_TYP 0 and SLP_EN. */
    for (const char *c = "Shutdown"; *c; c++)
        out8(0x8900, (u8)*c);
    out8(0x501, 0);
    out16(0x604, 0x2000);
    out16(0xb004, 0x2000);
}

void rt_end(unsigned failures)
{
    if (failures)
        rt_printf("end %s fail %u\n", guest_name, failures);
    else
        rt_printf("end %s ok\n", guest_name);
    while (!(in8(COM1 + 5) & 0x40))
        pause();
    power_off();
    for (;;)
        asm volatile("cli; hlt");
}
