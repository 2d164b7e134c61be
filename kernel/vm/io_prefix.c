/* SPDX-License-Identifier: BSD-2-Clause */
/* What INS and OUTS's prefixes say, where the CPU does not tell. */
#include "guest_memory.h"
#include "vcpu_ops.h"

void io_string_by_prefix(struct vcpu *v)
{
    static const u8 by_prefix[256] = {
        [0x26] = 1 + WEIR_EMU_ES, [0x2e] = 1 + WEIR_EMU_CS, [0x36] = 1 + WEIR_EMU_SS,
        [0x3e] = 1 + WEIR_EMU_DS, [0x64] = 1 + WEIR_EMU_FS, [0x65] = 1 + WEIR_EMU_GS,
    };
    struct io_exit *io = &v->exit.io;
    struct guest_view g;
    u8 code[16] __attribute__((aligned(8)));
    bool other_size = false;

    vcpu_ops->guest_view(v, &g);
    unsigned n = guest_fetch(v->cpu, &g, code);
    io->segment = WEIR_EMU_DS;
    for (unsigned i = 0; i < n && (code[i] & 0xfc) != 0x6c; i++) {
        if (by_prefix[code[i]])
            io->segment = by_prefix[code[i]] - 1;
        other_size |= code[i] == 0x67;
    }
    if (other_size)
        io->address_size = g.mode == CODE_32 ? 2 : 4;
    else
        io->address_size = (u8)g.mode;
}
