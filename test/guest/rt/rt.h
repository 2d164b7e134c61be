/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime of the guest programs. Everything here runs in long mode at CPL 0 with IF=0 on the
 * boot CPU unless it says otherwise; a program defines guest_main() and guest_name.
 */
#ifndef GUEST_RT_H
#define GUEST_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "layout.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* Supplied by the program. rt_check() counts what failed. */
extern const char guest_name[];
void guest_main(void);

/* Bytes that a test writes into the image at RT_PARAM_OFFSET; all zero by default. */
extern volatile u8 rt_param[RT_PARAM_BYTES];
extern volatile u8 rt_boot_drive;

/* --- output on COM1 (115200 8N1), plain lines ended by LF ------------------------------------ */
void rt_putc(char c);
/* %c %s %d %u %x, with l or ll, zero padding and width; nothing else. */
void rt_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints "end NAME ok" or "end NAME fail N" and powers the machine off. */
void rt_end(unsigned failures) __attribute__((noreturn));
/* Prints "fail TEXT" and counts it for rt_end(); returns condition. */
bool rt_check(bool condition, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern unsigned rt_failures;

void *memset(void *to, int c, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/*
 * --- digests: FNV-1a, 64 bits ------------------------------------------------------------------
 */
#define RT_DIGEST_START 0xcbf29ce484222325ull
u64 rt_digest(u64 digest, const void *data, size_t bytes);
u64 rt_digest_u64(u64 digest, u64 value);

/*
 * --- traps -------------------------------------------------------------------------------------
 */
struct trap {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector, error, rip, cs, rflags, rsp, ss;
};

/* What the last GUARDED() code raised; vector is RT_NO_FAULT if nothing. */
struct rt_fault {
    u64 vector, error, rip, cr2;
};
extern volatile struct rt_fault rt_fault;
extern volatile u64 rt_resume;

/*
 * Inline assembly text: runs the instructions; an exception 0-31 in them is recorded in rt_fault
 * and execution goes on behind them. The text may not use the local label 99.
 */
#define GUARDED(text) \
    "movq $0x100, rt_fault\n\tmovq $99f, rt_resume\n\t" text "\n99:\tmovq $0, rt_resume\n\t"

typedef void (*rt_handler)(struct trap *trap);
/* Handler of one vector, called before the GUARDED() rule applies; NULL takes it away. */
void rt_set_handler(u8 vector, rt_handler handler);

/*
 * --- BIOS and modes (modes.S, v86.S) ------------------------------------------------------------
 */
struct bios_regs {
    u32 eax, ebx, ecx, edx, esi, edi, ebp_unused;
    u16 ds, es, flags, pad;
};
_Static_assert(sizeof(struct bios_regs) == 36, "modes.S knows the offsets");
_Static_assert(offsetof(struct bios_regs, ds) == 28, "modes.S knows the offsets");
#define BIOS_CF 1u

struct v86_stats {
    u32 ints;           /* software interrupts reflected */
    u32 ports;          /* port accesses done for the task */
    u32 last_port;
    u32 fault;          /* the exception that ended the task, else RT_NO_FAULT */
    u32 fault_eip;
};
/* Runs fn16 (below 64 KiB) as a virtual-8086 task; returns what the monitor saw. */
struct v86_stats rt_v86(void (*fn16)(void));

/* INT vector with the registers given; they come back changed. From real mode, IF=1. */
void rt_bios(u8 vector, struct bios_regs *regs);
/* The same from a virtual-8086 task under the monitor in v86.S. */
struct v86_stats rt_bios_v86(u8 vector, struct bios_regs *regs);

void rt_real(void (*fn16)(void));
void rt_compat(void (*fn32)(void));
void rt_prot32(void (*fn32)(void));

/*
 * --- running prepared code (run.S) --------------------------------------------------------------
 */
struct rt_regs {
    u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, rflags;
    u64 rsp;            /* out only */
};
/*
 * Calls entry with these registers, at CPL 0 or (user) 3, and stores them as they are behind its
 * RET or at its first exception; rt_fault tells which. Code at CPL 3 ends with UD2. rflags is
 * loaded last.
 */
void rt_run(u64 entry, struct rt_regs *regs, bool user);

/*
 * --- 512 pages of 4 KiB at RT_VPAGES, behind a page table of their own ---------------------------
 */
#define RT_VPAGES 0x140000000ull
#define PTE_P 1ull
#define PTE_W 2ull
#define PTE_U 4ull
#define PTE_NX (1ull << 63)
extern u64 rt_vpage_table[512];
/* Sets entry index to phys | flags and invalidates it; returns the page's address. */
u64 rt_vpage(unsigned index, u64 phys, u64 flags);

/*
 * --- the memory map ----------------------------------------------------------------------------
 */
struct e820_entry {
    u64 base, length;
    u32 type, attributes;
};
#define E820_RAM 1
#define E820_MAX 64
/* INT 15h AX=E820h from real mode; returns the number of entries (0: not supported). */
unsigned rt_e820(struct e820_entry *map, unsigned max);
/* A pointer to phys for up to the rest of its GiB: itself below 4 GiB, else through a 1 GiB window
 * that the next call moves. */
void *rt_phys(u64 phys);

#endif
