/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aes-xts-plain64 of dm-crypt: AES-256 in XTS mode (IEEE 1619-2007), each sector of 512 bytes a data unit of its own,
 * whose number is the tweak, 64 bits, little-endian. The 512-bit key is the data key followed by the tweak key.
 *
 * init expands raw keys into a page that it maps into storage, read-only; the raw key never leaves init.
 */
#ifndef STORAGE_CRYPT_H
#define STORAGE_CRYPT_H

#include <stddef.h>
#include <stdint.h>
#include <vmm/status.h>
#include <weir/policy_storage.h>

#define CRYPT_SECTOR 512u
#define CRYPT_KEY_BYTES 64u

/* Round keys as FIPS 197, 5.2 orders their bytes; `decrypt` is that of the equivalent inverse cipher (5.3.5), the
 * round that decrypts first standing first. */
struct crypt_key {
    uint8_t encrypt[15][16], decrypt[15][16];
    uint8_t tweak[15][16];
    uint8_t unused[48];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct crypt_key) == 768, "crosses address spaces");

#define CRYPT_KEYS_MAGIC 0x7379654b72696557ull /* "WeirKeys" */

/* Storage's region "keys"; policy_storage's `key` is the index. */
struct crypt_keys {
    uint64_t magic;
    uint32_t nkeys;
    uint32_t unused[13];
    struct crypt_key key[POLICY_MAX_KEYS];
};
_Static_assert(sizeof(struct crypt_keys) == 64 + POLICY_MAX_KEYS * 768, "crosses address spaces");

/* ---- for init (crypt_expand.c) ---- */

/* Makes *key of CRYPT_KEY_BYTES raw bytes. WEIR_E_ARG: the two halves are equal, which XTS does not allow (IEEE
 * 1619-2007, Annex D; FIPS 140-2 IG A.9). Leaves no copy of either behind. */
must_check enum weir_status crypt_expand(const uint8_t *raw, struct crypt_key *key);

/* Zeroes memory in a way that the compiler does not leave out. */
void crypt_wipe(void *memory, size_t bytes);

/* ---- for storage ---- */

/* Once, before the others: chooses what the CPU can do. */
void crypt_begin(void);

/* "aes-ni" or "mbedtls", for the log. */
const char *crypt_name(void);

/*
 * `sectors` sectors of CRYPT_SECTOR bytes, the first of which has the number `sector` (counted from where the mapping
 * starts). to and from are the same or do not overlap, and need no alignment. Each byte of from is read once, so that
 * it may be memory that a guest changes meanwhile. With AES-NI a call uses XMM registers: one call for many sectors.
 */
void crypt_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);
void crypt_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);

#endif
