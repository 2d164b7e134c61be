/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of mbedTLS is built (in place of its mbedtls_config.h): AES in XTS mode with constant tables. MBEDTLS_AESNI_C,
 * which CMake adds for a library of the host's tests, would use SSE registers and so has no place in a service.
 */
#ifndef WEIR_MBEDTLS_CONFIG_H
#define WEIR_MBEDTLS_CONFIG_H

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_CIPHER_MODE_XTS

#endif
