/* SPDX-License-Identifier: BSD-2-Clause */
#include "units.h"

#include <stdlib.h>

struct machine machine;
struct weir_emulation emulation;
struct weir_emu_state *const cpu = &emulation.state;
int failures;

void setup(unsigned bits)
{
    machine_reset(&emulation, bits, 0x1000);
    memset(machine.memory, 0, 0x35000); /* what the tests use */
    memset(machine.memory + MACHINE_BYTES - 4096, 0, 4096);
    cpu->gpr[RSP] = 0x8000;
}

static void descriptor(unsigned selector, uint64_t value)
{
    store(GDT_BASE + (selector & ~7u), 8, value);
}

static void use(unsigned index, unsigned selector)
{
    uint64_t d = load(GDT_BASE + (selector & ~7u), 8);

    cpu->segment[index].selector = selector;
    cpu->segment[index].attributes = (d >> 40 & 0xff) | (d >> 44 & 0xf00);
}

void setup_protected(unsigned cpl)
{
    setup(32);
    cpu->cpl = cpl;
    cpu->segment[GDTR].base = GDT_BASE;
    cpu->segment[GDTR].limit = 0x7f;
    descriptor(KCODE, 0x00cf9b000000ffff);
    descriptor(KDATA, 0x00cf93000000ffff);
    descriptor(UCODE, 0x00cffb000000ffff);
    descriptor(UDATA, 0x00cff3000000ffff);
    descriptor(NOT_PRESENT, 0x00cf13000000ffff);
    descriptor(READ_ONLY, 0x00cf91000000ffff);
    descriptor(CONFORMING, 0x00cf9f000000ffff);
    descriptor(EXECUTE_ONLY, 0x00cf99000000ffff);
    descriptor(CODE16, 0x00009a345678ffff);
    descriptor(SYSTEM_TSS, 0x0000890300000067);
    descriptor(SYSTEM_LDT, 0x000082040000003f);
    descriptor(DATA16, 0x000092345678ffff);
    descriptor(CODE64, 0x00af9b000000ffff);
    descriptor(LONG_TSS, 0x0000890300000067);
    use(CS, cpl ? UCODE : KCODE);
    use(SS, cpl ? UDATA : KDATA);
    for (unsigned i = ES; i <= GS; i++) {
        if (i != CS && i != SS)
            use(i, UDATA);
    }
}

enum outcome run_bytes(const char *bytes, unsigned length)
{
    memset(emulation.code, 0xcc, sizeof(emulation.code));
    memcpy(emulation.code, bytes, length);
    emulation.code_length = 15;
    return machine_run(&machine);
}

void store(uint64_t addr, unsigned size, uint64_t value)
{
    memcpy(machine.memory + addr, &value, size);
}

uint64_t load(uint64_t addr, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, machine.memory + addr, size);
    return value;
}

int main(void)
{
    machine.e = &emulation;
    machine.memory = malloc(MACHINE_BYTES);
    if (machine.memory == NULL)
        return 1;
    test_contract();
    test_arithmetic();
    test_segments();
    test_far();
    test_interrupts();
    test_system();
    test_tasks();
    free(machine.memory);
    return failures != 0;
}
