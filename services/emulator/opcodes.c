/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opcode maps: AMD APM vol. 3, appendix A. An entry is {handler, flags, destination, source,
 * third operand, group by ModRM.reg}; an absent one is unsupported. How to add an instruction:
 * doc/emulator.md.
 */
#include "emu.h"

#define ALU(base, run, flags)                                                      \
    [(base) + 0] = { run, flags, Eb, Gb, NONE, NULL },                             \
    [(base) + 1] = { run, flags, Ev, Gv, NONE, NULL },                             \
    [(base) + 2] = { run, 0, Gb, Eb, NONE, NULL },                                 \
    [(base) + 3] = { run, 0, Gv, Ev, NONE, NULL },                                 \
    [(base) + 4] = { run, 0, AL, Ib, NONE, NULL },                                 \
    [(base) + 5] = { run, 0, Av, Iz, NONE, NULL }

#define PUSH_POP_SEG(base, flags)                                                  \
    [(base) + 0] = { op_push_seg, DEFAULT64 | (flags), NONE, NONE, NONE, NULL },   \
    [(base) + 1] = { op_pop_seg, DEFAULT64 | (flags), NONE, NONE, NONE, NULL }

#define EIGHT(base, run, flags, dst, src)                                          \
    [(base) ... (base) + 7] = { run, flags, dst, src, NONE, NULL }

#define SIXTEEN(base, run, flags, dst, src)                                        \
    [(base) ... (base) + 15] = { run, flags, dst, src, NONE, NULL }

#define GROUP_1(dst, src)                                                          \
    {                                                                              \
        { op_add, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_or, LOCKABLE, dst, src, NONE, NULL },                                 \
        { op_adc, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_sbb, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_and, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_sub, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_xor, LOCKABLE, dst, src, NONE, NULL },                                \
        { op_cmp, 0, dst, src, NONE, NULL },                                       \
    }

#define GROUP_2(dst, src)                                                          \
    {                                                                              \
        { op_rol, 0, dst, src, NONE, NULL }, { op_ror, 0, dst, src, NONE, NULL },  \
        { op_rcl, 0, dst, src, NONE, NULL }, { op_rcr, 0, dst, src, NONE, NULL },  \
        { op_shl, 0, dst, src, NONE, NULL }, { op_shr, 0, dst, src, NONE, NULL },  \
        { op_shl, 0, dst, src, NONE, NULL }, { op_sar, 0, dst, src, NONE, NULL },  \
    }

#define GROUP_3(dst, imm)                                                          \
    {                                                                              \
        { op_test, 0, dst, imm, NONE, NULL }, { op_test, 0, dst, imm, NONE, NULL }, \
        { op_not, LOCKABLE, dst, NONE, NONE, NULL },                               \
        { op_neg, LOCKABLE, dst, NONE, NONE, NULL },                               \
        { op_mul, 0, dst, NONE, NONE, NULL }, { op_imul, 0, dst, NONE, NONE, NULL }, \
        { op_div, 0, dst, NONE, NONE, NULL }, { op_idiv, 0, dst, NONE, NONE, NULL }, \
    }

static const struct opcode group_1_b[8] = GROUP_1(Eb, Ib);
static const struct opcode group_1_z[8] = GROUP_1(Ev, Iz);
static const struct opcode group_1_s[8] = GROUP_1(Ev, Is);
static const struct opcode group_1_82[8] = {
    { op_add, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_or, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_adc, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_sbb, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_and, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_sub, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_xor, ONLY32 | LOCKABLE, Eb, Ib, NONE, NULL },
    { op_cmp, ONLY32, Eb, Ib, NONE, NULL },
};
static const struct opcode group_1a[8] = {
    { op_pop, DEFAULT64, Ev, NONE, NONE, NULL },
};
static const struct opcode group_2_b_i[8] = GROUP_2(Eb, Ib);
static const struct opcode group_2_v_i[8] = GROUP_2(Ev, Ib);
static const struct opcode group_2_b_1[8] = GROUP_2(Eb, ONE);
static const struct opcode group_2_v_1[8] = GROUP_2(Ev, ONE);
static const struct opcode group_2_b_cl[8] = GROUP_2(Eb, CL);
static const struct opcode group_2_v_cl[8] = GROUP_2(Ev, CL);
static const struct opcode group_3_b[8] = GROUP_3(Eb, Ib);
static const struct opcode group_3_v[8] = GROUP_3(Ev, Iz);
static const struct opcode group_4[8] = {
    { op_inc, LOCKABLE, Eb, NONE, NONE, NULL },
    { op_dec, LOCKABLE, Eb, NONE, NONE, NULL },
    [2 ... 7] = { op_ud, 0, NONE, NONE, NONE, NULL },
};
static const struct opcode group_5[8] = {
    { op_inc, LOCKABLE, Ev, NONE, NONE, NULL },
    { op_dec, LOCKABLE, Ev, NONE, NONE, NULL },
    { op_call, BRANCH, Ev, NONE, NONE, NULL },
    { op_call_far, 0, M, NONE, NONE, NULL },
    { op_jmp, BRANCH, Ev, NONE, NONE, NULL },
    { op_jmp_far, 0, M, NONE, NONE, NULL },
    { op_push, DEFAULT64, Ev, NONE, NONE, NULL },
    { op_ud, 0, NONE, NONE, NONE, NULL },
};
static const struct opcode group_11_b[8] = { { op_mov, 0, Eb, Ib, NONE, NULL } };
static const struct opcode group_11_v[8] = { { op_mov, 0, Ev, Iz, NONE, NULL } };

static const struct opcode group_6[8] = {
    { op_sldt, PROTECTED, Ev, NONE, NONE, NULL },
    { op_str, PROTECTED, Ev, NONE, NONE, NULL },
    { op_lldt, PROTECTED | CPL0, Ew, NONE, NONE, NULL },
    { op_ltr, PROTECTED | CPL0, Ew, NONE, NONE, NULL },
    { op_verr, PROTECTED, Ew, NONE, NONE, NULL },
    { op_verw, PROTECTED, Ew, NONE, NONE, NULL },
};
static const struct opcode group_7[8] = {
    { op_sgdt, 0, M, NONE, NONE, NULL },
    { op_sidt, 0, M, NONE, NONE, NULL },
    { op_lgdt, CPL0, M, NONE, NONE, NULL },
    { op_lidt, CPL0, M, NONE, NONE, NULL },
    { op_smsw, 0, Ev, NONE, NONE, NULL },
    { NULL, 0, NONE, NONE, NONE, NULL },
    { op_lmsw, CPL0, Ew, NONE, NONE, NULL },
    { op_invlpg, CPL0, M, NONE, NONE, NULL },
};
static const struct opcode group_8[8] = {
    [0 ... 3] = { op_ud, 0, NONE, NONE, NONE, NULL },
    { op_bt, 0, Ev, Ib, NONE, NULL },
    { op_bts, LOCKABLE, Ev, Ib, NONE, NULL },
    { op_btr, LOCKABLE, Ev, Ib, NONE, NULL },
    { op_btc, LOCKABLE, Ev, Ib, NONE, NULL },
};
static const struct opcode group_9[8] = {
    [1] = { op_cmpxchg8b, LOCKABLE, M, NONE, NONE, NULL },
};
static const struct opcode group_15[8] = {
    [5] = { op_fence, 0, Eb, NONE, NONE, NULL },
    [6] = { op_fence, 0, Eb, NONE, NONE, NULL },
    [7] = { op_clflush, 0, Eb, NONE, NONE, NULL },
};

const struct opcode one_byte_opcodes[256] = {
    ALU(0x00, op_add, LOCKABLE), ALU(0x08, op_or, LOCKABLE),
    ALU(0x10, op_adc, LOCKABLE), ALU(0x18, op_sbb, LOCKABLE),
    ALU(0x20, op_and, LOCKABLE), ALU(0x28, op_sub, LOCKABLE),
    ALU(0x30, op_xor, LOCKABLE), ALU(0x38, op_cmp, 0),
    PUSH_POP_SEG(0x06, ONLY32), /* ES */
    [0x0e] = { op_push_seg, ONLY32, NONE, NONE, NONE, NULL }, /* CS */
    PUSH_POP_SEG(0x16, ONLY32), /* SS */
    PUSH_POP_SEG(0x1e, ONLY32), /* DS */
    [0x27] = { op_daa, ONLY32, NONE, NONE, NONE, NULL },
    [0x2f] = { op_das, ONLY32, NONE, NONE, NONE, NULL },
    [0x37] = { op_aaa, ONLY32, NONE, NONE, NONE, NULL },
    [0x3f] = { op_aas, ONLY32, NONE, NONE, NONE, NULL },
    EIGHT(0x40, op_inc, 0, Zv, NONE),
    EIGHT(0x48, op_dec, 0, Zv, NONE),
    EIGHT(0x50, op_push, DEFAULT64, Zv, NONE),
    EIGHT(0x58, op_pop, DEFAULT64, Zv, NONE),
    [0x60] = { op_pusha, ONLY32, NONE, NONE, NONE, NULL },
    [0x61] = { op_popa, ONLY32, NONE, NONE, NONE, NULL },
    [0x62] = { op_bound, ONLY32, Gv, M, NONE, NULL },
    [0x63] = { op_arpl, PROTECTED, Ew, Gw, NONE, NULL }, /* in 64-bit mode MOVSXD */
    [0x68] = { op_push, DEFAULT64, Iz, NONE, NONE, NULL },
    [0x69] = { op_imul_3, 0, Gv, Ev, Iz, NULL },
    [0x6a] = { op_push, DEFAULT64, Is, NONE, NONE, NULL },
    [0x6b] = { op_imul_3, 0, Gv, Ev, Is, NULL },
    [0x6c ... 0x6d] = { op_ins, 0, NONE, NONE, NONE, NULL },
    [0x6e ... 0x6f] = { op_outs, 0, NONE, NONE, NONE, NULL },
    SIXTEEN(0x70, op_jcc, BRANCH, Jb, NONE),
    [0x80] = { .group = group_1_b }, [0x81] = { .group = group_1_z },
    [0x82] = { .group = group_1_82 }, [0x83] = { .group = group_1_s },
    [0x84] = { op_test, 0, Eb, Gb, NONE, NULL },
    [0x85] = { op_test, 0, Ev, Gv, NONE, NULL },
    [0x86] = { op_xchg, LOCKABLE, Eb, Gb, NONE, NULL },
    [0x87] = { op_xchg, LOCKABLE, Ev, Gv, NONE, NULL },
    [0x88] = { op_mov, 0, Eb, Gb, NONE, NULL }, [0x89] = { op_mov, 0, Ev, Gv, NONE, NULL },
    [0x8a] = { op_mov, 0, Gb, Eb, NONE, NULL }, [0x8b] = { op_mov, 0, Gv, Ev, NONE, NULL },
    [0x8c] = { op_mov_from_sreg, 0, Ev, Sw, NONE, NULL },
    [0x8d] = { op_lea, 0, Gv, M, NONE, NULL },
    [0x8e] = { op_mov_sreg, 0, Sw, Ew, NONE, NULL },
    [0x8f] = { .group = group_1a },
    [0x90] = { op_nop_or_xchg, 0, Av, Zv, NONE, NULL },
    [0x91 ... 0x97] = { op_xchg, 0, Av, Zv, NONE, NULL },
    [0x98] = { op_cbw, 0, NONE, NONE, NONE, NULL },
    [0x99] = { op_cwd, 0, NONE, NONE, NONE, NULL },
    [0x9a] = { op_call_far, ONLY32, Ap, NONE, NONE, NULL },
    [0x9c] = { op_pushf, DEFAULT64, NONE, NONE, NONE, NULL },
    [0x9d] = { op_popf, DEFAULT64, NONE, NONE, NONE, NULL },
    [0x9e] = { op_sahf, 0, NONE, NONE, NONE, NULL },
    [0x9f] = { op_lahf, 0, NONE, NONE, NONE, NULL },
    [0xa0] = { op_mov, 0, AL, Ob, NONE, NULL }, [0xa1] = { op_mov, 0, Av, Ov, NONE, NULL },
    [0xa2] = { op_mov, 0, Ob, AL, NONE, NULL }, [0xa3] = { op_mov, 0, Ov, Av, NONE, NULL },
    [0xa4 ... 0xa5] = { op_movs, 0, NONE, NONE, NONE, NULL },
    [0xa6 ... 0xa7] = { op_cmps, 0, NONE, NONE, NONE, NULL },
    [0xa8] = { op_test, 0, AL, Ib, NONE, NULL }, [0xa9] = { op_test, 0, Av, Iz, NONE, NULL },
    [0xaa ... 0xab] = { op_stos, 0, NONE, NONE, NONE, NULL },
    [0xac ... 0xad] = { op_lods, 0, NONE, NONE, NONE, NULL },
    [0xae ... 0xaf] = { op_scas, 0, NONE, NONE, NONE, NULL },
    EIGHT(0xb0, op_mov, 0, Zb, Ib),
    EIGHT(0xb8, op_mov, 0, Zv, Iv),
    [0xc0] = { .group = group_2_b_i }, [0xc1] = { .group = group_2_v_i },
    [0xc2] = { op_ret, BRANCH, Iw, NONE, NONE, NULL },
    [0xc3] = { op_ret, BRANCH, NONE, NONE, NONE, NULL },
    [0xc4] = { op_load_far, ONLY32, Gv, M, NONE, NULL }, /* LES */
    [0xc5] = { op_load_far, ONLY32, Gv, M, NONE, NULL }, /* LDS */
    [0xc6] = { .group = group_11_b }, [0xc7] = { .group = group_11_v },
    [0xc8] = { op_enter, DEFAULT64, Iw, Ib, NONE, NULL },
    [0xc9] = { op_leave, DEFAULT64, NONE, NONE, NONE, NULL },
    [0xca] = { op_retf, 0, Iw, NONE, NONE, NULL },
    [0xcb] = { op_retf, 0, NONE, NONE, NONE, NULL },
    [0xcc] = { op_int3, 0, NONE, NONE, NONE, NULL },
    [0xcd] = { op_int, 0, Ib, NONE, NONE, NULL },
    [0xce] = { op_into, ONLY32, NONE, NONE, NONE, NULL },
    [0xcf] = { op_iret, 0, NONE, NONE, NONE, NULL },
    [0xd0] = { .group = group_2_b_1 }, [0xd1] = { .group = group_2_v_1 },
    [0xd2] = { .group = group_2_b_cl }, [0xd3] = { .group = group_2_v_cl },
    [0xd4] = { op_aam, ONLY32, Ib, NONE, NONE, NULL },
    [0xd5] = { op_aad, ONLY32, Ib, NONE, NONE, NULL },
    [0xd7] = { op_xlat, 0, NONE, NONE, NONE, NULL },
    [0xe0 ... 0xe3] = { op_loop, BRANCH, Jb, NONE, NONE, NULL },
    [0xe4] = { op_in, 0, AL, Ib, NONE, NULL }, [0xe5] = { op_in, 0, Av, Ib, NONE, NULL },
    [0xe6] = { op_out, 0, AL, Ib, NONE, NULL }, [0xe7] = { op_out, 0, Av, Ib, NONE, NULL },
    [0xe8] = { op_call, BRANCH, Jz, NONE, NONE, NULL },
    [0xe9] = { op_jmp, BRANCH, Jz, NONE, NONE, NULL },
    [0xea] = { op_jmp_far, ONLY32, Ap, NONE, NONE, NULL },
    [0xeb] = { op_jmp, BRANCH, Jb, NONE, NONE, NULL },
    [0xec] = { op_in, 0, AL, NONE, NONE, NULL }, [0xed] = { op_in, 0, Av, NONE, NONE, NULL },
    [0xee] = { op_out, 0, AL, NONE, NONE, NULL }, [0xef] = { op_out, 0, Av, NONE, NONE, NULL },
    [0xf1] = { op_int1, 0, NONE, NONE, NONE, NULL },
    [0xf4] = { op_hlt, CPL0, NONE, NONE, NONE, NULL },
    [0xf5] = { op_cmc, 0, NONE, NONE, NONE, NULL },
    [0xf6] = { .group = group_3_b }, [0xf7] = { .group = group_3_v },
    [0xf8] = { op_clc, 0, NONE, NONE, NONE, NULL }, [0xf9] = { op_stc, 0, NONE, NONE, NONE, NULL },
    [0xfa] = { op_cli, 0, NONE, NONE, NONE, NULL }, [0xfb] = { op_sti, 0, NONE, NONE, NONE, NULL },
    [0xfc] = { op_cld, 0, NONE, NONE, NONE, NULL }, [0xfd] = { op_std, 0, NONE, NONE, NONE, NULL },
    [0xfe] = { .group = group_4 }, [0xff] = { .group = group_5 },
};

const struct opcode two_byte_opcodes[256] = {
    [0x00] = { .group = group_6 }, [0x01] = { .group = group_7 },
    [0x02] = { op_lar, PROTECTED, Gv, Ew, NONE, NULL },
    [0x03] = { op_lsl, PROTECTED, Gv, Ew, NONE, NULL },
    [0x06] = { op_clts, CPL0, NONE, NONE, NONE, NULL },
    [0x08 ... 0x09] = { op_invd, CPL0, NONE, NONE, NONE, NULL },
    [0x0b] = { op_ud, 0, NONE, NONE, NONE, NULL },
    [0x0d] = { op_nop, 0, Ev, NONE, NONE, NULL },         /* PREFETCH */
    [0x18 ... 0x1f] = { op_nop, 0, Ev, NONE, NONE, NULL }, /* hints, ENDBR */
    [0x20] = { op_mov_from_cr, CPL0, R, NONE, NONE, NULL },
    [0x21] = { op_mov_from_dr, CPL0, R, NONE, NONE, NULL },
    [0x22] = { op_mov_to_cr, CPL0, R, NONE, NONE, NULL },
    [0x23] = { op_mov_to_dr, CPL0, R, NONE, NONE, NULL },
    SIXTEEN(0x40, op_cmovcc, 0, Gv, Ev),
    SIXTEEN(0x80, op_jcc, BRANCH, Jz, NONE),
    SIXTEEN(0x90, op_setcc, 0, Eb, NONE),
    PUSH_POP_SEG(0xa0, 0), /* FS */
    [0xa3] = { op_bt, 0, Ev, Gv, NONE, NULL },
    [0xa4] = { op_shld, 0, Ev, Gv, Ib, NULL }, [0xa5] = { op_shld, 0, Ev, Gv, CL, NULL },
    PUSH_POP_SEG(0xa8, 0), /* GS */
    [0xab] = { op_bts, LOCKABLE, Ev, Gv, NONE, NULL },
    [0xac] = { op_shrd, 0, Ev, Gv, Ib, NULL }, [0xad] = { op_shrd, 0, Ev, Gv, CL, NULL },
    [0xae] = { .group = group_15 },
    [0xaf] = { op_imul_2, 0, Gv, Ev, NONE, NULL },
    [0xb0] = { op_cmpxchg, LOCKABLE, Eb, Gb, NONE, NULL },
    [0xb1] = { op_cmpxchg, LOCKABLE, Ev, Gv, NONE, NULL },
    [0xb2] = { op_load_far, 0, Gv, M, NONE, NULL }, /* LSS */
    [0xb3] = { op_btr, LOCKABLE, Ev, Gv, NONE, NULL },
    [0xb4] = { op_load_far, 0, Gv, M, NONE, NULL }, /* LFS */
    [0xb5] = { op_load_far, 0, Gv, M, NONE, NULL }, /* LGS */
    [0xb6] = { op_movzx, 0, Gv, Eb, NONE, NULL }, [0xb7] = { op_movzx, 0, Gv, Ew, NONE, NULL },
    [0xb8] = { op_popcnt, 0, Gv, Ev, NONE, NULL },
    [0xb9] = { op_ud, 0, Gv, Ev, NONE, NULL }, /* UD1 */
    [0xba] = { .group = group_8 },
    [0xbb] = { op_btc, LOCKABLE, Ev, Gv, NONE, NULL },
    [0xbc] = { op_bsf, 0, Gv, Ev, NONE, NULL }, [0xbd] = { op_bsr, 0, Gv, Ev, NONE, NULL },
    [0xbe] = { op_movsx, 0, Gv, Eb, NONE, NULL }, [0xbf] = { op_movsx, 0, Gv, Ew, NONE, NULL },
    [0xc0] = { op_xadd, LOCKABLE, Eb, Gb, NONE, NULL },
    [0xc1] = { op_xadd, LOCKABLE, Ev, Gv, NONE, NULL },
    [0xc3] = { op_movnti, 0, M, Gy, NONE, NULL },
    [0xc7] = { .group = group_9 },
    EIGHT(0xc8, op_bswap, 0, Zv, NONE),
};
