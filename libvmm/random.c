/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: RDRAND (AMD APM vol. 3, RDRAND) or none. Weak ones are never passed off as good.
 */
#include <cpuid.h>
#include <string.h>
#include <vmm/time.h>
#include "internal.h"

/* A healthy generator succeeds within ten tries (Intel SDM vol. 1, 7.3.17.1). */
static bool random_word(uint64_t *out)
{
    for (int try = 0; try < 10; try++) {
        uint8_t valid;
        __asm__ volatile("rdrand %0\n\t"
                         "setc %1"
                         : "=r"(*out), "=qm"(valid)
                         :
                         : "cc");
        if (valid) {
            return true;
        }
    }
    return false;
}

bool vmm_random(void *out, size_t bytes)
{
    uint32_t eax, ebx, ecx, edx;
    uint8_t *at = out;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_RDRND)) {
        return false;
    }
    while (bytes > 0) {
        uint64_t word;
        size_t part = bytes < sizeof(word) ? bytes : sizeof(word);
        if (!random_word(&word)) {
            return false;
        }
        memcpy(at, &word, part);
        at += part;
        bytes -= part;
    }
    return true;
}

void vmm_random_canary(uint64_t out[2])
{
    if (!vmm_random(out, 16)) {
        /* Odd multipliers spread the low bits; a canary only has to differ between starts. */
        out[0] = vmm_now() * 0x9e3779b97f4a7c15ull;
        out[1] = (out[0] ^ vmm_now()) * 0xd1b54a32d192ed03ull;
    }
}
