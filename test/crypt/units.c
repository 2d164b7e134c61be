/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both engines of the cipher against the standard's vectors and against mbedTLS as anybody uses it, under sanitizers.
 * With the word "tables" the CPU's AES instructions are left alone.
 */
#include <mbedtls/aes.h>
#include <stdlib.h>

#include "../services/check.h"
#include "engine.h"
#include "ieee1619.h"

#define MAX_SECTORS 40u

typedef void engine(const struct crypt_key *, uint64_t, void *, const void *, size_t);

static engine *encrypt, *decrypt;

static void from_hex(const char *text, uint8_t *to)
{
    unsigned byte;

    for (; sscanf(text, "%2x", &byte) == 1; text += 2)
        *to++ = (uint8_t)byte;
}

static void random_bytes(void *to, size_t bytes)
{
    static uint64_t state = 0x9e3779b97f4a7c15;

    for (uint8_t *p = to; bytes--; p++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        *p = (uint8_t)(state >> 56);
    }
}

static void check_bytes(int line, const char *what, const void *got, const void *expected, size_t bytes)
{
    size_t at = 0;

    while (at < bytes && ((const uint8_t *)got)[at] == ((const uint8_t *)expected)[at])
        at++;
    check_count++;
    if (at < bytes) {
        check_failures++;
        printf("%s:%d: %s: byte %zu of %zu differs\n", __FILE__, line, what, at, bytes);
    }
}

static void published_vectors(void)
{
    uint8_t raw[CRYPT_KEY_BYTES], plain[CRYPT_SECTOR], expected[CRYPT_SECTOR], got[CRYPT_SECTOR];
    struct crypt_key key;

    from_hex(ieee1619_key, raw);
    CHECK(crypt_expand(raw, &key), WEIR_OK);
    for (unsigned i = 0; i < CRYPT_SECTOR; i++)
        plain[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(ieee1619_vectors) / sizeof(ieee1619_vectors[0]); i++) {
        from_hex(ieee1619_vectors[i].ciphertext, expected);
        encrypt(&key, ieee1619_vectors[i].sector, got, plain, 1);
        check_bytes(__LINE__, "encrypted vector", got, expected, CRYPT_SECTOR);
        decrypt(&key, ieee1619_vectors[i].sector, got, expected, 1);
        check_bytes(__LINE__, "decrypted vector", got, plain, CRYPT_SECTOR);
    }
}

/* mbedTLS with a key of its own. */
static void reference(const uint8_t *raw, uint64_t sector, uint8_t *to, const uint8_t *from, size_t sectors)
{
    mbedtls_aes_xts_context context;

    mbedtls_aes_xts_init(&context);
    CHECK(mbedtls_aes_xts_setkey_enc(&context, raw, CRYPT_KEY_BYTES * 8), 0);
    for (size_t i = 0; i < sectors; i++) {
        uint8_t unit[16] = { 0 };

        for (unsigned byte = 0; byte < 8; byte++)
            unit[byte] = (uint8_t)((sector + i) >> 8 * byte);
        CHECK(mbedtls_aes_crypt_xts(&context, MBEDTLS_AES_ENCRYPT, CRYPT_SECTOR, unit, from + i * CRYPT_SECTOR,
                                    to + i * CRYPT_SECTOR),
              0);
    }
    mbedtls_aes_xts_free(&context);
}

/* Each number of sectors, at odd addresses in blocks of exactly that size, so that ASan sees a byte too many. */
static void agrees_with_mbedtls(void)
{
    static const uint64_t starts[] = { 0, 1, 0xfffffff8, 0xffffffff, 0x123456789abcdef0, UINT64_MAX - 20 };
    uint8_t raw[CRYPT_KEY_BYTES];
    struct crypt_key key;

    for (size_t sectors = 0; sectors <= MAX_SECTORS; sectors++) {
        size_t odd = sectors % 16, bytes = sectors * CRYPT_SECTOR;
        uint64_t start = starts[sectors % (sizeof(starts) / sizeof(starts[0]))];
        uint8_t *plain = malloc(bytes + odd), *expected = malloc(bytes + 1), *got = malloc(bytes + 15 - odd);

        if (!plain || !expected || !got)
            abort();
        random_bytes(raw, sizeof(raw));
        random_bytes(plain, bytes + odd);
        CHECK(crypt_expand(raw, &key), WEIR_OK);
        reference(raw, start, expected, plain + odd, sectors);
        encrypt(&key, start, got + 15 - odd, plain + odd, sectors);
        check_bytes(__LINE__, "encrypted", got + 15 - odd, expected, bytes);
        decrypt(&key, start, got + 15 - odd, expected, sectors);
        check_bytes(__LINE__, "decrypted", got + 15 - odd, plain + odd, bytes);
        decrypt(&key, start, expected, expected, sectors);
        check_bytes(__LINE__, "decrypted in place", expected, plain + odd, bytes);
        encrypt(&key, start, expected, expected, sectors);
        decrypt(&key, start, got + 15 - odd, expected, sectors);
        check_bytes(__LINE__, "encrypted in place", got + 15 - odd, plain + odd, bytes);
        free(plain);
        free(expected);
        free(got);
    }
}

static void equal_halves_are_refused(void)
{
    uint8_t raw[CRYPT_KEY_BYTES];
    struct crypt_key key;

    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(i % 32);
    CHECK(crypt_expand(raw, &key), WEIR_E_ARG);
    raw[63] ^= 1;
    CHECK(crypt_expand(raw, &key), WEIR_OK);
    raw[63] ^= 1;
    raw[0] ^= 0x80;
    CHECK(crypt_expand(raw, &key), WEIR_OK);
}

static void wiping_leaves_nothing(void)
{
    static const uint8_t zero[64];
    uint8_t memory[64];

    random_bytes(memory, sizeof(memory));
    crypt_wipe(memory, sizeof(memory));
    check_bytes(__LINE__, "wiped", memory, zero, sizeof(memory));
}

int main(int argc, char **argv)
{
    bool tables = argc == 2 && strcmp(argv[1], "tables") == 0;

    crypt_begin();
    CHECK_TEXT(crypt_name(), __builtin_cpu_supports("aes") ? "aes-ni" : "mbedtls");
    if (!tables && !__builtin_cpu_supports("aes")) {
        printf("this CPU has no AES instructions\n");
        return 77;
    }
    encrypt = tables ? tables_encrypt : crypt_encrypt;
    decrypt = tables ? tables_decrypt : crypt_decrypt;
    published_vectors();
    agrees_with_mbedtls();
    equal_halves_are_refused();
    wiping_leaves_nothing();
    return check_end();
}
