/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weir-crypt encrypt|decrypt KEY FIRST: disk sectors from stdin to stdout as storage encrypts them (aes-xts-plain64).
 * KEY holds 64 raw bytes, FIRST is the number of the first sector. Status 1: the reason is on stderr; 2: usage.
 */
#include <crypt.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SECTORS 2048u

static uint8_t buffer[CHUNK_SECTORS * CRYPT_SECTOR];

/* One byte too many is read so that a longer file is noticed. */
static bool read_key(const char *name, struct crypt_key *key)
{
    uint8_t raw[CRYPT_KEY_BYTES + 1];
    FILE *file = fopen(name, "rb");
    bool good = false;
    size_t bytes;

    if (!file) {
        fprintf(stderr, "weir-crypt: %s: %s\n", name, strerror(errno));
        return false;
    }
    bytes = fread(raw, 1, sizeof(raw), file);
    fclose(file);
    if (bytes != CRYPT_KEY_BYTES)
        fprintf(stderr, "weir-crypt: %s: a key has exactly %u bytes\n", name, CRYPT_KEY_BYTES);
    else if (crypt_expand(raw, key) != WEIR_OK)
        fprintf(stderr, "weir-crypt: %s: the key's halves are equal\n", name);
    else
        good = true;
    crypt_wipe(raw, sizeof(raw));
    return good;
}

static int copy(bool encrypt, const struct crypt_key *key, uint64_t sector)
{
    size_t bytes;

    while ((bytes = fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
        size_t sectors = bytes / CRYPT_SECTOR;

        if (bytes % CRYPT_SECTOR) {
            fprintf(stderr, "weir-crypt: the input is not whole sectors of %u bytes\n", CRYPT_SECTOR);
            return 1;
        }
        (encrypt ? crypt_encrypt : crypt_decrypt)(key, sector, buffer, buffer, sectors);
        if (fwrite(buffer, 1, bytes, stdout) != bytes)
            break;
        sector += sectors;
    }
    if (ferror(stdin) || fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "weir-crypt: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct crypt_key key;
    char *end = NULL;
    bool encrypt = argc == 4 && strcmp(argv[1], "encrypt") == 0;

    if (argc == 4 && (encrypt || strcmp(argv[1], "decrypt") == 0)) {
        uint64_t first = strtoull(argv[3], &end, 10);

        if (end != argv[3] && !*end) {
            crypt_begin();
            return read_key(argv[2], &key) ? copy(encrypt, &key, first) : 1;
        }
    }
    fprintf(stderr, "usage: weir-crypt encrypt|decrypt KEY FIRST-SECTOR <IN >OUT\n");
    return 2;
}
