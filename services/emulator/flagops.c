/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions about RFLAGS itself, with the virtual interrupt flag of VME and PVI. */
#include "emu.h"

void op_cmc(struct emu *e)
{
    e->s.rflags ^= FLAG_CF;
}

void op_clc(struct emu *e)
{
    set_flags(e, FLAG_CF, 0);
}

void op_stc(struct emu *e)
{
    set_flags(e, FLAG_CF, FLAG_CF);
}

void op_cld(struct emu *e)
{
    set_flags(e, FLAG_DF, 0);
}

void op_std(struct emu *e)
{
    set_flags(e, FLAG_DF, FLAG_DF);
}

/* Whether CLI and STI mean VIF: AMD APM vol. 2, 8.12. */
static bool virtual_if(const struct emu *e)
{
    if (v86_mode(e))
        return e->s.cr4 & CR4_VME;
    return (e->s.cr4 & CR4_PVI) && e->s.cpl == 3;
}

static bool may_change_if(const struct emu *e)
{
    return real_mode(e) || (v86_mode(e) ? iopl(e) == 3 : e->s.cpl <= iopl(e));
}

void op_cli(struct emu *e)
{
    if (may_change_if(e))
        set_flags(e, FLAG_IF, 0);
    else if (virtual_if(e))
        set_flags(e, FLAG_VIF, 0);
    else
        raise_error(e, GP, 0);
}

void op_sti(struct emu *e)
{
    if (may_change_if(e)) {
        e->s.shadow = !(e->s.rflags & FLAG_IF);
        set_flags(e, FLAG_IF, FLAG_IF);
    } else if (virtual_if(e) && !(e->s.rflags & FLAG_VIP)) {
        set_flags(e, FLAG_VIF, FLAG_VIF);
    } else {
        raise_error(e, GP, 0);
    }
}

enum { AH_FLAGS = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF };

void op_sahf(struct emu *e)
{
    set_flags(e, AH_FLAGS, e->s.gpr[RAX] >> 8);
}

void op_lahf(struct emu *e)
{
    uint64_t ah = (e->s.rflags & AH_FLAGS) | FLAG_1;

    e->s.gpr[RAX] = (e->s.gpr[RAX] & ~0xff00ull) | ah << 8;
}

/* Virtual-8086 mode with IOPL < 3: only the 16-bit forms, and only under VME. */
static bool stack_flags_allowed(struct emu *e)
{
    if (!v86_mode(e) || iopl(e) == 3 || ((e->s.cr4 & CR4_VME) && e->opsize == 2))
        return true;
    raise_error(e, GP, 0);
    return false;
}

void op_pushf(struct emu *e)
{
    uint64_t flags = e->s.rflags & ~(uint64_t)(FLAG_VM | FLAG_RF);

    if (!stack_flags_allowed(e))
        return;
    if (v86_mode(e) && iopl(e) < 3) {
        flags |= FLAG_IOPL;
        flags = flags & FLAG_VIF ? flags | FLAG_IF : flags & ~(uint64_t)FLAG_IF;
    }
    push(e, e->opsize, flags);
}

void op_popf(struct emu *e)
{
    uint64_t mask = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT, flags;

    if (!stack_flags_allowed(e))
        return;
    flags = pop(e, e->opsize);
    if (e->opsize > 2)
        mask |= FLAG_AC | FLAG_ID;
    if (v86_mode(e) && iopl(e) < 3) {
        if ((flags & FLAG_TF) || ((flags & FLAG_IF) && (e->s.rflags & FLAG_VIP)))
            raise_error(e, GP, 0);
        set_flags(e, FLAG_VIF, flags & FLAG_IF ? FLAG_VIF : 0);
    } else if (may_change_if(e)) {
        mask |= FLAG_IF;
    }
    if (e->s.cpl == 0)
        mask |= FLAG_IOPL;
    set_flags(e, mask, flags);
}
