/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Round keys in and out of mbedTLS's contexts, which have no function for it: init expands a key once, and storage,
 * which never has the raw one, goes on with the result.
 */
#ifndef STORAGE_SCHEDULE_H
#define STORAGE_SCHEDULE_H

#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <mbedtls/aes.h>
#include <mbedtls/version.h>
#include <string.h>

#define SCHEDULE_ROUNDS 14
#define SCHEDULE_BYTES 240u /* 15 round keys of AES-256 */

/* Where the context has its round keys. */
static inline void *schedule_of(mbedtls_aes_context *context)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return context->buf + context->rk_offset;
#else
    return context->rk;
#endif
}

/* Makes *context that of AES-256 with these round keys. */
static inline void schedule_set(mbedtls_aes_context *context, const void *round_keys)
{
    mbedtls_aes_init(context);
    context->nr = SCHEDULE_ROUNDS;
#if MBEDTLS_VERSION_MAJOR < 3
    context->rk = context->buf;
#endif
    memcpy(schedule_of(context), round_keys, SCHEDULE_BYTES);
}

#endif
