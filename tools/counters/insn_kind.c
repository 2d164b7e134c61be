/* SPDX-License-Identifier: BSD-2-Clause */
/* Opcodes: AMD APM vol. 3, appendix A. */
#include "insn_kind.h"

#include <stdbool.h>

static bool is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
    case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
        return true;
    default:
        return false;
    }
}

static enum insn_kind two_byte(const uint8_t *op, size_t size, bool rex_r)
{
    uint8_t reg = size > 1 ? op[1] >> 3 & 7 : 0;

    switch (op[0]) {
    case 0x01: /* group 7 */
        if (size > 1 && op[1] == 0xd8)
            return INSN_VMRUN;
        if (size > 1 && (op[1] == 0xdf || (reg == 7 && op[1] < 0xc0)))
            return INSN_INVLPG;
        return INSN_OTHER;
    case 0x22:
        return reg == 3 && !rex_r ? INSN_CR3_LOAD : INSN_OTHER;
    case 0x30:
        return INSN_WRMSR;
    case 0x31:
        return INSN_RDTSC;
    default:
        return INSN_OTHER;
    }
}

enum insn_kind insn_kind(const uint8_t *bytes, size_t size)
{
    bool rex_r = false;
    size_t at = 0;

    while (at < size && is_prefix(bytes[at]))
        at++;
    if (at < size && (bytes[at] & 0xf0) == 0x40)
        rex_r = bytes[at++] & 4;
    if (at >= size)
        return INSN_OTHER;
    switch (bytes[at]) {
    case 0x0f:
        return at + 1 < size ? two_byte(bytes + at + 1, size - at - 1, rex_r) : INSN_OTHER;
    case 0x6c: case 0x6d: case 0x6e: case 0x6f:
    case 0xe4: case 0xe5: case 0xe6: case 0xe7:
    case 0xec: case 0xed: case 0xee: case 0xef:
        return INSN_PORT;
    default:
        return INSN_OTHER;
    }
}
