/* SPDX-License-Identifier: BSD-2-Clause */
/* The test that has been linked with stores.c is told of every store that code compiled with -fsanitize=thread makes. */
#ifndef TEST_STORAGE_STORES_H
#define TEST_STORAGE_STORES_H

#include <stdint.h>

/* The test's own. Is about to be stored to; bytes: of a structure that is stored as a whole, 0 for a number. */
void crash_store(void *at, uint32_t bytes);

#endif
