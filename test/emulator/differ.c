/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulator against libunicorn: each instruction is run by both from the same registers and
 * memory, and registers, defined flags, memory, port accesses and exceptions must be equal. Usage:
 * differ enumerate|random 16|32|64 [COUNT [SEED]]; a failure of a random one prints its seed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "undefined.h"
#include "unicorn.h"

static unsigned bits;
static uint8_t *pristine;
static struct machine machine;
static struct reference *reference;
static unsigned long compared, faults, exceptions, unsupported, excused;

static void print_state(const char *title, const struct weir_emu_state *s)
{
    fprintf(stderr, "  %s rip %" PRIx64 " rflags %" PRIx64 "\n    ", title, s->rip, s->rflags);
    for (unsigned i = 0; i < (bits == 64 ? 16 : 8); i++)
        fprintf(stderr, "%" PRIx64 " ", s->gpr[i]);
    fprintf(stderr, "\n    sregs");
    for (unsigned i = 0; i < 6; i++)
        fprintf(stderr, " %x", s->segment[i].selector);
    fprintf(stderr, "\n");
}

static void fail(const struct test *t, const char *what, const struct weir_emu_state *theirs)
{
    fprintf(stderr, "FAILED: %s (expected: libunicorn's)\n  %u bits:", what, bits);
    for (unsigned i = 0; i < 15; i++)
        fprintf(stderr, "%s%02x", i == t->c.length ? " | " : " ", t->code[i]);
    fprintf(stderr, "\n  alone: test_emulator_differ random %u 1 %" PRIu64 "\n", bits, t->seed);
    print_state("before  ", &t->before);
    print_state("emulator", &machine.e->state);
    print_state("unicorn ", theirs);
    fprintf(stderr, "  emulator status %u vector %u, libunicorn vector %d\n",
            machine.e->status, machine.e->vector, reference->vector);
    exit(1);
}

static void restore_memory(void)
{
    for (unsigned i = 0; i < machine.writes; i++) {
        uint64_t a = machine.written[i].addr;

        memcpy(machine.memory + a, pristine + a, machine.written[i].bytes);
        memcpy(reference->memory + a, pristine + a, machine.written[i].bytes);
    }
    for (unsigned i = 0; i < reference->writes; i++) {
        uint64_t a = reference->written[i].addr;
        unsigned n = reference->written[i].bytes;

        if (a >= MACHINE_BYTES || a + n > MACHINE_BYTES)
            continue;
        memcpy(machine.memory + a, pristine + a, n);
        memcpy(reference->memory + a, pristine + a, n);
    }
}

static bool same_memory(void)
{
    for (unsigned i = 0; i < machine.writes; i++) {
        uint64_t a = machine.written[i].addr;

        if (memcmp(machine.memory + a, reference->memory + a, machine.written[i].bytes) != 0)
            return false;
    }
    for (unsigned i = 0; i < reference->writes; i++) {
        uint64_t a = reference->written[i].addr;
        unsigned n = reference->written[i].bytes;

        if (a < MACHINE_BYTES && a + n <= MACHINE_BYTES &&
            memcmp(machine.memory + a, reference->memory + a, n) != 0)
            return false;
    }
    return true;
}

static void compare_done(const struct test *t, struct weir_emu_state *theirs)
{
    const struct weir_emu_state *ours = &machine.e->state;
    uint64_t flags = 0xcd5 & ~undefined_flags(&t->c, &t->before, t->code);

    if (ours->rip != theirs->rip)
        fail(t, "RIP", theirs);
    if (undefined_result(&t->c, &t->before, t->code))
        return;
    if (memcmp(ours->gpr, theirs->gpr, sizeof(ours->gpr)) != 0)
        fail(t, "general registers", theirs);
    if ((ours->rflags ^ theirs->rflags) & flags)
        fail(t, "flags", theirs);
    for (unsigned i = 0; bits == 16 && i < 6; i++) {
        if (ours->segment[i].selector != theirs->segment[i].selector)
            fail(t, "segment registers", theirs);
    }
    if (!same_memory())
        fail(t, "memory", theirs);
}

/* All iterations of a REP instruction; the writes of all of them stay listed. */
static enum outcome run_ours(void)
{
    static struct { uint64_t addr; unsigned bytes; } all[64];
    unsigned count = 0, outs = 0;
    enum outcome outcome;

    do {
        outcome = machine_run(&machine);
        outs += out_count;
        for (unsigned i = 0; i < machine.writes && count < 64; i++) {
            all[count].addr = machine.written[i].addr;
            all[count++].bytes = machine.written[i].bytes;
        }
    } while (outcome == MACHINE_DONE && (machine.e->effects & WEIR_EMU_E_REPEAT));
    if (count > machine.writes) {
        machine.writes = count;
        memcpy(machine.written, all, sizeof(all));
    }
    out_count = outs;
    return outcome;
}

static bool is_exception(unsigned vector)
{
    return machine.e->status == WEIR_EMU_EXCEPTION && machine.e->vector == vector;
}

static bool canonical_48(uint64_t address)
{
    return address >> 47 == 0 || address >> 47 == 0x1ffff;
}

static bool is_segment_fault(void)
{
    return is_exception(12) || is_exception(13);
}

/* State, bytes and memory; false if the emulator does not know the opcode. */
static bool prepare(struct test *t)
{
    uint64_t code_at;

    encode(t);
    random_registers(t, machine.e, reference->cr0);
    code_at = t->before.rip + t->before.segment[WEIR_EMU_CS].base;
    memcpy(machine.e->code, t->code, 15);
    machine.e->code_length = 15;
    weir_emulate(machine.e); /* for the length, where it gets that far */
    if (machine.e->status == WEIR_EMU_UNSUPPORTED)
        return false;
    t->c.length = machine.e->length != 0 ? machine.e->length : 15;
    pad(t);
    machine.e->state = t->before;
    memcpy(machine.e->code, t->code, 15);
    memcpy(machine.memory + code_at, t->code, sizeof(t->code));
    memcpy(pristine + code_at, t->code, sizeof(t->code));
    memcpy(reference->memory + code_at, t->code, sizeof(t->code));
    reference->writes = 0;
    return true;
}

/* Where libunicorn is to stop: linear address after the instruction, or nowhere. */
static uint64_t stop_address(enum outcome ours)
{
    uint64_t until = machine.e->state.rip + machine.e->state.segment[WEIR_EMU_CS].base;

    if (ours != MACHINE_DONE)
        return ~0ull;
    return bits == 64 ? until : (uint32_t)until;
}

/* Differences of the reference that hang on what happens rather than on the encoding. */
static enum outcome forgive(enum outcome ours, enum outcome expected,
                            const struct weir_emu_state *theirs)
{
    if (ours != MACHINE_EXCEPTION)
        return expected;
    if (bits == 64 && is_segment_fault() && expected == MACHINE_PAGE_FAULT)
        return ours; /* not canonical: to it just memory that is not there */
    if (bits == 64 && is_exception(13) && expected == MACHINE_DONE && !canonical_48(theirs->rip))
        return ours; /* it does not check where a branch goes */
    if (is_exception(6) && expected == MACHINE_PAGE_FAULT)
        reference->vector = 6; /* it reads before it refuses */
    else if (is_exception(12) && reference->vector == 13)
        reference->vector = 12; /* CMPXCHG16B: it looks at the alignment first */
    else
        return expected;
    return ours;
}

static void compare(const struct test *t, enum outcome ours, uint64_t until)
{
    struct weir_emu_state theirs = t->before;
    uint16_t our_port = out_port;
    uint32_t our_value = out_value;
    unsigned our_outs = out_count;
    enum outcome expected = reference_run(reference, &theirs, t->code, until);

    compared++;
    if (ours != forgive(ours, expected, &theirs))
        fail(t, "outcome", &theirs);
    if (ours == MACHINE_EXCEPTION) {
        exceptions++;
        if (expected == MACHINE_EXCEPTION && reference->vector >= 0 &&
            machine.e->vector != reference->vector)
            fail(t, "vector", &theirs);
    } else if (ours == MACHINE_PAGE_FAULT) {
        faults++;
    } else {
        compare_done(t, &theirs);
        if (our_outs != out_count || (our_outs && (our_port != out_port || our_value != out_value)))
            fail(t, "port output", &theirs);
    }
}

static void run_test(struct test *t)
{
    uint64_t start, until;
    enum outcome ours;

    if (t->c.map == 0 && is_prefix(bits, t->c.opcode))
        return;
    if (!prepare(t)) {
        unsupported++;
        return;
    }
    start = t->before.rip + t->before.segment[WEIR_EMU_CS].base;
    ours = run_ours();
    until = stop_address(ours);
    if (ours == MACHINE_BROKEN)
        fail(t, machine.complaint, &t->before);
    if (ours == MACHINE_UNSUPPORTED)
        unsupported++;
    else if (reference_is_wrong(&t->c, t->code) ||
             until == start ||                          /* libunicorn would not move */
             (bits != 64 && is_segment_fault()) ||      /* it wraps accesses at 4 GiB */
             (t->c.lock && is_exception(6)))            /* it allows LOCK; see units.c */
        excused++;
    else
        compare(t, ours, until);
    restore_memory();
}

/* Every opcode with every ModRM, and each with every prefix that changes it. */
static void enumerate(void)
{
    for (unsigned opcode = 0; opcode < 512; opcode++) {
        for (unsigned modrm = 0; modrm < 256; modrm++) {
            for (unsigned form = 0; form < (bits == 64 ? 12 : 8); form++) {
                struct test t = { .c = { .bits = bits, .map = opcode >> 8,
                                         .opcode = opcode & 255, .modrm = modrm } };

                t.c.opsize = form & 1;
                t.c.addrsize = (form & 6) == 2;
                t.c.rep = (form & 6) == 4;
                t.c.lock = (form & 6) == 6;
                if (bits == 64 && form >= 8) {
                    t.c.lock = t.c.rep = t.c.addrsize = false;
                    t.c.rex = 0x40 | (next_random() & 7) | (form & 2 ? 8 : 0);
                }
                run_test(&t);
            }
        }
    }
}

static int usage(const char *name)
{
    fprintf(stderr, "usage: %s enumerate|random 16|32|64 [COUNT [SEED]]\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 0) : 1000000;

    random_state = argc > 4 ? strtoull(argv[4], NULL, 0) : 0x9e3779b97f4a7c15;
    bits = argc > 2 ? atoi(argv[2]) : 0;
    if (bits != 16 && bits != 32 && bits != 64)
        return usage(argv[0]);
    machine.e = calloc(1, sizeof(*machine.e));
    machine.memory = malloc(MACHINE_BYTES);
    pristine = malloc(MACHINE_BYTES);
    reference = reference_open(bits);
    if (machine.e == NULL || machine.memory == NULL || pristine == NULL || reference == NULL) {
        fprintf(stderr, "no memory, or libunicorn does not start\n");
        return 1;
    }
    for (unsigned i = 0; i < MACHINE_BYTES; i++)
        pristine[i] = i * 0x9d ^ i >> 8;
    memcpy(machine.memory, pristine, MACHINE_BYTES);
    memcpy(reference->memory, pristine, MACHINE_BYTES);
    if (strcmp(argv[1], "enumerate") == 0) {
        enumerate();
    } else if (strcmp(argv[1], "random") == 0) {
        for (unsigned long i = 0; i < count; i++) {
            struct test t;

            t.seed = random_state;
            random_encoding(&t.c, bits);
            run_test(&t);
        }
    } else {
        return usage(argv[0]);
    }
    printf("%lu instructions compared (%lu page faults, %lu exceptions), %lu not emulated, "
           "%lu left out for libunicorn\n", compared, faults, exceptions, unsupported, excused);
    return compared > 0 ? 0 : 1;
}
