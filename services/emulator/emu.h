/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the emulator: the instruction being worked on, and what the files offer to each other.
 *
 * Every handler works on a private copy of the registers. The first thing that ends the call (an
 * access not yet made, an exception, something unsupported) sets "stopped"; from then on reads give
 * 0, writes and further exceptions do nothing, and the copy is thrown away. So handlers need no
 * error paths: they may run on with meaningless values, but must not divide by one or loop on one.
 */
#ifndef WEIR_EMU_H
#define WEIR_EMU_H

#include <stdbool.h>
#include <weir/emulate.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { ES = WEIR_EMU_ES, CS, SS, DS, FS, GS, LDTR, TR, GDTR, IDTR };

/* RFLAGS: AMD APM vol. 2, 3.1.6. */
enum {
    FLAG_CF = 1 << 0, FLAG_1 = 1 << 1, FLAG_PF = 1 << 2, FLAG_AF = 1 << 4, FLAG_ZF = 1 << 6,
    FLAG_SF = 1 << 7, FLAG_TF = 1 << 8, FLAG_IF = 1 << 9, FLAG_DF = 1 << 10, FLAG_OF = 1 << 11,
    FLAG_IOPL = 3 << 12, FLAG_NT = 1 << 14, FLAG_RF = 1 << 16, FLAG_VM = 1 << 17,
    FLAG_AC = 1 << 18, FLAG_VIF = 1 << 19, FLAG_VIP = 1 << 20, FLAG_ID = 1 << 21,
};
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)
#define FLAGS_ANY (FLAGS_ARITHMETIC | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_VM | \
                   FLAG_AC | FLAG_VIF | FLAG_VIP | FLAG_ID)

enum {
    CR0_PE = 1 << 0, CR0_MP = 1 << 1, CR0_EM = 1 << 2, CR0_TS = 1 << 3, CR0_ET = 1 << 4,
    CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30,
    CR4_VME = 1 << 0, CR4_PVI = 1 << 1, CR4_DE = 1 << 3, CR4_PAE = 1 << 5, CR4_UMIP = 1 << 11,
    CR4_LA57 = 1 << 12,
    EFER_LME = 1 << 8, EFER_LMA = 1 << 10,
};
#define CR0_PG (1ull << 31)
#define DR6_BT (1ull << 15)

/* Segment attributes, as in weir/emulate.h. */
enum {
    ATTR_ACCESSED = 1 << 0, ATTR_WRITABLE = 1 << 1, ATTR_READABLE = 1 << 1,
    ATTR_EXPAND_DOWN = 1 << 2, ATTR_CONFORMING = 1 << 2, ATTR_CODE = 1 << 3, ATTR_S = 1 << 4,
    ATTR_P = 1 << 7, ATTR_L = 1 << 9, ATTR_DB = 1 << 10, ATTR_G = 1 << 11,
    ATTR_V86 = 0xf3,
};
#define ATTR_DPL(attributes) ((attributes) >> 5 & 3)

enum { DE = 0, DB = 1, BP = 3, OF = 4, BR = 5, UD = 6, DF = 8, TS = 10, NP = 11, SS_FAULT = 12, GP = 13,
       AC = 17, MC = 18 };

enum { PREFIX_OPSIZE = 1, PREFIX_ADDRSIZE = 2, PREFIX_LOCK = 4, PREFIX_REPNE = 8, PREFIX_REP = 16 };
enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct emu;
typedef void handler(struct emu *e);

/* How an operand is encoded; the letters are those of the manuals' opcode maps. */
enum form {
    NONE,
    Eb, Ew, Ed, Ev, /* ModRM.rm, register or memory: 1, 2, 4 bytes, v: the operand size */
    M,              /* ModRM.rm, memory only; its size is the handler's business */
    R,              /* ModRM.rm, a register whatever mod says; 4 bytes, in 64-bit mode 8 */
    Gb, Gw, Gv, Gy, /* ModRM.reg; y: 4 bytes, 8 with REX.W */
    Sw,             /* ModRM.reg, segment register */
    Zb, Zv,         /* register in the opcode's low bits */
    AL, Av,         /* accumulator */
    CL, ONE,
    Ib, Iw, Iz,     /* immediates; z: 2 or 4 bytes, sign-extended */
    Is,             /* one byte, sign-extended to the operand size */
    Iv,             /* full operand size */
    Ob, Ov,         /* offset of an address's size */
    Jb, Jz,         /* relative to the next instruction */
    Ap,             /* far pointer: offset in the operand, selector in emu.selector */
};

enum opcode_flag {
    ONLY32 = 1,    /* #UD in 64-bit mode */
    DEFAULT64 = 2, /* 64-bit operands without REX.W in 64-bit mode */
    LOCKABLE = 4,  /* LOCK is allowed with a memory destination */
    CPL0 = 8,      /* #GP(0) at CPL > 0 */
    BRANCH = 16,   /* near branch: DEFAULT64, and what 66h does there depends on the vendor */
    PROTECTED = 32, /* #UD in real and virtual-8086 mode */
};

struct opcode {
    handler *run; /* NULL: unknown */
    uint8_t flags;
    uint8_t dst, src, third; /* enum form */
    const struct opcode *group;
};

struct operand {
    enum { OPERAND_NONE, OPERAND_REG, OPERAND_MEM, OPERAND_IMM, OPERAND_SEG } kind;
    uint8_t size;   /* bytes */
    uint8_t reg;    /* general register, or segment register */
    bool high;      /* AH, CH, DH, BH */
    uint8_t seg;    /* memory: segment, and effective address cut to the address size */
    uint64_t ea;
    uint64_t imm;   /* sign-extended */
    uint16_t read;  /* memory: log index of the read, for a locked write */
};

struct emu {
    struct weir_emulation *io;
    struct weir_emu_state s; /* the private copy */
    bool stopped;
    unsigned used;           /* log entries gone through */
    uint32_t effects;
    bool no_trap;            /* TF does not trap after this instruction */
    uint8_t external;        /* EXT in error codes: 1 while an event is delivered (APM vol. 2, 8.4.1) */
    uint8_t late_vector;     /* with WEIR_EMU_E_RAISE: what is raised in the final state */
    bool late_has_error;
    uint32_t late_error;

    uint8_t width;           /* of the code segment: 2, 4, 8 bytes */
    uint8_t prefixes, rex;
    int8_t override;         /* segment register, or -1 */
    uint8_t map, opcode;     /* map 1: after 0F */
    uint8_t opsize, addrsize; /* bytes */
    uint8_t mod, reg, rm;    /* ModRM, without REX's bits */
    uint8_t sib;
    bool has_modrm;
    int32_t disp;
    unsigned length;         /* bytes fetched so far; at the end, the instruction's length */
    uint16_t selector;       /* of a far pointer in the instruction */
    uint64_t next_rip;
    const struct opcode *op;
    struct operand dst, src, third;
};

static inline bool real_mode(const struct emu *e)
{
    return !(e->s.cr0 & CR0_PE);
}

static inline bool v86_mode(const struct emu *e)
{
    return !real_mode(e) && (e->s.rflags & FLAG_VM);
}

static inline bool protected_mode(const struct emu *e)
{
    return !real_mode(e) && !(e->s.rflags & FLAG_VM);
}

static inline bool long_mode(const struct emu *e)
{
    return e->s.efer & EFER_LMA;
}

static inline unsigned iopl(const struct emu *e)
{
    return e->s.rflags >> 12 & 3;
}

static inline uint64_t mask_of(unsigned size)
{
    return size >= 8 ? ~0ull : (1ull << (8 * size)) - 1;
}

static inline uint64_t sign_extend(uint64_t value, unsigned size)
{
    unsigned shift = 64 - 8 * size;

    return (uint64_t)((int64_t)(value << shift) >> shift);
}

static inline bool sign_of(uint64_t value, unsigned size)
{
    return value >> (8 * size - 1) & 1;
}

/* access.c: how a call ends, and what goes through the log. */
void stop(struct emu *e, enum weir_emu_status status);
void raise(struct emu *e, unsigned vector);
void raise_error(struct emu *e, unsigned vector, uint32_t error);
bool canonical(const struct emu *e, uint64_t linear);
bool linear_address(struct emu *e, unsigned seg, uint64_t ea, unsigned size, bool write,
                    uint64_t *linear);
struct weir_emu_access *log_access(struct emu *e, const struct weir_emu_access *want);
bool segment_holds(const struct emu *e, unsigned seg, uint64_t ea, uint64_t bytes);
void probe_for_write(struct emu *e, unsigned seg, uint64_t ea, unsigned size);
uint64_t read_memory(struct emu *e, unsigned seg, uint64_t ea, unsigned size);
void write_memory(struct emu *e, unsigned seg, uint64_t ea, unsigned size, uint64_t value);
uint64_t read_for_update(struct emu *e, struct operand *operand);
void write_operand(struct emu *e, struct operand *operand, uint64_t value);
uint64_t read_system(struct emu *e, uint64_t linear, unsigned size);
uint64_t read_port(struct emu *e, uint16_t port, unsigned size);
void write_port(struct emu *e, uint16_t port, unsigned size, uint64_t value);

/* decode.c, decode_operand.c, opcodes.c */
extern const struct opcode one_byte_opcodes[256], two_byte_opcodes[256];
void decode(struct emu *e);
uint64_t fetch_value(struct emu *e, unsigned size);
void decode_operand(struct emu *e, struct operand *o, uint8_t form);
void resolve_memory(struct emu *e, struct operand *operand);

/* operand.c */
uint64_t get_register(const struct emu *e, unsigned reg, unsigned size);
void put_register(struct emu *e, unsigned reg, unsigned size, uint64_t value);
uint64_t get(struct emu *e, struct operand *operand);
uint64_t get_for_update(struct emu *e, struct operand *operand);
void put(struct emu *e, struct operand *operand, uint64_t value);

/* flags.c */
void set_flags(struct emu *e, uint64_t mask, uint64_t value);
uint64_t result_flags(uint64_t result, unsigned size);
bool condition(const struct emu *e, unsigned code);
uint64_t alu_add(struct emu *e, uint64_t a, uint64_t b, bool carry, unsigned size);
uint64_t alu_sub(struct emu *e, uint64_t a, uint64_t b, bool borrow, unsigned size);

/* stack.c */
unsigned stack_width(const struct emu *e);
void push(struct emu *e, unsigned size, uint64_t value);
uint64_t pop(struct emu *e, unsigned size);

/* segment.c */
struct descriptor {
    uint64_t low, high; /* high: second half of a 16-byte system descriptor */
    uint64_t linear;
    uint16_t selector;
    unsigned read;      /* log index */
};
bool find_descriptor(const struct emu *e, uint16_t selector, uint64_t *linear);
bool read_descriptor(struct emu *e, uint16_t selector, unsigned vector, struct descriptor *d);
bool descriptor_present(const struct descriptor *d);
unsigned descriptor_type(const struct descriptor *d);
unsigned descriptor_dpl(const struct descriptor *d);
uint32_t descriptor_limit(const struct descriptor *d);
bool descriptor_is_segment(const struct descriptor *d);
void update_descriptor(struct emu *e, struct descriptor *d, uint64_t low);
void cache_descriptor(struct emu *e, unsigned index, struct descriptor *d, unsigned rpl);
void load_null_segment(struct emu *e, unsigned index, uint16_t selector);
void load_real_segment(struct emu *e, unsigned index, uint16_t selector);
void load_segment(struct emu *e, unsigned index, uint16_t selector);
void load_stack_segment(struct emu *e, uint16_t selector, unsigned cpl);
void hold_off_interrupts(struct emu *e);

/* selector.c */
bool user_may_read(struct emu *e);
void put_system_word(struct emu *e, uint64_t value);

/* far.c */
bool check_code_segment(struct emu *e, const struct descriptor *d, unsigned cpl);
/* The code segment that a far RET or an IRET returns to; false: it cannot, the exception is raised. */
bool read_return_segment(struct emu *e, uint16_t selector, struct descriptor *d);
void enter_code_segment(struct emu *e, struct descriptor *d, unsigned cpl, uint64_t offset);
void return_outward(struct emu *e, unsigned cpl, uint64_t rsp, uint16_t ss);

/* task.c. The switches write "next_rip" into the old task's TSS and end with the new task's registers in place. */
enum task_switch { TASK_CALL, TASK_IRET, TASK_JMP, TASK_INTERRUPT };
/* A TSS or a task gate. */
bool is_task(const struct descriptor *d);
/* JMP or CALL to it. */
void transfer_to_task(struct emu *e, const struct descriptor *d, enum task_switch how);
/* IRET with NT. */
void return_to_task(struct emu *e);
/* false: the vector's gate is no task gate, or not there. by_insn: INT n, INT3, INTO, which need the gate's DPL.
 * error_code: NULL where the event has none. */
bool interrupt_to_task(struct emu *e, unsigned vector, bool by_insn, const uint32_t *error_code);

/* branch.c */
void jump_near(struct emu *e, uint64_t target);

/* interrupt.c */
void interrupt_through_ivt(struct emu *e, uint64_t table, uint32_t limit, unsigned vector,
                           uint64_t return_rip);

/* The handlers, by file. */
/* alu.c */
handler op_add, op_or, op_adc, op_sbb, op_and, op_sub, op_xor, op_cmp, op_test, op_inc, op_dec,
    op_not, op_neg;
/* shift.c */
handler op_rol, op_ror, op_rcl, op_rcr, op_shl, op_shr, op_sar, op_shld, op_shrd;
/* muldiv.c */
handler op_mul, op_imul, op_imul_2, op_imul_3, op_div, op_idiv;
/* bits.c */
handler op_bt, op_bts, op_btr, op_btc, op_bsf, op_bsr, op_popcnt, op_bswap;
/* exchange.c */
handler op_xchg, op_xadd, op_cmpxchg, op_cmpxchg8b;
/* bcd.c */
handler op_daa, op_das, op_aaa, op_aas, op_aam, op_aad;
/* move.c */
handler op_mov, op_movzx, op_movsx, op_mov_sreg, op_mov_from_sreg, op_lea, op_xlat, op_cbw, op_cwd,
    op_setcc, op_cmovcc, op_nop, op_nop_or_xchg, op_bound, op_movnti;
/* stack.c */
handler op_push, op_push_seg, op_pop, op_pop_seg, op_pusha, op_popa, op_enter, op_leave;
/* branch.c, far.c */
handler op_jmp, op_jcc, op_loop, op_call, op_ret, op_jmp_far, op_call_far, op_retf, op_load_far;
/* interrupt.c, iret.c */
handler op_int, op_int3, op_into, op_int1, op_iret;
/* string.c, port.c */
handler op_movs, op_cmps, op_stos, op_lods, op_scas, op_ins, op_outs, op_in, op_out;
/* flagops.c */
handler op_cmc, op_clc, op_stc, op_cld, op_std, op_cli, op_sti, op_sahf, op_lahf, op_pushf,
    op_popf;
/* selector.c */
handler op_sldt, op_str, op_lldt, op_ltr, op_verr, op_verw, op_lar, op_lsl, op_arpl;
/* system.c */
handler op_sgdt, op_sidt, op_lgdt, op_lidt, op_smsw, op_lmsw, op_invlpg, op_clts, op_hlt, op_invd,
    op_mov_from_cr, op_mov_to_cr, op_mov_from_dr, op_mov_to_dr, op_clflush, op_fence;
handler op_ud;

/* port.c: whether the guest may touch the port; raises #GP(0) otherwise. */
bool port_allowed(struct emu *e, uint16_t port, unsigned size);

#endif
