/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aes-xts-plain64 with the AES instructions, eight blocks at a time: AESENC has a latency of several cycles and can be
 * issued in each, so that one block alone would leave the unit idle most of the time. The first tweaks of eight sectors
 * are encrypted together for the same reason. IEEE 1619-2007, 5; Intel SDM vol. 2, AESENC.
 */
#include <emmintrin.h>
#include <wmmintrin.h>

#include "engine.h"

#define LANES 8u
#define LAST_ROUND 14
#define BLOCKS (CRYPT_SECTOR / 16)
#define inlined static inline __attribute__((always_inline))
#define EACH_LANE _Pragma("GCC unroll 8") for (unsigned i = 0; i < LANES; i++)

enum direction { ENCRYPT, DECRYPT };

_Static_assert(BLOCKS % LANES == 0, "a sector is a whole number of rounds of the loop");

/* The cipher over eight blocks; k has 15 round keys. */
inlined void cipher(enum direction d, const __m128i *k, __m128i *x)
{
    EACH_LANE x[i] = _mm_xor_si128(x[i], k[0]);
    _Pragma("GCC unroll 13") for (int round = 1; round < LAST_ROUND; round++) {
        __m128i key = k[round];

        EACH_LANE x[i] = d == ENCRYPT ? _mm_aesenc_si128(x[i], key) : _mm_aesdec_si128(x[i], key);
    }
    EACH_LANE x[i] = d == ENCRYPT ? _mm_aesenclast_si128(x[i], k[LAST_ROUND])
                                  : _mm_aesdeclast_si128(x[i], k[LAST_ROUND]);
}

/* Times x in GF(2^128): a shift by one bit, and 87h where a one falls out (5.2). */
inlined __m128i next_tweak(__m128i t)
{
    __m128i carries = _mm_srai_epi32(_mm_shuffle_epi32(t, 0x13), 31);

    return _mm_xor_si128(_mm_add_epi64(t, t), _mm_and_si128(carries, _mm_set_epi32(0, 1, 0, 0x87)));
}

/* The tweaks of the first blocks of this sector and of the seven after it. */
inlined void first_tweaks(const struct crypt_key *key, uint64_t sector, __m128i *t)
{
    EACH_LANE t[i] = _mm_set_epi64x(0, (long long)(sector + i));
    cipher(ENCRYPT, (const __m128i *)key->tweak, t);
}

inlined void one_sector(enum direction d, const __m128i *k, __m128i tweak, __m128i *to, const __m128i *from)
{
    __m128i x[LANES], t[LANES];

    for (unsigned block = 0; block < BLOCKS; block += LANES, to += LANES, from += LANES) {
        EACH_LANE {
            t[i] = tweak;
            x[i] = _mm_xor_si128(_mm_loadu_si128(&from[i]), tweak);
            tweak = next_tweak(tweak);
        }
        cipher(d, k, x);
        EACH_LANE _mm_storeu_si128(&to[i], _mm_xor_si128(x[i], t[i]));
    }
}

/* The kernel keeps this thread's registers for as long as the thread lives: none of them may have a round key. */
inlined void wipe_registers(void)
{
#define ZERO(n) "pxor %%xmm" #n ", %%xmm" #n "\n\t"
    __asm__ volatile(ZERO(0) ZERO(1) ZERO(2) ZERO(3) ZERO(4) ZERO(5) ZERO(6) ZERO(7) ZERO(8) ZERO(9) ZERO(10) ZERO(11)
                         ZERO(12) ZERO(13) ZERO(14) ZERO(15)
                     :
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15");
#undef ZERO
}

inlined void run(enum direction d, const struct crypt_key *key, uint64_t sector, void *to, const void *from,
                 size_t sectors)
{
    const __m128i *k = (const __m128i *)(d == ENCRYPT ? key->encrypt : key->decrypt);
    __m128i tweaks[LANES];

    for (size_t n = 0; n < sectors; n++, to = (uint8_t *)to + CRYPT_SECTOR, from = (const uint8_t *)from + CRYPT_SECTOR) {
        if (n % LANES == 0)
            first_tweaks(key, sector + n, tweaks);
        one_sector(d, k, tweaks[n % LANES], to, from);
    }
    crypt_wipe(tweaks, sizeof(tweaks));
    wipe_registers();
}

void aesni_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    run(ENCRYPT, key, sector, to, from, sectors);
}

void aesni_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    run(DECRYPT, key, sector, to, from, sectors);
}
