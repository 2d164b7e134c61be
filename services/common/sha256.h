/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SERVICES_SHA256_H
#define SERVICES_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256 (FIPS 180-4) of bytes. Not for secrets: nothing is wiped. */
void sha256(const void *data, size_t bytes, uint8_t digest[32]);

#endif
