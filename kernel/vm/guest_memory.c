/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_memory.h"

#include "a20.h"
#include "core/string.h"
#include "hook.h"
#include "mm/window.h"
#include "obj/device.h"
#include "shadow.h"
#include "x86/insn.h"

struct table_format {
    u64 root;        /* physical address of the first table */
    unsigned levels;
    unsigned bits;   /* index bits a level: 9 or 10 */
    unsigned entry;  /* bytes: 8 or 4 */
};

/* How a mode's tables are made; the walk below is the same for all. */
static struct table_format format_of(const struct guest_view *g)
{
    if (g->efer & EFER_LMA)
        return (struct table_format){g->cr3 & PTE_ADDR, g->cr4 & CR4_LA57 ? 5 : 4, 9, 8};
    if (g->cr4 & CR4_PAE)
        return (struct table_format){g->cr3 & 0xffffffe0, 3, 9, 8};
    return (struct table_format){g->cr3 & 0xfffff000, 2, 10, 4};
}

void *guest_table(struct cpu *cpu, u64 pa)
{
    return binding_in_page(pa & ~PAGE_MASK) ? NULL : window_ptr(cpu, pa);
}

static u64 read_entry(struct cpu *cpu, u64 pa, unsigned bytes)
{
    void *p = guest_table(cpu, pa);

    if (!p)
        return ~0ull;
    return bytes == 8 ? *(volatile u64 *)p : *(volatile u32 *)p;
}

static void mark(struct cpu *cpu, u64 pa, u64 bits)
{
    u8 *p = guest_table(cpu, pa);

    if (p)
        __atomic_or_fetch(p, (u8)bits, __ATOMIC_RELAXED); /* accessed and dirty are in the low byte */
}

/* Whether the rights collected on the way forbid the access (AMD APM vol. 2, 5.6; SMEP, SMAP). */
static bool forbidden(const struct guest_view *g, u32 access, u64 rights, bool no_execute)
{
    bool user_page = rights & PTE_U;

    if (access & PF_I)
        return no_execute || (access & PF_U ? !user_page : user_page && (g->cr4 & CR4_SMEP));
    if (access & PF_U)
        return !user_page || ((access & PF_W) && !(rights & PTE_W));
    if (user_page && (g->cr4 & CR4_SMAP) && !(g->rflags & RFLAGS_AC))
        return true;
    return (access & PF_W) && !(rights & PTE_W) && (g->cr0 & CR0_WP);
}

/* Whether a present entry has a reserved bit set in the place of PS or of a large page's address (5.3, 5.4). */
static bool is_reserved(const struct table_format *f, unsigned level, u64 e, bool large, u64 mask)
{
    bool is_pdpte = level == 3 && f->levels == 3;

    if (f->entry == 4)
        return large && ((e & BIT(21)) || ((e & 0x1fe000) << 19) >> cpu_features.address_bits);
    if ((e & PTE_PS) && level > 1 && (is_pdpte || level > 3 || (level == 3 && !cpu_features.pdpe1gb)))
        return true;
    return large && (e & PTE_ADDR & mask & ~BIT(12)); /* bit 12: PAT */
}

bool guest_walk(struct cpu *cpu, const struct guest_view *g, u64 linear, u32 access, bool quiet, struct guest_walk *w)
{
    struct table_format f = format_of(g);
    u64 table = f.root;
    bool pae = f.entry == 8, nx = false;

    if (!(g->efer & EFER_LMA))
        linear = (u32)linear;
    bool tells_fetch = (g->cr4 & CR4_SMEP) || (pae && (g->efer & EFER_NXE));
    w->error = access & (tells_fetch ? ~0u : ~(u32)PF_I);
    w->top = (u8)f.levels;
    w->rights = PTE_W | PTE_U;
    for (unsigned level = f.levels;; level--) {
        unsigned shift = 12 + f.bits * (level - 1);
        table = a20_address(table);
        u64 at = table + ((linear >> shift) & ((1u << f.bits) - 1)) * f.entry;
        bool is_pdpte = level == 3 && f.levels == 3;
        u64 e = is_pdpte && g->pdpte ? g->pdpte[linear >> 30] : read_entry(cpu, at, f.entry);
        w->table[level] = table;
        if (!(e & PTE_P))
            return false;
        if (pae && (e & PTE_NX)) {
            if (!(g->efer & EFER_NXE) || is_pdpte)
                goto reserved;
            nx = true;
        }
        if (pae && (e & (f.levels == 3 ? ~PTE_NX : PTE_ADDR)) >> cpu_features.address_bits) /* PAE: 62:52 as well (5.3.3) */
            goto reserved;
        if (!is_pdpte) /* the legacy PDPTE has no rights */
            w->rights &= guest_rights(e, g->cr0 & CR0_WP);
        bool large = (e & PTE_PS) && level > 1 && !is_pdpte && (pae ? level <= 3 : g->cr4 & CR4_PSE);
        bool leaf = level == 1 || large;
        u64 mask = (1ull << shift) - 1;
        if (is_reserved(&f, level, e, large, mask))
            goto reserved;
        if (leaf && forbidden(g, access, w->rights, nx)) {
            w->error |= PF_P;
            return false;
        }
        if (!quiet && !is_pdpte) {
            u64 need = PTE_A | (leaf && (access & PF_W) ? PTE_D : 0);
            if ((e & need) != need) {
                mark(cpu, at, need);
                e |= need;
            }
        }
        w->entry[level] = e;
        u64 base = pae ? e & PTE_ADDR : e & 0xfffff000;
        if (leaf) {
            if (large && !pae)
                base = (e & 0xffc00000) | (e & 0x1fe000) << 19; /* PSE-36 */
            w->leaf = (u8)level;
            w->gpa = a20_address((base & ~mask) | (linear & mask));
            return true;
        }
        table = base;
    }
reserved:
    w->error |= PF_P | PF_RSVD;
    return false;
}

bool guest_translate(struct cpu *cpu, const struct guest_view *g, u64 linear, u32 access, bool quiet, u64 *gpa,
                     u32 *error)
{
    struct guest_walk w;

    if (!(g->cr0 & CR0_PG)) {
        *gpa = a20_address((u32)linear);
        return true;
    }
    bool good = guest_walk(cpu, g, linear, access, quiet, &w);
    *error = w.error;
    if (good)
        *gpa = w.gpa;
    return good;
}

void guest_read(struct cpu *cpu, u64 gpa, void *to, unsigned bytes)
{
    const void *from = window_ptr(cpu, gpa);

    if (from)
        memcpy(to, from, bytes);
    else
        memset(to, 0xff, bytes);
}

void guest_write(struct cpu *cpu, u64 gpa, const void *from, unsigned bytes)
{
    void *to = (gpa & ~PAGE_MASK) == hook_page() ? NULL : window_ptr(cpu, gpa);

    if (to)
        memcpy(to, from, bytes);
    shadow_written(gpa, bytes);
}

void code_cache_fill(struct cpu *cpu, struct code_cache *c, const struct guest_view *g, u64 cr3)
{
    u64 linear = g->linear_rip;
    struct guest_walk w;

    c->code = NULL;
    if (g->mode != CODE_64 || (g->cr4 & CR4_LA57) || !guest_walk(cpu, g, linear, PF_I | (g->cpl == 3 ? PF_U : 0), true, &w))
        return;
    for (unsigned i = 0; i < 4; i++) { /* a large page: its entry stands for those below, too */
        unsigned level = 4 - i > w.leaf ? 4 - i : w.leaf;
        c->entry[i] = window_ptr(cpu, w.table[level] + (linear >> (3 + 9 * level) & 511) * 8);
        c->value[i] = w.entry[level];
    }
    c->code = window_ptr(cpu, w.gpa & ~PAGE_MASK);
    c->cr3 = cr3;
    c->page = linear >> 12;
    c->window_changes = cpu->window_changes;
}

unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16])
{
    u64 gpa;
    u32 error, access = PF_I | (g->cpl == 3 ? PF_U : 0);
    unsigned in_page = (unsigned)(PAGE_SIZE - (g->linear_rip & PAGE_MASK));

    if (!guest_translate(cpu, g, g->linear_rip, access, true, &gpa, &error))
        return 0;
    const u64 *p = window_ptr(cpu, gpa);
    if (likely(in_page >= 16 && p)) {
        ((u64 *)code)[0] = p[0];
        ((u64 *)code)[1] = p[1];
        return INSN_MAX;
    }
    unsigned n = in_page < INSN_MAX ? in_page : INSN_MAX;
    guest_read(cpu, gpa, code, n);
    if (n < INSN_MAX && guest_translate(cpu, g, g->linear_rip + n, access, true, &gpa, &error)) {
        guest_read(cpu, gpa, code + n, INSN_MAX - n);
        n = INSN_MAX;
    }
    return n;
}
