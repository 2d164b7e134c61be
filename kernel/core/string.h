/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_STRING_H
#define KERNEL_STRING_H

#include "x86/types.h"

/* Functions that the compiler may call by itself. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

bool string_equal(const char *a, const char *b);
void string_copy(char *to, const char *from, size_t size); /* cut to size - 1 bytes, always terminated */

#endif
