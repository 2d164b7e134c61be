/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulator against the CPU that the tests run on: unprivileged 64-bit instructions that stay
 * where they are (no branches, no segment registers, no system calls). What libunicorn gets wrong
 * in these is compared here. Flags that the manual leaves undefined are not compared, because each
 * vendor has its own. Usage: native [COUNT [SEED]].
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine.h"
#include "undefined.h"

void native_run(uint64_t state[17], const void *code);
void native_return(void);

#define MEMORY_AT 0x10000000ull
#define CODE_AT 0x2b5a00000000ull /* where no sum of the registers below leads */
enum { ARITHMETIC = 0x8d5, FLAGS = 0xcd5 };

static struct machine machine;
static uint8_t *memory, *code_page; /* the CPU's */
static sigjmp_buf escape;
static uint64_t random_state;
static unsigned long compared, faults, skipped;

static void on_signal(int number)
{
    siglongjmp(escape, number);
}

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

/* What may run in this process. Group opcodes are looked at by ModRM.reg. */
static bool harmless(const struct encoding *c)
{
    unsigned op = c->opcode, reg = c->modrm >> 3 & 7;

    if (c->map == 1)
        return (op >= 0x40 && op <= 0x4f) || (op >= 0x90 && op <= 0x9f) || op == 0xa3 ||
               op == 0xa4 || op == 0xa5 || op == 0xab || op == 0xac || op == 0xad || op == 0xaf ||
               op == 0xb0 || op == 0xb1 || op == 0xb3 || (op >= 0xb6 && op <= 0xb8) ||
               op == 0xba || op == 0xbb || (op >= 0xbc && op <= 0xc1) || op == 0xc3 ||
               (op == 0xc7 && reg == 1 && c->modrm < 0xc0) || (op >= 0xc8 && op <= 0xcf);
    if (op < 0x40)
        return (op & 7) < 6;
    return (op >= 0x50 && op <= 0x5f) || op == 0x63 || (op >= 0x68 && op <= 0x6b) ||
           (op >= 0x80 && op <= 0x8b) || op == 0x8d || (op == 0x8f && reg == 0) ||
           (op >= 0x90 && op <= 0x99) || op == 0x9c || op == 0x9e || op == 0x9f ||
           (op >= 0xa4 && op <= 0xc1) || (op >= 0xc6 && op <= 0xc9) ||
           (op >= 0xd0 && op <= 0xd3) || op == 0xd7 || (op >= 0xf5 && op <= 0xf9) ||
           op == 0xfc || op == 0xfd || op == 0xfe || (op == 0xff && (reg < 2 || reg == 6));
}

/* Upper half after BSF and BSR of 0, and MOVSXD with 66h: the emulator does as AMD's CPUs do. */
static bool vendors_differ(const struct encoding *c)
{
    if (__builtin_cpu_is("amd"))
        return false;
    return c->map ? (c->opcode & 0xfe) == 0xbc : c->opcode == 0x63 && c->opsize;
}

static void make_code(struct encoding *c, uint8_t *code)
{
    unsigned n = 0;

    for (unsigned i = 0; i < WEIR_EMU_CODE; i++)
        code[i] = next_random();
    if (c->opsize)
        code[n++] = 0x66;
    if (c->lock)
        code[n++] = 0xf0;
    if (c->rep)
        code[n++] = 0xf3;
    if (c->rex)
        code[n++] = c->rex;
    if (c->map)
        code[n++] = 0x0f;
    code[n++] = c->opcode;
    code[n++] = c->modrm;
    if (c->modrm < 0xc0 && (next_random() & 3)) { /* a small displacement behind ModRM or SIB */
        unsigned at = n + ((c->modrm & 7) == 4);

        code[at + 2] = code[at + 3] = 0;
    }
}

static void random_encoding(struct encoding *c)
{
    uint32_t r = next_random();

    do {
        *c = (struct encoding){ .bits = 64, .map = next_random() & 1,
                                .opcode = next_random() & 255, .modrm = next_random() & 255 };
    } while (!harmless(c) || (c->map == 0 && is_prefix(64, c->opcode)) ||
             (c->modrm & 0xc7) == 5); /* relative to RIP: not the emulator's memory */
    c->opsize = (r & 3) == 0;
    c->lock = (r & 0x3c) == 0;
    c->rep = (r & 0xc0) == 0 && (c->map == 0 || c->opcode == 0xb8);
    c->rex = r & 0x100 ? 0x40 | (next_random() & 15) : 0;
}

static void random_registers(const struct encoding *c)
{
    static const uint64_t special[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff,
                                        0x80000000, ~0ull, 0x8000000000000000 };
    struct weir_emu_state *s = &machine.e->state;

    machine_reset(machine.e, 64, CODE_AT);
    s->cpl = 3;
    for (unsigned i = 0; i < 16; i++) {
        uint32_t choice = next_random() % 8;

        if (choice < 5)
            s->gpr[i] = MEMORY_AT + (next_random() & 0xfffff);
        else if (choice == 5)
            s->gpr[i] = special[next_random() % 11];
        else
            s->gpr[i] = (uint64_t)next_random() << 32 | next_random();
    }
    s->gpr[4] = MEMORY_AT + 0x10000 + (next_random() & 0xfff8);
    if (c->rep)
        s->gpr[1] = next_random() % 20;
    s->rflags = 0x202 | (next_random() & FLAGS);
}

static int run_native(const uint8_t *code, unsigned length, uint64_t state[17])
{
    static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 }; /* JMP [RIP] */
    void (*back)(void) = native_return;
    int number = sigsetjmp(escape, 1);

    if (number != 0)
        return number;
    memcpy(code_page, code, length);
    memcpy(code_page + length, jump, sizeof(jump));
    memcpy(code_page + length + sizeof(jump), &back, sizeof(back));
    native_run(state, code_page);
    return 0;
}

static void fail(const uint8_t *code, unsigned length, const struct weir_emu_state *before,
                 const uint64_t *native, int number, uint64_t seed)
{
    fprintf(stderr, "FAILED: the CPU does otherwise\n ");
    for (unsigned i = 0; i < length; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, "\n  alone: test_emulator_native 1 %" PRIu64 "\n  register before, emulator, "
            "expected (CPU)\n", seed);
    for (unsigned i = 0; i < 16; i++)
        fprintf(stderr, "  %2u %16" PRIx64 " %16" PRIx64 " %16" PRIx64 "\n", i, before->gpr[i],
                machine.e->state.gpr[i], native[i]);
    fprintf(stderr, "  rflags %" PRIx64 " %" PRIx64 " %" PRIx64 "\n  emulator: status %u vector "
            "%u, CPU: signal %d\n", before->rflags, machine.e->state.rflags, native[16],
            machine.e->status, machine.e->vector, number);
    exit(1);
}

/* The signal that the emulator's outcome would be. */
static bool same_outcome(enum outcome ours, int number)
{
    switch (ours) {
    case MACHINE_DONE: return number == 0;
    case MACHINE_PAGE_FAULT: return number == SIGSEGV;
    case MACHINE_EXCEPTION: break;
    default: return false;
    }
    switch (machine.e->vector) {
    case 0: return number == SIGFPE;
    case 6: return number == SIGILL;
    default: return number == SIGSEGV || number == SIGBUS;
    }
}

static enum outcome run_ours(void)
{
    enum outcome outcome;

    do {
        outcome = machine_run(&machine);
    } while (outcome == MACHINE_DONE && (machine.e->effects & WEIR_EMU_E_REPEAT));
    return outcome;
}

static void run_test(void)
{
    uint64_t seed = random_state, native[17], mask;
    struct weir_emu_state before;
    struct encoding c;
    uint8_t code[16];
    enum outcome ours;
    int number;

    random_encoding(&c);
    make_code(&c, code);
    random_registers(&c);
    before = machine.e->state;
    memcpy(native, before.gpr, sizeof(before.gpr));
    native[16] = before.rflags;
    memcpy(machine.e->code, code, WEIR_EMU_CODE);
    machine.e->code_length = WEIR_EMU_CODE;
    ours = run_ours();
    c.length = machine.e->length;
    if (ours == MACHINE_UNSUPPORTED || c.length == 0 || vendors_differ(&c)) {
        skipped++;
        memcpy(machine.memory, memory, MACHINE_BYTES); /* of an unfinished REP */
        return;
    }
    number = run_native(code, c.length, native);
    compared++;
    if (!same_outcome(ours, number))
        fail(code, c.length, &before, native, number, seed);
    mask = FLAGS & ~undefined_flags(&c, &before, code);
    if (ours != MACHINE_DONE || undefined_result(&c, &before, code)) {
        faults += ours != MACHINE_DONE;
        if (machine.writes > 0 || c.rep) /* how much a fault lets through may differ */
            memcpy(machine.memory, memory, MACHINE_BYTES);
        return;
    }
    if (memcmp(machine.e->state.gpr, native, sizeof(before.gpr)) != 0 ||
        ((machine.e->state.rflags ^ native[16]) & mask) != 0)
        fail(code, c.length, &before, native, number, seed);
    if ((compared & 63) == 0 && memcmp(machine.memory, memory, MACHINE_BYTES) != 0) {
        fprintf(stderr, "FAILED: memory differs after one of the last 64 before seed %" PRIu64 "\n",
                seed);
        exit(1);
    }
}

static bool prepare(void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    stack_t stack = { .ss_size = 65536, .ss_sp = malloc(65536) };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    memory = mmap((void *)MEMORY_AT, MACHINE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    code_page = mmap((void *)CODE_AT, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
    machine.e = calloc(1, sizeof(*machine.e));
    machine.memory = malloc(MACHINE_BYTES);
    machine.origin = MEMORY_AT;
    if (memory == MAP_FAILED || code_page == MAP_FAILED || machine.e == NULL ||
        machine.memory == NULL || stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
        return false;
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    for (unsigned i = 0; i < MACHINE_BYTES; i++)
        memory[i] = machine.memory[i] = i * 0x9d ^ i >> 8;
    return true;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;

    random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15;
    if (!prepare()) {
        fprintf(stderr, "no memory at the addresses that the test needs\n");
        return 1;
    }
    for (unsigned long i = 0; i < count; i++)
        run_test();
    printf("%lu instructions compared with this CPU (%lu faults), %lu not emulated\n", compared,
           faults, skipped);
    return compared > skipped ? 0 : 1;
}
