/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rights over four levels: random P, W, U and NX in each, all kinds of access, WP, SMEP, SMAP and
 * AC on and off.
 */
#include "paging.h"

#define ROUNDS 1500

/* AMD APM vol. 2, 5.6 and 8.4.2. */
u64 expected_error(const struct rights *r, const struct state *s, enum kind kind, bool user)
{
    u64 error = (kind == WRITE ? 2 : 0) | (user ? 4 : 0) | (kind == EXEC ? 16 : 0);

    if (!r->present)
        return error;
    if (r->reserved)
        return error | 9;
    if (user && !r->user)
        return error | 1;
    if (kind == WRITE && !r->write && (user || s->wp))
        return error | 1;
    if (kind == EXEC && (r->nx || (!user && s->smep && r->user)))
        return error | 1;
    if (kind != EXEC && !user && s->smap && r->user && !s->ac)
        return error | 1;
    return RT_NO_FAULT;
}

static u64 random_flags(void)
{
    u32 r = random32();

    return ((r & 15) ? PTE_P : 0) | ((r & 0x30) ? PTE_W : 0) | ((r & 0x40) ? PTE_U : 0)
           | ((r & 0x380) ? 0 : PTE_NX);
}

/* The four entries that translate V_BASE. */
static u64 *const entries[4] = { &rt_pml4[V_SLOT], (u64 *)TABLES, (u64 *)(TABLES + 0x1000),
                                 (u64 *)(TABLES + 0x2000) };

static struct rights set_entries(const u64 *flags)
{
    const u64 next[4] = { table_address(0), table_address(1), table_address(2), frame_address(0) };
    struct rights r = { true, true, true, false, false };

    for (unsigned i = 0; i < 4; i++) {
        *entries[i] = next[i] | flags[i];
        r.present &= (flags[i] & PTE_P) != 0;
        r.write &= (flags[i] & PTE_W) != 0;
        r.user &= (flags[i] & PTE_U) != 0;
        r.nx |= (flags[i] & PTE_NX) != 0;
    }
    invlpg(V_BASE);
    return r;
}

static void set_state(const struct state *s)
{
    u64 cr4 = read_cr4() & ~(CR4_SMEP | CR4_SMAP);

    write_cr0(s->wp ? read_cr0() | CR0_WP : read_cr0() & ~CR0_WP);
    write_cr4(cr4 | (s->smep ? CR4_SMEP : 0) | (s->smap ? CR4_SMAP : 0));
}

/* After a success: A in all four, D in the last one only, and only by a write. */
static void check_accessed(unsigned round, enum kind kind)
{
    for (unsigned i = 0; i < 4; i++) {
        bool dirty = i == 3 && kind == WRITE;

        rt_check((*entries[i] & PTE_AD) == (PTE_A | (dirty ? PTE_D : 0)),
                 "round %u: level %u holds %lx after a %u", round, 4 - i, *entries[i], kind);
    }
}

static void one_access(unsigned round, const u64 *flags, const struct state *s, enum kind kind,
                       bool user)
{
    struct rights r = set_entries(flags);
    u64 wanted = expected_error(&r, s, kind, user);
    struct result got = access(kind, V_BASE + 8 * (kind != EXEC), user, s->ac ? FLAG_AC : 0,
                               FRAME_WORD(0));
    u64 seen = got.vector == 14 ? got.error : got.vector;

    record("access", round << 8 | kind << 1 | user, seen, got.value);
    rt_check(seen == wanted, "round %u kind %u user %u: %lx, not %lx (levels %lx %lx %lx %lx)",
             round, kind, user, seen, wanted, flags[0], flags[1], flags[2], flags[3]);
    if (got.vector == 14) {
        rt_check(got.cr2_right, "round %u: CR2 is wrong", round);
        return;
    }
    check_accessed(round, kind);
    rt_check(kind != READ || got.value == FRAME_WORD(0), "round %u reads %lx", round, got.value);
}

void section_levels(void)
{
    u64 cr0 = read_cr0(), cr4 = read_cr4();

    section("levels");
    fill_frames();
    memset((void *)TABLES, 0, 3 * 4096);
    for (unsigned round = 0; round < ROUNDS; round++) {
        u64 flags[4];
        struct state s;
        u32 r = random32();

        for (unsigned i = 0; i < 4; i++)
            flags[i] = random_flags();
        s = (struct state){ r & 1, have_smep && r & 2, have_smap && r & 4, r & 8 };
        set_state(&s);
        for (enum kind kind = READ; kind <= EXEC; kind++) {
            one_access(round, flags, &s, kind, false);
            one_access(round, flags, &s, kind, true);
        }
    }
    write_cr0(cr0);
    write_cr4(cr4);
    rt_pml4[V_SLOT] = 0;
    reload_cr3();
}
