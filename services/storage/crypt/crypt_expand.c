/* SPDX-License-Identifier: BSD-2-Clause */
/* From a raw key to its round keys: mbedTLS's key expansion, which keeps the bytes in the order of FIPS 197. */
#include <string.h>

#include "crypt.h"
#include "schedule.h"

#define HALF (CRYPT_KEY_BYTES / 2)
#define BITS (HALF * 8)

void crypt_wipe(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
    __asm__ volatile("" : : "r"(memory) : "memory"); /* somebody might look at it */
}

enum weir_status crypt_expand(const uint8_t *raw, struct crypt_key *key)
{
    mbedtls_aes_context context;
    uint8_t differ = 0;

    for (unsigned i = 0; i < HALF; i++)
        differ |= raw[i] ^ raw[HALF + i];
    if (!differ)
        return WEIR_E_ARG;

    memset(key, 0, sizeof(*key));
    mbedtls_aes_init(&context);
    /* These fail for key sizes that AES does not have, and only for them. */
    (void)mbedtls_aes_setkey_enc(&context, raw, BITS);
    memcpy(key->encrypt, schedule_of(&context), sizeof(key->encrypt));
    (void)mbedtls_aes_setkey_dec(&context, raw, BITS);
    memcpy(key->decrypt, schedule_of(&context), sizeof(key->decrypt));
    (void)mbedtls_aes_setkey_enc(&context, raw + HALF, BITS);
    memcpy(key->tweak, schedule_of(&context), sizeof(key->tweak));
    crypt_wipe(&context, sizeof(context));
    return WEIR_OK;
}
