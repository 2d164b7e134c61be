/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost ENGINE SECTORS CALLS: encrypts and decrypts so much for cost.py, which counts its instructions. ENGINE: aesni,
 * tables (ours), or mbedtls (mbedTLS's own AES-NI code, called for each sector as its documentation shows).
 */
#include <mbedtls/aes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define MAX_SECTORS 32768u

static struct crypt_key key;
static mbedtls_aes_xts_context encrypt_context, decrypt_context;
static uint8_t buffer[MAX_SECTORS * CRYPT_SECTOR] __attribute__((aligned(4096)));

static void mbedtls(mbedtls_aes_xts_context *context, int mode, size_t sectors)
{
    for (size_t i = 0; i < sectors; i++) {
        uint8_t unit[16] = { (uint8_t)i, (uint8_t)(i >> 8) };

        if (mbedtls_aes_crypt_xts(context, mode, CRYPT_SECTOR, unit, buffer + i * CRYPT_SECTOR,
                                  buffer + i * CRYPT_SECTOR))
            abort();
    }
}

static void once(const char *name, size_t sectors)
{
    if (strcmp(name, "aesni") == 0) {
        aesni_encrypt(&key, 0, buffer, buffer, sectors);
        aesni_decrypt(&key, 0, buffer, buffer, sectors);
    } else if (strcmp(name, "tables") == 0) {
        tables_encrypt(&key, 0, buffer, buffer, sectors);
        tables_decrypt(&key, 0, buffer, buffer, sectors);
    } else {
        mbedtls(&encrypt_context, MBEDTLS_AES_ENCRYPT, sectors);
        mbedtls(&decrypt_context, MBEDTLS_AES_DECRYPT, sectors);
    }
}

int main(int argc, char **argv)
{
    uint8_t raw[CRYPT_KEY_BYTES];
    size_t sectors = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;

    if (argc != 4 || sectors > MAX_SECTORS) {
        fprintf(stderr, "usage: cost aesni|tables|mbedtls SECTORS CALLS\n");
        return 2;
    }
    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(i * 7);
    mbedtls_aes_xts_init(&encrypt_context);
    mbedtls_aes_xts_init(&decrypt_context);
    if (crypt_expand(raw, &key) != WEIR_OK || mbedtls_aes_xts_setkey_enc(&encrypt_context, raw, 512) ||
        mbedtls_aes_xts_setkey_dec(&decrypt_context, raw, 512))
        return 1;
    memset(buffer, 1, sizeof(buffer));
    for (unsigned long calls = strtoul(argv[3], NULL, 10); calls; calls--)
        once(argv[1], sectors);
    return 0;
}
