/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control and debug registers, descriptor tables, caches. What a CR write does beyond the register
 * (TLB, PDPTEs, reserved bits that depend on CPUID) is for the kernel, which treats it as an
 * intercepted write by the guest. AMD APM vol. 2, 3.1 and 4.6; vol. 3.
 */
#include "emu.h"

/* Limit, then base: 8 bytes in 64-bit mode, else 4. */
static void store_table(struct emu *e, unsigned index)
{
    const struct weir_emu_segment *table = &e->s.segment[index];
    unsigned base = e->width == 8 ? 8 : 4;

    if (!user_may_read(e))
        return;
    write_memory(e, e->dst.seg, e->dst.ea, 2, table->limit);
    write_memory(e, e->dst.seg, e->dst.ea + 2, base, table->base);
}

static void load_table(struct emu *e, unsigned index)
{
    unsigned size = e->width == 8 ? 8 : 4;
    uint64_t limit = read_memory(e, e->dst.seg, e->dst.ea, 2);
    uint64_t base = read_memory(e, e->dst.seg, e->dst.ea + 2, size);

    if (e->width != 8 && e->opsize == 2)
        base &= 0xffffff;
    if (!canonical(e, base))
        raise_error(e, GP, 0);
    e->s.segment[index].limit = limit;
    e->s.segment[index].base = base;
    e->effects |= WEIR_EMU_E_TABLES;
}

void op_sgdt(struct emu *e)
{
    store_table(e, GDTR);
}

void op_sidt(struct emu *e)
{
    store_table(e, IDTR);
}

void op_lgdt(struct emu *e)
{
    load_table(e, GDTR);
}

void op_lidt(struct emu *e)
{
    load_table(e, IDTR);
}

void op_smsw(struct emu *e)
{
    put_system_word(e, e->s.cr0);
}

/* Sets MP, EM and TS, and PE, which it cannot clear. */
void op_lmsw(struct emu *e)
{
    uint64_t word = get(e, &e->dst) & 15;

    e->s.cr0 = (e->s.cr0 & ~(uint64_t)(CR0_MP | CR0_EM | CR0_TS)) | word;
    e->effects |= WEIR_EMU_E_CR0;
}

void op_clts(struct emu *e)
{
    e->s.cr0 &= ~(uint64_t)CR0_TS;
    e->effects |= WEIR_EMU_E_CR0;
}

void op_invlpg(struct emu *e)
{
    const struct weir_emu_segment *s = &e->s.segment[e->dst.seg];
    bool has_base = e->width != 8 || e->dst.seg == FS || e->dst.seg == GS;

    e->io->linear = e->dst.ea + (has_base ? s->base : 0);
    if (e->width != 8)
        e->io->linear = (uint32_t)e->io->linear;
    e->effects |= WEIR_EMU_E_INVLPG;
}

/* 0F AE with a register is a fence: nothing is out of order here. */
void op_clflush(struct emu *e)
{
    if (e->dst.kind != OPERAND_MEM)
        return;
    if (linear_address(e, e->dst.seg, e->dst.ea, 1, false, &e->io->linear))
        e->effects |= WEIR_EMU_E_CACHE_LINE;
}

void op_fence(struct emu *e)
{
    if (e->dst.kind == OPERAND_MEM)
        stop(e, WEIR_EMU_UNSUPPORTED);
}

void op_invd(struct emu *e)
{
    e->effects |= WEIR_EMU_E_INVD;
}

void op_hlt(struct emu *e)
{
    e->effects |= WEIR_EMU_E_HLT;
}

static unsigned system_register(const struct emu *e)
{
    return e->reg | (e->rex & REX_R ? 8 : 0);
}

void op_mov_from_cr(struct emu *e)
{
    switch (system_register(e)) {
    case 0: put(e, &e->dst, e->s.cr0); break;
    case 2: put(e, &e->dst, e->s.cr2); break;
    case 3: put(e, &e->dst, e->s.cr3); break;
    case 4: put(e, &e->dst, e->s.cr4); break;
    case 8: put(e, &e->dst, e->s.cr8); break;
    default: raise(e, UD);
    }
}

/* Paging and EFER.LMA go together in long mode: APM vol. 2, 14.6. */
static void write_cr0(struct emu *e, uint64_t value)
{
    bool paging = value & CR0_PG, was_paging = e->s.cr0 & CR0_PG;
    bool wide = e->s.segment[CS].attributes & ATTR_L;

    if (value >> 32 || (paging && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD))) {
        raise_error(e, GP, 0);
        return;
    }
    if (paging && !was_paging && (e->s.efer & EFER_LME)) {
        if (!(e->s.cr4 & CR4_PAE) || wide)
            raise_error(e, GP, 0);
        e->s.efer |= EFER_LMA;
        e->effects |= WEIR_EMU_E_EFER;
    } else if (!paging && was_paging && long_mode(e)) {
        if (wide)
            raise_error(e, GP, 0);
        e->s.efer &= ~(uint64_t)EFER_LMA;
        e->effects |= WEIR_EMU_E_EFER;
    }
    e->s.cr0 = value | CR0_ET;
    e->effects |= WEIR_EMU_E_CR0;
}

static void write_cr4(struct emu *e, uint64_t value)
{
    if (value >> 32 || (long_mode(e) && (!(value & CR4_PAE) ||
                                         ((value ^ e->s.cr4) & CR4_LA57)))) {
        raise_error(e, GP, 0);
        return;
    }
    e->s.cr4 = value;
    e->effects |= WEIR_EMU_E_CR4;
}

void op_mov_to_cr(struct emu *e)
{
    uint64_t value = get(e, &e->dst);

    switch (system_register(e)) {
    case 0:
        write_cr0(e, value);
        break;
    case 2:
        e->s.cr2 = value;
        e->effects |= WEIR_EMU_E_CR2;
        break;
    case 3:
        e->s.cr3 = value;
        e->effects |= WEIR_EMU_E_CR3;
        break;
    case 4:
        write_cr4(e, value);
        break;
    case 8:
        if (value >> 4)
            raise_error(e, GP, 0);
        e->s.cr8 = value;
        e->effects |= WEIR_EMU_E_CR8;
        break;
    default:
        raise(e, UD);
    }
}

enum { DR7_GD = 1 << 13 };

/* Index into state.dr; DR4 and DR5 are DR6 and DR7 unless CR4.DE makes them #UD. With DR7.GD any
 * access is a #DB with DR6.BD, which is the kernel's to raise. */
static unsigned debug_register(struct emu *e)
{
    unsigned number = system_register(e);

    if (number > 7 || ((e->s.cr4 & CR4_DE) && (number & 6) == 4))
        raise(e, UD);
    else if (e->s.dr[5] & DR7_GD)
        stop(e, WEIR_EMU_UNSUPPORTED);
    return number < 4 ? number : 4 + (number & 1);
}

void op_mov_from_dr(struct emu *e)
{
    unsigned index = debug_register(e);

    put(e, &e->dst, e->s.dr[index]);
}

/* The fixed bits of DR6 and DR7: APM vol. 2, 13.1.1. */
void op_mov_to_dr(struct emu *e)
{
    unsigned index = debug_register(e);
    uint64_t value = get(e, &e->dst);

    if (index >= 4 && value >> 32)
        raise_error(e, GP, 0);
    if (index == 4)
        value = (value & 0xefff) | 0xffff0ff0;
    else if (index == 5)
        value = (value & 0xffff2fff) | 0x400;
    e->s.dr[index] = value;
    e->effects |= WEIR_EMU_E_DR;
}
