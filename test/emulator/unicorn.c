/* SPDX-License-Identifier: BSD-2-Clause */
#include "unicorn.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

static struct reference reference;
static uc_engine *uc;
static uc_context *fresh;
static unsigned bits, blocks;

static const int gpr_ids[16] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
    UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
    UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};
static const int gpr32_ids[8] = {
    UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
    UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI,
};
static const int segment_ids[6] = {
    UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS,
};

static void on_write(uc_engine *engine, uc_mem_type type, uint64_t addr, int size, int64_t value,
                     void *user)
{
    (void)engine;
    (void)type;
    (void)value;
    (void)user;
    if (reference.writes < sizeof(reference.written) / sizeof(reference.written[0])) {
        reference.written[reference.writes].addr = addr;
        reference.written[reference.writes++].bytes = size;
    }
}

/* Only a reference that goes astray gets this far: each step of a REP instruction is one block. */
static void on_block(uc_engine *engine, uint64_t addr, uint32_t size, void *user)
{
    (void)addr;
    (void)size;
    (void)user;
    if (blocks++ > 200)
        uc_emu_stop(engine);
}

static void on_interrupt(uc_engine *engine, uint32_t vector, void *user)
{
    (void)user;
    reference.vector = vector;
    uc_emu_stop(engine);
}

static uint32_t on_in(uc_engine *engine, uint32_t port, int size, void *user)
{
    (void)engine;
    (void)user;
    return port_value(port, size);
}

static void on_out(uc_engine *engine, uint32_t port, int size, uint32_t value, void *user)
{
    (void)engine;
    (void)user;
    out_port = port;
    out_value = size == 4 ? value : value & ((1u << (8 * size)) - 1);
    out_count++;
}

struct reference *reference_open(unsigned mode)
{
    uc_hook hook;

    bits = mode;
    reference.memory = aligned_alloc(4096, MACHINE_BYTES);
    if (reference.memory == NULL ||
        uc_open(UC_ARCH_X86, bits == 16 ? UC_MODE_16 : bits == 32 ? UC_MODE_32 : UC_MODE_64,
                &uc) != UC_ERR_OK)
        return NULL;
    if (uc_mem_map_ptr(uc, 0, MACHINE_BYTES, UC_PROT_ALL, reference.memory) != UC_ERR_OK ||
        uc_hook_add(uc, &hook, UC_HOOK_MEM_WRITE, (void *)on_write, NULL, 1, 0) != UC_ERR_OK ||
        uc_hook_add(uc, &hook, UC_HOOK_BLOCK, (void *)on_block, NULL, 1, 0) != UC_ERR_OK ||
        uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, 1, 0) != UC_ERR_OK ||
        uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_in, NULL, 1, 0, UC_X86_INS_IN) ||
        uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_out, NULL, 1, 0, UC_X86_INS_OUT))
        return NULL;
    uc_reg_read(uc, UC_X86_REG_CR0, &reference.cr0);
    if (uc_context_alloc(uc, &fresh) != UC_ERR_OK || uc_context_save(uc, fresh) != UC_ERR_OK)
        return NULL;
    return &reference;
}

static void write_table(int id, const struct weir_emu_segment *table)
{
    uc_x86_mmr value = { .base = table->base, .limit = table->limit };

    uc_reg_write(uc, id, &value);
}

static void write_registers(const struct weir_emu_state *s)
{
    write_table(UC_X86_REG_GDTR, &s->segment[WEIR_EMU_GDTR]);
    write_table(UC_X86_REG_IDTR, &s->segment[WEIR_EMU_IDTR]);
    for (unsigned i = 0; i < (bits == 64 ? 16 : 8); i++)
        uc_reg_write(uc, bits == 64 ? gpr_ids[i] : gpr32_ids[i], &s->gpr[i]);
    uc_reg_write(uc, UC_X86_REG_EFLAGS, &s->rflags);
    if (bits == 16) {
        for (unsigned i = 0; i < 6; i++)
            uc_reg_write(uc, segment_ids[i], &s->segment[i].selector);
    }
    if (bits == 64) {
        uc_reg_write(uc, UC_X86_REG_FS_BASE, &s->segment[WEIR_EMU_FS].base);
        uc_reg_write(uc, UC_X86_REG_GS_BASE, &s->segment[WEIR_EMU_GS].base);
    }
}

static void read_registers(struct weir_emu_state *s)
{
    memset(s->gpr, 0, sizeof(s->gpr));
    for (unsigned i = 0; i < (bits == 64 ? 16 : 8); i++)
        uc_reg_read(uc, bits == 64 ? gpr_ids[i] : gpr32_ids[i], &s->gpr[i]);
    s->rflags = 0;
    uc_reg_read(uc, UC_X86_REG_EFLAGS, &s->rflags);
    s->rip = 0;
    uc_reg_read(uc, bits == 64 ? UC_X86_REG_RIP : UC_X86_REG_EIP, &s->rip);
    for (unsigned i = 0; bits == 16 && i < 6; i++) {
        s->segment[i].selector = 0;
        uc_reg_read(uc, segment_ids[i], &s->segment[i].selector);
    }
}

enum outcome reference_run(struct reference *r, struct weir_emu_state *s, const uint8_t *code,
                           uint64_t until)
{
    uint64_t at = s->rip + s->segment[WEIR_EMU_CS].base;
    uc_err error;

    r->writes = 0;
    r->vector = -1;
    out_count = 0;
    uc_mem_write(uc, at, code, REFERENCE_CODE);
    uc_ctl_remove_cache(uc, at, at + REFERENCE_CODE);
    uc_ctl_remove_cache(uc, until, until + 1); /* may have been translated for another "until" */
    write_registers(s);
    blocks = 0;
    error = uc_emu_start(uc, at, until, 0, 0);
    read_registers(s);
    if (r->vector >= 0) {
        uc_context_restore(uc, fresh); /* else the next exception would be a double fault */
        return MACHINE_EXCEPTION;
    }
    switch (error) {
    case UC_ERR_OK: return MACHINE_DONE;
    case UC_ERR_INSN_INVALID: r->vector = 6; return MACHINE_EXCEPTION;
    case UC_ERR_EXCEPTION: return MACHINE_EXCEPTION;
    case UC_ERR_FETCH_UNMAPPED: return MACHINE_DONE; /* jumped there */
    default: return MACHINE_PAGE_FAULT;
    }
}
