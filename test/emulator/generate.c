/* SPDX-License-Identifier: BSD-2-Clause */
#include "generate.h"

#include <string.h>

uint64_t random_state;

uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

static uint64_t random_64(void)
{
    return (uint64_t)next_random() << 32 | next_random();
}

void random_encoding(struct encoding *c, unsigned bits)
{
    uint32_t r = next_random();

    *c = (struct encoding){ .bits = bits };
    c->opsize = (r & 3) == 0;
    c->addrsize = (r & 0x1c) == 0;
    c->lock = (r & 0x1e0) == 0;
    c->repne = (r & 0x1e00) == 0;
    c->rep = (r & 0x1e000) == 0;
    if (bits == 64 && (r & 0x20000))
        c->rex = 0x40 | (next_random() & 15);
    c->map = next_random() & 1;
    c->opcode = next_random() & 255;
    c->modrm = next_random() & 255;
}

/* Addresses within memory most of the time, and the values at which arithmetic breaks. */
static uint64_t random_register(void)
{
    static const uint64_t special[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
                                        0x7fffffff, 0x80000000, 0xffffffff, ~0ull,
                                        0x7fffffffffffffff, 0x8000000000000000 };
    uint32_t choice = next_random() % 8;

    if (choice == 0)
        return special[next_random() % (sizeof(special) / sizeof(special[0]))];
    if (choice == 1)
        return random_64();
    if (choice == 2)
        return next_random() % 64;
    return next_random() & 0xfffff;
}

static bool is_string(const struct encoding *c)
{
    return c->map == 0 && ((c->opcode >= 0x6c && c->opcode <= 0x6f) ||
                           (c->opcode >= 0xa4 && c->opcode <= 0xa7) ||
                           (c->opcode >= 0xaa && c->opcode <= 0xaf));
}

void random_registers(struct test *t, struct weir_emulation *e, uint64_t cr0)
{
    unsigned bits = t->c.bits;
    struct weir_emu_state *s = &e->state;

    machine_reset(e, bits,
                  bits == 16 ? next_random() & 0x7fff : 0x100000 + (next_random() & 0x7fff0));
    s->cr0 = cr0;
    for (unsigned i = 0; i < (bits == 64 ? 16 : 8); i++)
        s->gpr[i] = random_register() & (bits == 64 ? ~0ull : 0xffffffff);
    s->gpr[4] = 0x10000 + (next_random() & 0xffff);
    if (bits == 16) {
        s->gpr[4] = 0x100 + s->gpr[4] % 0xfe00; /* libunicorn's far returns do not wrap SP */
        for (unsigned i = WEIR_EMU_ES; i <= WEIR_EMU_GS; i++) {
            s->segment[i].selector = next_random() & 0xffff;
            s->segment[i].base = s->segment[i].selector << 4;
        }
    }
    if (bits == 64) {
        s->segment[WEIR_EMU_FS].base = next_random() & 0xfff;
        s->segment[WEIR_EMU_GS].base = next_random() & 0xfff;
    }
    s->rflags |= next_random() & 0xcd5; /* arithmetic and DF */
    if (is_string(&t->c) && (t->c.rep || t->c.repne))
        s->gpr[1] = next_random() % 20;
    t->before = *s;
}

/* Prefixes, opcode, ModRM and what follows; displacements are small often enough to hit memory. */
void encode(struct test *t)
{
    static const uint8_t overrides[] = { 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e };
    struct encoding *c = &t->c;
    unsigned n = 0;

    for (unsigned i = 0; i < sizeof(t->code); i++)
        t->code[i] = next_random();
    if (c->opsize)
        t->code[n++] = 0x66;
    if (c->addrsize)
        t->code[n++] = 0x67;
    if (c->lock)
        t->code[n++] = 0xf0;
    if (c->repne)
        t->code[n++] = 0xf2;
    if (c->rep)
        t->code[n++] = 0xf3;
    if ((next_random() & 15) == 0)
        t->code[n++] = overrides[next_random() % (c->bits == 64 ? 2 : 6)];
    if (c->rex)
        t->code[n++] = c->rex;
    if (c->map)
        t->code[n++] = 0x0f;
    t->code[n++] = c->opcode;
    t->code[n++] = c->modrm;
    if (next_random() & 3) { /* disp32 after ModRM, or after SIB */
        unsigned sib = (c->modrm & 7) == 4 ? 1 : 0;

        t->code[n + sib + 2] &= 1;
        t->code[n + sib + 3] = 0;
        if (c->map == 0 && c->opcode >= 0xa0 && c->opcode <= 0xa3)
            memset(t->code + n + 1, 0, sizeof(t->code) - n - 1);
    }
}

void pad(struct test *t)
{
    for (unsigned i = t->c.length; i < sizeof(t->code); i++)
        t->code[i] = (i - t->c.length) & 1 ? 0xfe : 0xeb;
}
