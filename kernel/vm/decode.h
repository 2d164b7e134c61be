/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own small instruction decoder: the length of instructions with a fixed opcode,
 * accesses of control registers, and the MOV forms that drivers use on MMIO. Whatever it does not
 * know goes to the emulator service. Pure functions, any context, no locks. The bytes are the
 * guest's and may have changed since the exit: every answer is checked against what was asked.
 *
 * "code" points to "avail" bytes fetched at CS:RIP; give 15 where the fetch got that far (only the
 * first 15 are looked at). "gpr" is in the encoding's order: RAX, RCX, RDX, RBX, RSP, RBP, RSI,
 * RDI, R8 to R15. A kernel that keeps some of them in the VMCB copies them in and out.
 */
#ifndef WEIR_KERNEL_VM_DECODE_H
#define WEIR_KERNEL_VM_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_MAX 15 /* longer is #GP: AMD APM vol. 3, 1.1 */

/* How the guest's code segment decodes; the number is the default address size in bytes. */
enum code_mode { CODE_16 = 2, CODE_32 = 4, CODE_64 = 8 };

/* An instruction with a fixed opcode: 2 or 3 opcode bytes, first one lowest, their number in bits 24-25. */
#define INSN_2(a, b) (2u << 24 | (b) << 8 | (a))
#define INSN_3(a, b, c) (3u << 24 | (uint32_t)(c) << 16 | (b) << 8 | (a))
#define INSN_HLT (1u << 24 | 0xf4)

enum {
    INSN_CPUID = INSN_2(0x0f, 0xa2), INSN_RDMSR = INSN_2(0x0f, 0x32), INSN_WRMSR = INSN_2(0x0f, 0x30),
    INSN_INVD = INSN_2(0x0f, 0x08), INSN_WBINVD = INSN_2(0x0f, 0x09), INSN_VMCALL = INSN_3(0x0f, 0x01, 0xc1),
    INSN_MWAIT = INSN_3(0x0f, 0x01, 0xc9), INSN_XSETBV = INSN_3(0x0f, 0x01, 0xd1),
};

/* The general case of insn_length(): prefixes in front. */
unsigned insn_length_prefixed(const uint8_t *code, unsigned avail, enum code_mode mode,
                              uint32_t insn);

/*
 * Length in bytes (1 to 15), prefixes included, of the instruction that caused an exit; 0 if the
 * bytes are not that instruction (any more): re-enter the guest and let it try again. LOCK is
 * never accepted: the CPU raises #UD before it would exit. Inline for an INSN_ constant, so that
 * the usual case is one load and one compare.
 */
static inline unsigned insn_length(const uint8_t *code, unsigned avail, enum code_mode mode,
                                   uint32_t insn)
{
    unsigned len = insn >> 24 & 3;
    bool same = avail >= len && code[0] == (uint8_t)insn &&
                (len < 2 || code[1] == (uint8_t)(insn >> 8)) &&
                (len < 3 || code[2] == (uint8_t)(insn >> 16));

    if (same)
        return len;
    return insn_length_prefixed(code, avail, mode, insn);
}

/* What a control register intercept was about: AMD without decode assists. */
enum cr_op { CR_TO, CR_FROM, CR_CLTS, CR_LMSW };

struct cr_insn {
    uint8_t op;      /* enum cr_op */
    uint8_t length;  /* bytes; 0: nothing is known */
    uint8_t number;  /* MOV: of the control register */
    uint8_t gpr;     /* the general register, 0 to 15 */
};

/* MOV to and from CR0, CR3, CR4, and CLTS. False: none of these (any more), so the emulator's. */
bool decode_cr(const uint8_t *code, unsigned avail, enum code_mode mode, struct cr_insn *out);

/* The bits of a value of 1, 2, 4 or 8 bytes. */
static inline uint64_t size_mask(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (8 * size)) - 1;
}

/* A MOV, MOVZX or MOVSX between memory and a register, or an immediate to memory. */
struct mmio_mov {
    uint8_t length;    /* bytes, 1 to 15 */
    uint8_t size;      /* bytes moved in memory: 1, 2, 4 or 8 */
    uint8_t reg_size;  /* a read: bytes written to the register, 1, 2, 4 or 8 */
    uint8_t gpr;       /* 0 to 15; of AH, CH, DH, BH the register that it is part of */
    bool write;        /* to memory */
    bool immediate;    /* a write: of "value", not of a register */
    bool high;         /* AH, CH, DH or BH */
    bool sign;         /* a read: MOVSX */
    uint64_t value;    /* the immediate, sign-extended to 64 bits */
};

/* False: not mine (the emulator's), or too few bytes. The address comes from the nested fault. */
bool decode_mmio_mov(const uint8_t *code, unsigned avail, enum code_mode mode,
                     struct mmio_mov *out);

/* The value that a decoded write stores, cut to its size. */
uint64_t mmio_mov_value(const struct mmio_mov *mov, const uint64_t gpr[16]);

/* Puts what a decoded read got (bits beyond mov->size are ignored) into its register: 32 bits are
 * zero-extended, 8 and 16 are merged (AMD APM vol. 1, 3.1.2). */
void mmio_mov_apply(const struct mmio_mov *mov, uint64_t gpr[16], uint64_t data);

#endif
