/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: no input makes the decoder read past its bytes or give an impossible answer. */
#include <stdlib.h>
#include <string.h>

#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t fixed[] = { INSN_CPUID, INSN_MWAIT, INSN_XSETBV, INSN_HLT };

static void require(int ok)
{
    if (!ok)
        abort();
}

static void check_mov(const uint8_t *code, unsigned avail, enum code_mode mode)
{
    uint64_t gpr[16] = { 0 };
    struct mmio_mov m;

    if (!decode_mmio_mov(code, avail, mode, &m))
        return;
    require(m.length >= 2 && m.length <= avail && m.length <= INSN_MAX);
    require(m.size == 1 || m.size == 2 || m.size == 4 || m.size == 8);
    require(m.gpr < (mode == CODE_64 ? 16 : 8));
    if (m.write) {
        require(m.size == 8 || mmio_mov_value(&m, gpr) >> (8 * m.size) == 0);
        return;
    }
    require(m.reg_size >= m.size && m.reg_size <= 8 && (m.reg_size < 8 || mode == CODE_64));
    mmio_mov_apply(&m, gpr, ~0ull);
    require(gpr[m.gpr] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum code_mode modes[] = { CODE_16, CODE_32, CODE_64 };
    struct cr_insn s;
    uint8_t *code;

    if (size == 0)
        return 0;
    code = malloc(size); /* its own block, so that ASan sees the first byte too many */
    require(code != NULL);
    memcpy(code, data, size);
    for (unsigned i = 0; i < 3; i++) {
        check_mov(code, size, modes[i]);
        if (decode_cr(code, size, modes[i], &s)) {
            require(s.length >= 2 && s.length <= size && s.length <= INSN_MAX);
            require(s.number < 16 && s.gpr < 16);
        }
        for (unsigned f = 0; f < sizeof(fixed) / sizeof(fixed[0]); f++)
            require(insn_length(code, size, modes[i], fixed[f]) <= (size < 15 ? size : 15));
    }
    free(code);
    return 0;
}
