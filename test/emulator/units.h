/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine, an instruction, what it must have done: for what libunicorn cannot say. */
#ifndef UNITS_H
#define UNITS_H

#include <stdio.h>
#include <string.h>

#include "machine.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { ES, CS, SS, DS, FS, GS, LDTR, TR, GDTR, IDTR };
enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, TF = 0x100, IF = 0x200, OF = 0x800,
       VM = 0x20000, AC = 0x40000, VIF = 0x80000, VIP = 0x100000 };

extern struct machine machine;
extern struct weir_emulation emulation;
extern struct weir_emu_state *const cpu; /* emulation.state */
extern int failures;

/* Memory 0; 16 (real mode), 32 or 64 bits; flat; RIP 1000h, RSP 8000h. */
void setup(unsigned bits);

/* Flat protected mode at "cpl" with a GDT at GDT_BASE (see units.c) and CS, SS, DS from it. */
#define GDT_BASE 0x20000
void setup_protected(unsigned cpl);
enum { KCODE = 0x08, KDATA = 0x10, UCODE = 0x1b, UDATA = 0x23, NOT_PRESENT = 0x28, READ_ONLY = 0x30,
       CONFORMING = 0x38, EXECUTE_ONLY = 0x40, CODE16 = 0x48, SYSTEM_TSS = 0x50, SYSTEM_LDT = 0x58,
       DATA16 = 0x60, CODE64 = 0x68, LONG_TSS = 0x70 };

enum outcome run_bytes(const char *bytes, unsigned length);
#define RUN(bytes) run_bytes(bytes, sizeof(bytes) - 1)

void store(uint64_t addr, unsigned size, uint64_t value);
uint64_t load(uint64_t addr, unsigned size);

#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "FAILED: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                             \
        }                                                                           \
    } while (0)

#define EXPECT_EQ(got, want)                                                          \
    do {                                                                              \
        unsigned long long got_ = (got), want_ = (want);                              \
        if (got_ != want_) {                                                          \
            fprintf(stderr, "FAILED: %s:%d: %s is %llx, expected %llx\n", __FILE__,   \
                    __LINE__, #got, got_, want_);                                     \
            failures++;                                                               \
        }                                                                             \
    } while (0)

/* The outcome must be an exception with this vector and error code. */
#define EXPECT_FAULT(outcome, vector_, error_)               \
    do {                                                     \
        EXPECT_EQ(outcome, MACHINE_EXCEPTION);               \
        EXPECT_EQ(emulation.vector, vector_);                \
        EXPECT_EQ(emulation.error, error_);                  \
        EXPECT_EQ(emulation.has_error, 1);                   \
    } while (0)

#define EXPECT_UD(outcome)                      \
    do {                                        \
        EXPECT_EQ(outcome, MACHINE_EXCEPTION);  \
        EXPECT_EQ(emulation.vector, 6);         \
        EXPECT_EQ(emulation.has_error, 0);      \
    } while (0)

void test_contract(void);
void test_arithmetic(void);
void test_segments(void);
void test_far(void);
void test_interrupts(void);
void test_system(void);
void test_tasks(void);

#endif
