/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ways to do the same (crypt.c chooses); arguments as in crypt.h. */
#ifndef STORAGE_ENGINE_H
#define STORAGE_ENGINE_H

#include "crypt.h"

/* AES-NI and XMM registers; the CPU must have AES (CPUID 1, ECX bit 25). */
void aesni_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);
void aesni_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);

/* Tables and general registers. */
void tables_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);
void tables_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors);

#endif
