/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aes-xts-plain64 through mbedTLS, for CPUs without AES instructions. Its tables are looked up by secret bytes, so what
 * shares a cache with them can learn from the time it takes (doc/limits.md).
 */
#include "engine.h"
#include "schedule.h"

static void run(int mode, const void *round_keys, const struct crypt_key *key, uint64_t sector, uint8_t *to,
                const uint8_t *from, size_t sectors)
{
    mbedtls_aes_xts_context context;

    schedule_set(&context.crypt, round_keys);
    schedule_set(&context.tweak, key->tweak);
    for (; sectors; sectors--, sector++, to += CRYPT_SECTOR, from += CRYPT_SECTOR) {
        uint8_t unit[16] = { 0 };

        memcpy(unit, &sector, sizeof(sector)); /* x86 is little-endian, and so is plain64 */
        /* Fails for lengths only that are none of XTS's. */
        (void)mbedtls_aes_crypt_xts(&context, mode, CRYPT_SECTOR, unit, from, to);
    }
    crypt_wipe(&context, sizeof(context));
}

void tables_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    run(MBEDTLS_AES_ENCRYPT, key->encrypt, key, sector, to, from, sectors);
}

void tables_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    run(MBEDTLS_AES_DECRYPT, key->decrypt, key, sector, to, from, sectors);
}
