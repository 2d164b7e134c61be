/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest instruction for the emulator: (registers, instruction bytes, results so far) -> the
 * next access, or the final registers, or an exception. The emulator is a pure function and keeps
 * nothing between calls. The kernel
 *   1. fills in "request", "state" and "code", sets log_count to 0, and calls;
 *   2. on WEIR_EMU_ACCESS performs log[log_count], puts what a read gave into its "data",
 *      increments log_count, and calls again with everything else as it was;
 *   3. on any other status is done with the instruction.
 * An access whose translation faults ends the instruction: the kernel raises #PF itself and drops
 * the log. Nothing is changed in "state" before WEIR_EMU_DONE, so the guest then sees the registers
 * as before the instruction (of a REP string instruction: before the iteration).
 *
 * The structure is one 4 KiB page; the kernel needs to copy only the bytes up to the log's end, and
 * "chunk" where an access uses it. Everything that comes back is the emulator's word only: the
 * kernel treats registers that it lets no guest set (CR0, EFER, ...) as it treats the guest's own
 * writes of them. doc/emulator.md has the contract in full.
 */
#ifndef WEIR_EMULATE_H
#define WEIR_EMULATE_H

#include <stddef.h>
#include <stdint.h>

#define WEIR_EMU_LOG 80u     /* accesses of one instruction; ENTER with 31 levels needs 63 */
#define WEIR_EMU_CHUNK 1024u /* bytes of one chunk of string I/O */
#define WEIR_EMU_CODE 15u    /* the longest instruction: AMD APM vol. 3, 1.1 */

enum weir_emu_request {
    WEIR_EMU_EXECUTE = 0, /* the instruction in "code" */
    WEIR_EMU_DELIVER,     /* "event", through the IVT in real mode, else through a task gate; "code" is unused */
};

enum { /* in "event" */
    WEIR_EMU_V_EXCEPTION = 3,     /* bits 10:8, the type */
    WEIR_EMU_V_ERROR = 1 << 11,   /* bits 63:32 are an error code */
};

enum weir_emu_status {
    WEIR_EMU_ACCESS = 1,  /* do log[log_count], then call again */
    WEIR_EMU_DONE,        /* "state" is final, "effects" says what changed besides */
    WEIR_EMU_EXCEPTION,   /* raise "vector", with "error" if has_error; state is unchanged */
    WEIR_EMU_SOFT_INT,    /* INT n, INT3, INTO, INT1: the CPU is to deliver "vector" */
    WEIR_EMU_FETCH,       /* it is longer than "code": #PF of the fetch, or retry */
    WEIR_EMU_RESTART,     /* the log is not this instruction's: clear it and re-enter the guest */
    WEIR_EMU_UNSUPPORTED, /* not an instruction that the emulator knows */
};

enum weir_emu_kind {
    WEIR_EMU_READ = 1, /* "size" bytes at linear address "addr"; may cross a page */
    WEIR_EMU_WRITE,    /* the same, from "data"; all of it is translated before any is written */
    WEIR_EMU_PROBE,    /* only translate; for a write if WEIR_EMU_F_WRITE is set */
    WEIR_EMU_IN,       /* "size" (1, 2, 4) from port "addr"; permission is checked already */
    WEIR_EMU_OUT,
};

enum weir_emu_access_flag {
    WEIR_EMU_F_WRITE = 1,  /* READ, PROBE: translate for writing, a write to the place follows */
    WEIR_EMU_F_LOCKED = 2, /* WRITE after a READ of the same place, log[pair]: where it is RAM, a
                              compare-exchange against that data; if it fails, start again with an
                              empty log. READ: informative. */
    WEIR_EMU_F_SYSTEM = 4, /* implicit supervisor access (descriptors, TSS), whatever "cpl" says */
    WEIR_EMU_F_CHUNK = 8,  /* "count" elements of "size" bytes, the data in "chunk" */
};

/* One access: an entry of the log. */
struct weir_emu_access {
    uint64_t addr;    /* linear (guest-virtual, segment base added), or the port */
    uint8_t kind;     /* enum weir_emu_kind */
    uint8_t size;     /* bytes: 1, 2, 4, 8 or 16 */
    uint8_t flags;    /* enum weir_emu_access_flag */
    uint8_t cpl;      /* privilege that the access is made with; 3 is a user access */
    uint16_t count;   /* elements, 1 without WEIR_EMU_F_CHUNK */
    uint16_t pair;    /* WEIR_EMU_F_LOCKED writes: index of the read that it depends on */
    uint64_t data[2]; /* little-endian; bytes beyond "size" are 0 in writes, ignored in reads */
};
_Static_assert(sizeof(struct weir_emu_access) == 32, "a log entry is 32 bytes");

/* As in the VMCB (APM vol. 2, appendix B): type 0-3, S 4, DPL 5-6, P 7, AVL 8, L 9, D/B 10, G 11.
 * An unusable segment (VMX) has P = 0. The limit is in bytes, already scaled. */
struct weir_emu_segment {
    uint16_t selector;
    uint16_t attributes;
    uint32_t limit;
    uint64_t base;
};
_Static_assert(sizeof(struct weir_emu_segment) == 16, "a segment is as in the VMCB");

enum weir_emu_segment_index { /* ES to GS in the encoding's order */
    WEIR_EMU_ES, WEIR_EMU_CS, WEIR_EMU_SS, WEIR_EMU_DS, WEIR_EMU_FS, WEIR_EMU_GS,
    WEIR_EMU_LDTR, WEIR_EMU_TR,
    WEIR_EMU_GDTR, WEIR_EMU_IDTR, /* base and limit only */
    WEIR_EMU_SEGMENTS
};

/* The guest's view: CR0, CR4 and EFER as the guest believes them to be (real mode has CR0.PE 0 also
 * where the vCPU runs it as virtual-8086; EFER.SVME as the guest reads it). */
struct weir_emu_state {
    uint64_t gpr[16]; /* encoding order: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15 */
    uint64_t rip, rflags;
    uint64_t cr0, cr2, cr3, cr4, cr8, efer;
    uint64_t dr[6]; /* DR0 to DR3, DR6, DR7; needed for MOV DR only */
    struct weir_emu_segment segment[WEIR_EMU_SEGMENTS];
    uint8_t cpl;
    uint8_t shadow; /* out: 1 if interrupts are held off for one more instruction (STI, MOV SS) */
    uint8_t reserved[6];
};
_Static_assert(sizeof(struct weir_emu_state) == 408, "registers, segments, CPL");

/* What a finished instruction did besides general registers, RIP and RFLAGS. */
enum weir_emu_effect {
    WEIR_EMU_E_REPEAT = 1 << 0,   /* a REP instruction with more to do: RIP is still at it */
    WEIR_EMU_E_STEP = 1 << 1,     /* TF was set: #DB (DR6.BS) is due now */
    WEIR_EMU_E_HLT = 1 << 2,      /* HLT; RIP is past it */
    WEIR_EMU_E_IRET = 1 << 3,     /* NMIs are unblocked */
    WEIR_EMU_E_SEGMENTS = 1 << 4, /* ES to GS, or CPL */
    WEIR_EMU_E_TABLES = 1 << 5,   /* GDTR, IDTR, LDTR or TR */
    WEIR_EMU_E_CR0 = 1 << 6,
    WEIR_EMU_E_CR2 = 1 << 7,
    WEIR_EMU_E_CR3 = 1 << 8,      /* written, perhaps with its old value: flush */
    WEIR_EMU_E_CR4 = 1 << 9,
    WEIR_EMU_E_CR8 = 1 << 10,
    WEIR_EMU_E_EFER = 1 << 11,    /* LMA, by a CR0.PG write */
    WEIR_EMU_E_DR = 1 << 12,
    WEIR_EMU_E_INVLPG = 1 << 13,  /* of "linear" */
    WEIR_EMU_E_INVD = 1 << 14,    /* INVD or WBINVD */
    WEIR_EMU_E_CACHE_LINE = 1 << 15, /* CLFLUSH of "linear"; safe to ignore */
    WEIR_EMU_E_RAISE = 1 << 16,   /* "vector" is to be raised in the final state: a task switch to a bad segment, or with T */
};

struct weir_emulation {
    /* In. */
    uint8_t request;     /* enum weir_emu_request */
    uint8_t code_length; /* valid bytes in "code", 0 to 15 */
    uint8_t vector;      /* out: of EXCEPTION, SOFT_INT and WEIR_EMU_E_RAISE */
    uint8_t reserved0;
    uint16_t log_count;  /* accesses done */
    uint16_t max_chunk;  /* elements in one INS, OUTS or STOS access: 1 or 0 for one at a time */
    uint8_t code[16];    /* fetched at CS:RIP */
    /* Out. */
    uint8_t status;      /* enum weir_emu_status */
    uint8_t length;      /* of the instruction, once it is known */
    uint8_t has_error;
    uint8_t reserved1;
    uint32_t error;      /* code of the exception */
    uint32_t effects;    /* enum weir_emu_effect bits */
    uint32_t reserved2;
    uint64_t linear;     /* of INVLPG, CLFLUSH */
    uint64_t event;      /* in: of WEIR_EMU_DELIVER, as EVENTINJ has it (APM vol. 2, 15.20) */
    /* In, and with WEIR_EMU_DONE out. */
    struct weir_emu_state state;
    /* In up to log_count; with WEIR_EMU_ACCESS entry log_count is out. */
    struct weir_emu_access log[WEIR_EMU_LOG];
    uint8_t chunk[WEIR_EMU_CHUNK];
    uint8_t reserved4[48];
};
_Static_assert(offsetof(struct weir_emulation, state) == 56, "the fixed part");
_Static_assert(offsetof(struct weir_emulation, log) == 464, "what is copied at least");
_Static_assert(offsetof(struct weir_emulation, chunk) == 3024, "log, then chunk");
_Static_assert(sizeof(struct weir_emulation) == 4096, "one page");

/*
 * Runs the instruction as far as the log goes. Pure: reads and writes only *e, any context, no
 * allocation. The input may be anything; what comes out is then still within the rules above.
 */
void weir_emulate(struct weir_emulation *e);

#endif
