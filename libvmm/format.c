/* SPDX-License-Identifier: BSD-2-Clause */
/* printf's integer and string conversions (C11, 7.21.6.1) without floating point; see vmm/log.h. */
#include <stdbool.h>
#include <string.h>
#include <vmm/log.h>

static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

struct output {
    char *at;
    size_t room;   /* characters that still fit, the NUL not counted */
    size_t length; /* characters there would be */
};

struct conversion {
    bool left, zero, prefix;
    size_t width, precision; /* precision SIZE_MAX: none given */
    unsigned bits;           /* width of an integer argument */
};

static void put_bytes(struct output *out, const char *text, size_t n)
{
    size_t fit = n < out->room ? n : out->room;

    out->length += n;
    out->room -= fit;
    for (size_t i = 0; i < fit; i++) {
        out->at[i] = text[i];
    }
    out->at += fit;
}

static void put_run(struct output *out, char c, size_t n)
{
    while (n-- > 0) {
        put_bytes(out, &c, 1);
    }
}

static void put_text(struct output *out, const struct conversion *how, const char *text, size_t n)
{
    size_t pad = how->width > n ? how->width - n : 0;

    put_run(out, ' ', how->left ? 0 : pad);
    put_bytes(out, text, n);
    put_run(out, ' ', how->left ? pad : 0);
}

/* Leading zeros of a number whose digits, and sign and prefix, take that many characters. */
static size_t zeros(const struct conversion *how, size_t digits, size_t fixed)
{
    if (how->precision != SIZE_MAX) {
        return how->precision > digits ? how->precision - digits : 0;
    }
    return how->zero && !how->left && how->width > digits + fixed ? how->width - digits - fixed : 0;
}

static void put_number(struct output *out, const struct conversion *how, uint64_t value,
                       unsigned base, bool negative, const char *digits)
{
    char text[64], *end = text + sizeof(text), *p = end;
    size_t fixed = (negative ? 1 : 0) + (how->prefix ? 2 : 0), n, leading, pad;

    if (base == 16) {
        for (; value; value >>= 4) {
            *--p = digits[value & 15];
        }
    }
    for (; value; value /= base) {
        *--p = digits[value % base];
    }
    if (p == end && how->precision != 0) {
        *--p = '0';
    }
    n = (size_t)(end - p);
    leading = zeros(how, n, fixed);
    pad = how->width > fixed + leading + n ? how->width - fixed - leading - n : 0;

    put_run(out, ' ', how->left ? 0 : pad);
    put_run(out, '-', negative ? 1 : 0);
    put_run(out, '0', how->prefix ? 1 : 0);
    put_run(out, digits == upper ? 'X' : 'x', how->prefix ? 1 : 0);
    put_run(out, '0', leading);
    put_bytes(out, p, n);
    put_run(out, ' ', how->left ? pad : 0);
}

static const char *parse_count(const char *f, size_t *count, va_list *args)
{
    if (*f == '*') {
        int given = va_arg(*args, int);
        *count = given > 0 && given < 1000 ? (size_t)given : 0;
        return f + 1;
    }
    for (*count = 0; *f >= '0' && *f <= '9'; f++) {
        *count = *count < 1000 ? *count * 10 + (size_t)(*f - '0') : *count;
    }
    return f;
}

static const char *parse_flags(const char *f, struct conversion *how)
{
    for (;; f++) {
        if (*f == '-') {
            how->left = true;
        } else if (*f == '0') {
            how->zero = true;
        } else if (*f == '#') {
            how->prefix = true;
        } else {
            return f;
        }
    }
}

static const char *parse_length(const char *f, struct conversion *how)
{
    how->bits = 32;
    if (*f == 'h') {
        how->bits = 16;
        if (*++f == 'h') {
            how->bits = 8;
            f++;
        }
    } else if (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't') {
        how->bits = 64;
        f += f[0] == 'l' && f[1] == 'l' ? 2 : 1;
    }
    return f;
}

/* The next integer argument, cut to its length modifier's width and extended to 64 bits. */
static uint64_t integer(const struct conversion *how, va_list *args, bool is_signed)
{
    unsigned shift = 64 - how->bits;
    uint64_t value = how->bits == 64 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);

    value <<= shift;
    return is_signed ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

static void put_string(struct output *out, const struct conversion *how, const char *text)
{
    if (!text) {
        text = "(null)";
    }
    put_text(out, how, text,
             how->precision == SIZE_MAX ? strlen(text) : strnlen(text, how->precision));
}

/* False: not a conversion that is known. */
static bool convert(struct output *out, struct conversion *how, char kind, va_list *args)
{
    uint64_t value;
    char c;

    switch (kind) {
    case 'd':
    case 'i':
        value = integer(how, args, true);
        how->prefix = false;
        put_number(out, how, (int64_t)value < 0 ? 0 - value : value, 10, (int64_t)value < 0, lower);
        return true;
    case 'u':
        how->prefix = false;
        put_number(out, how, integer(how, args, false), 10, false, lower);
        return true;
    case 'x':
    case 'X':
        value = integer(how, args, false);
        how->prefix = how->prefix && value != 0;
        put_number(out, how, value, 16, false, kind == 'x' ? lower : upper);
        return true;
    case 'p':
        how->prefix = true;
        put_number(out, how, (uint64_t)(uintptr_t)va_arg(*args, void *), 16, false, lower);
        return true;
    case 's':
        put_string(out, how, va_arg(*args, const char *));
        return true;
    case 'c':
        c = (char)va_arg(*args, int);
        put_text(out, how, &c, 1);
        return true;
    case '%':
        put_bytes(out, "%", 1);
        return true;
    default:
        return false;
    }
}

size_t vmm_format(char *out, size_t bytes, const char *format, va_list args)
{
    struct output output = { out, bytes ? bytes - 1 : 0, 0 };
    const char *f = format;
    va_list rest; /* an array type may decay in a parameter, so its address is taken of a copy */

    va_copy(rest, args);
    while (*f) {
        struct conversion how = { .precision = SIZE_MAX };
        const char *plain = f;

        while (*f && *f != '%') {
            f++;
        }
        put_bytes(&output, plain, (size_t)(f - plain));
        if (!*f) {
            break;
        }
        f = parse_flags(f + 1, &how);
        f = parse_count(f, &how.width, &rest);
        if (*f == '.') {
            f = parse_count(f + 1, &how.precision, &rest);
        }
        f = parse_length(f, &how);
        if (!convert(&output, &how, *f++, &rest)) {
            break;
        }
    }
    va_end(rest);
    if (bytes) {
        *output.at = '\0';
    }
    return output.length;
}
