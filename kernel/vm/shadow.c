/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's page faults under shadow paging, and what makes shadow tables wrong: flushes and writes. */
#include "shadow.h"

#include "core/log.h"
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "npt.h"
#include "shadow_pool.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define ALL_RIGHTS (PTE_P | PTE_W | PTE_U)
#define PAT_4K BIT(7)
#define PAT_LARGE BIT(12)
#define UNSYNC_MAX 64u
#define PREFETCH 16u
#define WRITES_MAX 3u

enum outcome { DONE, IS_MMIO, MUST_EMULATE, POOL_EMPTY };

/* One fault on its way through the tables. */
struct fault {
    struct cpu *cpu;
    const struct guest_view *g;
    const struct guest_walk *w;
    u64 linear;
    u32 access; /* PF_W, PF_U, PF_I */
};

static u16 unsync[UNSYNC_MAX]; /* pages that may be unsynchronized; checked before use */
static unsigned unsync_count;
static unsigned entry_bytes = 8; /* of the guest's tables in its present mode */
static bool reserves_nx;         /* EFER.NXE is 0 */

void shadow_init(void)
{
    pool_init();
}

static bool is_cached(void)
{
    return paging_mode == PAGING_SHADOW_CACHED;
}

/* What a guest's entry leaves of the rights above it: PTE_W, PTE_U, and PTE_P for execution. */
static u64 narrow(u64 access, u64 entry)
{
    return access & ((entry & (PTE_W | PTE_U)) | (entry & PTE_NX ? 0 : PTE_P));
}

/* The shadow of a guest's leaf, without its address, in the form of a 4 KiB page. */
static u64 leaf_bits(u64 access, u64 leaf, bool large)
{
    u64 bits = PTE_P | PTE_A | PTE_D | (access & PTE_U) | (leaf & (PTE_PWT | PTE_PCD));

    if (!(access & PTE_P))
        bits |= PTE_NX;
    if ((access & PTE_W) && (leaf & PTE_D)) /* else the write that sets D must be seen */
        bits |= PTE_W;
    if (leaf & (large ? PAT_LARGE : PAT_4K))
        bits |= PAT_4K;
    return bits;
}

/* The guest's 512 entries that a page of level 1 stands for, or the one; the window moves on at its next use. */
static const void *guest_part(struct cpu *cpu, u64 key, unsigned i)
{
    return window_ptr(cpu, KEY_TABLE(key) + KEY_PART(key) * 2048 + i * entry_bytes);
}

static u64 part_entry(const void *part, unsigned i)
{
    return entry_bytes == 8 ? ((const volatile u64 *)part)[i] : ((const volatile u32 *)part)[i];
}

static bool still_right(u64 shadow, u64 entry, u64 access)
{
    u64 now = leaf_bits(narrow(access, entry), entry, false);

    return (entry & PTE_P) && (entry & PTE_A) && !((shadow ^ entry) & PTE_ADDR) && !(shadow & ~now & PTE_W) &&
           !((shadow ^ now) & (PTE_U | PTE_NX | PTE_PWT | PTE_PCD | PAT_4K)) && !(reserves_nx && (entry & PTE_NX));
}

/* Drops what the guest's table no longer says, and sees its writes again. Returns whether anything is left. */
static bool synchronize(struct cpu *cpu, u16 page)
{
    u64 key = pool_meta[page].key, *t = pool_tables[page];
    const void *part = guest_part(cpu, key, 0);
    bool any = false;

    pool_meta[page].unsync = false;
    pool_protect(KEY_TABLE(key));
    pool_flush();
    for (unsigned i = 0; i < 512; i++) {
        if (!t[i])
            continue;
        if (part && still_right(t[i], part_entry(part, i), KEY_ACCESS(key)))
            any = true;
        else
            t[i] = 0;
    }
    return any;
}

static void synchronize_all(struct cpu *cpu)
{
    for (unsigned n = 0; n < unsync_count; n++) {
        u16 page = unsync[n];
        if (pool_meta[page].unsync && !synchronize(cpu, page) && pool_meta[page].path != pool_path)
            pool_free(page); /* probably no page table any more */
    }
    unsync_count = 0;
}

/* A page in the tables of the present root; 0: the pool is empty. */
static u16 get(struct cpu *cpu, u64 key)
{
    bool found;
    u16 page = pool_get(key, &found);

    if (found && pool_meta[page].unsync)
        (void)synchronize(cpu, page); /* it was out of the guest's sight, and needed no flush */
    return page;
}

void shadow_load_root(struct vcpu *v)
{
    const struct control *k = &v->control;

    if (is_cached()) {
        synchronize_all(v->cpu);
    } else {
        pool_root = 0;
        pool_clear();
    }
    pool_flush();
    v->code.code = NULL;
    entry_bytes = k->cr4 & CR4_PAE ? 8 : 4;
    reserves_nx = !(k->efer & EFER_NXE);
    if (!(k->cr0 & CR0_PG)) {
        v->root = npt_flat_root();
        return;
    }
    if (k->efer & EFER_LMA) {
        pool_path++;
        pool_root = get(v->cpu, MAKE_KEY(k->cr3 & PTE_ADDR, 4u, ALL_RIGHTS, 0));
    } else {
        pool_root = 0;
        for (unsigned i = 0; i < 4; i++)
            pool_tables[0][i] = 0;
    }
    v->root = pa_of(pool_tables[pool_root]);
}

void shadow_forget_all(struct vcpu *v)
{
    if (!paging_is_shadow())
        return;
    pool_root = 0;
    pool_clear();
    unsync_count = 0;
    shadow_load_root(v);
    vcpu_ops->load_control(v);
}

/* The guest writes a frame, or (no write) would be let write it unseen: whether that may be. */
static enum outcome open_frame(struct cpu *cpu, u64 gpa, bool write, bool *open)
{
    u64 table = gpa & ~PAGE_MASK;
    bool level1 = false;
    u16 next;

    *open = true;
    for (u16 page = pool_chain[pool_hash(table)]; page; page = pool_meta[page].next) {
        struct shadow_page *p = &pool_meta[page];
        if (KEY_TABLE(p->key) != table || (p->key & KEY_DIRECT) || p->unsync)
            continue;
        if (!write) {
            *open = false;
            return DONE;
        }
        /* Perhaps this very instruction needs the table as it is; a table that is only written is none any more. */
        if (KEY_LEVEL(p->key) > 1 && (p->path == pool_path || page == pool_root || p->writes < WRITES_MAX)) {
            p->writes++;
            return MUST_EMULATE;
        }
        level1 |= KEY_LEVEL(p->key) == 1;
    }
    if (!write)
        return DONE;
    if (level1 && unsync_count + 8 > UNSYNC_MAX)
        synchronize_all(cpu);
    for (u16 page = pool_chain[pool_hash(table)]; page; page = next) {
        struct shadow_page *p = &pool_meta[page];
        next = p->next;
        if (KEY_TABLE(p->key) != table || (p->key & KEY_DIRECT) || p->unsync)
            continue;
        if (KEY_LEVEL(p->key) > 1 || unsync_count == UNSYNC_MAX) {
            pool_free(page);
        } else {
            p->unsync = true;
            unsync[unsync_count++] = page;
        }
    }
    return DONE;
}

/*
 * Maps one page, or the large page around it, by the guest's leaf (of the level that has it) and the map. access: the
 * rights, the leaf's included. write: the guest writes it now and may.
 */
static enum outcome map_leaf(const struct fault *f, u16 page, unsigned i, u64 gpa, u64 access, u64 leaf, bool large_leaf,
                             bool write)
{
    bool large = KEY_LEVEL(pool_meta[page].key) == 2, open = true;
    unsigned shift;
    u64 map = npt_lookup(gpa, &shift), bits = leaf_bits(access, leaf, large_leaf), *e = &pool_tables[page][i];

    if (!map)
        return IS_MMIO;
    if (write && !(bits & PTE_W)) { /* CR0.WP is 0 for the guest, and 1 for the CPU */
        if ((bits & PTE_U) && (f->g->cr4 & CR4_SMAP))
            return MUST_EMULATE;
        if ((bits & PTE_U) && (f->g->cr4 & CR4_SMEP))
            bits |= PTE_NX;
        bits = (bits & ~PTE_U) | PTE_W; /* CPL 3 faults, and gets it back read-only */
    }
    if ((bits & PTE_W) && !(map & PTE_W)) {
        if (write)
            return IS_MMIO;
        bits &= ~PTE_W;
    }
    if ((bits & PTE_W) && is_cached()) {
        enum outcome o = large ? DONE : open_frame(f->cpu, gpa, write, &open);
        if (o != DONE)
            return o;
        if (!open)
            bits &= ~PTE_W;
        else
            pool_track(page, i, gpa, large);
    }
    if (large)
        bits = (bits & ~PAT_4K) | PTE_PS | (bits & PAT_4K ? PAT_LARGE : 0);
    if (*e)
        pool_flush();
    *e = (map & PTE_ADDR & ~(large ? 2 * MIB - 1 : PAGE_MASK)) | bits;
    return DONE;
}

/* Whether a shadow entry of level 2 can map 2 MiB at once. */
static bool can_be_large(const struct guest_walk *w)
{
    unsigned shift;

    return w->leaf >= 2 && (!is_cached() || !pool_tables_near(w->gpa)) && npt_lookup(w->gpa, &shift) && shift >= 21;
}

/* What the entry of a level must point to; access: the rights, its own included. ~0: the walk did not come so far. */
static u64 child_key(const struct guest_walk *w, unsigned level, u64 linear, u64 access)
{
    if (level - 1 >= w->leaf) {
        u64 part = w->top != 2 ? 0 : level == 3 ? linear >> 30 & 3 : linear >> 21 & 1;
        return w->table[level - 1] == ~0ull ? ~0ull : MAKE_KEY(w->table[level - 1], level - 1, access, part);
    }
    u64 leaf = w->entry[w->leaf], base = w->gpa & ~((1ull << (12 + 9 * (level - 1))) - 1);
    u64 type = (leaf >> 3 & 3) | (leaf & PAT_LARGE ? 4 : 0);
    if (!(leaf & PTE_D))
        access &= ~PTE_W;
    return MAKE_KEY(base, level - 1, access, type) | KEY_DIRECT;
}

/* The rights after a shadow level's guest entry, if it has one there that counts. */
static u64 pass_level(const struct guest_walk *w, unsigned level, u64 access)
{
    bool has_rights = level >= w->leaf && level <= w->top && !(level == 3 && w->top == 3);

    return has_rights ? narrow(access, w->entry[level]) : access;
}

/* The neighbours that the guest has used, too: a TLB could hold them as well. */
static void prefetch(const struct fault *f, u16 page, unsigned i, u64 above, u64 access)
{
    const struct guest_walk *w = f->w;
    unsigned first = i & ~(PREFETCH - 1);
    const void *part = w->leaf == 1 ? guest_part(f->cpu, pool_meta[page].key, first) : NULL;

    if (w->leaf == 1 && !part)
        return;
    for (unsigned n = first; n < first + PREFETCH; n++) {
        u64 leaf = w->entry[w->leaf], gpa = (w->gpa & ~PAGE_MASK) + (n - (u64)i) * PAGE_SIZE, rights = access;
        if (pool_tables[page][n])
            continue;
        if (part) {
            leaf = part_entry(part, n - first);
            gpa = leaf & PTE_ADDR;
            rights = narrow(above, leaf);
            if (!(leaf & PTE_P) || !(leaf & PTE_A) || (reserves_nx && (leaf & PTE_NX)) ||
                gpa >> cpu_features.address_bits)
                continue;
        }
        (void)map_leaf(f, page, n, gpa, rights, leaf, !part, false);
    }
}

static enum outcome fill(const struct fault *f)
{
    const struct guest_walk *w = f->w;
    u64 access = ALL_RIGHTS, above;
    u16 page = pool_root;

    pool_path++;
    for (unsigned level = w->top == 4 ? 4 : 3;; level--) {
        unsigned i = f->linear >> (12 + 9 * (level - 1)) & 511;
        pool_meta[page].path = pool_path;
        pool_meta[page].writes = 0;
        above = access;
        access = pass_level(w, level, access);
        if (level == 1 || (level == 2 && can_be_large(w))) {
            enum outcome o = map_leaf(f, page, i, w->gpa, access, w->entry[w->leaf], w->leaf > 1, f->access & PF_W);
            if (o == DONE && level == 1 && is_cached())
                prefetch(f, page, i, above, access);
            return o;
        }
        u64 key = child_key(w, level, f->linear, access), now = pool_tables[page][i];
        u16 child = pool_page_of(now);
        if (!child || pool_meta[child].key != key) {
            child = get(f->cpu, key);
            if (!child)
                return POOL_EMPTY;
            if (now)
                pool_flush();
            pool_link(page, i, child);
        }
        page = child;
    }
}

void shadow_invalidate(struct cpu *cpu, struct vcpu *v, u64 linear)
{
    struct guest_walk w = {.leaf = 1};
    struct guest_view g;
    u64 access = ALL_RIGHTS;
    u16 page = pool_root;

    vcpu_ops->guest_view(v, &g);
    if (!(g.cr0 & CR0_PG))
        return;
    if (!(g.efer & EFER_LMA))
        linear = (u32)linear;
    for (unsigned i = 0; i < ARRAY_SIZE(w.table); i++)
        w.table[i] = ~0ull;
    g.rflags |= RFLAGS_AC;
    if (!is_cached()) /* the upper tables may have changed unseen: how far is the way still the guest's? */
        (void)!guest_walk(cpu, &g, linear, 0, true, &w);
    for (unsigned level = g.efer & EFER_LMA ? 4 : 3;; level--) {
        u64 *e = &pool_tables[page][linear >> (12 + 9 * (level - 1)) & 511];
        page = level > 1 ? pool_page_of(*e) : 0;
        if (page && !is_cached()) {
            access = pass_level(&w, level, access);
            if (pool_meta[page].key != child_key(&w, level, linear, access) || (pool_meta[page].key & KEY_DIRECT))
                page = 0;
        }
        if (!page) {
            if (*e)
                pool_flush();
            *e = 0;
            return;
        }
    }
}

void shadow_written_frame(u64 gpa, unsigned bytes)
{
    u64 table = gpa & ~PAGE_MASK;
    unsigned first = (unsigned)(gpa & PAGE_MASK) / entry_bytes;
    unsigned last = (unsigned)((gpa & PAGE_MASK) + bytes - 1) / entry_bytes;

    for (u16 page = pool_chain[pool_hash(table)]; page; page = pool_meta[page].next) {
        u64 key = pool_meta[page].key;
        if (KEY_TABLE(key) != table || (key & KEY_DIRECT))
            continue;
        /* A 32-bit table has two parts at level 1, and four at level 2, where each entry is for two of ours. */
        unsigned twice = entry_bytes == 4 && KEY_LEVEL(key) == 2;
        for (unsigned n = first << twice; n <= (last << twice) + twice; n++)
            if (entry_bytes == 8 || n / 512 == KEY_PART(key))
                pool_tables[page][n % 512] = 0;
        pool_flush();
    }
}

/* The guest's own #PF; with a fault of an earlier #PF's delivery, #DF; with that of #DF's, shutdown (APM vol. 2, 8.2.9). */
static void inject(struct cpu *cpu, struct vcpu *v, u64 linear, u32 error)
{
    bool exception = (v->event & BIT(31)) && (v->event >> 8 & 7) == 3;

    if (exception && (v->event & 0xff) == VECTOR_DF) {
        exit_table[WEIR_EXIT_SHUTDOWN].handle(cpu, v);
    } else if (exception && (v->event & 0xff) == VECTOR_PF) {
        vcpu_ops->set_cr2(v, linear);
        vcpu_raise(v, VECTOR_DF, 0);
    } else {
        vcpu_raise_pf(v, linear, error);
    }
}

void exit_page_fault(struct cpu *cpu, struct vcpu *v)
{
    struct guest_view g;
    struct guest_walk w;
    struct fault f = {cpu, &g, &w, v->exit.gpa, v->exit.error & (PF_W | PF_U | PF_I)};
    enum outcome o;

    vcpu_ops->guest_view(v, &g);
    v->exit.error &= PF_W; /* what exit_nested asks for */
    if (!(g.cr0 & CR0_PG)) {
        v->exit.gpa = (u32)f.linear;
        exit_nested(cpu, v);
        return;
    }
    if (g.cpl == 3 && !(f.access & PF_U))
        g.rflags &= ~RFLAGS_AC; /* descriptors, TSS: SMAP without exception */
    if (!(g.efer & EFER_LMA))
        f.linear = (u32)f.linear;
    if (!guest_walk(cpu, &g, f.linear, f.access, false, &w)) {
        inject(cpu, v, f.linear, w.error);
        return;
    }
    while ((o = fill(&f)) == POOL_EMPTY)
        shadow_forget_all(v);
    v->exit.gpa = w.gpa;
    if (o == IS_MMIO)
        exit_nested(cpu, v);
    else if (o == MUST_EMULATE && (w.gpa & PAGE_MASK))
        mmio_access(cpu, v);
    else if (o == MUST_EMULATE) /* its first bytes may lie in the page before */
        emulate_start(cpu, v);
}
