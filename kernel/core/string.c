/* SPDX-License-Identifier: BSD-2-Clause */
#include "string.h"

void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;
    size_t words = n / 8, rest = n % 8;
    asm volatile("rep movsq\n mov %3, %2\n rep movsb" : "+D"(d), "+S"(from), "+c"(words) : "r"(rest) : "memory");
    return to;
}

void *memset(void *to, int c, size_t n)
{
    void *d = to;
    size_t words = n / 8, rest = n % 8;
    asm volatile("rep stosq\n mov %3, %1\n rep stosb"
                 : "+D"(d), "+c"(words)
                 : "a"((u8)c * 0x0101010101010101ull), "r"(rest)
                 : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *x = a, *y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

bool string_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

void string_copy(char *to, const char *from, size_t size)
{
    size_t i = 0;
    for (; i + 1 < size && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}
