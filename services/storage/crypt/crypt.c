/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypt.h"

#include <cpuid.h>
#include <stdbool.h>

#include "engine.h"

static bool aesni;

void crypt_begin(void)
{
    unsigned a, b, c, d;

    aesni = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AES);
}

const char *crypt_name(void)
{
    return aesni ? "aes-ni" : "mbedtls";
}

void crypt_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    (aesni ? aesni_encrypt : tables_encrypt)(key, sector, to, from, sectors);
}

void crypt_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    (aesni ? aesni_decrypt : tables_decrypt)(key, sector, to, from, sectors);
}
